"""The screen: hashes against a plain loop, a threshold that keeps its word, a file that is refused when it is stale."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from typer.testing import CliRunner

from framecls.cli import app
from framecls.errors import ConfigError, CorpusError, ModelError
from framecls.labelling import Labeller, label
from framecls.model import Decision, FrameClassifier, FrameDecision, screening
from framecls.model.fingerprint import fingerprint
from framecls.model.hashed_words import fit_words, hash_words
from framecls.model.screening import Judged, ScreenModel
from framecls.report import write_report
from framecls.runs.screening import _is_held_out, fit_screen, screen_markdown
from framecls.runs.suggestion import suggest_sentences
from tests.model.builders import write_notices

MODULUS = 1 << 64
DECISION = Decision(
    frames=(FrameDecision(slope=1, intercept=0, threshold=0.5, support=9),) * 2, fitted_on="validation", size=9
)


def stirred(value: int) -> int:
    value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93 % MODULUS
    return value ^ (value >> 29)


def hashed(text: str) -> list[int]:
    """The cells of one sentence, byte by byte."""
    words: list[bytes] = []
    word = b""
    for byte in [*text.lower().encode("utf-8", "replace"), ord(" ")]:
        if ord("0") <= byte <= ord("9"):
            byte = ord("0")
        if ord("a") <= byte <= ord("z") or byte == ord("0") or byte >= 128:
            word += bytes([byte])
        elif word:
            words, word = [*words, word], b""

    def polynomial(of: bytes) -> int:
        return sum(byte * pow(0x9E3779B97F4A7C15, index, MODULUS) for index, byte in enumerate(of)) % MODULUS

    whole = [stirred(polynomial(word)) for word in words]
    cells = []
    for index, word in enumerate(words):
        cells += [whole[index], stirred((polynomial(word[:5]) + 5) % MODULUS)]
        if index + 1 < len(words):
            cells.append(stirred((whole[index] * 0x9E3779B97F4A7C15 + whole[index + 1]) % MODULUS))
    return [cell >> 46 for cell in cells]


@given(st.lists(st.text(st.sampled_from("Aab1 ,.é\n\0Ж"), max_size=20), max_size=6))
def test_hashes_as_a_plain_loop_does(texts: list[str]) -> None:
    cells, first = hash_words(texts)
    assert len(first) == len(texts) + 1
    assert [cells[first[row] : first[row + 1]].tolist() for row in range(len(texts))] == [hashed(t) for t in texts]


def test_company_does_not_matter(screen: ScreenModel) -> None:
    texts = [f"A toll of {number} {'ships ' * (number % 7)}" for number in range(1500)] + ["", "…"]
    alone = np.concatenate([screen.score([text]) for text in texts[::50]])
    np.testing.assert_allclose(screen.score(texts)[::50], alone, rtol=1e-5)
    assert screen.score(["", "…"]).tolist() == [np.float32(screen.bias)] * 2
    assert screen.score([]).shape == (0,)


def corpus() -> tuple[list[str], list[str], np.ndarray, np.ndarray]:
    """Forty documents; every fifth sentence speaks of a toll, and the classifier finds it there."""
    rng = np.random.default_rng(3)
    words = np.array(["quay", "ship", "grain", "rope", "tide", "lamp", "wall", "crane", "buoy", "mast"])
    texts, documents, logits = [], [], []
    for row in range(2000):
        toll = row % 5 == 0
        texts.append(" ".join([*rng.choice(words, 8), *(["toll"] if toll else [])]))
        documents.append(f"d{row % 40}")
        logits.append([3.0 if toll else -3.0, -4.0])
    held_out = np.array([int(document[1:]) >= 25 for document in documents])
    return texts, documents, np.array(logits, dtype=np.float32), held_out


@pytest.fixture(scope="module")
def screen() -> ScreenModel:
    texts, documents, logits, held_out = corpus()
    return ScreenModel.fit(texts, documents, logits, decision=DECISION, held_out=held_out)


def test_learns_what_the_classifier_finds(screen: ScreenModel) -> None:
    ready = screen.at(0.005, DECISION)
    figures = ready.held_out()
    assert (figures.documents, figures.sentences, figures.decisions) == (15, 750, 150)
    assert figures.lost == 0
    assert figures.discarded > 0.75
    assert ready.keeps(["The toll of a ship", "The rope of a ship"]).tolist() == [True, False]


def test_threshold_of_a_hand_counted_case(screen: ScreenModel) -> None:
    # Frames found: 1, 0, 2, 0, 1 in order of the screen's score, so 4 decisions in all.
    logits = np.array([[1, -1], [-1, -1], [1, 1], [-1, -1], [-1, 1]], dtype=np.float16)
    unasked = np.full(5, -np.inf, dtype=np.float32)
    judged = Judged(scores=np.arange(5, dtype=np.float32), exits=unasked, logits=logits, documents=2)
    model = replace(screen, fitted=judged, held_out=judged)
    found = [(loss, model.at(loss, DECISION)) for loss in (0.24, 0.25, 0.74, 0.75)]
    assert [one.threshold for _, one in found] == [0, 2, 2, 4]
    assert [one.held_out().lost for _, one in found] == [0, 0.25, 0.25, 0.75]
    assert [one.held_out().discarded for _, one in found] == [0, 0.4, 0.4, 0.8]
    nothing = replace(judged, logits=np.full((5, 2), -1, dtype=np.float16))
    with pytest.raises(ConfigError, match="finds no frame in the sentences its screen was fitted on"):
        replace(screen, fitted=nothing).at(0.1, DECISION)
    assert nothing.figures(DECISION, 0, None).lost is None


@pytest.mark.parametrize("loss", [0.0, 1.0, -0.1])
def test_a_loss_is_a_share(screen: ScreenModel, loss: float) -> None:
    with pytest.raises(ConfigError, match=r"give a share above 0 and below 1, such as 0\.005"):
        screen.at(loss, DECISION)


def test_too_little_to_fit_on() -> None:
    texts, documents, logits, held_out = corpus()
    with pytest.raises(CorpusError, match="the documents held out are 0, with frames in 0 sentences"):
        ScreenModel.fit(texts, documents, logits, decision=DECISION, held_out=np.zeros_like(held_out))
    with pytest.raises(CorpusError, match="the documents fitted on are 25, with frames in 0 sentences"):
        ScreenModel.fit(texts, documents, logits - 9, decision=DECISION, held_out=held_out)


def test_no_fold_is_empty_where_ids_choose_what_is_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, documents, logits, _ = corpus()
    held_out = np.array([_is_held_out(document, {}) for document in documents])
    fitted: list[int] = []

    def spy(features: csr_matrix, target: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, float]:
        fitted.append(int(rows.sum()))
        return fit_words(features, target, rows)

    monkeypatch.setattr(screening, "fit_words", spy)
    ScreenModel.fit(texts, documents, logits, decision=DECISION, held_out=held_out)
    *folds, whole = fitted
    assert all(rows < whole for rows in folds)


def test_written_and_read(screen: ScreenModel, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no screen\.safetensors; fit one with 'framecls screen"):
        ScreenModel.read(tmp_path, fingerprint="a")
    screen.write(tmp_path, fingerprint="a")
    again = ScreenModel.read(tmp_path, fingerprint="a")
    texts = corpus()[0]
    np.testing.assert_array_equal(again.score(texts), screen.score(texts))
    assert again.at(0.01, DECISION).threshold == screen.at(0.01, DECISION).threshold
    assert b"quay" not in (tmp_path / "screen.safetensors").read_bytes()
    with pytest.raises(ModelError, match="was distilled from other weights than the model has"):
        ScreenModel.read(tmp_path, fingerprint="b")
    (tmp_path / "screen.safetensors").write_bytes(b"?")
    with pytest.raises(ModelError, match="cannot be read"):
        ScreenModel.read(tmp_path, fingerprint="a")


@pytest.fixture(scope="module")
def screened_path(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a screen fitted to what it finds in sixty notices."""
    folder = tmp_path_factory.mktemp("screened")
    model = shutil.copytree(model_path, folder / "model")
    figures = fit_screen(model, write_notices(folder, 60))
    assert "| 0.005 | " in screen_markdown(figures)
    assert 0 < figures[0.05].documents < 30
    return model


