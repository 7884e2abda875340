"""Engines: the same logits whatever computes them, held to the reference's decisions, never older than the weights."""

import logging
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import torch
from typer.testing import CliRunner

from framecls.cli import app
from framecls.config import EngineChoice, EngineName, Precision
from framecls.errors import ConfigError, CorpusError, ModelError
from framecls.model import Decision, FrameClassifier, FrameDecision
from framecls.model.choice import load_torch
from framecls.model.classifier import engines_of
from framecls.model.device import choose_engine, choose_threads
from framecls.model.engine import Batch
from framecls.model.fingerprint import fingerprint
from framecls.model.parity import HeldOut, Parity, measure_parity
from framecls.model.scoring import Scorer
from framecls.runs.engines import compare_engines, engines_markdown, keep_held_out

CPU = torch.device("cpu")
TEXTS = ["A toll is asked of every ship.", "The quay is long.", "The pilot meets ships.", "Ships pay.", ""] * 30


@pytest.fixture(scope="module")
def kept(model_path: Path, corpus_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with the held-out sentences of its corpus."""
    folder = shutil.copytree(model_path, tmp_path_factory.mktemp("kept") / "model")
    assert keep_held_out(folder, corpus_path) == 33
    return folder


@pytest.fixture(scope="module")
def exported(kept: Path) -> Path:
    pytest.importorskip("onnxruntime")
    for name in ("onnx", "onnx-int8"):
        engines_of(kept, device="cpu").load(name)
    return kept


@pytest.mark.parametrize(("name", "tolerance"), [("onnx", 1e-4), ("onnx-int8", 1.0)])
def test_onnx_scores_as_torch_does(
    exported: Path, classifier: FrameClassifier, name: EngineName, tolerance: float
) -> None:
    # Eight bits are too few for a model of width 16, so it is loaded here as it never is for use: unchecked.
    engine = engines_of(exported, device="cpu").load(name)
    other = FrameClassifier(
        scorer=Scorer(encoder=classifier._scorer.encoder, engine=engine),
        codebook=classifier.codebook,
        decision=classifier.decision,
        name="other",
    )
    assert other.engine == name
    reference = classifier.score(TEXTS)
    np.testing.assert_allclose(other.score(TEXTS), reference, atol=tolerance)
    # One sentence alone, and one of many tokens: neither size was built into the graph.
    np.testing.assert_allclose(other.score(["A toll."]), classifier.score(["A toll."]), atol=tolerance)
    long = ["toll " * 200]
    np.testing.assert_allclose(other.score(long), classifier.score(long), atol=tolerance)
    assert other.score([]).shape == (0, 2)
    with pytest.raises(ModelError, match=f"engine {name} holds no weights to save"):
        other.save(exported / "again", framecls_version="0")


def test_few_large_channels_do_not_cost_the_rest_their_precision(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from framecls.model.quantizing import quantize

    rng = np.random.default_rng(0)
    weight = rng.normal(size=(200, 24)).astype(np.float32)
    values = rng.normal(size=(5, 7, 200)).astype(np.float32)
    values[..., [3, 70]] *= 60
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["x", "w"], ["y"], "product")],
        "one",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["b", "t", 200])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["b", "t", 24])],
        [onnx.numpy_helper.from_array(weight, "w")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, tmp_path / "plain.onnx")
    quantize(tmp_path / "plain.onnx", tmp_path / "split.onnx", [{"x": values[:2]}])
    quantize_dynamic(tmp_path / "plain.onnx", tmp_path / "dynamic.onnx", per_channel=True, weight_type=QuantType.QInt8)

    def error(name: str) -> float:
        session = onnxruntime.InferenceSession(str(tmp_path / name), providers=["CPUExecutionProvider"])
        return float(np.abs(session.run(None, {"x": values})[0] - values @ weight).mean())

    # Before it is quantised the product cut in two is the product.
    assert error("split.cut.onnx") < 1e-4
    assert error("split.onnx") < error("dynamic.onnx") / 5
    # Nothing is cut where no channel stands out, nor where it need not be exact.
    for name, scale, exact in (("even", 1 / 60, True), ("rough", 1, False)):
        seen = values[:2].copy()
        seen[..., [3, 70]] *= scale
        quantize(tmp_path / "plain.onnx", tmp_path / f"{name}.onnx", [{"x": seen}], exact=exact)
        assert [node.op_type for node in onnx.load(tmp_path / f"{name}.cut.onnx").graph.node] == ["MatMul"]
    assert error("rough.onnx") == pytest.approx(error("dynamic.onnx"), rel=1e-3)


def test_joined_nodes_compute_the_same(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")

    from framecls.model.fusing import fuse

    rng = np.random.default_rng(0)
    node, array = onnx.helper.make_node, onnx.numpy_helper.from_array
    weights = [array(rng.normal(size=(8, size)).astype(np.float32), f"w{size}") for size in (4, 6)]
    biases = [array(rng.normal(size=size).astype(np.float32), f"b{size}") for size in (4, 6)]
    scalars = [array(np.array(value, dtype=np.float32), name) for name, value in (("r", 2**0.5), ("1", 1), ("h", 0.5))]
    graph = onnx.helper.make_graph(
        [
            *(node("MatMul", ["x", f"w{size}"], [f"p{size}"], f"p{size}") for size in (4, 6)),
            *(node("Add", [f"p{size}", f"b{size}"], [f"s{size}"], f"s{size}") for size in (4, 6)),
            node("Div", ["s4", "r"], ["d"]),
            node("Erf", ["d"], ["e"]),
            node("Add", ["e", "1"], ["a"]),
            node("Mul", ["h", "a"], ["m"]),
            node("Mul", ["s4", "m"], ["gelu"]),
        ],
        "two",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["b", 8])],
        [
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["b", size])
            for name, size in (("gelu", 4), ("s6", 6))
        ],
        [*weights, *biases, *scalars],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    values = {"x": rng.normal(size=(3, 8)).astype(np.float32)}

    def run() -> list[np.ndarray]:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        found: list[np.ndarray] = session.run(None, values)
        return found

    before = run()
    fuse(model)
    assert [one.op_type for one in model.graph.node] == ["MatMul", "Add", "Split", "Gelu"]
    assert {one.name for one in model.graph.initializer} == {"x.merged.weight", "x.merged.bias", "x.merged.sizes"}
    for one, other in zip(before, run(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_an_export_ends_with_its_weights(exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(exported, tmp_path / "model")
    before = {file.name for file in (folder / "onnx").iterdir()}
    assert len(before) == 2
    engines = engines_of(folder, device="cpu")
    stamps = {file: file.stat().st_mtime_ns for file in (folder / "onnx").iterdir()}
    engines.load("onnx")
    assert {file: file.stat().st_mtime_ns for file in (folder / "onnx").iterdir()} == stamps
    model = load_torch(folder, CPU, torch.float32).model
    with torch.no_grad():
        model.classifier.bias.add_(5.0)
    model.save_pretrained(folder)
    # What was kept of the old weights is refused, not used.
    with pytest.raises(ModelError, match=r"parity\.parquet: belongs to other weights than the model has"):
        FrameClassifier.load(folder, device="cpu", engine="onnx")


def test_new_weights_are_exported_anew(exported: Path, corpus_path: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(exported, tmp_path / "model")
    model = load_torch(folder, CPU, torch.float32).model
    with torch.no_grad():
        model.classifier.bias.add_(5.0)
    model.save_pretrained(folder)
    keep_held_out(folder, corpus_path)
    moved = FrameClassifier.load(folder, device="cpu", engine="onnx").score(TEXTS[:5])
    np.testing.assert_allclose(moved, FrameClassifier.load(folder, device="cpu").score(TEXTS[:5]), atol=1e-4)
    assert [file.name[:16] for file in (folder / "onnx").iterdir()] == [fingerprint(folder)[:16]]


def test_a_folder_that_cannot_be_written(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = shutil.copytree(exported, tmp_path / "model", ignore=shutil.ignore_patterns("onnx"))
    (folder / "onnx").write_text("in the way")
    cache = shutil.copytree(exported / "onnx", tmp_path / "cache" / "framecls" / "onnx")
    engines_of(folder, device="cpu").load("onnx")
    next(cache.glob("*-onnx-[0-9]*.onnx")).write_bytes(b"?")
    with pytest.raises(ModelError, match=r"cannot be loaded: .*; delete it to make it again"):
        engines_of(folder, device="cpu").load("onnx")


def test_fingerprint_is_of_what_scores_depend_on(model_path: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model_path, tmp_path / "model")
    same = fingerprint(folder)
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace("\n", "\r\n"))
    (folder / "README.md").write_text("changed")
    assert fingerprint(folder) == same == fingerprint(model_path)
    (folder / "config.json").write_text(config.replace('"hidden_act": "gelu"', '"hidden_act": "relu"'))
    assert fingerprint(folder) != same
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"has no model\.safetensors"):
        fingerprint(folder)


DECISION = Decision(
    frames=(FrameDecision(slope=1, intercept=0, threshold=0.5, support=2),) * 2, fitted_on="validation", size=4
)


@dataclass
class Fixed:
    """An engine that says what it was told to."""

    scores: npt.NDArray[np.float32]
    name: EngineName = "onnx"
    outputs: int = 2
    token_budget: int = 4096
    workers: int = 1

    def __call__(self, batch: Batch) -> npt.NDArray[np.float32]:
        return self.scores


def test_parity_of_a_hand_counted_case(classifier: FrameClassifier) -> None:
    gold = np.array([[1, 0], [1, 1], [0, 0], [0, 1]], dtype=bool)
    reference = np.where(gold, 2.0, -2.0).astype(np.float32)
    # The texts are of one length, so that they stay in order in their batch.
    texts, empty = ("toll",) * 4, ("",) * 4
    held_out = HeldOut(texts=texts, before=empty, heading=empty, gold=gold, scores=reference)
    encoder = classifier._scorer.encoder
    same = measure_parity(Fixed(reference[::-1]), held_out, encoder, DECISION)
    assert (same.agreement, same.f1, same.reference_f1, same.holds) == (1, 1, 1, True)
    other = reference.copy()
    # The second frame is missed once: F1 of it is 2 / 3, and of both on average 5 / 6.
    other[1, 1] = -2
    found = measure_parity(Fixed(other[::-1]), held_out, encoder, DECISION)
    assert found.agreement == 0.75
    assert found.f1 == pytest.approx(5 / 6)
    # A frame that gold lacks is not averaged, be it decided or not.
    alarmed = replace(held_out, gold=gold & [True, False])
    assert measure_parity(Fixed(reference[::-1]), alarmed, encoder, DECISION).f1 == 1
    with pytest.raises(ModelError, match=r"engine onnx decides as torch in fp32 on 75\.00 % of 4 .* macro-F1 -0\.1667"):
        found.check()


@pytest.mark.parametrize(
    ("agreement", "f1", "holds"),
    [(0.995, 0.80, True), (0.9949, 0.80, False), (1, 0.805, True), (1, 0.806, False), (1, 0.794, False)],
)
def test_limits_of_parity(agreement: float, f1: float, holds: bool) -> None:
    parity = Parity(engine="onnx", sentences=1000, agreement=agreement, f1=round(f1, 6), reference_f1=0.8)
    assert parity.holds is holds


def test_an_engine_without_held_out_sentences(model_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ModelError, match=r"has no parity\.parquet, .*'framecls engines .* --corpus CORPUS', or use"):
        FrameClassifier.load(model_path, device="cpu", engine="torch-bf16")
    assert FrameClassifier.load(model_path, device="cpu", engine="torch").engine == "torch"
    assert FrameClassifier.load(model_path, device="cpu", precision="bf16").engine == "torch-bf16"
    assert "bf16 is used unchecked" in caplog.text
    unsure = FrameClassifier.load(model_path, device="cpu", engine="auto")
    assert (unsure.engine, unsure.provenance()["framecls.engine"]) == (None, "auto")
    unsure.score(TEXTS)
    assert unsure.engine == "torch"
    assert "engine torch: no other can be held to it" in caplog.text


def spoil(folder: Path) -> None:
    """Let the file say that the reference decides the other way round."""
    table = pq.read_table(folder / "parity.parquet")
    for name in table.column_names:
        if name.startswith("score_"):
            column = pa.array(-table[name].to_numpy(), pa.float32())
            table = table.set_column(table.column_names.index(name), name, column)
    pq.write_table(table, folder / "parity.parquet")


def test_auto_takes_the_fastest_that_holds(exported: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    chosen = FrameClassifier.load(exported, device="cpu", engine="auto")
    assert chosen.score(TEXTS).shape == (150, 2)
    assert chosen.engine is not None
    lines = [record.message for record in caplog.records if record.message.startswith("engine ")]
    assert len(lines) == 1
    assert f"{chosen.engine} " in lines[0]
    folder = shutil.copytree(exported, tmp_path / "spoilt")
    spoil(folder)
    strict = FrameClassifier.load(folder, device="cpu", engine="auto")
    strict.score(TEXTS)
    assert strict.engine == "torch"
    with pytest.raises(ModelError, match=r"decides as torch in fp32 on \d+\.\d\d % of 33 held-out sentences"):
        FrameClassifier.load(folder, device="cpu", engine="onnx")


def test_auto_leaves_out_what_cannot_be_loaded(kept: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("onnxruntime")
    folder = shutil.copytree(kept, tmp_path / "model", ignore=shutil.ignore_patterns("onnx"))
    table = pq.read_table(folder / "parity.parquet")
    pq.write_table(table.filter(pc.equal(table["part"], "held_out")), folder / "parity.parquet")
    chosen = FrameClassifier.load(folder, device="cpu", engine="auto")
    chosen.score(TEXTS)
    assert chosen.engine in ("torch", "torch-bf16")
    assert "engine onnx-int8 is left out: " in caplog.text
    assert "has no sentences to calibrate on; write it again" in caplog.text


def test_held_out_files_that_cannot_be_read(kept: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(kept, tmp_path / "model")
    (folder / "parity.parquet").write_bytes(b"")
    with pytest.raises(ModelError, match=r"parity\.parquet: cannot be read: "):
        FrameClassifier.load(folder, device="cpu", engine="torch-bf16")


def test_only_what_the_model_looks_at_is_kept(kept: Path) -> None:
    table = pq.read_table(kept / "parity.parquet")
    assert table.schema.metadata[b"fingerprint"].decode() == fingerprint(kept)
    assert set(table["part"].to_pylist()) == {"held_out", "calibration"}
    assert set(table["before"].to_pylist()) == {""}


def test_held_out_sentences_of_documents_it_was_trained_on(kept: Path, corpus_path: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(corpus_path, tmp_path / "corpus")
    documents = (folder / "documents.jsonl").read_text()
    (folder / "documents.jsonl").write_text(
        documents.replace("train", "x").replace("test", "train").replace("x", "test")
    )
    with pytest.raises(CorpusError, match="of the test split was used to train this model"):
        keep_held_out(kept, folder)


@pytest.mark.parametrize(
    ("engine", "precision", "expected"),
    [
        (None, None, "torch"),
        (None, "fp32", "torch"),
        (None, "bf16", "torch-bf16"),
        ("torch", "bf16", "torch-bf16"),
        ("torch-bf16", None, "torch-bf16"),
        ("torch-bf16", "bf16", "torch-bf16"),
        ("onnx", "fp32", "onnx"),
        ("onnx-int8", None, "onnx-int8"),
        ("auto", None, "auto"),
    ],
)
def test_engine_and_precision(engine: EngineChoice | None, precision: Precision | None, expected: EngineChoice) -> None:
    assert choose_engine(engine, precision, CPU) == expected


@pytest.mark.parametrize(
    ("engine", "precision"), [("torch-bf16", "fp32"), ("onnx", "bf16"), ("onnx-int8", "fp32"), ("auto", "fp32")]
)
def test_engine_against_precision(engine: EngineChoice, precision: Precision) -> None:
    with pytest.raises(ConfigError, match=f"engine {engine} and precision {precision} contradict each other"):
        choose_engine(engine, precision, CPU)


def test_onnx_computes_on_the_cpu() -> None:
    with pytest.raises(ConfigError, match="engine onnx computes on the CPU, and the device is cuda; give --device cpu"):
        choose_engine("onnx", None, torch.device("cuda"))


def test_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert choose_threads() == 3
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert choose_threads() >= 1
    try:
        assert choose_threads(1) == 1
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_windows_keep_the_order(classifier: FrameClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framecls.model.scoring.WINDOW", 100)
    many = [TEXTS[number % 4] for number in range(450)]
    scores = classifier.score(many, many[::-1], many)
    np.testing.assert_allclose(scores, np.tile(classifier.score(TEXTS[:4]), (113, 1))[:450], atol=1e-5)
    assert classifier.score(many[:100]).shape == (100, 2)


def test_a_scorer_has_one_engine(classifier: FrameClassifier) -> None:
    with pytest.raises(ValueError, match="takes an engine, or a way to choose one"):
        Scorer(encoder=classifier._scorer.encoder)


def test_figures_of_the_engines(exported: Path) -> None:
    text = engines_markdown(compare_engines(exported, device="cpu"))
    assert text.splitlines()[2].startswith("| torch | ")
    assert "| onnx | " in text
    assert "% of 33 | " in text


def test_commands(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("A toll is asked of every ship.\n")
    output = tmp_path / "labels.parquet"
    call = ["label", str(tmp_path / "note.txt"), "--model", str(exported), "--output", str(output), "--device", "cpu"]
    done = CliRunner().invoke(app, [*call, "--engine", "onnx", "--threads", "1"])
    assert done.exit_code == 0, done.output
    assert pq.read_schema(output).metadata[b"framecls.engine"] == b"onnx"
    assert pq.read_table(output).to_pylist()[0]["frames"] == ["toll"]
    done = CliRunner().invoke(app, ["engines", str(exported), "--device", "cpu"])
    assert "| onnx-int8 | " in done.output
