"""The formats of interchange: how each is recognised, read and written. A format is one entry of the table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from framecls.corpus.interchange import cas, doccano, label_studio, tables, web_annotation
from framecls.corpus.interchange.project import Project, ProjectReading
from framecls.corpus.interchange.refi import is_archive, read_qdpx, write_qdpx
from framecls.errors import CorpusError

__all__ = ["FORMATS", "Format", "find_format", "format_to_write"]


@dataclass(frozen=True, slots=True)
class Format:
    """
    A format of interchange.

    :param name: what ``--format`` calls it.
    :param title: what people call it.
    :param suffix: the usual end of its files' names, which tells the format of a file to be written.
    :param detect: tells, without an error, whether a file is of this format; looks at its name and its first bytes.
    :param read: gives what is in a file, with a folder for source files kept outside of it; ``None`` where the format
        is only written.
    :param write: writes a project to a file; ``None`` where the format is only read.
    :param titles: whether its codes bear the titles of frames, which people read, and not their names.
    """

    name: str
    title: str
    suffix: str
    detect: Callable[[Path], bool]
    read: Callable[[Path, Path | None], ProjectReading] | None
    write: Callable[[Project, Path], None] | None
    titles: bool = False


#: By name; the first that recognises a file reads it.
_TABLE: tuple[Format, ...] = (
    Format(
        "qdpx",
        "REFI-QDA project (ATLAS.ti, NVivo, MAXQDA …)",
        ".qdpx",
        is_archive,
        read_qdpx,
        write_qdpx,
        titles=True,
    ),
    Format(
        "label-studio",
        "Label Studio, a task a document",
        ".json",
        label_studio.detect,
        label_studio.read,
        label_studio.write,
    ),
    Format(
        "label-studio-sentences",
        "Label Studio, a task a sentence",
        ".sentences.json",
        label_studio.detect,
        label_studio.read,
        label_studio.write_sentences,
    ),
    Format("cas-json", "INCEpTION, UIMA CAS JSON", ".cas.json", cas.detect_json, cas.read, cas.write_json),
    Format("w3c", "W3C Web Annotation", ".jsonld", web_annotation.detect, web_annotation.read, web_annotation.write),
    Format("doccano", "doccano, sequence labelling", ".jsonl", doccano.detect, doccano.read, doccano.write),
    Format(
        "doccano-sentences",
        "doccano, text classification",
        ".sentences.jsonl",
        doccano.detect,
        doccano.read,
        doccano.write_sentences,
    ),
    Format("cas-xmi", "INCEpTION, UIMA CAS XMI", ".xmi.zip", cas.detect_xmi, cas.read, cas.write_xmi),
    Format("csv", "CSV, a row a code", ".csv", tables.detect, tables.read, tables.write_long),
    Format("csv-one-hot", "CSV, a column a code", ".one-hot.csv", tables.detect, tables.read, tables.write_one_hot),
    Format("xlsx", "XLSX, a row a code", ".xlsx", tables.detect_workbook, tables.read, tables.write_long),
    Format(
        "xlsx-one-hot",
        "XLSX, a column a code",
        ".one-hot.xlsx",
        tables.detect_workbook,
        tables.read,
        tables.write_one_hot,
    ),
)
FORMATS: Mapping[str, Format] = {format.name: format for format in _TABLE}


def find_format(path: Path, name: str | None = None) -> Format:
    """
    Find the format of a file that is there.

    :param path: the file.
    :param name: name of the format; told from the file by default.
    :returns: the format.
    :raises CorpusError: there is no such file or format, or none recognises the file.
    """
    if path.is_dir():
        raise CorpusError(f"{path}: is a folder; give the file that your tool exported")
    if not path.is_file():
        raise CorpusError(f"{path}: no such file; give the file that your tool exported")
    if not path.stat().st_size:
        raise CorpusError(f"{path}: is empty; export it again")
    if name is not None:
        return _named(name)
    found = next((format for format in FORMATS.values() if format.detect(path)), None)
    if found is None:
        # A file that bears the name of one format alone, and is none, is best told so by its reader.
        found = next((format for format in FORMATS.values() if _is_called(path, format)), None)
    if found is None:
        raise CorpusError(f"{path}: its format is not recognised; name it with --format ({', '.join(FORMATS)})")
    return found


def _is_called(path: Path, format: Format) -> bool:
    """Tell whether a file's name ends as only those of one format, in its kinds, do; several tools write .json."""
    suffix = path.suffix.lower()
    return format.read is not None and suffix == format.suffix and suffix != ".json"


def format_to_write(path: Path, name: str | None = None) -> Format:
    """
    Find the format of a file that is to be written.

    :param path: the file.
    :param name: name of the format; told from the end of the file's name by default.
    :returns: the format.
    :raises CorpusError: there is no such format, or the name of the file fits none.
    """
    if path.is_dir():
        raise CorpusError(f"{path}: is a folder; give the name of the file to write")
    if name is not None:
        return _named(name)
    found = [format for format in FORMATS.values() if path.name.lower().endswith(format.suffix)]
    if not found:
        raise CorpusError(f"{path}: its name does not tell the format; name it with --format ({', '.join(FORMATS)})")
    # The longest end says most: .one-hot.csv is no plain .csv.
    return max(found, key=lambda format: len(format.suffix))


def _named(name: str) -> Format:
    if name not in FORMATS:
        raise CorpusError(f"unknown format {name!r}; expected one of {', '.join(FORMATS)}")
    return FORMATS[name]