def test_discarded_sentences_have_no_probability(screened_path: Path, classifier: FrameClassifier) -> None:
    screened = FrameClassifier.load(screened_path, device="cpu", screen_loss=0.05)
    texts = ["Ships lie at anchor in harbour 3 now.", "A toll is asked of every ship in harbour 3 now."] * 3
    assert screened.screen is not None
    assert screened.screen.keeps(texts).tolist() == [False, True] * 3
    probabilities = screened.probabilities(texts)
    assert np.isnan(probabilities[::2]).all()
    np.testing.assert_allclose(probabilities[1::2], classifier.probabilities(texts[1::2]), atol=1e-5)
    assert screened.decide(probabilities).tolist() == [[False, False], [True, False]] * 3
    # What the encoder says stays to be had.
    np.testing.assert_allclose(screened.score(texts), classifier.score(texts), atol=1e-4)
    assert np.isnan(screened.probabilities(texts[:1])).all()
    assert screened.probabilities([]).shape == (0, 2)
    with pytest.raises(ModelError, match="not one string"):
        screened.probabilities(texts[0])
    for heading in (["Tolls"], ["Tolls"] * 7):
        with pytest.raises(ModelError, match="values of 'heading' for 6 texts; give one for each, or none"):
            screened.probabilities(texts, heading=heading)
    assert FrameClassifier.load(screened_path, device="cpu").screen is None


