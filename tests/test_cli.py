"""The command line as a user meets it: a process, its streams and its exit code."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def framecls(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "framecls", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def test_train_evaluate_label_report(
    corpus_path: Path, codebook_path: Path, base_path: Path, model_path: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text((model_path / "train.toml").read_text())
    model = tmp_path / "model"
    trained = framecls(
        "train", "--config", model_path / "train.toml", "--output", model, "--epochs", "2", "--corpus", corpus_path
    )
    assert (trained.returncode, trained.stdout.strip()) == (0, str(model)), trained.stderr
    assert "epoch 1 of 2" in trained.stderr
    assert "Not evaluated yet" in (model / "README.md").read_text()

    evaluated = framecls("evaluate", "--model", model, "--corpus", corpus_path)
    assert evaluated.returncode == 0, evaluated.stderr
    for system in ("model (model)", "keyword lexicon", "TF-IDF + logistic regression"):
        assert f"| {system} |" in evaluated.stdout
    record = json.loads((model / "evaluation" / "test.json").read_text())
    assert record["decision_fitted_on"] == "validation"
    assert record["evaluations"][0]["sentences"] == 33
    assert evaluated.stdout.strip() in (model / "README.md").read_text()

    (tmp_path / "notice.txt").write_text("A toll is asked of every ship.\n")
    labelled = framecls("label", tmp_path / "notice.txt", "--model", model, "--output", tmp_path / "labels.parquet")
    assert (labelled.returncode, labelled.stdout) == (0, ""), labelled.stderr
    assert "1 sentence of 1 document" in labelled.stderr

    page = tmp_path / "report.html"
    written = framecls("report", tmp_path / "labels.parquet", "--codebook", model / "codebook.toml", "--output", page)
    assert (written.returncode, written.stdout.strip()) == (0, str(page)), written.stderr
    assert page.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["label", "x.txt", "--model", "nothing"], "framecls: nothing: no such model folder; train one with"),
        (["train", "--config", "nothing.toml"], "framecls: nothing.toml: cannot read the config"),
        (["report", "nothing.parquet"], "framecls: nothing.parquet: no such file; label documents first"),
        (
            ["report", "a.jsonl", "--output", "b.toml", "--codebook", "b.toml"],
            "framecls: b.toml: is what is read; give",
        ),
        (
            ["evaluate", "--protocol", "hold-out", "--model", "m"],
            "framecls: --protocol 'hold-out': give holdout, kfold,",
        ),
        (["corpus", "check", "--codebook", "nothing.toml"], "framecls: nothing.toml: cannot read the codebook"),
    ],
)
def test_an_error_is_one_line_and_exit_1(arguments: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text("mine")
    done = framecls(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(message)
    assert (tmp_path / "b.toml").read_text() == "mine"
    assert done.stderr.count("\n") == 1


def import_command(folder: Path, codebook: Path) -> list[str]:
    path = folder / "coded.csv"
    path.write_text("id,text,annotator,toll,pilot\n1,Ships pay.,Čeněk,1,0\n2,Ships wait.,Čeněk,0,1\n", encoding="utf-8")
    command = [sys.executable, "-m", "framecls", "corpus", "import", str(path)]
    return [*command, "--output", str(folder / "corpus"), "--codebook", str(codebook)]


def test_no_command_dies_of_a_character_that_the_terminal_lacks(codebook_path: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        import_command(tmp_path, codebook_path),
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert "| ?en?k | 2 |" in done.stdout.decode("cp1252")
    assert (tmp_path / "corpus" / "sentences.jsonl").exists()


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs a device that is always full")
def test_an_import_whose_report_cannot_be_printed_is_kept(codebook_path: Path, tmp_path: Path) -> None:
    command = import_command(tmp_path, codebook_path)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert (tmp_path / "corpus" / "report.json").exists()


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs a device that is always full")
def test_a_full_disk_behind_the_output_is_named(codebook_path: Path) -> None:
    command = [sys.executable, "-m", "framecls", "corpus", "label-studio-config", "--codebook", str(codebook_path)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "framecls: standard output: No space left on device\n")


def test_wrong_usage_is_exit_2() -> None:
    assert framecls("label", "--nothing").returncode == 2
    assert framecls("no-such-command").returncode == 2


def test_failures_are_told_and_strict_makes_them_an_error(model_path: Path, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "good.txt").write_text("Ships pay the toll.\n")
    (documents / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    arguments = ("label", documents, "--model", model_path, "--output", tmp_path / "labels.csv")
    done = framecls(*arguments)
    assert done.returncode == 0, done.stderr
    assert "bad.pdf: is not a readable PDF" in done.stderr
    alone = framecls("label", documents / "bad.pdf", "--model", model_path, "--output", tmp_path / "other.csv")
    assert (alone.returncode, alone.stderr.count("\n")) == (1, 1), alone.stderr
    assert alone.stderr.startswith("framecls: bad.pdf: is not a readable PDF")
    assert "errors.jsonl: 1 failure, each with its reason" in done.stderr
    assert framecls(*arguments, "--strict").returncode == 1


def test_label_is_terminated_and_resumed(model_path: Path, tmp_path: Path) -> None:
    table, output = tmp_path / "rows.jsonl", tmp_path / "labels.csv"
    row = {"text": " ".join(f"Ship {number} pays the toll." for number in range(100))}
    table.write_text("".join(json.dumps({"id": f"d{number}"} | row) + "\n" for number in range(120)))
    arguments = ("label", table, "--model", model_path, "--output", output, "--shard-size", "100")
    command = [sys.executable, "-m", "framecls", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        shards = tmp_path / ".labels.csv.run" / "shards.jsonl"
        while process.poll() is None and not (shards.exists() and shards.read_text().count("\n") >= 2):
            time.sleep(0.01)
        process.terminate()
        _, messages = process.communicate()
    kept, stopped = messages.splitlines()
    assert process.returncode == 143
    assert kept.endswith("labelled sentences are kept; give the same command with --resume to go on")
    assert stopped == "framecls: stopped by SIGTERM"
    resumed = framecls(*arguments, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "sentences were labelled before, and are kept" in resumed.stderr
    assert re.search(r"labels\.csv: 12,000 sentences of 120 documents, [\d,]+ sentences/s\n$", resumed.stderr)
    assert len(output.read_text(encoding="utf-8-sig").splitlines()) == 12001


def test_corpus_check(corpus_path: Path, codebook_path: Path, tmp_path: Path) -> None:
    sound = framecls("corpus", "check", corpus_path, "--codebook", codebook_path)
    assert sound.returncode == 0, sound.stderr
    assert "| all | 12 | 132 | 60 | 60 | 36 | 0 |" in sound.stdout
    twice = tmp_path / "twice"
    twice.mkdir()
    (twice / "documents.jsonl").write_text((corpus_path / "documents.jsonl").read_text())
    rows = [json.loads(line) for line in (corpus_path / "sentences.jsonl").read_text().splitlines()]
    rows[-1]["text"] = rows[0]["text"]
    (twice / "sentences.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    leaking = framecls("corpus", "check", twice, "--codebook", codebook_path)
    assert leaking.returncode == 1
    assert "leak: 'd00#00' (train) and 'd11#10' (test) have the same words" in leaking.stderr


def test_facts_and_hydrate(tmp_path: Path, codebook_path: Path) -> None:
    corpus, text = tmp_path / "corpus", "The toll is shared by both harbours. It is due in May."
    corpus.mkdir()
    row = {"id": "s1", "document_id": "d1", "text": text.split(".")[0] + ".", "frames": ["toll"]}
    (corpus / "sentences.jsonl").write_text(json.dumps(row) + "\n")
    (corpus / "documents.jsonl").write_text(
        json.dumps({"document_id": "d1", "text": text, "url": "http://isle"}) + "\n"
    )
    facts, book = tmp_path / "facts", ("--codebook", codebook_path)
    assert framecls("corpus", "facts", corpus, "--output", facts, *book).returncode == 0
    assert "shared" not in (facts / "sentences.jsonl").read_text() + (facts / "documents.toml").read_text()

    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / "scan.txt").write_text(text.replace("harbours", "har-\nbours").upper())
    (copies / "cover.png").write_bytes(b"")
    hydrate = ("corpus", "hydrate", "--facts", facts, "--output", tmp_path / "again", *book, "--documents")
    done = framecls(*hydrate, copies)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "found 1, moved 0, missing 0 of 1"), done.stderr
    assert done.stderr.startswith("framecls: cover.png: unknown kind of file '.png'")
    assert "THE TOLL IS SHARED BY BOTH HAR-" in json.loads((tmp_path / "again" / "sentences.jsonl").read_text())["text"]
    assert framecls("corpus", "check", tmp_path / "again", *book).returncode == 0
    assert not (tmp_path / "again" / "missing.jsonl").exists()

    # What it wrote below the documents is none of them the next time.
    below = ("corpus", "hydrate", "--facts", facts, "--output", copies / "corpus", *book, "--documents", copies)
    assert [framecls(*below).stdout for _ in range(2)] == [
        f"found 1, moved 0, missing 0 of 1\n{copies / 'corpus'}\n"
    ] * 2
    shutil.rmtree(copies / "corpus")

    (copies / "scan.txt").write_text("Nothing of the kind.")
    empty = framecls(*hydrate, copies / "scan.txt")
    assert (empty.returncode, empty.stdout) == (1, "found 0, moved 0, missing 1 of 1\n")
    assert "none of the sentences stands in these documents" in empty.stderr
    assert json.loads((tmp_path / "again" / "missing.jsonl").read_text())["document_id"] == "d1"


def test_fetch_says_what_failed(tmp_path: Path) -> None:
    (tmp_path / "documents.toml").write_text('[d1]\nurl = "http://127.0.0.1:9/d1.pdf"\n[d2]\ntitle = "Lost"\n')
    there = tmp_path / "there"
    there.mkdir()
    (there / "d2.txt").write_text("It was found on a shelf.")
    arguments = ("corpus", "fetch", "--facts", tmp_path, "--documents", there, "--pause", "0", "--timeout", "1")
    done = framecls(*arguments)
    assert (done.returncode, done.stdout) == (1, "fetched 0, there 1, failed 1\n")
    assert done.stderr.startswith("framecls: d1: http://127.0.0.1:9/d1.pdf: ")


def test_help_does_not_load_torch() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from framecls.cli import app\n"
        "assert CliRunner().invoke(app, ['label', '--help']).exit_code == 0\n"
        "sys.exit(' '.join(name for name in ('torch', 'transformers', 'sklearn', 'pyarrow') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


@pytest.mark.checkout
@pytest.mark.parametrize("name", ["train", "evaluate", "label"])
def test_scripts_call_the_command(name: str) -> None:
    script = ROOT / "scripts" / f"{name}.py"
    assert len(script.read_text().splitlines()) <= 15
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"framecls {name}" in done.stdout or f"{name}.py {name}" in done.stdout
