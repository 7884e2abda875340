"""
Nodes of an exported graph that ONNX Runtime computes faster as one, and does not join by itself.

Queries, keys and values are three products of the same activations: as one product these are read, and in eight bits
rounded, once. The exporter writes the activation GELU as five nodes in an order that ONNX Runtime does not recognise.
"""

from collections import Counter
from typing import Any

import numpy as np

__all__ = ["biased", "fuse", "products"]

#: The domain of ONNX Runtime's own operators.
_DOMAIN = "com.microsoft"
_GELU = ("Div", "Erf", "Add", "Mul", "Mul")


def fuse(model: Any) -> None:
    """
    Join nodes; what the graph computes stays the same, but for the last digits.

    :param model: an ONNX model, changed in place.
    """
    from onnx import helper

    _merge_products(model.graph)
    _join_gelu(model.graph)
    read = {name for node in model.graph.node for name in node.input}
    kept = [one for one in model.graph.initializer if one.name in read]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    if all(one.domain != _DOMAIN for one in model.opset_import):
        model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))


def products(graph: Any) -> list[Any]:
    """
    Find the products of activations and constant weights; the head's are of another kind (Gemm).

    :param graph: of the model.
    :returns: the nodes, in order.
    """
    weights = {one.name for one in graph.initializer}
    return [node for node in graph.node if node.op_type == "MatMul" and node.input[1] in weights]


def biased(graph: Any) -> dict[str, tuple[Any, str]]:
    """
    Find the products that a bias is added to, and that nothing else reads.

    :param graph: of the model.
    :returns: for the name of a product the node that adds, and the name of the bias.
    """
    vectors = {one.name for one in graph.initializer if len(one.dims) == 1}
    readers = Counter(name for node in graph.node for name in node.input)
    sums = {node.input[0]: node for node in graph.node if node.op_type == "Add" and node.input[1] in vectors}
    return {
        product.name: (sums[product.output[0]], sums[product.output[0]].input[1])
        for product in products(graph)
        if product.output[0] in sums and readers[product.output[0]] == 1
    }


def _merge_products(graph: Any) -> None:
    """Make one product of those that have activations in common and a bias each."""
    from onnx import helper, numpy_helper

    arrays = {one.name: one for one in graph.initializer}
    sums = biased(graph)
    by_values: dict[str, list[Any]] = {}
    for product in products(graph):
        if product.name in sums:
            by_values.setdefault(product.input[0], []).append(product)
    for values, found in by_values.items():
        if len(found) < 2:
            continue
        adds, biases = zip(*(sums[product.name] for product in found), strict=True)
        weight = np.concatenate([numpy_helper.to_array(arrays[product.input[1]]) for product in found], axis=1)
        bias = np.concatenate([numpy_helper.to_array(arrays[name]) for name in biases])
        sizes = np.array([arrays[name].dims[0] for name in biases], dtype=np.int64)
        name = f"{values}.merged"
        for suffix, array in (("weight", weight), ("bias", bias), ("sizes", sizes)):
            graph.initializer.append(numpy_helper.from_array(array, f"{name}.{suffix}"))
        merged = [
            helper.make_node("MatMul", [values, f"{name}.weight"], [f"{name}.product"], f"{name}.product"),
            helper.make_node("Add", [f"{name}.product", f"{name}.bias"], [f"{name}.sum"], f"{name}.sum"),
            helper.make_node(
                "Split", [f"{name}.sum", f"{name}.sizes"], [add.output[0] for add in adds], f"{name}.split", axis=-1
            ),
        ]
        _replace(graph, [*found, *adds], merged)


def _join_gelu(graph: Any) -> None:
    """Join x · (0.5 · (1 + erf(x / √2))) to one node."""
    from onnx import helper, numpy_helper

    constants = {one.name: one for one in graph.initializer}
    readers: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    for first in [node for node in graph.node if node.op_type == "Div"]:
        chain = [first]
        while len(chain) < len(_GELU) and len(readers.get(chain[-1].output[0], ())) == 1:
            chain.append(readers[chain[-1].output[0]][0])
        values = first.input[0]
        scalars = [
            float(numpy_helper.to_array(constants[name]))
            for node in chain
            for name in node.input
            if name in constants and not constants[name].dims
        ]
        if (
            tuple(node.op_type for node in chain) == _GELU
            and np.allclose(scalars, [2**0.5, 1.0, 0.5])
            and values in chain[-1].input
        ):
            joined = helper.make_node("Gelu", [values], list(chain[-1].output), f"{values}.gelu", domain=_DOMAIN)
            _replace(graph, chain, [joined])


def _replace(graph: Any, old: list[Any], new: list[Any]) -> None:
    """Put nodes in the place of the first of others."""
    # A node is told by its output: what the graph gives out are copies once it was laid out anew.
    gone = {node.output[0] for node in old}
    nodes = list(graph.node)
    place = next(index for index, node in enumerate(nodes) if node.output[0] in gone)
    left = [*nodes[:place], *new, *(node for node in nodes[place:] if node.output[0] not in gone)]
    del graph.node[:]
    graph.node.extend(left)
