"""The zip archive of a project: its project file, and the sources in it."""

import zipfile
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Self

from framecls.corpus.interchange.zips import DAMAGED, check_entries
from framecls.errors import CorpusError

__all__ = ["PROJECT_LIMIT", "SOURCE_LIMIT", "Archive", "is_archive", "unpacked_size"]

#: Bytes of the project file, and of one source, unpacked.
PROJECT_LIMIT, SOURCE_LIMIT = 1 << 30, 256 << 20
#: Bytes of all that is read, unpacked.
_TOTAL_LIMIT = 4 << 30


def is_archive(path: Path) -> bool:
    """
    Tell whether a file is a zip archive with a project in it.

    :param path: the file.
    :returns: whether it is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower().endswith(".qde") for name in archive.namelist())
    except DAMAGED:
        return False


def unpacked_size(path: Path) -> int:
    """
    Tell how much a file within the archive would unpack to, as Word files are archives themselves.

    :param path: the file.
    :returns: bytes; 0 where it is no zip archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(info.file_size for info in archive.infolist())
    except DAMAGED:
        return 0


class Archive:
    """
    A ``.qdpx`` archive; nothing of it is ever unpacked to the disk under a name of its own.

    :param path: the file.
    :raises CorpusError: it is no archive of a project, or not one to be trusted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError as error:
            raise CorpusError(f"{path}: no such file; give the .qdpx that your tool exported") from error
        except DAMAGED as error:
            raise CorpusError(
                f"{path}: is not a readable .qdpx archive ({error}); export the project again as REFI-QDA"
            ) from error
        try:
            check_entries(str(path), self._zip.infolist())
            self.project = self._find_project()
        except CorpusError:
            self._zip.close()
            raise
        self._base = PurePosixPath(self.project).parent
        self._by_lower = {info.filename.lower(): info for info in self._zip.infolist()}
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def _find_project(self) -> str:
        found = [name for name in self._zip.namelist() if name.lower().endswith(".qde")]
        if not found:
            raise CorpusError(f"{self.path}: holds no .qde project file; export the project again as REFI-QDA")
        usual = [name for name in found if PurePosixPath(name).name.lower() == "project.qde"] or found
        if len(usual) > 1:
            raise CorpusError(f"{self.path}: holds several project files ({', '.join(sorted(usual))}); keep one")
        return usual[0]

    def open_project(self) -> IO[bytes]:
        """
        Open the project file.

        :returns: a stream of its bytes.
        :raises CorpusError: it is too large.
        """
        info = self._zip.getinfo(self.project)
        if info.file_size > PROJECT_LIMIT:
            raise CorpusError(
                f"{self.path}: {self.project} has {info.file_size} bytes; more than {PROJECT_LIMIT} are refused"
            )
        return self._zip.open(info)

    def find(self, path: str) -> str | None:
        """
        Find an entry that a path of the project names, whatever its case.

        :param path: the path without its scheme, such as ``0f3c….txt`` or ``sources/0f3c….txt``.
        :returns: the entry's name, or ``None`` where there is none.
        """
        inside = path.strip("/")
        for candidate in (self._base / "sources" / inside, self._base / inside):
            info = self._by_lower.get(str(candidate).lower())
            if info is not None and not info.is_dir():
                return info.filename
        return None

    def read(self, name: str) -> bytes:
        """
        Read an entry.

        :param name: name of the entry.
        :returns: its bytes.
        :raises CorpusError: it is too large or damaged.
        """
        size = self._zip.getinfo(name).file_size
        self._read += size
        if size > SOURCE_LIMIT or self._read > _TOTAL_LIMIT:
            raise CorpusError(
                f"has {size} bytes; sources of more than {SOURCE_LIMIT} (or {_TOTAL_LIMIT} together) are not read"
            )
        try:
            return self._zip.read(name)
        except DAMAGED as error:
            raise CorpusError(f"is damaged ({error})") from error

    def open(self, info: zipfile.ZipInfo) -> IO[bytes]:
        """
        Open any entry.

        :param info: the entry, one of :meth:`entries`.
        :returns: a stream of its bytes.
        """
        return self._zip.open(info)

    def entries(self) -> list[zipfile.ZipInfo]:
        """Give all entries, in order."""
        return self._zip.infolist()