@pytest.mark.parametrize(("flags", "loss"), [(["--screen"], 0.005), (["--screen-loss", "0.05"], 0.05)])
def test_command(screened_path: Path, tmp_path: Path, flags: list[str], loss: float) -> None:
    (tmp_path / "note.txt").write_text("A toll is asked of every ship.\n")
    output = tmp_path / "labels.parquet"
    call = ["label", str(tmp_path / "note.txt"), "--model", str(screened_path), "--output", str(output), *flags]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    assert json.loads(pq.read_schema(output).metadata[b"framecls.screen"])["loss"] == loss


def test_labels_say_what_was_screened(screened_path: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("Ships lie at anchor in harbour 3 now.\n\nA toll is asked of every ship.\n")
    screened = FrameClassifier.load(screened_path, device="cpu", screen_loss=0.05)
    done = label([tmp_path / "note.txt"], screened, tmp_path / "labels.parquet")
    rows = pq.read_table(done.output).to_pylist()
    assert [row["prob_toll"] is None for row in rows] == [True, False]
    assert [row["frames"] for row in rows] == [[], ["toll"]]
    metadata = pq.read_schema(done.output).metadata
    stated = json.loads(metadata[b"framecls.screen"])
    assert stated["loss"] == 0.05
    assert stated["held_out"]["decisions"] > 0
    assert metadata[b"framecls.engine"] == b"torch"
    assert "screened out" in write_report(done.output, tmp_path / "report.html").read_text(encoding="utf-8")
    assert suggest_sentences(done.output, tmp_path / "more.jsonl") == 2
    label([tmp_path / "note.txt"], screened, tmp_path / "labels.jsonl")
    assert json.loads((tmp_path / "labels.jsonl").read_text().splitlines()[0])["prob_toll"] is None


def test_another_process_screens_for_the_decision_in_use(
    screened_path: Path, classifier: FrameClassifier, tmp_path: Path
) -> None:
    model = shutil.copytree(screened_path, tmp_path / "model")
    # Calibrated, the sentences are near 0.27, 0.5 and 0.73, the likeliest last: which of them is found is the target's.
    decision = replace(classifier.decision, target="recall=0.9", frames=DECISION.frames)
    lower = replace(decision, frames=(replace(DECISION.frames[0], threshold=0.2),) * 2)
    screen = ScreenModel.read(model, fingerprint=fingerprint(model))
    judged = Judged(
        scores=np.arange(3, dtype=np.float32),
        exits=np.zeros(3, dtype=np.float32),
        logits=np.array([[-1, -1], [0, 0], [1, 1]], dtype=np.float16),
        documents=3,
    )
    replace(screen, head=None, fitted=judged, held_out=judged).write(model, fingerprint=fingerprint(model))
    thresholds = []
    for one in (decision, lower):
        driver = FrameClassifier.load(model, device="cpu", decision=one, screen_loss=0.01)
        made = Labeller(driver).recipe().make(device="cpu")
        assert driver.screen is not None
        assert driver.screen.decision == driver.decision == one
        assert made.settings == Labeller(driver).settings
        thresholds.append(driver.screen.threshold)
    assert thresholds == [1, 0]
    recipe = Labeller(driver).recipe()
    screen.write(model, fingerprint=fingerprint(model))
    with pytest.raises(ModelError, match=r"framecls\.screen on .+ is .+, where the run began it is .+; copy the model"):
        recipe.make(device="cpu")
    with pytest.raises(ValueError, match="a target to fit a decision for, or a decision"):
        FrameClassifier.load(model, decision=lower, target="f1")
