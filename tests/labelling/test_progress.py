"""Progress: speed without what was kept, time left by bytes, and a plain line where there is no terminal."""

import logging
import time
from pathlib import Path

import pytest

from framecls.documents import Source
from framecls.labelling.progress import Done, Tally, progress_bar
from framecls.labelling.sharding import Input, Part, Shard
from framecls.labelling.unfinished import ShardRecord, UnfinishedRun


def done(sentences: int, share: float, kept: int = 0, kept_share: float = 0.0) -> Done:
    return Done(files=1, of_files=4, sentences=sentences, share=share, kept=kept, kept_share=kept_share)


def test_time_left_is_by_share() -> None:
    assert done(1000, 0.25).describe(10.0) == "100 sentences/s, 0:00:30 left"
    assert done(2_500_000, 0.5).describe(20.0) == "125,000 sentences/s, 0:00:20 left"
    assert done(0, 0.0).describe(0.0) == "0 sentences/s"


def test_what_an_earlier_run_did_is_not_this_ones_speed() -> None:
    assert done(1000, 0.75, kept=800, kept_share=0.5).describe(10.0) == "20 sentences/s, 0:00:10 left"


def part(number: int, *sizes: int) -> Part:
    return Part(number, tuple(Input(Source(Path(f"{size}.txt"), f"{size}.txt"), size, "") for size in sizes))


def shard(of: Part, number: int, inputs: int, share: float, *, last: bool) -> Shard:
    return Shard(of.number, number, (), (), inputs, share, last)


def test_tally_counts_parts_and_what_was_kept(tmp_path: Path) -> None:
    parts = [part(0, 100, 100), part(1, 300), part(2, 500)]
    records = {
        (0, 0): ShardRecord(0, 0, 70, "", True, ()),
        (1, 0): ShardRecord(1, 0, 20, "", False, ()),
    }
    told: list[tuple[int, int, int]] = []
    watched: list[Done] = []
    tally = Tally(parts, UnfinishedRun(tmp_path, records), lambda *counts: told.append(counts), watched.append)
    tally.skipped(parts[1], shard(parts[1], 0, 0, 0.5, last=False))
    tally.labelled(parts[1], shard(parts[1], 1, 1, 1.0, last=True), 30)
    tally.finished(parts[1], shard(parts[1], 1, 1, 1.0, last=True), 30)
    # On a cluster the last shard of a part may come before another.
    tally.labelled(parts[2], shard(parts[2], 1, 1, 1.0, last=True), 5)
    tally.finished(parts[2], shard(parts[2], 1, 1, 1.0, last=True), 5)
    tally.labelled(parts[2], shard(parts[2], 0, 0, 0.5, last=False), 5)
    assert told == [(3, 4, 120), (4, 4, 125), (4, 4, 130)]
    assert [round(item.share, 3) for item in watched] == [0.5, 1.0, 1.0]
    assert {(item.kept, round(item.kept_share, 3)) for item in watched} == {(90, 0.35)}


def test_inputs_of_no_bytes(tmp_path: Path) -> None:
    watched: list[Done] = []
    tally = Tally([part(0, 0)], UnfinishedRun(tmp_path, {}), None, watched.append)
    tally.labelled(part(0, 0), shard(part(0, 0), 0, 1, 1.0, last=True), 0)
    assert watched[0].share == 0.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_a_line_every_half_minute_without_a_terminal(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), progress_bar() as watch:
        for seconds, sentences in ((5, 50), (29, 290), (31, 310), (40, 400), (62, 620)):
            clock[0] = 100.0 + seconds
            watch(done(sentences, sentences / 1240))
    assert caplog.messages == [
        "1 of 4 files, 310 sentences, 10 sentences/s, 0:01:33 left",
        "1 of 4 files, 620 sentences, 10 sentences/s, 0:01:02 left",
    ]
