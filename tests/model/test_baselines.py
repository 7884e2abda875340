"""The keyword lexicon and TF-IDF with logistic regression."""

import numpy as np
import pytest

from framecls.corpus import Corpus
from framecls.errors import EvaluationError
from framecls.lexicon import Lexicon
from framecls.model.baselines import TfidfBaseline
from tests.corpus.builders import coded, small_codebook, small_corpus


def lexicon(*phrases: str) -> Lexicon:
    return Lexicon(small_codebook("carry", lexicons={"carry": phrases}))


@pytest.mark.parametrize(
    ("phrase", "text", "hits"),
    [
        ("toll", "The toll is due.", 1),
        ("toll", "Toll? TOLL! (toll)", 3),
        # Whole words only.
        ("toll", "They extol tolls and atoll.", 0),
        ("toll", "toll_house toll2", 0),
        ("toll", "A toll-free quay", 1),
        # A star is the rest of a word, which may be nothing, and no more than that.
        ("toll*", "Toll, tolls and the tollkeeper.", 3),
        ("toll*", "The atolls.", 0),
        ("toll* keeper", "The toll keeper and the tolling keeper.", 2),
        ("toll* keeper", "The toll of the keeper.", 0),
        ("*keeper", "Keeper, tollkeeper, keepers.", 2),
        # A space is any white space.
        ("fair share", "a fair\n\u00a0 share", 1),
        ("fair share", "an unfair share, a fairshare", 0),
        # Everything else stands for itself.
        ("co-own", "They co-own it and coown it.", 1),
        ("a.b", "a.b axb", 1),
        ("c++", "They write c++ in the log.", 1),
        ("größe", "Die GRÖSSE nicht, die Größe wohl; Größen nicht.", 1),
    ],
)
def test_keywords_are_whole_words(phrase: str, text: str, hits: int) -> None:
    assert lexicon(phrase).hits([text]).tolist() == [[hits]]
    assert lexicon(phrase).decide([text]).tolist() == [[hits > 0]]


def test_a_longer_keyword_is_found_behind_a_shorter_one() -> None:
    assert lexicon("train", "training").hits(["The training of pilots."]).tolist() == [[1]]


def test_every_frame_has_its_own_keywords() -> None:
    codebook = small_codebook("carry", "gain", "help", lexicons={"carry": ["together"], "gain": ["profit*", "benefit"]})
    found = Lexicon(codebook).hits(["Together they profit.", "A benefit, a profit.", "Nothing."])
    assert found.dtype == np.float32
    # A frame without keywords is never found, and stays a column.
    assert found.tolist() == [[1, 1, 0], [0, 2, 0], [0, 0, 0]]


def test_no_texts_give_no_rows() -> None:
    codebook = small_codebook("carry", "gain")
    assert Lexicon(codebook).hits([]).shape == (0, 2)
    assert Lexicon(codebook).decide([]).shape == (0, 2)


OPENINGS = {
    (): "The ferry of pier {0} leaves at noon",
    ("carry",): "The crews of pier {0} mend the lighthouse together",
    ("gain",): "Both markets of pier {0} profit from the new road",
    ("carry", "gain"): "Both markets of pier {0} profit and mend the lighthouse together",
}


def part(name: str, *, without: str = "") -> Corpus:
    sentences = [
        coded(f"{name}{number}-{index}", *frames, document=f"{name}{number}", text=f"{opening.format(number)}, {name}.")
        for number in range(6)
        for index, (frames, opening) in enumerate(OPENINGS.items())
        if without not in frames
    ]
    return small_corpus(*sentences)


def test_tfidf_learns_what_words_tell() -> None:
    baseline = TfidfBaseline.fit(part("train"), part("validation"))
    test = part("test")
    texts = [sentence.text for sentence in test.sentences]
    probabilities = baseline.probabilities(texts)
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (24, 2)
    assert ((probabilities > 0) & (probabilities < 1)).all()
    assert (baseline.decide(probabilities) == test.gold()).all()
    again = TfidfBaseline.fit(part("train"), part("validation")).probabilities(texts)
    assert (again == probabilities).all()


def test_tfidf_scores_a_sentence_alike_whatever_stands_beside_it() -> None:
    baseline = TfidfBaseline.fit(part("train"), part("validation"))
    texts = [sentence.text for sentence in part("test").sentences]
    together = baseline.probabilities(texts)
    alone = np.concatenate([baseline.probabilities([text]) for text in texts])
    assert alone == pytest.approx(together, abs=1e-6)
    assert baseline.probabilities(["Words never seen before"]).shape == (1, 2)


@pytest.mark.parametrize("split", ["train", "validation"])
def test_tfidf_needs_every_frame_in_train_and_validation(split: str) -> None:
    parts = {name: part(name, without="gain" if name == split else "-") for name in ("train", "validation")}
    with pytest.raises(EvaluationError, match=f"^{split}: 0 of 12 sentences carry 'gain'; "):
        TfidfBaseline.fit(parts["train"], parts["validation"])
