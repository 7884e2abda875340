"""The model card: what stands in it, and that it says so where something is not known."""

import json
import shutil
from pathlib import Path

import pytest

from framecls.codebook import Codebook
from framecls.report import write_evaluation_page, write_model_card


@pytest.fixture
def model(model_path: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model_path, tmp_path / "harbour")


def test_a_card_of_a_model_that_nobody_has_evaluated(model: Path) -> None:
    card = write_model_card(model).read_text()
    assert card.startswith("---\nlanguage: en\n")
    assert "license:" not in card
    assert "| toll | Does the sentence ask for a toll? |" in card
    assert "Not evaluated yet: `framecls evaluate --model path/to/harbour`." in card
    assert "Fitted on the validation split (33 sentences) for f1" in card
    assert "\n\n\n" not in card


@pytest.mark.checkout
def test_the_shipped_record_can_still_be_read(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "models" / "partnership-frames"
    record = json.loads((shipped / "evaluation" / "kfold.json").read_text(encoding="utf-8"))
    codebook = Codebook.read(shipped / "codebook.toml")
    page = write_evaluation_page(tmp_path / "kfold.html", record, "", codebook).read_text(encoding="utf-8")
    assert "Evaluation of model" in page
    model = shutil.copytree(shipped, tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors", "*.parquet"))
    written = (model / "evaluation" / "kfold.md").read_text(encoding="utf-8").strip()
    assert written in write_model_card(model).read_text(encoding="utf-8")


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


def with_base(model: Path, base: str) -> str:
    run = json.loads((model / "run.json").read_text())
    (model / "run.json").write_text(json.dumps(run | {"base": base}))
    return write_model_card(model).read_text()


@pytest.mark.parametrize("base", ["bert-base-cased", "google/bert_uncased_L-2_H-128_A-2"])
def test_a_base_of_the_hub_is_named(model: Path, base: str) -> None:
    card = with_base(model, base)
    assert f"\nbase_model: {base}\n" in card
    assert f"| base model | {base} |" in card


def test_the_packaged_base_is_named_as_on_the_hub(model: Path) -> None:
    card = with_base(model, "packaged:all-MiniLM-L6-v2")
    assert "\nbase_model: sentence-transformers/all-MiniLM-L6-v2\n" in card
    assert "| base model | packaged:all-MiniLM-L6-v2 |" in card


@pytest.mark.parametrize("base", ["/home/somebody/quay", "C:\\Users\\somebody\\quay", "./somebody/quay", "../quay"])
def test_of_a_base_folder_its_name_alone_is_told_though_it_is_gone(model: Path, base: str) -> None:
    card = with_base(model, base)
    assert "base_model" not in card
    assert "| base model | quay |" in card
    assert "somebody" not in card


@pytest.mark.parametrize(
    ("languages", "said"),
    [
        (None, "language: en"),
        (["de"], "language: de"),
        (["en", "no"], 'language:\n- en\n- "no"'),
        (["no"], 'language: "no"'),
    ],
)
def test_a_card_tells_the_languages(model: Path, languages: list[str] | None, said: str) -> None:
    facts = json.loads((model / "framecls.json").read_text())
    facts.pop("languages", None)
    (model / "framecls.json").write_text(json.dumps(facts | ({"languages": languages} if languages else {})))
    assert write_model_card(model).read_text().startswith(f"---\n{said}\nlibrary_name: transformers\n")
