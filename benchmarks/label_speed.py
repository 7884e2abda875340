"""
Sentences a second of the whole job, here and with peers: documents are read and cut into sentences, the sentences are
scored and decided, and a Parquet file is written.

All systems take turns on the same documents, weights, threads and machine; models are loaded beforehand. The peers are

- ``pipeline("text-classification", batch_size=32, truncation=True)`` of transformers, with the scores of all frames;
- sentence-transformers' way of running an ONNX graph: all sentences sorted by their length in characters, batches of
  32, each padded to its longest. Its own ONNX backend needs ``optimum``, which would take transformers back to 4.57; so
  the graph is the one ``framecls`` exported, with the head that is in it. It runs on one core;
  ``sentence_transformers_peer.py`` measures the backend itself, on as many as are asked for.

Both read and segment as ``framecls label`` does, since neither does so itself, and write ids, texts and probabilities.

The last column sets the arithmetic of the encoder (products with its weights and of attention, padding not counted)
against the fastest product of square matrices measured here in the same arithmetic, with the same threads.

    python benchmarks/label_speed.py --documents documents.jsonl.gz --sentences 2000
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pyarrow as pa
import pyarrow.parquet as pq
import torch
import transformers

from framecls.config import EngineName
from framecls.documents import LocatedSentence, find_sources, read_documents, read_sentences
from framecls.errors import FrameclsError
from framecls.labelling import label
from framecls.model import FrameClassifier
from framecls.model.choice import load_torch
from framecls.model.classifier import engines_of
from framecls.model.device import choose_threads, describe_device
from framecls.model.encoding import Encoder, pad
from framecls.model.engine import Engine

PIPELINE, SENTENCE_TRANSFORMERS = "transformers pipeline", "sentence-transformers' batches, ONNX fp32"

Job = Callable[[Path, Path], object]


def ours(classifier: FrameClassifier) -> Job:
    return lambda documents, output: label([documents], classifier, output)


def located(documents: Path) -> list[LocatedSentence]:
    sources, _ = find_sources([documents])
    return [item for item in chain.from_iterable(map(read_sentences, sources)) if isinstance(item, LocatedSentence)]


def write(items: list[LocatedSentence], probabilities: npt.NDArray[np.float32], output: Path) -> None:
    columns: dict[str, Any] = {
        "document_id": [item.document_id for item in items],
        "sentence_id": [item.sentence_id for item in items],
        "text": [item.sentence.text for item in items],
    }
    columns |= {f"prob_{index}": probabilities[:, index] for index in range(probabilities.shape[1])}
    pq.write_table(pa.table(columns), output, compression="zstd")


def with_pipeline(model: Path, classifier: FrameClassifier) -> Job:
    """Run the peer as its documentation has it."""
    run = transformers.pipeline(
        "text-classification", model=str(model), device="cpu", dtype=torch.float32, top_k=None, function_to_apply="none"
    )
    frames = classifier.codebook.frames

    def job(documents: Path, output: Path) -> None:
        items = located(documents)
        scores = np.empty((len(items), len(frames)), dtype=np.float32)
        texts = [item.sentence.text for item in items]
        for row, found in enumerate(run(texts, batch_size=32, truncation=True)):
            for one in found:
                scores[row, frames.index(one["label"])] = one["score"]
        write(items, classifier.decision.probabilities(scores), output)

    return job


def with_sentence_transformers(engine: Engine, encoder: Encoder, classifier: FrameClassifier) -> Job:
    """Batch as ``SentenceTransformer.encode`` does: by characters, longest first, 32 at a time."""

    def job(documents: Path, output: Path) -> None:
        items = located(documents)
        texts = [item.sentence.text for item in items]
        order = np.argsort([-len(text) for text in texts]).tolist()
        scores = np.empty((len(items), engine.outputs), dtype=np.float32)
        for start in range(0, len(order), 32):
            rows = order[start : start + 32]
            scores[rows] = engine(pad(encoder([texts[row] for row in rows]), encoder.tokenizer))
        write(items, classifier.decision.probabilities(scores), output)

    return job


def peaks(threads: int) -> dict[str, float]:
    """Measure the fastest square product in each arithmetic, in operations a second."""
    found = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        best = 0.0
        for size in (512, 1024, 2048):
            one, other = torch.randn(size, size).to(dtype), torch.randn(size, size).to(dtype)
            best = max(best, rate(lambda one=one, other=other: one @ other, size))  # type: ignore[misc]
        found[name] = best
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    rng = np.random.default_rng(0)
    for size in (512, 1024, 2048):
        numbers = rng.normal(size=(size, size)).astype(np.float32)
        weight = rng.integers(-127, 128, (size, size), dtype=np.int8)
        values = rng.integers(0, 256, (size, size), dtype=np.uint8)
        # The runtime that has the faster product tells what the machine can do.
        for name, kind, left, right in (
            ("fp32", "MatMul", numbers, numbers),
            ("int8", "MatMulInteger", values, weight),
        ):
            session = product(kind, left, right, options)
            best = rate(lambda session=session, left=left: session.run(None, {"x": left}), size)  # type: ignore[misc]
            found[name] = max(best, found.get(name, 0.0))
    return found


def product(kind: str, left: npt.NDArray[Any], right: npt.NDArray[Any], options: Any) -> Any:
    """Make a session that multiplies by a constant matrix."""
    types = {np.dtype(np.float32): onnx.TensorProto.FLOAT, np.dtype(np.uint8): onnx.TensorProto.UINT8}
    out = onnx.TensorProto.FLOAT if kind == "MatMul" else onnx.TensorProto.INT32
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(kind, ["x", "w"], ["y"])],
        "product",
        [onnx.helper.make_tensor_value_info("x", types[left.dtype], left.shape)],
        [onnx.helper.make_tensor_value_info("y", out, left.shape)],
        [onnx.numpy_helper.from_array(right, "w")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def rate(product: Callable[[], object], size: int) -> float:
    product()
    times = []
    for _ in range(7):
        started = time.perf_counter()
        product()
        times.append(time.perf_counter() - started)
    return 2 * size**3 / min(times)


def operations(model: transformers.PreTrainedModel, lengths: list[int]) -> float:
    """Count multiplications and additions of the encoder for sentences of so many tokens."""
    layers, width = model.config.num_hidden_layers, model.config.hidden_size
    linear = [module for module in model.base_model.modules() if isinstance(module, torch.nn.Linear)]
    # The pooler sees one token of a sentence.
    weights = sum(module.weight.numel() for module in linear) - width * width
    return float(sum(2 * weights * tokens + 4 * layers * width * tokens**2 for tokens in lengths))


def some_documents(paths: list[Path], sentences: int, to: Path) -> int:
    """Draw documents until they have so many sentences; gives how many documents there are."""
    sources, _ = find_sources(paths)
    found = [one for source in sources for one in read_documents(source) if hasattr(one, "text")]
    random.Random(0).shuffle(found)
    one, count = to.with_name("one.jsonl"), 0
    with to.open("w", encoding="utf-8") as out:
        for number, document in enumerate(found, 1):
            line = json.dumps({"document_id": f"d{number}", "text": document.text}) + "\n"
            out.write(line)
            one.write_text(line, encoding="utf-8")
            count += len(located(one))
            if count >= sentences:
                return number
    return len(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/partnership-frames"))
    parser.add_argument("--documents", type=Path, nargs="+", default=[Path("examples")])
    parser.add_argument("--sentences", type=int, default=400, help="documents are drawn until they have so many")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=choose_threads())
    parser.add_argument("--screen-loss", type=float, default=0.005)
    options = parser.parse_args()
    choose_threads(options.threads)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()

    engines = engines_of(options.model, device="cpu", threads=options.threads)
    names: list[EngineName] = engines.available()
    load = {"device": "cpu", "threads": options.threads}
    ready = {name: FrameClassifier.load(options.model, engine=name, **load) for name in names}
    systems: dict[str, Job] = {PIPELINE: with_pipeline(options.model, ready["torch"])}
    systems[SENTENCE_TRANSFORMERS] = with_sentence_transformers(engines.load("onnx"), engines.encoder, ready["torch"])
    systems |= {f"framecls, {name}": ours(classifier) for name, classifier in ready.items()}
    for name in names:
        screened = FrameClassifier.load(options.model, engine=name, screen_loss=options.screen_loss, **load)
        systems[f"framecls, {name}, --screen"] = ours(screened)
    arithmetic = {"torch-bf16": "bf16", "onnx-int8": "int8"}

    with tempfile.TemporaryDirectory() as scratch:
        documents, output = Path(scratch) / "documents.jsonl", Path(scratch) / "labels.parquet"
        count = some_documents(options.documents, options.sentences, documents)
        items = located(documents)
        lengths = [len(one["input_ids"]) for one in engines.encoder([item.sentence.text for item in items])]
        model = load_torch(options.model, torch.device("cpu"), torch.float32).model
        work = operations(model, lengths)
        taken: dict[str, list[float]] = {name: [] for name in systems}
        fastest = dict.fromkeys(("fp32", "bf16", "int8"), 0.0)
        for _ in range(options.rounds):
            fastest = {name: max(found, fastest[name]) for name, found in peaks(options.threads).items()}
            for system, run in systems.items():
                started = time.perf_counter()
                run(documents, output)
                taken[system].append(time.perf_counter() - started)
    seconds = {name: statistics.median(times) for name, times in taken.items()}
    sys.stdout.write(
        f"{len(items)} sentences of {count} documents, {statistics.mean(lengths):.0f} tokens on average, "
        f"{describe_device(torch.device('cpu'))}, medians of {options.rounds} rounds. Fastest products: "
        + ", ".join(f"{name} {found / 1e9:.0f} GOP/s" for name, found in fastest.items())
        + ".\n\n| | sentences/s | against pipeline | against sentence-transformers | of the fastest product |\n"
        "| --- | --- | --- | --- | --- |\n"
    )
    for system, time_ in seconds.items():
        kind = next((found for engine, found in arithmetic.items() if engine in system), "fp32")
        share = "–" if "--screen" in system else f"{100 * work / time_ / fastest[kind]:.0f} % ({kind})"
        sys.stdout.write(
            f"| {system} | {len(items) / time_:.0f} | {seconds[PIPELINE] / time_:.1f}× | "
            f"{seconds[SENTENCE_TRANSFORMERS] / time_:.1f}× | {share} |\n"
        )


if __name__ == "__main__":
    try:
        main()
    except FrameclsError as error:
        sys.exit(f"label_speed: {error}")
