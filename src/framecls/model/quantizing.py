"""
Eight bits for weights and activations, with the few channels that do not fit them left in fp32.

ONNX Runtime quantises the activations of a batch by one range. Some channels of a transformer's hidden states are ten
times as large as the rest (Dettmers et al. 2022, "LLM.int8()"), and the range that holds them leaves a handful of steps
to all others. So a product of such activations and weights is cut in two: the largest channels, found on calibration
sentences, are multiplied in fp32, and the rest in 8 bits. In fp32 the two halves sum to the product as it was.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from framecls.model.fusing import biased, products

__all__ = ["quantize"]

#: What a graph takes, by name.
Inputs = Mapping[str, npt.NDArray[Any]]

#: Share of a product's input channels that stays in fp32.
_OUTLIERS = 0.02
#: A product is cut where the largest channel of its activations is so many times the median one.
_APART = 6.0


def quantize(plain: Path, to: Path, calibration: Iterable[Inputs], *, exact: bool = True) -> None:
    """
    Quantise an exported model.

    :param plain: the model in fp32.
    :param to: the file to write.
    :param calibration: sentences whose activations show which channels are large.
    :param exact: leave large channels in fp32. Without, about a fifth faster and less near to what was in fp32.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(plain)
    # Shapes noted by the exporter contradict the weights that the quantiser lays out anew.
    del model.graph.value_info[:]
    found = products(model.graph)
    quantised = [node.name for node in found]
    if exact:
        largest = _largest(model, sorted({node.input[0] for node in found}), calibration)
        apart = {name for name, values in largest.items() if values.max() > _APART * np.median(values)}
        quantised = [node.name for node in found if node.input[0] not in apart]
        quantised += _split(model.graph, [node for node in found if node.input[0] in apart], largest)
    cut = to.with_suffix(".cut.onnx")
    onnx.save(model, cut)
    quantize_dynamic(
        cut,
        to,
        op_types_to_quantize=["MatMul"],
        nodes_to_quantize=quantised,
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def _largest(model: Any, names: list[str], calibration: Iterable[Inputs]) -> dict[str, npt.NDArray[np.float32]]:
    """Give the largest magnitude of every channel of some activations. *Shape:* ``(K,)`` each."""
    import onnx
    import onnxruntime

    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    del shown.graph.output[:]
    shown.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    session = onnxruntime.InferenceSession(shown.SerializeToString(), providers=["CPUExecutionProvider"])
    largest: dict[str, npt.NDArray[np.float32]] = {}
    for batch in calibration:
        for name, values in zip(names, session.run(None, dict(batch)), strict=True):
            found = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0)
            largest[name] = np.maximum(largest[name], found) if name in largest else found
    return largest


def _split(graph: Any, found: list[Any], largest: dict[str, npt.NDArray[np.float32]]) -> list[str]:
    """Cut the products in two; gives the names of the halves to quantise."""
    from onnx import helper, numpy_helper

    arrays = {one.name: one for one in graph.initializer}
    halves: dict[str, tuple[str, str, npt.NDArray[np.int64]]] = {}
    sums = biased(graph)
    nodes = list(graph.node)
    quantised = []
    for product in found:
        values, name = product.input[0], product.name
        position = next(index for index, node in enumerate(nodes) if node is product)
        added = []
        if values not in halves:
            channels = np.sort(np.argsort(-largest[values])[: max(1, round(_OUTLIERS * len(largest[values])))])
            keep = np.ones(len(largest[values]), dtype=np.float32)
            keep[channels] = 0
            graph.initializer.extend(
                [
                    numpy_helper.from_array(keep, f"{values}.keep"),
                    numpy_helper.from_array(channels.astype(np.int64), f"{values}.channels"),
                ]
            )
            halves[values] = (f"{values}.most", f"{values}.largest", channels)
            added += [
                helper.make_node("Mul", [values, f"{values}.keep"], [f"{values}.most"], f"{values}.most"),
                helper.make_node(
                    "Gather", [values, f"{values}.channels"], [f"{values}.largest"], f"{values}.largest", axis=-1
                ),
            ]
        most, few, channels = halves[values]
        weight = numpy_helper.to_array(arrays[product.input[1]])
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(weight[channels]), f"{name}.weight"))
        rest, output = f"{name}.rest", product.output[0]
        added.append(helper.make_node("MatMul", [most, product.input[1]], [rest], rest))
        if name in sums:
            # Next to the product in 8 bits, the bias is added while it is scaled back.
            add, bias = sums[name]
            rest, output = f"{name}.biased", add.output[0]
            added.append(helper.make_node("Add", [f"{name}.rest", bias], [rest], rest))
            nodes = [node for node in nodes if node is not add]
        added += [
            helper.make_node("MatMul", [few, f"{name}.weight"], [f"{name}.exact"], f"{name}.exact"),
            helper.make_node("Add", [rest, f"{name}.exact"], [output], f"{name}.sum"),
        ]
        nodes[position : position + 1] = added
        quantised.append(f"{name}.rest")
    del graph.node[:]
    graph.node.extend(nodes)
    return quantised
