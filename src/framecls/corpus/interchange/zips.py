"""Zip archives of other people, opened with suspicion; nothing is unpacked to the disk under a name of its own."""

import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from framecls.errors import CorpusError
from framecls.files import whole_file

__all__ = ["DAMAGED", "check_entries", "entry_names", "read_entries", "write_entries"]

#: Bytes of one entry, and of all, unpacked.
_ENTRY_LIMIT, _TOTAL_LIMIT = 256 << 20, 2 << 30
_ENCRYPTED = 0x1
#: An entry of more than this many bytes that shrank by more than this factor hides something.
_BOMB_SIZE, _BOMB_RATIO = 8 << 20, 200
_ENTRIES_LIMIT = 200_000
#: What zipfile, and the decompression below it, raise for a damaged archive.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError)


def check_entries(called: str, entries: Sequence[zipfile.ZipInfo]) -> None:
    """
    Refuse an archive that could harm whoever unpacks it.

    :param called: what messages call the archive.
    :param entries: all of its entries.
    :raises CorpusError: one of them has a path out of the archive, is a link, is locked, unpacks to far more than it
        takes or is there twice; or there are too many.
    """
    if len(entries) > _ENTRIES_LIMIT:
        raise CorpusError(f"{called}: has {len(entries)} entries; an archive of more than {_ENTRIES_LIMIT} is refused")
    counts = Counter(info.filename for info in entries)
    for info in entries:
        if (why := _suspicion(info)) is None and counts[info.filename] > 1:
            why = f"is there {counts[info.filename]} times"
        if why is not None:
            raise CorpusError(
                f"{called}: entry {info.orig_filename!r} {why}; such an archive is refused, export the project again"
            )


def _suspicion(info: zipfile.ZipInfo) -> str | None:
    # zipfile has made the other name one that it takes for harmless.
    name = info.orig_filename
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return "has an absolute path"
    if ".." in re.split(r"[/\\]", name):
        return "leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a symbolic link"
    if info.flag_bits & _ENCRYPTED:
        return "is protected by a password"
    if info.file_size > _BOMB_SIZE and info.file_size > _BOMB_RATIO * max(1, info.compress_size):
        return f"unpacks {info.compress_size} bytes to {info.file_size}"
    return None


def entry_names(path: Path) -> list[str]:
    """
    Name what is in an archive.

    :param path: the file.
    :returns: names of its entries; none where it is no archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except DAMAGED:
        return []


def read_entries(
    path: Path | IO[bytes], suffixes: tuple[str, ...], *, where: str | None = None
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """
    Read the entries of an archive whose names end in a certain way.

    :param path: the file, or its bytes.
    :param suffixes: the ends of names, lower-case.
    :param where: what messages call the archive; its path by default.
    :returns: names and contents, in order of name.
    :raises CorpusError: it is no archive, is damaged, not to be trusted, or unpacks to more than is sensible.
    """
    called = where or str(path)
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            check_entries(called, archive.infolist())
            for info in sorted(archive.infolist(), key=lambda info: info.filename):
                if not info.filename.lower().endswith(suffixes):
                    continue
                with archive.open(info) as file:
                    # What an entry says of its size need not be true.
                    content = file.read(_ENTRY_LIMIT + 1)
                total += len(content)
                if len(content) > _ENTRY_LIMIT or total > _TOTAL_LIMIT:
                    raise CorpusError(
                        f"{called}: entry {info.filename!r} has more than is read: {_ENTRY_LIMIT} bytes an entry, "
                        f"{_TOTAL_LIMIT} in all"
                    )
                yield PurePosixPath(info.filename), content
    except DAMAGED as error:
        raise CorpusError(f"{called}: is no readable zip archive ({error}); export it again") from error


def write_entries(path: Path, entries: Mapping[str, bytes]) -> None:
    """
    Write an archive; the same entries give the same bytes.

    :param path: the file.
    :param entries: contents by name.
    """
    with whole_file(path) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
