"""The structure the standard prescribes: which elements stand in which, in what order, with what attributes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

__all__ = ["CODEBOOK", "GUID", "PROJECT", "local_name", "violations"]

PROJECT = "urn:QDA-XML:project:1.0"
CODEBOOK = "urn:QDA-XML:codebook:1.0"
_HEX = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
GUID = re.compile(rf"{_HEX}|\{{{_HEX}\}}")
_COLOR = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
_GUIDS = ("guid", "targetGUID", "creatingUser", "creatingUserGUID", "modifyingUser", "modifyingUserGUID")
_NUMBERS = ("startPosition", "endPosition", "page", "firstX", "firstY", "secondX", "secondY", "begin", "end")


@dataclass(frozen=True, slots=True)
class _Shape:
    """
    What stands in an element.

    :param children: names in their order; ``?`` at most one, ``*`` any number, ``+`` at least one, nothing exactly one;
        ``|`` between those that may take turns.
    :param required: attributes that must be there.
    """

    children: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


def _shape(children: str = "", required: str = "") -> _Shape:
    return _Shape(tuple(children.split()), tuple(required.split()))


_NOTED = "NoteRef* VariableValue*"
_REFERENCE = _shape(required="targetGUID")
_TEXT = _shape(f"Description? PlainTextContent? PlainTextSelection* Coding* {_NOTED}", "guid")
_SHAPES = {
    "Project": _shape(
        "Users? CodeBook? Variables? Cases? Sources? Notes? Links? Sets? Graphs? Description? NoteRef*", "name"
    ),
    "Users": _shape("User+"),
    "User": _shape(required="guid"),
    "CodeBook": _shape("Codes Sets?"),
    "Codes": _shape("Code+"),
    "Code": _shape("Description? NoteRef* Code*", "guid name isCodable"),
    "Variables": _shape("Variable+"),
    "Variable": _shape("Description?", "guid name typeOfVariable"),
    "Cases": _shape("Case+"),
    "Case": _shape("Description? CodeRef* VariableValue* SourceRef* SelectionRef*", "guid"),
    "Sources": _shape("TextSource|PictureSource|PDFSource|AudioSource|VideoSource+"),
    "TextSource": _TEXT,
    "Representation": _TEXT,
    "Note": _TEXT,
    "TextDescription": _TEXT,
    "PlainTextSelection": _shape("Description? Coding* NoteRef*", "guid startPosition endPosition"),
    "Coding": _shape("CodeRef NoteRef*", "guid"),
    "PDFSource": _shape(f"Description? PDFSelection* Representation? Coding* {_NOTED}", "guid"),
    "PDFSelection": _shape("Description? Representation? Coding* NoteRef*", "guid page firstX firstY secondX secondY"),
    "PictureSource": _shape(f"Description? TextDescription? PictureSelection* Coding* {_NOTED}", "guid"),
    "PictureSelection": _shape("Description? Coding* NoteRef*", "guid firstX firstY secondX secondY"),
    "AudioSource": _shape(f"Description? Transcript* AudioSelection* Coding* {_NOTED}", "guid"),
    "AudioSelection": _shape("Description? Coding* NoteRef*", "guid begin end"),
    "VideoSource": _shape(f"Description? Transcript* VideoSelection* Coding* {_NOTED}", "guid"),
    "VideoSelection": _shape("Description? Coding* NoteRef*", "guid begin end"),
    "Transcript": _shape("Description? PlainTextContent? SyncPoint* TranscriptSelection* NoteRef*", "guid"),
    "SyncPoint": _shape(required="guid"),
    "TranscriptSelection": _shape("Description? Coding* NoteRef*", "guid"),
    "Notes": _shape("Note+"),
    "Links": _shape("Link+"),
    "Link": _shape("NoteRef*", "guid"),
    "Sets": _shape("Set+"),
    "Set": _shape("Description? MemberCode* MemberSource* MemberNote*", "guid name"),
    "Graphs": _shape("Graph+"),
    "Graph": _shape("Vertex* Edge*", "guid"),
    "Vertex": _shape(required="guid firstX firstY"),
    "Edge": _shape(required="guid sourceVertex targetVertex"),
    **dict.fromkeys(("CodeRef", "NoteRef", "SourceRef", "SelectionRef", "VariableRef"), _REFERENCE),
    **dict.fromkeys(("MemberSource", "MemberNote"), _REFERENCE),
    # A set of a project refers to a code, one of a codebook has its identifier.
    "MemberCode": _shape(),
}


def local_name(element: etree._Element) -> str:
    """
    Give the name of an element without its namespace.

    :param element: the element.
    :returns: its name.
    """
    return str(element.tag).rpartition("}")[2]


def violations(element: etree._Element) -> Iterator[str]:
    """
    Check one element, not those below it.

    :param element: the element.
    :returns: what is wrong with its attributes, and with the names and the order of its children.
    """
    name = local_name(element)
    shape = _SHAPES.get(name)
    if shape is None:
        return
    for attribute in shape.required:
        if attribute not in element.attrib:
            yield f"{name} has no {attribute}, which is required"
    for key, value in element.attrib.items():
        yield from _value(name, str(key), str(value))
    yield from _order(name, shape, [local_name(child) for child in element if isinstance(child.tag, str)])
    if "plainTextPath" in element.attrib and element.find("{*}PlainTextContent") is not None:
        yield f"{name} has both a plainTextPath and a PlainTextContent; one of them is meant"


def _value(name: str, attribute: str, value: str) -> Iterator[str]:
    if attribute in _GUIDS and not GUID.fullmatch(value):
        yield f"{name} has {attribute} {value!r:.60}, which is no GUID"
    elif attribute in _NUMBERS and not re.fullmatch(r"\s*[+-]?\d+\s*", value):
        yield f"{name} has {attribute} {value!r:.60}, which is no whole number"
    elif attribute == "color" and not _COLOR.fullmatch(value):
        yield f"{name} has color {value!r:.60}; expected #rrggbb"
    elif attribute == "isCodable" and value.strip() not in ("true", "false", "1", "0"):
        yield f"{name} has isCodable {value!r:.60}; expected true or false"


def _order(name: str, shape: _Shape, children: list[str]) -> Iterator[str]:
    places = {part: place for place, item in enumerate(shape.children) for part in item.rstrip("?*+").split("|")}
    counts = [0] * len(shape.children)
    reached = 0
    for child in children:
        place = places.get(child)
        if place is None:
            yield f"{name} holds a {child}, which does not belong there"
            continue
        if place < reached:
            yield f"{child} stands behind {shape.children[reached].rstrip('?*+')} in {name}; the standard has it before"
        reached = max(reached, place)
        counts[place] += 1
        if counts[place] == 2 and shape.children[place][-1] not in "*+":
            yield f"{name} holds more than one {child}"
    for item, count in zip(shape.children, counts, strict=True):
        if not count and item[-1] not in "?*":
            yield f"{name} holds no {item.rstrip('+').replace('|', ' or ')}, which is required"
