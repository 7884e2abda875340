"""XML of other people, parsed with suspicion: no document type, no entities, no network."""

import re
from collections.abc import Iterator
from typing import IO

from lxml import etree

from framecls.errors import CorpusError

__all__ = ["elements", "new_root", "refuse_document_type", "safe_parser", "xml_text"]

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """
    Leave out the characters XML cannot hold.

    :param text: any text.
    :returns: the text without control characters and lone surrogates.
    """
    return _ILLEGAL.sub("", text)


def safe_parser() -> etree.XMLParser:
    """Give a parser that loads and expands nothing."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def new_root(name: str, namespace: str) -> etree._Element:
    """
    Make the first element of a file, whose namespace needs no prefix.

    :param name: of the element.
    :param namespace: its namespace.
    :returns: the element.
    """
    return etree.fromstring(f'<{name} xmlns="{namespace}"/>', safe_parser())


def refuse_document_type(root: etree._Element, where: str) -> None:
    """
    Refuse XML with a document type, which projects do not need and attacks do.

    :param root: its first element, as a parser gave it that expands nothing.
    :param where: file, for the message.
    :raises CorpusError: it has one.
    """
    if root.getroottree().docinfo.internalDTD is not None:
        raise CorpusError(f"{where}: has a document type (<!DOCTYPE …>); such XML is refused, export the project again")


def elements(stream: IO[bytes], where: str) -> Iterator[tuple[str, etree._Element]]:
    """
    Parse XML element by element.

    :param stream: its bytes.
    :param where: file, for messages.
    :returns: ``start`` and ``end`` of each element; what has been read may be cleared at its end.
    :raises CorpusError: it has a document type.
    :raises etree.XMLSyntaxError: it breaks off or is no XML.
    """
    found = etree.iterparse(
        stream,
        events=("start", "end"),
        remove_comments=True,
        remove_pis=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    for number, (event, element) in enumerate(found):
        if not number:
            refuse_document_type(element, where)
        yield event, element
