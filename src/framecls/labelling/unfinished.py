"""
The folder of a run that is not finished: finished shards, and a manifest of what they were made from.

It stands beside the output under a hidden name, so that it is no input of another run, and goes when the output is
whole. ``manifest.json`` is written once; ``shards.jsonl`` grows by a line for each finished shard. A shard counts as
finished when its line is whole and its file has the hash in it, whatever moment the run was killed at.
"""

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self, get_args

import pyarrow as pa

from framecls.config import EngineName
from framecls.documents import Failure
from framecls.errors import ConfigError
from framecls.files import placed, whole_file, write_json
from framecls.labelling.sharding import Input

__all__ = ["FORMAT", "Manifest", "ShardRecord", "UnfinishedRun", "begun_engine", "encode_shard", "run_folder"]

logger = logging.getLogger(__name__)

#: Version of the manifest; a run of another version is not resumed.
FORMAT = 1
_MANIFEST, _SHARDS, _LOCK = "manifest.json", "shards.jsonl", "lock"
#: The setting that says what computes.
_ENGINE = "framecls.engine"


def run_folder(output: Path) -> Path:
    """
    Tell where an unfinished run keeps its shards.

    :param output: the labels it is to write.
    :returns: the folder, hidden, beside the output.
    """
    return output.with_name(f".{output.name}.run")


