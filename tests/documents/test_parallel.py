"""Many inputs read by several processes."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from framecls.documents import Failure, LocatedSentence, Source, find_sources, read_all
from framecls.documents.parallel import _Process
from framecls.errors import DocumentError


def write(folder: Path, count: int) -> list[Source]:
    """Write texts, and among them a table and a file that cannot be read."""
    for number in range(count):
        (folder / f"t{number:03}.txt").write_text(
            "\n\n".join(f"The Board shall meet in Vella {n} times." for n in range(number + 1)), encoding="utf-8"
        )
    (folder / "t005.pdf").write_bytes(b"no PDF")
    rows = ({"id": f"r{n}", "text": f"The fund was audited {n} times. It is sound."} for n in range(700))
    (folder / "t006.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return find_sources([folder])[0]


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Source]:
    """A table that never comes to its end, as a reader that hangs sees it."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("needs named pipes")
    path = tmp_path / "hang.jsonl"
    os.mkfifo(path)
    # Held open for writing as well as for reading, so that the end of the file never comes.
    held = os.open(path, os.O_RDWR)
    os.write(held, b'{"id": "a", "text": "It ends."}\n')
    yield Source(path, "hang.jsonl")
    os.close(held)


def test_the_order_is_that_of_the_sources_whatever_the_processes(tmp_path: Path) -> None:
    sources = write(tmp_path, 30)
    alone = list(read_all(sources))
    assert [source for source, _ in alone] == sorted((source for source, _ in alone), key=lambda source: source.id)
    assert sum(isinstance(item, Failure) for _, item in alone) == 1
    assert list(read_all(sources, workers=2)) == alone


def test_a_document_that_takes_too_long_is_given_up_and_the_others_are_read(tmp_path: Path, pipe: Source) -> None:
    after = tmp_path / "z.txt"
    after.write_text("All is well.", encoding="utf-8")
    found = list(read_all([pipe, Source(after, "z.txt")], workers=2, timeout=1.5))
    assert [item for _, item in found if isinstance(item, Failure)] == [
        Failure("hang.jsonl", "read", "took more than 1.5 s and was given up; read it alone, or split it")
    ]
    assert [item.sentence.text for _, item in found if isinstance(item, LocatedSentence)] == ["All is well."]


def test_a_document_that_kills_its_process_is_a_failure_and_the_others_are_read(tmp_path: Path, pipe: Source) -> None:
    """The process is killed from outside, as the system does with one that takes all memory."""
    children = Path("/proc/self/task")
    if not children.exists():
        pytest.skip("needs /proc")
    sources = [pipe]
    for number in range(6):
        path = tmp_path / f"{number}.txt"
        path.write_text("All is well.", encoding="utf-8")
        sources.append(Source(path, path.name))

    def kill() -> None:
        for _ in range(100):
            time.sleep(0.1)
            for task in Path("/proc").glob("[0-9]*/fd/*"):
                try:
                    if task.readlink() == pipe.path and int(task.parts[2]) != os.getpid():
                        os.kill(int(task.parts[2]), signal.SIGKILL)
                        return
                except OSError:
                    continue

    thread = threading.Thread(target=kill)
    thread.start()
    found = [item for _, item in read_all(sources, workers=2, timeout=60)]
    thread.join()
    assert found[0] == Failure("hang.jsonl", "read", "crashed the process that read it (SIGKILL); it may be damaged")
    assert [item.document_id for item in found[1:] if isinstance(item, LocatedSentence)] == [
        f"{n}.txt" for n in range(6)
    ]


def test_stopping_early_ends_the_processes(tmp_path: Path, pipe: Source) -> None:
    sources = [*write(tmp_path, 8)[:3], pipe]
    items = read_all(sources, workers=2, timeout=60)
    next(items)
    started = time.perf_counter()
    items.close()  # type: ignore[attr-defined]
    assert time.perf_counter() - started < 30
    assert not [thread for thread in threading.enumerate() if "_work" in thread.name]


def test_a_process_that_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sources = write(tmp_path, 3)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(
        DocumentError, match="cannot start a process to read with: No such file or directory; set workers"
    ):
        list(read_all(sources, workers=2))


def test_the_last_words_of_a_process_are_its_reason(tmp_path: Path) -> None:
    process = _Process({"unknown": None}, 60)
    assert list(process.read(write(tmp_path, 1)[0])) == []
    process.close()
    assert process.reason is not None
    assert process.reason.startswith("crashed the process that read it (TypeError: read_sentences() got an unexpected")


@pytest.mark.parametrize(("workers", "timeout"), [(0, 1.0), (2, 0.0)])
def test_senseless_numbers_are_refused(workers: int, timeout: float) -> None:
    with pytest.raises(ValueError, match="workers and timeout must be positive"):
        list(read_all([], workers=workers, timeout=timeout))
