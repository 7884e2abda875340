"""The Markdown tables, to the letter."""

from dataclasses import replace

import numpy as np

from framecls.corpus import CorpusReport, FrameSummary, Summary, check
from framecls.evaluation import (
    Ceiling,
    Difference,
    Evaluation,
    FrameCeiling,
    FrameScores,
    Interval,
    Resampling,
    Slice,
    evaluate,
    evaluate_curves,
)
from framecls.evaluation.ceiling import AlternativeAnnotator
from framecls.report.tables import (
    ceiling_markdown,
    corpus_markdown,
    curves_markdown,
    differences_markdown,
    evaluation_markdown,
    slices_markdown,
)
from tests.corpus.builders import coded, small_corpus

PLAIN = Resampling("percentile", 2000, 0)


def test_systems_stand_side_by_side_and_the_first_in_full() -> None:
    carry = FrameScores("carry", 1.0, 0.5, 2 / 3, Interval(0.25, 0.875), 0.8333, 12, 0.01234)
    gain = FrameScores("gain", None, None, None, None, None, 0)
    model = Evaluation(
        "model",
        30,
        4,
        (carry, gain),
        FrameScores("macro", 1.0, 0.5, 2 / 3, Interval(0.25, 0.875), 0.8333, 12),
        FrameScores("micro", 1.0, 0.5, 2 / 3, None, None, 12),
        0.8,
        interval=PLAIN,
    )
    nothing = FrameScores("carry", None, 0.0, 0.0, Interval(0.0, 0.0), 0.4, 12)
    lexicon = Evaluation("keyword lexicon", 30, 4, (nothing, gain), nothing, nothing, 0.6, interval=PLAIN)
    assert evaluation_markdown([model, lexicon]) == (
        "30 sentences of 4 documents. F1 of the positive class, 95 % interval from a bootstrap of documents "
        "(percentile, 2,000 draws).\n"
        "\n"
        "| F1 | carry | gain | macro | micro |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| model | 0.67 (0.25–0.88) | – | 0.67 (0.25–0.88) | 0.67 |\n"
        "| keyword lexicon | 0.00 (0.00–0.00) | – | 0.00 (0.00–0.00) | 0.00 (0.00–0.00) |\n"
        "| support | 12 | 0 |  | 12 |\n"
        "\n"
        "| model | precision | recall | F1 | AP | ECE | support |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| carry | 1.00 | 0.50 | 0.67 | 0.83 | 0.012 | 12 |\n"
        "| gain | – | – | – | – | – | 0 |\n"
        "| macro | 1.00 | 0.50 | 0.67 | 0.83 | – | 12 |\n"
        "| micro | 1.00 | 0.50 | 0.67 | – | – | 12 |\n"
        "\n"
        "Exactly the gold frames: 0.80 of the sentences.\n"
    )


def test_a_real_evaluation_makes_rows_of_equal_width() -> None:
    rng = np.random.default_rng(0)
    gold = rng.random((40, 3)) < 0.3
    probabilities = rng.random((40, 3))
    documents = [f"d{number % 5}" for number in range(40)]
    frames = ("carry", "gain", "help")
    found = evaluate(gold, probabilities, probabilities > 0.6, frames=frames, document_ids=documents, draws=50)
    lines = [line for line in evaluation_markdown([found, found]).splitlines() if line.startswith("|")]
    assert [line.count("|") for line in lines] == [7] * 5 + [8] * 7


def test_differences_to_the_letter() -> None:
    found = [
        Difference("model", "lexicon", "carry", 0.125, Interval(-0.01, 0.25), 0.06),
        Difference("model", "lexicon", "gain", None, None, None),
        Difference("model", "lexicon", "macro", 0.125, Interval(0.1, 0.25), 0.001),
    ]
    assert differences_markdown(found) == (
        "| F1 of model less that of | carry | gain | macro |\n"
        "| --- | --- | --- | --- |\n"
        "| lexicon | +0.12 (-0.01 to +0.25; p 0.06) | – | +0.12 (+0.10 to +0.25; p < 0.01) |\n"
        "\n"
        "In brackets the 95 % interval (percentile), and p by Holm's method, of a paired bootstrap of documents.\n"
    )


