"""The texts of sources: in the archive, or in a folder beside it, and never anywhere else."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote

from framecls.corpus.interchange.refi.archive import SOURCE_LIMIT, Archive, unpacked_size
from framecls.corpus.interchange.refi.parsing import RawSource
from framecls.documents import read
from framecls.documents.encoding import decode
from framecls.errors import CorpusError, DocumentError

__all__ = ["SourceText", "Texts"]

_SCHEME = re.compile(r"(internal|relative|absolute):/{0,3}(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class SourceText:
    """
    The text of a source.

    :param text: the text.
    :param file: the file it came from; empty where it stands in the project.
    :param plain: whether it is the plain text that positions count; otherwise it was read from a Word or PDF file.
    """

    text: str
    file: str
    plain: bool


class Texts:
    """
    Find and read the texts of sources.

    :param archive: the archive.
    :param folder: the user's folder of sources kept outside of it; a ``relative://`` path may lead below it, or below
        the archive's own folder, and an ``absolute://`` one only below it.
    """

    def __init__(self, archive: Archive, folder: Path | None) -> None:
        self._archive = archive
        self._folder = folder.resolve() if folder is not None else None
        self._beside = archive.path.resolve().parent

    def text(self, source: RawSource) -> SourceText:
        """
        Give the text of a source: the plain one, or else that of its Word or PDF file.

        :param source: a text source, a PDF source, or a note.
        :returns: its text, line ends and all.
        :raises CorpusError: it is missing or cannot be read.
        """
        if source.content:
            return SourceText(source.content, "", plain=True)
        first: CorpusError | None = None
        if source.representation is not None:
            try:
                return self.text(source.representation)
            except CorpusError as error:
                first = error
        for key in ("plainTextPath", "richTextPath", "path"):
            if path := source.paths.get(key):
                plain = key == "plainTextPath"
                try:
                    name, content = self._bytes(path, source.name)
                    return SourceText(self._decode(name, content, plain=plain), name, plain=plain)
                except CorpusError as error:
                    first = first or error
        if source.content is not None:
            return SourceText("", "", plain=True)
        raise first or CorpusError("has neither a path nor a text")

    def _decode(self, name: str, content: bytes, *, plain: bool) -> str:
        file = None
        try:
            suffix = Path(name).suffix.lower()
            if plain or suffix in (".txt", ".text", ""):
                return _plain(content)
            # Word and PDF files have readers that want a file.
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / f"source{suffix}"
                file.write_bytes(content)
                if unpacked_size(file) > SOURCE_LIMIT:
                    raise DocumentError(f"unpacks to more than {SOURCE_LIMIT} bytes; such a source is not read")
                return read(file, suffix).text
        except DocumentError as error:
            reason = str(error).removeprefix(f"{file}: ") if file else str(error)
            raise CorpusError(f"({name}) {reason}") from error

    def _bytes(self, path: str, name: str) -> tuple[str, bytes]:
        match = _SCHEME.match(path)
        scheme, rest = (match[1].lower(), match[2]) if match else ("", path)
        if scheme in ("internal", ""):
            for inside in dict.fromkeys((rest, unquote(rest))):
                if (entry := self._archive.find(inside)) is not None:
                    return entry, self._archive.read(entry)
        file = self._outside(scheme, unquote(rest), name)
        if file is None:
            raise CorpusError(f"is missing ({path}); put it in a folder and name that with --sources")
        if file.stat().st_size > SOURCE_LIMIT:
            raise CorpusError(f"{file} has more than {SOURCE_LIMIT} bytes; such a source is not read")
        return str(file), file.read_bytes()

    def _outside(self, scheme: str, rest: str, name: str) -> Path | None:
        """Find a file below the folders that are allowed; ``None`` where there is none."""
        parts = PureWindowsPath(rest).parts
        candidates = []
        if scheme == "relative":
            candidates += [(folder, folder.joinpath(*parts)) for folder in (self._folder, self._beside) if folder]
        if self._folder is not None:
            if scheme == "absolute":
                candidates.append((self._folder, Path("/", rest)))
            last = parts[-1] if parts else ""
            candidates += [(self._folder, self._folder / file) for file in (last, name, f"{name}.txt") if file]
        return next((found for folder, candidate in candidates if (found := _below(folder, candidate))), None)


def _below(folder: Path, candidate: Path) -> Path | None:
    try:
        found = candidate.resolve()
        return found if found.is_relative_to(folder) and found.is_file() else None
    except (OSError, ValueError):
        # No file can have such a name: it is too long, or has a character that names cannot have.
        return None


def _plain(content: bytes) -> str:
    """Decode without touching line ends, which positions count; the standard says UTF-8, and files differ."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return decode(content)[0]
