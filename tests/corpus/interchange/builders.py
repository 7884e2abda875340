"""Projects as other tools write them, made by hand. Every sentence is invented."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5
from xml.sax.saxutils import quoteattr

NAMESPACE = 'xmlns="urn:QDA-XML:project:1.0"'


def guid(name: str) -> str:
    """Give a GUID for a name."""
    return str(uuid5(NAMESPACE_DNS, name))


def users(*names: str) -> str:
    """Give the users of a project."""
    return "<Users>" + "".join(f"<User guid='{guid(name)}' name={quoteattr(name)}/>" for name in names) + "</Users>"


def codes(*names: str) -> str:
    """Give a codebook without a tree."""
    inside = "".join(f"<Code guid='{guid(name)}' name={quoteattr(name)} isCodable='true'/>" for name in names)
    return f"<CodeBook><Codes>{inside}</Codes></CodeBook>"


def coding(code: str, user: str | None = "Ann", inside: str = "") -> str:
    """Give a coding of a code by a user."""
    by = f" creatingUser='{guid(user)}'" if user else ""
    return f"<Coding guid='{guid(f'{code} {user}')}'{by}><CodeRef targetGUID='{guid(code)}'/>{inside}</Coding>"


def selection(start: int, end: int, *codings: str, name: str = "", inside: str = "", more: str = "") -> str:
    """Give a selection of a text; ``inside`` stands before its codings and ``more`` behind them."""
    own = guid(f"{start} {end} {name} {codings}")
    return (
        f"<PlainTextSelection guid='{own}' name={quoteattr(name)} startPosition='{start}' endPosition='{end}'>"
        f"{inside}{''.join(codings)}{more}</PlainTextSelection>"
    )


def text_source(name: str, *inside: str, path: str | None = None, attributes: str = "") -> str:
    """Give a text source; its file is ``internal://<guid of its name>.txt`` unless another path is given."""
    path = f"internal://{guid(name)}.txt" if path is None else path
    to = f"plainTextPath={quoteattr(path)}" if path else ""
    return f"<TextSource guid='{guid(name)}' name={quoteattr(name)} {to} {attributes}>{''.join(inside)}</TextSource>"


def project(*parts: str, origin: str = "ATLAS.ti 23", name: str = "Harbours") -> str:
    """Give a project file of its parts."""
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    return f"{head}<Project name='{name}' origin='{origin}' {NAMESPACE}>\n" + "\n".join(parts) + "\n</Project>"


def archive(
    path: Path, content: str | bytes, files: Mapping[str, str | bytes] | None = None, *, project: str = "project.qde"
) -> Path:
    """Write a ``.qdpx`` of a project file and of its sources, named in full."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(project, content)
        for name, bytes_ in (files or {}).items():
            zipped.writestr(name, bytes_)
    return path


def simple(path: Path, text: str, *selections: str, origin: str = "ATLAS.ti 23", names: Sequence[str] = ()) -> Path:
    """Write a project of one source, with codes toll and pilot, and users Ann and Ben."""
    content = project(
        users("Ann", "Ben"),
        codes("toll", "pilot", *names),
        f"<Sources>{text_source('notice', *selections)}</Sources>",
        origin=origin,
    )
    return archive(path, content, {f"sources/{guid('notice')}.txt": text.encode()})