def begun_engine(output: Path) -> EngineName | None:
    """
    Tell which engine an unfinished run computes with, for one that goes on with it: of two that are about as fast,
    ``auto`` may take the one today and the other tomorrow.

    :param output: the labels it is to write.
    :returns: the engine; ``None`` where there is no such run, or it cannot be told.
    """
    try:
        manifest = json.loads((run_folder(output) / _MANIFEST).read_text(encoding="utf-8"))
        engine = manifest["settings"][_ENGINE]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if engine not in get_args(EngineName):
        return None
    logger.info("%s: goes on with engine %s, with which the run began", output, engine)
    found: EngineName = engine
    return found


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """
    What the labels of a run depend on.

    :param framecls: version of the program.
    :param model: name of the model.
    :param model_sha256: hash of the checkpoint's deciding files.
    :param codebook: hash of the codebook.
    :param settings: options that change rows, and the size of a shard, by name.
    :param inputs: the files, in order.
    """

    framecls: str
    model: str
    model_sha256: str | None
    codebook: str
    settings: Mapping[str, str]
    inputs: Sequence[Input]

    @property
    def settings_sha256(self) -> str:
        """Hash of the settings."""
        return hashlib.sha256(json.dumps(dict(self.settings), sort_keys=True).encode()).hexdigest()

    @cached_property
    def inputs_sha256(self) -> str:
        """Hash of the inputs' ids, sizes and hashes, in order."""
        return hashlib.sha256("".join(json.dumps(_facts(item)) + "\n" for item in self.inputs).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """
        Give what ``manifest.json`` holds.

        :returns: plain values.
        """
        return {
            "format": FORMAT,
            "framecls": self.framecls,
            "model": self.model,
            "model_sha256": self.model_sha256,
            "codebook": self.codebook,
            "settings": dict(self.settings),
            "settings_sha256": self.settings_sha256,
            "inputs_sha256": self.inputs_sha256,
            "inputs": [_facts(item) for item in self.inputs],
        }


def _facts(item: Input) -> dict[str, Any]:
    return {"id": item.source.id, "bytes": item.bytes, "sha256": item.sha256}


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """
    A finished shard.

    :param part: number of its part.
    :param number: its number within the part.
    :param rows: labelled sentences.
    :param sha256: of the shard's file; empty where there are no rows and so no file.
    :param last: whether it is the last of its part.
    :param failures: what could not be read on the way.
    """

    part: int
    number: int
    rows: int
    sha256: str
    last: bool
    failures: tuple[Failure, ...]

    @property
    def name(self) -> str:
        """Name of the shard's file."""
        return f"{self.part:06d}-{self.number:06d}.arrow"

    @classmethod
    def parse(cls, line: str) -> Self:
        """
        Read a line of ``shards.jsonl``.

        :param line: the line.
        :returns: the record.
        :raises ValueError: the line is not whole.
        """
        values = json.loads(line)
        try:
            failures = tuple(Failure(**failure) for failure in values.pop("failures"))
            return cls(**values, failures=failures)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(str(error)) from error


class UnfinishedRun:
    """
    Shards of a run, as they are finished. Made by :meth:`begin`.

    :param folder: where they are.
    :param records: those that an earlier run finished, by part and number.
    """

    def __init__(self, folder: Path, records: dict[tuple[int, int], ShardRecord]) -> None:
        self._folder = folder
        self.records = records
        #: Sentences that an earlier run had labelled.
        self.kept = sum(record.rows for record in records.values())

    @classmethod
    @contextmanager
    def begin(cls, output: Path, manifest: Manifest, *, resume: bool) -> Iterator[Self]:
        """
        Begin a run, or go on with one. The folder goes when the block ends, unless an error ends it and some shard is
        finished.

        :param output: the labels it is to write.
        :param manifest: what they depend on.
        :param resume: whether to keep what an earlier run finished; one without finished shards begins anew.
        :returns: the run.
        :raises ConfigError: the folder cannot be written to or is in use, or the run to go on with began with other
            inputs, another model or other settings.
        """
        folder = run_folder(output)
        with contextlib.ExitStack() as stack:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                _lock(stack, folder, output)
                records = _finished(folder, output, manifest, resume=resume)
                run = cls(folder, records)
                run._start(manifest)
            except OSError as error:
                raise ConfigError(f"{output}: cannot be written: {error.strerror or error}") from error
            if run.kept:
                logger.info("%s: %d sentences were labelled before, and are kept", output, run.kept)
            try:
                yield run
            except BaseException:
                if sentences := sum(record.rows for record in run.records.values()):
                    logger.warning(
                        "%s: %d labelled sentences are kept; give the same command with --resume to go on",
                        output,
                        sentences,
                    )
                else:
                    run.remove()
                raise
            run.remove()

    def _start(self, manifest: Manifest) -> None:
        """
        Write the list of what is finished and the manifest; take away whatever else stands in the folder.

        The list comes first, and each replaces the old one at once: a crash in between must neither lose what is
        finished nor leave shards of another run under this one's manifest.
        """
        with whole_file(self._folder / _SHARDS) as partial:
            partial.write_text("".join(map(_line, self.records.values())), encoding="utf-8")
        write_json(self._folder / _MANIFEST, manifest.as_json())
        kept = {record.name for record in self.records.values()}
        _clear(self._folder, keep={_LOCK, _SHARDS, _MANIFEST, *kept})

    def complete(self, part: int) -> bool:
        """
        Tell whether all shards of a part are finished.

        :param part: its number.
        :returns: whether they are.
        """
        number = 0
        while (record := self.records.get((part, number))) is not None:
            if record.last:
                return True
            number += 1
        return False

    def add(self, record: ShardRecord, content: bytes) -> None:
        """
        Keep a finished shard.

        :param record: what it is.
        :param content: its file; empty where it has no rows.
        """
        if record.rows:
            with whole_file(self._folder / record.name) as partial, partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        shards = self._folder / _SHARDS
        with placed(shards), shards.open("a", encoding="utf-8") as file:
            file.write(_line(record))
            file.flush()
            os.fsync(file.fileno())
        self.records[record.part, record.number] = record

    def read(self, record: ShardRecord) -> pa.Table:
        """
        Read a finished shard.

        :param record: one with rows.
        :returns: its labels.
        """
        with pa.memory_map(str(self._folder / record.name)) as file:
            return pa.ipc.open_file(file).read_all()

    @contextmanager
    def output(self, path: Path) -> Iterator[Path]:
        """
        Give a name in the folder to write the labels to; they get their own when the block ends without an error.

        :param path: the labels.
        :returns: the name.
        """
        partial = self._folder / f"output{path.suffix}.partial"
        try:
            with placed(path):
                yield partial
            # The shards go when the output has its name, so it must be on the disk by then.
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def remove(self) -> None:
        """Take the folder away."""
        _clear(self._folder, keep=set())
        # Somebody may have put a file of their own there.
        with contextlib.suppress(OSError):
            self._folder.rmdir()


def encode_shard(table: pa.Table) -> bytes:
    """
    Give the content of a shard's file.

    :param table: its labels.
    :returns: an Arrow file, compressed.
    """
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _line(record: ShardRecord) -> str:
    return json.dumps(asdict(record), ensure_ascii=False) + "\n"


def _clear(folder: Path, *, keep: set[str]) -> None:
    for path in folder.iterdir():
        ours = path.suffix in (".arrow", ".partial") or path.name in (_MANIFEST, _SHARDS, _LOCK)
        if ours and path.name not in keep:
            path.unlink(missing_ok=True)


def _lock(stack: contextlib.ExitStack, folder: Path, output: Path) -> None:
    """Hold the folder while this process lives; where files cannot be locked, two runs at once are not found out."""
    try:
        import fcntl
    except ImportError:
        return
    file = stack.enter_context((folder / _LOCK).open("w"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigError(f"{output}: another run is writing it; wait for it, or give another --output") from None
    except OSError:
        # Some network file systems have no locks.
        return


def _finished(folder: Path, output: Path, manifest: Manifest, *, resume: bool) -> dict[tuple[int, int], ShardRecord]:
    """Find the shards to keep."""
    records = _records(folder)
    try:
        began = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        began = None
    except ValueError:
        began = {}
    if not resume:
        if records:
            logger.warning(
                "%s: the %d sentences that an unfinished run had labelled are thrown away; --resume keeps them",
                output,
                sum(record.rows for record in records.values()),
            )
        return {}
    if began is None or not records:
        logger.info("%s: there is no unfinished run to resume; beginning one", output)
        return {}
    _check_same(output, began, manifest)
    kept = {}
    for key, record in records.items():
        if record.rows and _sha256(folder / record.name) != record.sha256:
            logger.warning("%s: shard %s is damaged and is labelled again", output, record.name)
        else:
            kept[key] = record
    return kept


def _records(folder: Path) -> dict[tuple[int, int], ShardRecord]:
    """Read the whole lines; one that a crash cut short is of a shard that is labelled again."""
    found = {}
    try:
        lines = (folder / _SHARDS).read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return {}
    for line in lines:
        with contextlib.suppress(ValueError):
            record = ShardRecord.parse(line)
            found[record.part, record.number] = record
    return found


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _check_same(output: Path, began: Any, manifest: Manifest) -> None:
    """Refuse to go on with a run that began with something else, and name it."""
    again = "or start again without --resume"
    now = manifest.as_json()
    if not isinstance(began, dict) or began.get("format") != FORMAT or not began.keys() >= now.keys():
        raise ConfigError(f"{output}: the record of the unfinished run cannot be read; start again without --resume")
    if began["framecls"] != now["framecls"]:
        raise ConfigError(
            f"{output}: the run began with framecls {began['framecls']}, not {now['framecls']}; use that, {again}"
        )
    if manifest.model_sha256 is None:
        raise ConfigError(f"{output}: a model that was not loaded from a folder cannot resume a run; save it first")
    if began["model_sha256"] != now["model_sha256"] or began["codebook"] != now["codebook"]:
        raise ConfigError(
            f"{output}: model {now['model']!r} is not the one the run began with, {began['model']!r} "
            f"({str(began['model_sha256'])[:12]}); give that one, {again}"
        )
    for name in sorted({*began["settings"], *now["settings"]}):
        old, new = began["settings"].get(name), now["settings"].get(name)
        if old != new and name == _ENGINE:
            raise ConfigError(
                f"{output}: the run began with engine {old}, now it is {new}; give --engine {old}, {again}"
            )
        if old != new:
            raise ConfigError(f"{output}: the run began with {name} {old}, now it is {new}; give the same, {again}")
    if began["inputs_sha256"] != now["inputs_sha256"]:
        raise ConfigError(f"{_changed_input(began['inputs'], now['inputs'])}, {again}")


def _changed_input(began: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> str:
    old = {item["id"]: item for item in began}
    new = {item["id"]: item for item in now}
    names = {item["sha256"]: item["id"] for item in began if item["sha256"]}
    for id in new:
        if id not in old:
            # Names are given from the folder that all inputs share, so one path more or less renames them all.
            if (name := names.get(new[id]["sha256"])) is not None and name not in new:
                return f"{id}: was {name} when the run began; give the same paths, with the same names"
            return f"{id}: is new since the run began; take it away"
        if old[id] != new[id]:
            return f"{id}: has changed since the run began; put the old file back"
    for id in old:
        if id not in new:
            return f"{id}: is gone since the run began; put it back"
    return "the inputs are in another order than when the run began; give them as before"
