"""The model card: what stands in it, and that it says so where something is not known."""

import json
import shutil
from pathlib import Path

import pytest

from framecls.report import write_model_card


@pytest.fixture
def model(model_path: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model_path, tmp_path / "harbour")


def test_a_card_of_a_model_that_nobody_has_evaluated(model: Path) -> None:
    card = write_model_card(model).read_text()
    assert card.startswith("---\nlanguage: en\n")
    assert "license:" not in card
    assert "| toll | Does the sentence ask for a toll? |" in card
    assert "Not evaluated yet: `framecls evaluate --model harbour`." in card
    assert "Fitted on the validation split (33 sentences) for f1" in card
    assert "\n\n\n" not in card


def test_a_card_tells_what_the_records_and_its_author_say(model: Path) -> None:
    run = json.loads((model / "run.json").read_text())
    (model / "run.json").write_text(json.dumps(run | {"licence": "apache-2.0"}))
    (model / "about.md").write_text("## Data\n\nHarbour notices.\n")
    (model / "evaluation").mkdir()
    (model / "evaluation" / "kfold.md").write_text("| in folds |\n")
    (model / "evaluation" / "test.md").write_text("| on the test split |\n")
    card = write_model_card(model).read_text()
    assert "\nlicense: apache-2.0\n" in card.split("---")[1]
    assert card.index("Harbour notices.") < card.index("## Use") < card.index("| in folds |")
    assert card.index("| in folds |") < card.index("| on the test split |") < card.index("## Limits")
    assert "Not evaluated yet" not in card
    assert "\n\n\n" not in card
