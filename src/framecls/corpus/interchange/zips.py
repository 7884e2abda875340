"""Zip archives of small text files, as tools export them for several annotators; nothing is unpacked to the disk."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from framecls.errors import CorpusError
from framecls.files import whole_file

__all__ = ["entry_names", "read_entries", "write_entries"]

#: Bytes of one entry, and of all, unpacked.
_ENTRY_LIMIT, _TOTAL_LIMIT = 256 << 20, 2 << 30
_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError)


def entry_names(path: Path) -> list[str]:
    """
    Name what is in an archive.

    :param path: the file.
    :returns: names of its entries; none where it is no archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except _DAMAGED:
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
    :raises CorpusError: it is no archive, is damaged or locked, or unpacks to more than is sensible.
    """
    called = where or str(path)
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for info in sorted(archive.infolist(), key=lambda info: info.filename):
                if not info.filename.lower().endswith(suffixes):
                    continue
                if info.flag_bits & _ENCRYPTED:
                    raise CorpusError(
                        f"{called}: entry {info.filename!r} is protected by a password; export it without"
                    )
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
    except _DAMAGED as error:
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
