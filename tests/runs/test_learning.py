"""Learning curves: more of the same documents each time, and always the same test."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.errors import ConfigError, CorpusError
from framecls.model.training_data import TrainingData
from framecls.runs import folds
from framecls.runs.learning import learning_curve


@pytest.fixture
def short(config: TrainConfig) -> TrainConfig:
    return config.model_copy(update={"epochs": 8, "validation_share": 0.25})


def test_each_point_holds_the_one_before(short: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[set[str], set[str]]] = []
    original = folds.train_and_score

    def spy(config: TrainConfig, data: TrainingData, test: Corpus, **kwargs: object) -> folds.Fold:
        seen.append((set(data.train.document_ids()) | set(data.validation.document_ids()), set(test.document_ids())))
        return original(config, data, test, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(folds, "train_and_score", spy)
    points = learning_curve(short, tmp_path, shares=(1, 0.5), folds=4)
    (half, tested), (whole, tested_again) = seen
    assert half < whole
    assert tested == tested_again
    assert not whole & tested
    assert [(point.share, point.documents, point.sentences) for point in points] == [(0.5, 4, 44), (1, 9, 99)]
    assert {one.sentences for point in points for one in point.evaluations} == {33}
    assert points[1].evaluations[0].macro.f1 == pytest.approx(1.0, abs=0.2)

    record = json.loads((tmp_path / "learning-curve.json").read_text())
    assert [point["documents"] for point in record["points"]] == [4, 9]
    assert (record["framecls"], record["train_also_sha256"]) == (version("framecls"), [])
    assert record["interval"] == {"kind": "percentile", "draws": 2000, "seed": 0}
    table = (tmp_path / "learning-curve.md").read_text()
    assert "| 4 | 44 | model |" in table
    assert "| 9 | 99 | TF-IDF + logistic regression |" in table
    page = LexborHTMLParser((tmp_path / "learning-curve.html").read_text())
    assert len(page.css("figure svg")) == 1
    assert "Dashed: TF-IDF + logistic regression." in page.css("main")[0].text()

    # A second run finds its points, and a new one joins them.
    assert learning_curve(short, tmp_path, shares=(0.5, 1), folds=4) == points
    assert len(seen) == 2
    learning_curve(short, tmp_path, shares=(0.5, 0.75, 1), folds=4)
    assert len(seen) == 3


def test_a_share_too_small_to_learn_from(short: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"share 0\.01, 1 documents: .* \(or give larger shares\)"):
        learning_curve(short, tmp_path, shares=(0.01,), folds=4)


@pytest.mark.parametrize("shares", [(), (0.0, 1.0), (0.5, 1.5)])
def test_shares_out_of_range(short: TrainConfig, tmp_path: Path, shares: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match="must be above 0 and at most 1"):
        learning_curve(short, tmp_path, shares=shares)
