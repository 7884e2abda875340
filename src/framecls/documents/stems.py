"""The clause that introduces a list: who acts, and how, is said there and not in the items."""

from dataclasses import dataclass, field

from framecls.documents.document import Block
from framecls.documents.layout import ENUMERATOR, ITEM

__all__ = ["Stems"]


@dataclass(slots=True)
class _List:
    style: str
    stem: str
    label: str


@dataclass(slots=True)
class Stems:
    """
    Follows the blocks of a document, and knows the list at hand and those around it.

    A list is told from another by the style of its enumerators, since plain text has no other sign of depth.
    """

    _open: list[_List] = field(default_factory=list)
    _last: str = ""
    _lead: str = ""

    def enter(self, text: str, block: Block) -> str:
        """
        Begin a block.

        :param text: text of the document.
        :param block: the block.
        :returns: the stem of the list that the block is an item of; empty where it is none, or has no stem.
        """
        self._lead = ""
        if block.kind == "footnote":
            return ""
        mark = ENUMERATOR.match(text, block.start, block.end)
        # Counted paragraphs are a list only where a clause says so.
        is_item = block.kind == "list_item" or (
            block.kind == "paragraph" and mark is not None and (bool(self._open) or self._last.endswith(":"))
        )
        if not is_item:
            self._open.clear()
            return ""
        label = mark[0].strip("(). \t\r\n") if mark else ""
        style = self._style(label)
        if any(known.style == style for known in self._open):
            while self._open[-1].style != style:
                self._open.pop()
            self._open[-1].label = label
            return self._open[-1].stem
        if block.kind == "paragraph" and not self._last.endswith(":"):
            self._open.clear()
            return ""
        self._open.append(_List(style, self._last if _introduces(self._last) else "", label))
        return self._open[-1].stem

    def inline(self, text: str) -> str:
        """
        Give the stem of an item that stands within a block, its line end lost.

        :param text: a sentence of the block.
        :returns: the stem, or nothing.
        """
        return self._lead if self._lead and ITEM.match(text) else ""

    def leave(self, text: str, *, is_heading: bool) -> None:
        """
        Take note of a sentence, which may introduce what follows.

        :param text: the sentence.
        :param is_heading: whether it is a heading, which introduces no list.
        """
        self._last = "" if is_heading else text
        if text[-1] == ":":
            self._lead = text

    def _style(self, label: str) -> str:
        if not label or not label[0].isalnum():
            return label
        if label[0].isdigit():
            return "1" + "." * label.count(".")
        before = [known.label for known in self._open if known.style in ("a", "A")]
        counts_on = bool(before) and len(label) == 1 and ord(before[-1]) + 1 == ord(label)
        if len(label) > 1 or (label in "ivx" and not counts_on):
            return "i"
        return "A" if label.isupper() else "a"


def _introduces(text: str) -> bool:
    return bool(text) and (text[-1].isalnum() or text[-1] in ":–—)")
