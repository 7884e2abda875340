"""Codebooks of the standard (.qdc), both ways."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lxml import etree
from pydantic import ValidationError

from framecls.codebook import PALETTE, Codebook
from framecls.corpus.interchange.project import Code, Problem, codes_of
from framecls.corpus.interchange.refi.parsing import parse_codes
from framecls.corpus.interchange.refi.structure import CODEBOOK, local_name
from framecls.corpus.interchange.refi.words import ORIGIN
from framecls.corpus.interchange.refi.writer import add_codes
from framecls.corpus.interchange.xml import new_root, refuse_document_type, safe_parser
from framecls.errors import CorpusError
from framecls.files import whole_file
from framecls.validation import first_problem

__all__ = ["codebook_of", "detailed_codes", "read_qdc", "write_qdc"]

#: Bytes of a codebook file; a large one has some hundred thousand.
_LIMIT = 64 << 20
_IN, _OUT = "In: ", "Out: "


def read_qdc(path: Path) -> tuple[tuple[Code, ...], tuple[Problem, ...]]:
    """
    Read the codes of a codebook file.

    :param path: the ``.qdc`` file.
    :returns: its codes, each after the one above it, and what is wrong with it.
    :raises CorpusError: it is no codebook.
    """
    try:
        content = path.read_bytes() if path.stat().st_size <= _LIMIT else None
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from error
    if content is None:
        raise CorpusError(f"{path}: has more than {_LIMIT} bytes; such a codebook is refused")
    try:
        root = etree.fromstring(content, safe_parser())
    except etree.XMLSyntaxError as error:
        raise CorpusError(f"{path}: line {error.lineno}: is no XML ({error.msg}); export the codebook again") from error
    refuse_document_type(root, str(path))
    if local_name(root) != "CodeBook":
        raise CorpusError(f"{path}: is a {local_name(root)}, no CodeBook of REFI-QDA; export the codebook again")
    codes, problems = parse_codes(root, str(path))
    if not codes:
        raise CorpusError(f"{path}: holds no code")
    return tuple(codes), tuple(problems)


def write_qdc(codes: Sequence[Code], path: Path) -> None:
    """
    Write a codebook file.

    :param codes: the codes, each after the one above it.
    :param path: the ``.qdc`` file.
    """
    root = new_root("CodeBook", CODEBOOK)
    root.set("origin", ORIGIN)
    add_codes(etree.SubElement(root, f"{{{CODEBOOK}}}Codes"), codes, CODEBOOK)
    with whole_file(path) as partial:
        partial.write_bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def detailed_codes(codebook: Codebook) -> tuple[Code, ...]:
    """
    Give a codebook's frames with all that coders are told of them, as codes.

    :param codebook: the codebook.
    :returns: codes named by the titles of frames; a description has the question, and a line for each thing in and out.
    """
    titles = [frame.title for frame in codebook.definitions]
    codes = []
    for code in codes_of(codebook):
        if code.parent is None:
            frame = codebook[code.id]
            lines = [*(_IN + line for line in frame.included), *(_OUT + line for line in frame.excluded)]
            name = frame.title if titles.count(frame.title) == 1 else frame.name
            codes.append(replace(code, name=name, description="\n".join([frame.question, *lines])))
        else:
            codes.append(code)
    return tuple(codes)


def codebook_of(codes: Sequence[Code], name: str) -> Codebook:
    """
    Make a codebook of codes: those at the top become frames, those below them second-level codes.

    What a description says line by line (see :func:`detailed_codes`) is taken up; where there is none, the name stands
    in its place, and wants to be replaced.

    :param codes: the codes, each after the one above it.
    :param name: what the codebook is called.
    :returns: the codebook.
    :raises CorpusError: the codes make no codebook, for one because two have one name.
    """
    top: dict[str, str] = {}
    below: dict[str, list[dict[str, str]]] = {}
    for code in codes:
        if code.parent is None:
            top[code.id] = code.id
            below[code.id] = []
        else:
            top[code.id] = top[code.parent]
            definition = code.description.strip() or code.name
            below[top[code.id]].append({"name": _identifier(code.name), "definition": definition})
    frames = [code for code in codes if code.parent is None]
    content = {
        "name": _identifier(name).replace("_", "-"),
        "version": "1",
        "title": name,
        "description": f"Made of the codes of {name}.",
        "frames": [_frame(code, below[code.id], number) for number, code in enumerate(frames)],
    }
    try:
        return Codebook.model_validate(content)
    except ValidationError as error:
        raise CorpusError(
            f"{name}: its codes make no codebook: {first_problem(error)}; rename or remove some"
        ) from error


def _frame(code: Code, below: Sequence[Mapping[str, str]], number: int) -> dict[str, Any]:
    lines = [line.strip() for line in code.description.splitlines() if line.strip()]
    question = " ".join(line for line in lines if not line.startswith((_IN, _OUT)))
    included = [line.removeprefix(_IN) for line in lines if line.startswith(_IN)]
    return {
        "name": _identifier(code.name),
        "title": code.name,
        "color": code.color or PALETTE[number % len(PALETTE)],
        "question": question or f"Does the sentence carry {code.name}?",
        "in": included or [question or code.name],
        "out": [line.removeprefix(_OUT) for line in lines if line.startswith(_OUT)],
        "codes": list(below),
    }


def _identifier(name: str) -> str:
    """Make a name of the codebook of what people call a code."""
    words = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    return words if words[:1].isalpha() else f"code_{words}".strip("_")
