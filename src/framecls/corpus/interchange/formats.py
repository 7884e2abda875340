"""The formats of interchange: how each is recognised, read and written. A format is one entry of the table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from framecls.corpus.interchange.project import Project, ProjectReading
from framecls.errors import CorpusError

__all__ = ["FORMATS", "Format", "find_format"]


@dataclass(frozen=True, slots=True)
class Format:
    """
    A format of interchange.

    :param name: what ``--format`` calls it.
    :param title: what people call it.
    :param detect: tells, without an error, whether a file is of this format; looks at its name and its first bytes.
    :param read: gives what is in a file, with a folder for source files kept outside of it; ``None`` where the format
        is only written.
    :param write: writes a project to a file; ``None`` where the format is only read.
    """

    name: str
    title: str
    detect: Callable[[Path], bool]
    read: Callable[[Path, Path | None], ProjectReading] | None
    write: Callable[[Project, Path], None] | None


#: By name; the first that recognises a file reads it.
_TABLE: tuple[Format, ...] = ()
FORMATS: Mapping[str, Format] = {format.name: format for format in _TABLE}


def find_format(path: Path, name: str | None = None) -> Format:
    """
    Find the format of a file that is there.

    :param path: the file.
    :param name: name of the format; told from the file by default.
    :returns: the format.
    :raises CorpusError: there is no such file or format, or none recognises the file.
    """
    if not path.is_file():
        raise CorpusError(f"{path}: no such file; give the file that your tool exported")
    if name is None:
        found = next((format for format in FORMATS.values() if format.detect(path)), None)
        if found is None:
            raise CorpusError(f"{path}: its format is not recognised; name it with --format ({', '.join(FORMATS)})")
        return found
    if name not in FORMATS:
        raise CorpusError(f"unknown format {name!r}; expected one of {', '.join(FORMATS)}")
    return FORMATS[name]