def test_a_ceiling_to_the_letter() -> None:
    carry = FrameCeiling("carry", 0.9, Interval(0.8, 0.95), 0.85, 0.05, Interval(0.01, 0.09), 0.91, 0.88)
    gain = FrameCeiling("gain", None, None, None, None, None, None, None)
    ceiling = Ceiling("model", ("ada", "bo"), 120, 12, (carry, gain), None)
    assert ceiling_markdown(ceiling) == (
        "120 sentences of 12 documents were coded by more than one of ada, bo.\n"
        "\n"
        "| coders | alpha of the coders | alpha with model | fall of alpha | F1 coder to coder | F1 model to coder |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| carry | 0.90 (0.80–0.95) | 0.85 | 0.05 (0.01–0.09) | 0.91 | 0.88 |\n"
        "| gain | – | – | – | – | – |\n"
        "\n"
        "The alternative annotator test needs three coders who share thirty sentences each with others; "
        "it was not made.\n"
    )
    test = AlternativeAnnotator(2 / 3, 0.875, 0.2, {"ada": 40, "bo": 50, "cy": 60})
    assert ceiling_markdown(replace(ceiling, alternative=test)).endswith(
        "Alternative annotator test (epsilon 0.2): model may replace 67% of 3 coders; it is as near to the others as "
        "the coder left out in 88% of the sentences.\n"
    )


def test_operating_points_to_the_letter() -> None:
    curves = evaluate_curves(np.array([True, False, True]), np.array([0.9, 0.5, 0.4]), frame="carry")
    assert curves is not None
    assert curves_markdown([curves]) == (
        "| best recall at precision of at least | 0.5 | 0.6 | 0.7 | 0.8 | 0.9 | 0.95 |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| carry | 1.00 | 1.00 | 0.50 | 0.50 | 0.50 | 0.50 |\n"
        "\n"
        "| best precision at recall of at least | 0.5 | 0.6 | 0.7 | 0.8 | 0.9 | 0.95 |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| carry | 1.00 | 0.67 | 0.67 | 0.67 | 0.67 | 0.67 |\n"
    )


def test_slices_to_the_letter() -> None:
    speech = Slice("genre", "speech", 30, 2, (2, 1), (0.8, None), 0.8)
    other = Slice("context", "", 4, 1, (0, 0), (None, None), None)
    assert slices_markdown([other, speech], ("carry", "gain")) == (
        "| context | documents | sentences | carry | gain | macro |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| not known | 1 | 4 | – (0) | – (0) | – |\n"
        "\n"
        "| genre | documents | sentences | carry | gain | macro |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| speech | 2 | 30 | 0.80 (2) | – (1) | 0.80 |\n"
    )


def test_a_corpus_to_the_letter() -> None:
    part = Summary("all", 2, 30, (4, 0), 26, 1, 3, 0.333, 0.81249, 0.9, 0.5, 0.987, None)
    carry = FrameSummary("carry", 4, 0.25, 3, 2, 20, 0.81249, 0.9, (("cost", 1), ("own", 0)))
    gain = FrameSummary("gain", 0, None, 0, 0, 0, None, None, ())
    report = CorpusReport(("carry", "gain"), (part,), (carry, gain), ("one", "two"))
    assert corpus_markdown(report) == (
        "| part | documents | sentences | carry | gain | none | borderline | hard negatives | keyword-free | alpha "
        "| pairwise F1 | type–token | distinct 4-grams | nearest |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| all | 2 | 30 | 4 | 0 | 26 | 1 | 3 | 0.33 | 0.812 | 0.900 | 0.50 | 0.99 | – |\n"
        "\n"
        "| frame | support | keyword-free | hard negatives | keyword only | coded twice | alpha | pairwise F1 "
        "| second-level codes |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| carry | 4 | 0.25 | 3 | 2 | 20 | 0.812 | 0.900 | cost 1, own 0 |\n"
        "| gain | 0 | – | 0 | 0 | 0 | – | – |  |\n"
        "\n"
        "2 problems.\n"
    )


def test_one_problem_is_one_problem() -> None:
    assert corpus_markdown(CorpusReport((), (), (), ("one",))).endswith("\n1 problem.\n")


def test_a_checked_corpus_makes_rows_of_equal_width() -> None:
    corpus = small_corpus(coded("s1", "gain"), coded("s2"), splits={"d1": "train"})
    lines = [line for line in corpus_markdown(check(corpus)).splitlines() if line.startswith("|")]
    assert [line.count("|") for line in lines] == [15] * 6 + [10] * 4
