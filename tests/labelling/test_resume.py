"""A run that did not finish: what is kept, what is labelled again, and what is refused."""

import json
import logging
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from framecls.cli import app
from framecls.errors import ConfigError
from framecls.labelling import LabelledRun, label
from framecls.labelling.progress import Done
from framecls.labelling.stopping import Stopped, stoppable
from framecls.labelling.unfinished import begun_engine, run_folder
from framecls.model import FrameClassifier
from framecls.runs.engines import keep_held_out

SIZE = 16


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """Files and tables, some of them bad, in several parts; 200 sentences."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(4):
        text = " ".join(f"Ship {number} pays toll {n}." for n in range(20))
        (folder / f"{number}.txt").write_text(text)
    (folder / "1b.txt").write_text("")
    rows = [
        {"document_id": f"d{n}", "text": " ".join(f"The pilot {m} meets ship {n}." for m in range(10))}
        for n in range(12)
    ]
    rows.insert(3, {"document_id": "bad", "text": ""})
    (folder / "2b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    # The document d3 is in the other table, and is not labelled twice.
    (folder / "9.csv").write_text("document_id,text\nd3,Ships pay once more.\nd20,The quay is long.\n")
    return folder


class CrashError(Exception):
    """Ends a run as a full disk would."""


def crash_after(sentences: int) -> Callable[[Done], None]:
    def watch(done: Done) -> None:
        if done.sentences > sentences:
            raise CrashError

    return watch


@pytest.fixture
def run(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> Callable[..., LabelledRun]:
    def call(name: str = "labels.parquet", **options: Any) -> LabelledRun:
        return label([documents], classifier, tmp_path / name, shard_size=SIZE, **options)

    return call


def crash(run: Callable[..., LabelledRun], sentences: int = 100, name: str = "labels.parquet") -> None:
    with pytest.raises(CrashError):
        run(name, watch=crash_after(sentences))


def failures(path: Path) -> list[Any]:
    return [json.loads(line) | {"output": ""} for line in (path / "errors.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".csv"])
def test_resumed_run_gives_the_bytes_of_an_undisturbed_one(
    run: Callable[..., LabelledRun], tmp_path: Path, suffix: str
) -> None:
    whole = run("elsewhere/whole" + suffix)
    assert (whole.sentences, whole.documents, whole.kept) == (201, 17, 0)
    assert [failure.path for failure in whole.failures] == ["1b.txt", "2b.jsonl: line 4", "9.csv"]
    for sentences in (20, 100, 190):
        crash(run, sentences, "labels" + suffix)
        assert not (tmp_path / ("labels" + suffix)).exists()
    again = run("labels" + suffix, resume=True)
    assert again.output.read_bytes() == whole.output.read_bytes()
    assert failures(tmp_path) == failures(tmp_path / "elsewhere")
    assert (again.sentences, again.documents, again.failures) == (whole.sentences, whole.documents, whole.failures)
    assert again.kept == 180
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "documents") == sorted(
        ["elsewhere", "errors.jsonl", "labels" + suffix]
    )


def test_finished_shards_are_not_labelled_again(run: Callable[..., LabelledRun]) -> None:
    crash(run)
    told: list[Done] = []
    run(resume=True, watch=told.append)
    assert told[0].kept == 92
    assert told[0].sentences > 92
    assert 0 < told[0].kept_share < told[0].share < told[-1].share == pytest.approx(1.0)
    assert (told[-1].sentences, told[-1].files, told[-1].of_files) == (202, 7, 7)


def test_shards_are_the_same_however_often_a_run_is_resumed(run: Callable[..., LabelledRun], tmp_path: Path) -> None:
    for sentences in range(20, 200, 30):
        with pytest.raises(CrashError):
            run(resume=True, watch=crash_after(sentences))
    assert run("whole.parquet").output.read_bytes() == run(resume=True).output.read_bytes()


def test_failures_with_other_ends_of_lines_in_them_are_kept(
    classifier: FrameClassifier, documents: Path, tmp_path: Path
) -> None:
    (documents / "0\u2028a\u2029b\x85c.txt").write_text("")
    with pytest.raises(CrashError):
        label([documents], classifier, tmp_path / "labels.csv", shard_size=SIZE, watch=crash_after(100))
    again = label([documents], classifier, tmp_path / "labels.csv", shard_size=SIZE, resume=True)
    assert (again.kept, len(again.failures)) == (92, 4)


def test_without_resume_a_run_begins_anew(
    run: Callable[..., LabelledRun], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    crash(run)
    assert "labels.parquet: 92 labelled sentences are kept; give the same command with --resume" in caplog.text
    done = run()
    assert "the 92 sentences that an unfinished run had labelled are thrown away" in caplog.text
    assert (done.kept, done.sentences) == (0, 201)
    assert not run_folder(done.output).exists()


def test_nothing_to_resume_is_a_new_run(run: Callable[..., LabelledRun], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert run(resume=True).sentences == 201
    assert "there is no unfinished run to resume; beginning one" in caplog.text


def test_crash_before_the_first_shard_leaves_nothing(run: Callable[..., LabelledRun], tmp_path: Path) -> None:
    crash(run, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["documents"]


def test_earlier_output_stays_until_the_new_one_is_whole(run: Callable[..., LabelledRun]) -> None:
    output = run(text=False).output
    before = output.read_bytes()
    crash(run)
    assert output.read_bytes() == before
    assert "text" in pq.read_schema(run(resume=True).output).names


def test_one_input_that_changed(run: Callable[..., LabelledRun], documents: Path) -> None:
    crash(run)
    table = documents / "2b.jsonl"
    kept = table.read_text()
    table.write_text(kept.replace("pilot 3 meets", "pilot 3 leaves"))
    with pytest.raises(ConfigError, match=r"^2b\.jsonl: has changed since the run began; put the old file back, or st"):
        run(resume=True)
    table.write_text(kept)
    (documents / "0.txt").rename(documents / "5.txt")
    with pytest.raises(ConfigError, match=r"^5\.txt: was 0\.txt when the run began; give the same paths"):
        run(resume=True)
    (documents / "5.txt").unlink()
    with pytest.raises(ConfigError, match=r"^0\.txt: is gone since the run began; put it back"):
        run(resume=True)


def test_inputs_in_another_order(classifier: FrameClassifier, documents: Path, tmp_path: Path) -> None:
    files = [documents / "1.txt", documents / "2.txt"]
    with pytest.raises(CrashError):
        label(files, classifier, tmp_path / "labels.csv", shard_size=SIZE, watch=crash_after(20))
    with pytest.raises(ConfigError, match=r"the inputs are in another order than when the run began"):
        label(files[::-1], classifier, tmp_path / "labels.csv", shard_size=SIZE, resume=True)


def test_another_model_or_setting_is_refused_by_name(
    run: Callable[..., LabelledRun], model_path: Path, documents: Path, tmp_path: Path
) -> None:
    crash(run)
    with pytest.raises(ConfigError, match=r"labels\.parquet: the run began with text True, now it is False; give the"):
        run(resume=True, text=False)
    with pytest.raises(ConfigError, match=r"the run began with shard size 16, now it is 17"):
        label([documents], model_path, tmp_path / "labels.parquet", shard_size=17, resume=True)
    strict = FrameClassifier.load(model_path, device="cpu", target="recall=0.95")
    with pytest.raises(ConfigError, match=r"the run began with target f1, now it is recall=0\.95"):
        label([documents], strict, tmp_path / "labels.parquet", shard_size=SIZE, resume=True)
    other = tmp_path / "other"
    shutil.copytree(model_path, other)
    (other / "tokenizer.json").write_text((other / "tokenizer.json").read_text() + "\n")
    with pytest.raises(
        ConfigError, match=r"model 'harbour' is not the one the run began with, 'harbour' \([0-9a-f]{12}\)"
    ):
        label([documents], other, tmp_path / "labels.parquet", shard_size=SIZE, resume=True)
    assert run(resume=True).kept == 92


def test_auto_goes_on_with_the_engine_the_run_began_with(
    model_path: Path, corpus_path: Path, documents: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("onnxruntime")
    model = shutil.copytree(model_path, tmp_path / "model")
    keep_held_out(model, corpus_path)
    output = tmp_path / "labels.csv"
    other = FrameClassifier.load(model, device="cpu", engine="onnx")
    with pytest.raises(CrashError):
        label([documents], other, output, shard_size=SIZE, watch=crash_after(100))
    with pytest.raises(ConfigError, match="the run began with engine onnx, now it is torch; give --engine onnx, or st"):
        label([documents], model, output, shard_size=SIZE, resume=True)
    command = ["label", documents, "--model", model, "--output", output, "--shard-size", SIZE, "--resume"]
    with caplog.at_level(logging.INFO):
        done = CliRunner().invoke(app, [*map(str, command), "--engine", "auto", "--device", "cpu"])
    assert (done.exit_code, output.exists()) == (0, True), done.exception
    assert "labels.csv: goes on with engine onnx, with which the run began" in caplog.text


def test_engine_of_a_run_that_began(run: Callable[..., LabelledRun], tmp_path: Path) -> None:
    output = tmp_path / "labels.parquet"
    assert begun_engine(output) is None
    crash(run)
    assert begun_engine(output) == "torch"
    manifest = run_folder(output) / "manifest.json"
    for content in ("{", "[]", '{"settings": {}}', '{"settings": {"framecls.engine": "abacus"}}'):
        manifest.write_text(content)
        assert begun_engine(output) is None


def test_another_version_of_the_program(run: Callable[..., LabelledRun], tmp_path: Path) -> None:
    crash(run)
    manifest = run_folder(tmp_path / "labels.parquet") / "manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(content | {"framecls": "0.0.9"}))
    with pytest.raises(ConfigError, match=r"the run began with framecls 0\.0\.9, not 0\.1\.0; use that"):
        run(resume=True)
    manifest.write_text(json.dumps(content | {"format": 99}))
    with pytest.raises(ConfigError, match="the record of the unfinished run cannot be read; start again without"):
        run(resume=True)
    assert run().sentences == 201


def test_manifest_says_what_the_labels_depend_on(
    run: Callable[..., LabelledRun], tmp_path: Path, documents: Path, classifier: FrameClassifier
) -> None:
    crash(run)
    folder = run_folder(tmp_path / "labels.parquet")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format"] == 1
    assert len(manifest["model_sha256"]) == 64
    assert manifest["codebook"] == classifier.codebook.sha256
    assert [entry["id"] for entry in manifest["inputs"]] == sorted(path.name for path in documents.iterdir())
    assert manifest["settings"]["shard size"] == "16"
    shards = [json.loads(line) for line in (folder / "shards.jsonl").read_text().splitlines()]
    assert sum(shard["rows"] for shard in shards) == 92
    metadata = pq.read_schema(run(resume=True).output).metadata
    assert metadata[b"framecls.model_sha256"].decode() == manifest["model_sha256"]
    assert metadata[b"framecls.inputs_sha256"].decode() == manifest["inputs_sha256"]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def forget_last_line(folder: Path) -> None:
    """Killed between the renaming of a shard and its line in the list."""
    shards = folder / "shards.jsonl"
    shards.write_text("".join(shards.read_text().splitlines(keepends=True)[:-1]))


def half_a_line(folder: Path) -> None:
    """Killed while the line was written."""
    truncate(folder / "shards.jsonl")


def half_a_character(folder: Path) -> None:
    with (folder / "shards.jsonl").open("ab") as file:
        file.write(b'{"part": 0, "failures": [{"path": "\xc3')


def half_a_shard(folder: Path) -> None:
    """Killed while a shard was written under its temporary name."""
    (folder / "000009-000000.arrow.partial").write_bytes(b"ARROW1 and no more")


def half_an_output(folder: Path) -> None:
    """Killed while the shards were joined."""
    (folder / "output.parquet.partial").write_bytes(b"PAR1 and no more")


def half_a_manifest(folder: Path) -> None:
    """Killed at the beginning of a resumed run, while the manifest was written anew."""
    (folder / "manifest.json.partial").write_text('{"format": 1, "inp')


def damaged_shard(folder: Path) -> None:
    """The machine lost power before the disk had all of a shard."""
    truncate(sorted(folder.glob("*.arrow"))[2])


def lost_shard(folder: Path) -> None:
    sorted(folder.glob("*.arrow"))[0].unlink()


@pytest.mark.parametrize(
    ("damage", "kept"),
    [
        (forget_last_line, 76),
        (half_a_line, 76),
        (half_a_character, 92),
        (half_a_shard, 92),
        (half_an_output, 92),
        (half_a_manifest, 92),
        (damaged_shard, 76),
        (lost_shard, 76),
    ],
)
def test_whatever_a_crash_leaves(
    run: Callable[..., LabelledRun], tmp_path: Path, damage: Callable[[Path], None], kept: int
) -> None:
    crash(run)
    folder = run_folder(tmp_path / "labels.parquet")
    damage(folder)
    again = run(resume=True)
    assert again.kept == kept
    assert again.output.read_bytes() == run("whole.parquet").output.read_bytes()
    assert not folder.exists()


def test_killed_before_the_manifest_was_written(run: Callable[..., LabelledRun], tmp_path: Path) -> None:
    crash(run)
    folder = run_folder(tmp_path / "labels.parquet")
    (folder / "manifest.json").unlink()
    (folder / "shards.jsonl").unlink()
    again = run(resume=True)
    assert (again.kept, again.sentences) == (0, 201)
    assert not folder.exists()


def test_killed_between_the_output_and_the_end(run: Callable[..., LabelledRun], tmp_path: Path) -> None:
    folder, copy = run_folder(tmp_path / "labels.parquet"), tmp_path / ".copy"

    def keep(done: Done) -> None:
        if done.sentences == 202:
            raise CrashError

    with pytest.raises(CrashError):
        run(watch=keep)
    shutil.copytree(folder, copy)
    whole = run(resume=True).output.read_bytes()
    shutil.copytree(copy, folder)
    assert run(resume=True).output.read_bytes() == whole


def test_a_file_of_the_users_own_in_the_folder_stays(run: Callable[..., LabelledRun], tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "labels.parquet")
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    run()
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_two_runs_at_once_are_refused(run: Callable[..., LabelledRun]) -> None:
    refused: list[str] = []

    def meddle(done: Done) -> None:
        if not refused:
            with pytest.raises(ConfigError, match="another run is writing it") as found:
                run()
            refused.append(str(found.value))

    assert run(watch=meddle).sentences == 201
    assert refused


def test_unfinished_run_among_the_inputs_is_none(classifier: FrameClassifier, documents: Path) -> None:
    with pytest.raises(CrashError):
        label([documents], classifier, documents / "labels.jsonl", shard_size=SIZE, watch=crash_after(100))
    assert label([documents], classifier, documents / "others.jsonl").sentences == 201
    (documents / "others.jsonl").unlink()
    (documents / "errors.jsonl").unlink()
    assert label([documents], classifier, documents / "labels.jsonl", shard_size=SIZE, resume=True).kept == 92


def test_model_made_in_memory_labels_and_cannot_resume(
    classifier: FrameClassifier, documents: Path, tmp_path: Path
) -> None:
    classifier.path = None
    with pytest.raises(CrashError):
        label([documents], classifier, tmp_path / "labels.csv", shard_size=SIZE, watch=crash_after(100))
    with pytest.raises(ConfigError, match="a model that was not loaded from a folder cannot resume a run; save it"):
        label([documents], classifier, tmp_path / "labels.csv", shard_size=SIZE, resume=True)


def test_shard_of_no_sentences(run: Callable[..., LabelledRun], documents: Path, classifier: FrameClassifier) -> None:
    with pytest.raises(ConfigError, match="a shard of 0 sentences holds none; give at least 1"):
        label([documents], classifier, "labels.csv", shard_size=0)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_the_run(run: Callable[..., LabelledRun], number: signal.Signals, code: int) -> None:
    def interrupt(done: Done) -> None:
        if done.sentences > 100:
            os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    with pytest.raises(Stopped, match=number.name) as stopped, stoppable():
        run(watch=interrupt)
    assert stopped.value.exit_code == code
    assert signal.getsignal(number) is before
    assert run(resume=True).kept == 92


def test_row_groups_are_larger_than_shards(classifier: FrameClassifier, tmp_path: Path) -> None:
    table = tmp_path / "table.parquet"
    texts = [f"Ship {number} pays." for number in range(1000)]
    pq.write_table(pa.table({"document_id": texts, "text": texts}), table)
    done = label([table], classifier, tmp_path / "labels.parquet", shard_size=50)
    file = pq.ParquetFile(done.output)
    assert (file.num_row_groups, file.metadata.num_rows) == (1, 1000)
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
