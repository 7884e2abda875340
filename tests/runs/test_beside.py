"""Other systems in the table of an evaluation."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from framecls.codebook import Codebook
from framecls.config import TrainConfig
from framecls.corpus import Corpus
from framecls.errors import ConfigError, CorpusError, EvaluationError
from framecls.runs.beside import named, read_beside
from framecls.runs.cross_validation import cross_validate
from framecls.runs.holdout import evaluate_model


@pytest.fixture
def part(corpus_path: Path, codebook: Codebook) -> Corpus:
    whole = Corpus.read(corpus_path, codebook)
    return whole.select(whole.splits(), "test")


def written(path: Path, rows: Sequence[Mapping[str, object]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def gold_rows(part: Corpus) -> list[dict[str, object]]:
    return [{"id": sentence.id, "frames": list(sentence.frames or ())} for sentence in part.sentences]


def test_decisions_are_matched_by_sentence(part: Corpus, tmp_path: Path) -> None:
    rows: list[Mapping[str, object]] = [*reversed(gold_rows(part)), {"id": "elsewhere", "frames": ["toll"]}]
    name, scored = read_beside(f"a reader={written(tmp_path / 'r.jsonl', rows)}", part)
    assert name == "a reader"
    assert (scored.decisions == part.gold()).all()
    assert not scored.calibrated


def test_labels_call_it_sentence_id(part: Corpus, tmp_path: Path) -> None:
    rows = [{"sentence_id": row["id"], "frames": row["frames"]} for row in gold_rows(part)]
    assert (read_beside(written(tmp_path / "r.jsonl", rows), part)[1].decisions == part.gold()).all()
    rows = [{"number": row["id"], "frames": row["frames"]} for row in gold_rows(part)]
    with pytest.raises(EvaluationError, match="line 1: has no column 'id', which says what sentence it is on"):
        read_beside(written(tmp_path / "r.jsonl", rows), part)


def test_probabilities_are_taken_where_they_are_given(part: Corpus, tmp_path: Path) -> None:
    lines = ["id,toll,pilot,prob_toll,prob_pilot"]
    lines += [f"{s.id},{int('toll' in (s.frames or ()))},0,0.25,0.5" for s in part.sentences]
    (tmp_path / "other.csv").write_text("\n".join(lines) + "\n")
    name, scored = read_beside(str(tmp_path / "other.csv"), part)
    assert name == "other"
    assert scored.calibrated
    assert scored.probabilities[0].tolist() == [0.25, 0.5]
    assert (scored.decisions[:, 0] == part.gold()[:, 0]).all()
    assert not scored.decisions[:, 1].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[1:], "has no row for 1 of 33 sentences, the first of them"),
        (lambda rows: [*rows, rows[0]], r"line 34: has sentence '.*' once more; keep one row a sentence"),
        (lambda rows: [{"id": rows[0]["id"]}, *rows[1:]], "has no decision; give frames, or a 0/1 column a frame"),
        (lambda rows: [rows[0] | {"frames": ["fee"]}, *rows[1:]], "unknown frame 'fee'; the codebook has toll, pilot"),
        (lambda rows: [rows[0] | {"prob_toll": 0.5}, *rows[1:]], "a probability is no number; give prob_<frame> for"),
        (
            lambda rows: [rows[0] | {"prob_toll": 0.5, "prob_pilot": 87}, *rows[1:]],
            "line 1: a probability is 87; give numbers from 0 to 1",
        ),
        (lambda rows: [rows[0] | {"prob_toll": "nan", "prob_pilot": 1}, *rows[1:]], "a probability is nan; give"),
        (
            lambda rows: [rows[0] | {"prob_toll": 0.5, "prob_pilot": 0.5}, *rows[1:]],
            "32 of 33 rows have no probabilities",
        ),
    ],
)
def test_what_does_not_fit_is_said(part: Corpus, tmp_path: Path, change: object, message: str) -> None:
    rows = change(gold_rows(part))  # type: ignore[operator]
    with pytest.raises(EvaluationError, match=message):
        read_beside(written(tmp_path / "r.jsonl", rows), part)


def test_a_path_may_have_the_sign_in_it(tmp_path: Path) -> None:
    path = tmp_path / "lr=2.jsonl"
    path.write_text("")
    assert named(str(path)) == ("lr=2", path)
    assert named(f"slow={path}") == ("slow", path)
    with pytest.raises(EvaluationError, match=r"gone\.csv: no such file or model folder; give PATH or NAME=PATH"):
        named("gone.csv")


def test_a_kind_of_table_that_is_unknown(part: Corpus, tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("toll")
    with pytest.raises(CorpusError, match="unknown kind of corpus"):
        read_beside(str(tmp_path / "r.txt"), part)


def test_models_and_tables_stand_in_one_table(
    model_path: Path, corpus_path: Path, part: Corpus, tmp_path: Path
) -> None:
    reader = written(tmp_path / "reader.jsonl", gold_rows(part))
    found = evaluate_model(
        model_path, corpus_path, baselines=False, beside=[f"again={model_path}", reader], output=tmp_path / "out"
    )
    assert [one.system for one in found] == ["harbour (model)", "again", "reader"]
    assert found[1].macro == found[0].macro
    assert found[2].macro.f1 == 1.0
    differences = json.loads((tmp_path / "out" / "test.json").read_text())["differences"]
    assert {one["value"] for one in differences if one["other"] == "again"} == {0.0}
    with pytest.raises(EvaluationError, match="two systems are called 'reader'; give one another name as NAME=PATH"):
        evaluate_model(model_path, corpus_path, baselines=False, beside=[reader, reader])


def test_a_model_with_other_frames_is_refused(model_path: Path, corpus_path: Path, tmp_path: Path) -> None:
    other = shutil.copytree(model_path, tmp_path / "other")
    facts = json.loads((other / "framecls.json").read_text())
    book = (other / "codebook.toml").read_text().replace('"pilot"', '"guide"')
    (other / "codebook.toml").write_text(book)
    facts["codebook_sha256"] = Codebook.read(other / "codebook.toml").sha256
    facts["decision"]["frames"] = {
        {"pilot": "guide"}.get(name, name): frame for name, frame in facts["decision"]["frames"].items()
    }
    (other / "framecls.json").write_text(json.dumps(facts))
    config = (other / "config.json").read_text().replace('"pilot"', '"guide"')
    (other / "config.json").write_text(config)
    with pytest.raises(EvaluationError, match="other: knows the frames toll, guide, expected toll, pilot"):
        evaluate_model(model_path, corpus_path, baselines=False, beside=[str(other)])


def test_rows_of_one_protocol_stand_beside_another(config: TrainConfig, tmp_path: Path) -> None:
    short = config.model_copy(update={"epochs": 1, "validation_share": 0.25})
    plain, *_ = cross_validate(short, tmp_path / "k", folds=2, baselines=False)
    rows = f"two folds={tmp_path / 'k' / 'kfold.parquet'}"
    found = cross_validate(short, tmp_path / "three", folds=3, baselines=False, beside=[rows])
    assert [one.system for one in found] == ["model", "two folds"]
    assert found[1].macro == plain.macro


def test_a_table_beside_the_model_is_not_replaced(
    model_path: Path, corpus_path: Path, config: TrainConfig, tmp_path: Path
) -> None:
    for name in ("test", "kfold"):
        (tmp_path / f"{name}.parquet").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"test\.parquet: is what is read; give --output another name"):
        evaluate_model(model_path, corpus_path, output=tmp_path, beside=[f"a={tmp_path / 'test.parquet'}"])
    with pytest.raises(ConfigError, match=r"kfold\.parquet: is what is read; give --output another name"):
        cross_validate(config, tmp_path, beside=[f"a={tmp_path / 'kfold.parquet'}"])


def test_nor_is_one_that_lies_where_the_record_goes_by_default(
    model_path: Path, corpus_path: Path, tmp_path: Path
) -> None:
    model = shutil.copytree(model_path, tmp_path / "model")
    evaluate_model(model, corpus_path, baselines=False)
    rows = (model / "evaluation" / "test.parquet").read_bytes()
    beside = [f"before={model / 'evaluation' / 'test.parquet'}"]
    with pytest.raises(ConfigError, match=r"test\.parquet: is what is read; give --output another name"):
        evaluate_model(model, corpus_path, baselines=False, beside=beside)
    assert (model / "evaluation" / "test.parquet").read_bytes() == rows
    found = evaluate_model(model, corpus_path, baselines=False, beside=beside, output=tmp_path / "out")
    assert [one.system for one in found] == ["harbour (model)", "before"]
