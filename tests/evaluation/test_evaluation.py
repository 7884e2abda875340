"""The record of an evaluation, against scikit-learn and by hand, and what it refuses."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, precision_recall_fscore_support

from framecls.errors import EvaluationError
from framecls.evaluation import Evaluation, FrameScores, Interval, Resampling, evaluate
from framecls.evaluation.bootstrap import bootstrap_f1
from framecls.evaluation.metrics import calibration_error

FRAMES = ("carry", "gain", "help")
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def invented(seed: int = 0) -> tuple[Bools, Floats, Bools, list[str]]:
    rng = np.random.default_rng(seed)
    gold = rng.random((120, 3)) < [0.3, 0.2, 0.1]
    probabilities = np.clip(0.4 * gold + 0.7 * rng.random((120, 3)), 0, 1)
    documents = [f"d{number}" for number in rng.integers(0, 12, size=120)]
    return gold, probabilities, probabilities >= [0.5, 0.6, 0.55], documents


@pytest.mark.parametrize("seed", range(3))
def test_the_record_is_what_scikit_learn_says(seed: int) -> None:
    gold, probabilities, decisions, documents = invented(seed)
    found = evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=documents, draws=10)
    for column, scores in enumerate(found.frames):
        expected = precision_recall_fscore_support(gold[:, column], decisions[:, column], average="binary")
        assert (scores.precision, scores.recall, scores.f1) == pytest.approx(expected[:3])
        assert scores.support == gold[:, column].sum()
        assert scores.average_precision == average_precision_score(gold[:, column], probabilities[:, column])
    for scores, average in ((found.macro, "macro"), (found.micro, "micro")):
        expected = precision_recall_fscore_support(gold, decisions, average=average)
        assert (scores.precision, scores.recall, scores.f1) == pytest.approx(expected[:3])
        assert scores.support == gold.sum()
    assert found.macro.average_precision == pytest.approx(average_precision_score(gold, probabilities))
    assert found.micro.average_precision is None
    assert found.exact_match == pytest.approx(accuracy_score(gold, decisions))
    assert (found.sentences, found.documents) == (120, len(set(documents)))
    assert [scores.frame for scores in (*found.frames, found.macro, found.micro)] == [*FRAMES, "macro", "micro"]


def test_the_intervals_are_the_bootstraps() -> None:
    gold, probabilities, decisions, documents = invented()
    found = evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=documents, seed=5, draws=200)
    numbers = np.array([sorted(set(documents)).index(id) for id in documents])
    frames, macro, micro = bootstrap_f1(gold, decisions, numbers, rng=np.random.default_rng(5), draws=200)
    assert [scores.f1_interval for scores in found.frames] == frames
    assert (found.macro.f1_interval, found.micro.f1_interval) == (macro, micro)
    for scores in (*found.frames, found.macro, found.micro):
        assert scores.f1 is not None
        assert scores.f1_interval is not None
        assert scores.f1_interval.low < scores.f1 < scores.f1_interval.high


def test_the_same_seed_gives_the_same_record_and_ids_may_have_any_name() -> None:
    gold, probabilities, decisions, documents = invented()
    one = evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=documents)
    again = evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=documents)
    # The same order of ids, so the same numbers are drawn.
    renamed = [f"x/{id}" for id in documents]
    other = evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=renamed)
    assert one == again == other


def test_finding_nothing_scores_zero() -> None:
    gold, probabilities, decisions, documents = invented()
    found = evaluate(gold, probabilities, np.zeros_like(decisions), frames=FRAMES, document_ids=documents, draws=100)
    for scores in (*found.frames, found.macro, found.micro):
        assert (scores.precision, scores.recall, scores.f1) == (None, 0, 0)
        assert scores.f1_interval == Interval(0, 0)
    assert found.exact_match == pytest.approx((~gold.any(axis=1)).mean())


def test_a_frame_without_support_is_undefined_and_out_of_the_mean() -> None:
    gold = np.array([[True, False], [True, False], [False, False]])
    found = evaluate(
        gold,
        np.array([[0.9, 0.1], [0.2, 0.1], [0.3, 0.1]]),
        np.array([[True, False], [False, False], [False, False]]),
        frames=("carry", "gain"),
        document_ids=["d1", "d1", "d1"],
        system="by hand",
    )
    carry = FrameScores("carry", 1.0, 1 / 2, 2 / 3, None, (1 + 2 / 3) / 2, 2, roc_auc=0.5, matthews=0.5)
    assert found == Evaluation(
        system="by hand",
        sentences=3,
        documents=1,
        frames=(carry, FrameScores("gain", None, None, None, None, None, 0)),
        macro=FrameScores("macro", 1.0, 1 / 2, 2 / 3, None, (1 + 2 / 3) / 2, 2, roc_auc=0.5, matthews=0.5),
        micro=FrameScores("micro", 1.0, 1 / 2, 2 / 3, None, None, 2),
        exact_match=2 / 3,
        interval=Resampling("percentile", 2000, 0),
    )


def test_systems_are_averaged_over_the_same_frames() -> None:
    gold, probabilities, decisions, documents = invented()
    gold[:, 2] = decisions[:, 2] = False
    alarmed = decisions.copy()
    alarmed[7, 2] = True
    one, other = (
        evaluate(gold, probabilities, decided, frames=FRAMES, document_ids=documents, draws=50)
        for decided in (decisions, alarmed)
    )
    assert (one.frames[2].f1, other.frames[2].f1, other.frames[2].precision) == (None, 0.0, 0.0)
    # One false alarm on a frame that gold lacks costs that frame, and the micro mean, and nothing else.
    assert one.macro == other.macro
    assert one.micro.f1 != other.micro.f1
    nothing = evaluate(
        np.zeros_like(gold), probabilities, alarmed, frames=FRAMES, document_ids=documents, calibrated=True, draws=50
    )
    assert (nothing.macro.f1, nothing.macro.f1_interval, nothing.micro.f1) == (None, None, 0.0)
    assert nothing.macro.brier is not None


def test_the_record_is_plain_json() -> None:
    gold, probabilities, decisions, documents = invented()
    found = evaluate(
        gold, probabilities, decisions, frames=FRAMES, document_ids=documents, interval="bca", seed=3, draws=50
    )
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["sentences"] == 120
    assert record["interval"] == {"kind": "bca", "draws": 50, "seed": 3}
    assert record["frames"][0]["frame"] == "carry"
    assert found.frames[0].f1_interval is not None
    assert record["frames"][0]["f1_interval"]["low"] == found.frames[0].f1_interval.low
    assert record["micro"]["average_precision"] is None


@pytest.mark.parametrize("name", ["gold", "probabilities", "decisions"])
def test_arrays_of_another_shape_are_refused(name: str) -> None:
    gold, probabilities, decisions, documents = invented()
    arrays = {"gold": gold, "probabilities": probabilities, "decisions": decisions}
    arrays[name] = arrays[name][:, :2]
    with pytest.raises(
        EvaluationError, match=rf"^{name} has shape \(120, 2\), expected \(120, 3\) \(sentences, frames\)$"
    ):
        evaluate(**arrays, frames=FRAMES, document_ids=documents)  # type: ignore[arg-type]


def test_documents_may_be_an_array_or_a_column() -> None:
    gold, probabilities, decisions, documents = invented()
    listed = evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=documents, draws=20)
    for given in (np.array(documents), np.array(documents, dtype=object), tuple(documents)):
        assert evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=given, draws=20) == listed
    none = np.zeros((0, 3), dtype=bool)
    with pytest.raises(EvaluationError, match=r"^there is no sentence to evaluate on$"):
        evaluate(none, none.astype(float), none, frames=FRAMES, document_ids=np.array([], dtype=str))
    pandas: Any = pytest.importorskip("pandas")
    # As some rows of a data frame are: the index does not count from 0.
    column = pandas.Series(documents, index=range(7, 127))
    assert evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=column, draws=20) == listed


def test_no_sentences_are_refused() -> None:
    none = np.zeros((0, 3), dtype=bool)
    with pytest.raises(EvaluationError, match=r"^there is no sentence to evaluate on$"):
        evaluate(none, none.astype(float), none, frames=FRAMES, document_ids=[])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_probabilities_that_are_no_numbers_are_refused(value: float) -> None:
    gold, probabilities, decisions, documents = invented()
    probabilities[3, 1] = value
    with pytest.raises(EvaluationError, match=r"^a probability is not a finite number; the model is damaged$"):
        evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=documents)


def test_calibration_is_judged_where_scores_are_probabilities() -> None:
    gold, probabilities, decisions, documents = invented()
    plain = evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=documents, draws=10)
    assert plain.frames[0].calibration_error is None
    found = evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=documents, draws=10, calibrated=True)
    errors = [calibration_error(gold[:, column], probabilities[:, column]) for column in range(3)]
    assert [scores.calibration_error for scores in found.frames] == errors
    assert found.macro.calibration_error == pytest.approx(np.mean(errors))
    with pytest.raises(EvaluationError, match="a probability is not from 0 to 1; calibration cannot be judged"):
        evaluate(gold, 2 * probabilities, decisions, frames=FRAMES, document_ids=documents, calibrated=True)


def test_weights_count_sentences_by_what_they_stand_for() -> None:
    gold, probabilities, decisions, documents = invented()
    weights = np.random.default_rng(1).integers(1, 5, len(gold)).astype(float)
    many = np.repeat(np.arange(len(gold)), weights.astype(int))

    def record(rows: npt.NDArray[np.intp], weights: Floats | None) -> Evaluation:
        ids = [documents[row] for row in rows]
        return evaluate(
            gold[rows],
            probabilities[rows],
            decisions[rows],
            frames=FRAMES,
            document_ids=ids,
            calibrated=True,
            weights=weights,
            draws=40,
        )

    one, other = record(np.arange(len(gold)), weights), record(many, None)
    assert (one.weighted, other.weighted) == (True, False)
    assert one.exact_match == pytest.approx(other.exact_match)
    for weighted, repeated in zip((*one.frames, one.macro), (*other.frames, other.macro), strict=True):
        for name in ("precision", "recall", "f1", "average_precision", "calibration_error", "brier", "roc_auc"):
            assert getattr(weighted, name) == pytest.approx(getattr(repeated, name)), name
        assert weighted.f1_interval is not None
        assert repeated.f1_interval is not None
        assert weighted.f1_interval.low == pytest.approx(repeated.f1_interval.low)
    # Sentences, not what they stand for.
    assert one.frames[0].support == gold[:, 0].sum()


@pytest.mark.parametrize("weights", [np.ones(119), np.zeros(120), np.full(120, np.nan), -np.ones(120)])
def test_weights_that_are_none(weights: Floats) -> None:
    gold, probabilities, decisions, documents = invented()
    with pytest.raises(EvaluationError, match="weights must be one number above 0 for each sentence"):
        evaluate(gold, probabilities, decisions, frames=FRAMES, document_ids=documents, weights=weights)
