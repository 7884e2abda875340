"""What stands on a page of a PDF: words with their places, ruled lines, and whether there are images."""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import atan2, cos, degrees, hypot, radians, sin
from typing import NamedTuple

import pypdfium2
from pypdfium2 import raw

__all__ = ["PageContent", "Rule", "Word", "read_page"]

#: PDFium puts one of these in place of a hyphen at a line end, and of the line end with it.
_HYPHEN_AND_LINE_END = "\x02\ufffe"
_RUN = re.compile(rf"[^\s{_HYPHEN_AND_LINE_END}]+[{_HYPHEN_AND_LINE_END}]?|[{_HYPHEN_AND_LINE_END}]")
#: Ligatures are spelt out; characters that show nothing are left out.
_CLEAN: dict[int, str | None] = {
    **dict.fromkeys((*range(1, 9), *range(14, 28), 0xAD, 0x200B, 0xFEFF)),
    **{0xFB00 + number: letters for number, letters in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))},
    **dict.fromkeys(map(ord, _HYPHEN_AND_LINE_END), "-"),
}
#: What the mark of a note may look like, in front of a word and behind one.
_FIRST_MARK = re.compile(r"(?:\d{1,3}|[ivxl]{1,5}|[*†‡§]{1,3})(?=[^\W\d_]|[\"“‘(\[])")
_LAST_MARK = re.compile(r"(?<=[^\s\d])((?:\d{1,3}|[ivxl]{1,5}|[*†‡§]{1,3}))[.,;:!?)\]”’\"]*$")
_LETTER_MARKS = "ivxl"
_MARK_SIZE = 0.8
_BOLD_NAME = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_BOLD_WEIGHT = 600
#: Ruled lines are thinner than this, and tables have at most so many paths.
_THIN, _SHORTEST_RULE, _MOST_PATHS = 3.0, 12.0, 3000


class Word(NamedTuple):
    """
    Characters without a space between them.

    Coordinates are points from the left and from the top as the text is read, whichever way the page is turned.

    :param mark: what of it is raised and small, as the mark of a footnote is; empty for most.
    :param bare: the rest, where there is a mark.
    :param tied: whether a space follows at which no line may end.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    mark: str = ""
    bare: str = ""
    tied: bool = False


class Rule(NamedTuple):
    """A ruled line; it lies if ``y0 == y1`` and stands if ``x0 == x1``."""

    x0: float
    y0: float
    x1: float
    y1: float


class PageContent(NamedTuple):
    """
    One page.

    :param words: in the direction that most of its text runs.
    :param turned: words of each other direction, such as stamps in the margin.
    :param rules: ruled lines.
    :param height: from top to bottom, as the text is read.
    :param images: whether there is an image on it.
    """

    words: list[Word]
    turned: list[list[Word]]
    rules: list[Rule]
    top: float
    height: float
    images: bool


class _Placed(NamedTuple):
    text: str
    angle: int
    box: tuple[float, float, float, float]
    origin: tuple[float, float]
    size: float
    bold: bool
    mark: str = ""
    bare: str = ""
    tied: bool = False


def read_page(page: pypdfium2.PdfPage) -> PageContent:
    """
    Read what stands on a page.

    :param page: the page.
    :returns: its words, ruled lines and images.
    """
    textpage = page.get_textpage()
    try:
        placed = list(_placed(textpage.raw))
    finally:
        textpage.close()
    weights: Counter[int] = Counter()
    for word in placed:
        weights[word.angle] += len(word.text)
    main = weights.most_common(1)[0][0] if weights else 0
    turned = [[_turn(word, angle) for word in placed if word.angle == angle] for angle in weights if angle != main]
    rules, images = _objects(page)
    left, bottom, right, top = page.get_mediabox()
    edges = [_rotated(x, y, main)[1] for x in (left, right) for y in (bottom, top)]
    return PageContent(
        [_turn(word, main) for word in placed if word.angle == main],
        turned,
        [rule for box in rules if (rule := _as_rule(_turn_box(box, main)))] if rules else [],
        min(edges),
        max(edges) - min(edges),
        images,
    )


def _placed(handle: raw.FPDF_TEXTPAGE) -> Iterator[_Placed]:
    text = _characters(handle)
    glyphs = _Glyphs(handle)
    for run in _RUN.finditer(text):
        characters = run[0]
        start, end = run.span()
        tied = text[end : end + 1] == "\xa0"
        if (
            not tied
            and characters.isalpha()
            and characters[-1] not in _LETTER_MARKS
            and characters[0] not in _LETTER_MARKS
        ):
            yield glyphs.word(characters, start, end)
            continue
        # The mark of a note in front of its first word is a word of its own; one behind a word is a part of it.
        before = _FIRST_MARK.match(characters)
        if before is not None and glyphs.is_raised(start, start + before.end(), end - 1):
            yield glyphs.word(characters[: before.end()], start, start + before.end())
            start += before.end()
        behind = _LAST_MARK.search(characters)
        mark, bare = "", ""
        if behind is not None:
            first, last = run.start() + behind.start(1), run.start() + behind.end(1)
            if first > start and glyphs.is_raised(first, last, start):
                mark, bare = behind[1], (text[start:first] + text[last:end]).translate(_CLEAN)
        if text[start:end].translate(_CLEAN):
            word = glyphs.word(text[start:end], start, end)
            yield word._replace(mark=mark, bare=bare, tied=tied) if mark or tied else word


def _characters(handle: raw.FPDF_TEXTPAGE) -> str:
    """Give the characters of a page, each at the index that PDFium has for it."""
    count = raw.FPDFText_CountChars(handle)
    buffer = ctypes.create_string_buffer(2 * (count + 1))
    units = raw.FPDFText_GetText(handle, 0, count, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort))) - 1
    if units == count:
        text = buffer.raw[: 2 * units].decode("utf-16-le", "surrogatepass").replace("\0", " ")
        if len(text) == count:
            return text
    # PDFium leaves characters out of a longer text that it knows no letter for, and the indices shift.
    get = raw.FPDFText_GetUnicode
    return "".join([chr(get(handle, index) or 32) for index in range(count)])


class _Look(NamedTuple):
    """What the characters of one text object share."""

    size: float
    angle: int
    bold: bool


class _Glyphs:
    """Asks PDFium about the characters of a page."""

    def __init__(self, handle: raw.FPDF_TEXTPAGE) -> None:
        self._handle = handle
        self._first, self._last = raw.FS_RECTF(), raw.FS_RECTF()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._looks: dict[int, _Look] = {}
        self._fonts: dict[int, bool] = {}

    def look(self, index: int) -> _Look:
        """Give the size, direction and weight of a character as it is shown."""
        thing = raw.FPDFText_GetTextObject(self._handle, index)
        key = (ctypes.cast(thing, ctypes.c_void_p).value or 0) if thing else 0
        look = self._looks.get(key)
        if look is None:
            matrix = raw.FS_MATRIX()
            raw.FPDFText_GetMatrix(self._handle, index, matrix)
            size = float(raw.FPDFText_GetFontSize(self._handle, index)) * hypot(matrix.c, matrix.d)
            look = _Look(size, _angle(matrix), _is_bold(thing, self._fonts) if thing else False)
            if key:
                self._looks[key] = look
        return look

    def is_raised(self, start: int, end: int, beside: int) -> bool:
        """Tell whether characters are clearly smaller than another, and stand higher."""
        look = self.look(beside)
        if any(self.look(index).size > _MARK_SIZE * look.size for index in range(start, end)):
            return False
        raw.FPDFText_GetLooseCharBox(self._handle, start, self._first)
        raw.FPDFText_GetLooseCharBox(self._handle, beside, self._last)
        # Where the text is turned, up is not up, and the size has to do.
        return look.angle != 0 or self._first.bottom > self._last.bottom + 0.1 * look.size

    def word(self, text: str, start: int, end: int) -> _Placed:
        """Give a word with its place."""
        handle, first, last = self._handle, self._first, self._last
        # A soft hyphen at the end of a word is where it was broken; any other is invisible.
        word = text.translate(_CLEAN) + ("\xad" if text[-1] == "\xad" else "")
        if not word.isascii():
            if "\ud800" <= max(word) <= "\udfff":
                word = word.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            elif len(word) == 1 and "\uf000" <= word <= "\uf0ff":
                # What symbol fonts have there stands alone only as the mark of an item.
                word = "•"
        look = self.look(start)
        raw.FPDFText_GetCharOrigin(handle, start, self._x, self._y)
        raw.FPDFText_GetLooseCharBox(handle, start, first)
        # A hyphen that PDFium replaced has no box of its own.
        final = end - 1 if text[-1] not in _HYPHEN_AND_LINE_END else max(start, end - 2)
        raw.FPDFText_GetLooseCharBox(handle, final, last)
        left, bottom, right, top = first.left, first.bottom, last.right, first.top
        if look.angle:
            left, bottom = min(left, last.left), min(bottom, last.bottom)
            right, top = max(first.right, right), max(top, last.top)
        size = look.size or abs(first.top - first.bottom) or 1.0
        return _Placed(word, look.angle, (left, bottom, right, top), (self._x.value, self._y.value), size, look.bold)


def _angle(matrix: raw.FS_MATRIX) -> int:
    """Give the direction of a text in degrees, a slight slant taken for none."""
    if not matrix.b and matrix.a > 0:
        return 0
    angle = degrees(atan2(matrix.b, matrix.a))
    straight = round(angle / 90) * 90
    return (straight if abs(angle - straight) <= 8 else round(angle / 15) * 15) % 360


def _is_bold(thing: raw.FPDF_PAGEOBJECT, fonts: dict[int, bool]) -> bool:
    font = raw.FPDFTextObj_GetFont(thing)
    if not font:
        return False
    key = ctypes.cast(font, ctypes.c_void_p).value or 0
    if key not in fonts:
        name = ctypes.create_string_buffer(128)
        raw.FPDFFont_GetBaseFontName(font, name, len(name))
        named = _BOLD_NAME.search(name.value.decode("latin-1")) is not None
        fonts[key] = named or raw.FPDFFont_GetWeight(font) >= _BOLD_WEIGHT
    return fonts[key]


def _rotated(x: float, y: float, angle: int) -> tuple[float, float]:
    """Turn a point so that text of an angle runs to the right; the second coordinate grows downwards."""
    if not angle:
        return x, -y
    turn = radians(angle)
    return x * cos(turn) + y * sin(turn), x * sin(turn) - y * cos(turn)


def _turn(word: _Placed, angle: int) -> Word:
    if not angle:
        return Word(
            word.text, word.box[0], word.box[2], -word.origin[1], word.size, word.bold, word.mark, word.bare, word.tied
        )
    x0, _, x1, _ = _turn_box(word.box, angle)
    return Word(
        word.text, x0, x1, _rotated(*word.origin, angle)[1], word.size, word.bold, word.mark, word.bare, word.tied
    )


def _turn_box(box: Sequence[float], angle: int) -> tuple[float, float, float, float]:
    points = [_rotated(x, y, angle) for x in (box[0], box[2]) for y in (box[1], box[3])]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _objects(page: pypdfium2.PdfPage) -> tuple[list[tuple[float, float, float, float]], bool]:
    """Give the bounds of the straight strokes of a page, and whether it has images."""
    boxes: list[tuple[float, float, float, float]] = []
    images = False
    paths = 0
    for index in range(raw.FPDFPage_CountObjects(page.raw)):
        thing = raw.FPDFPage_GetObject(page.raw, index)
        kind = raw.FPDFPageObj_GetType(thing)
        if kind in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM):
            images = True
        elif kind == raw.FPDF_PAGEOBJ_PATH and paths < _MOST_PATHS:
            paths += 1
            boxes += _strokes(thing)
    return boxes, images


def _strokes(path: raw.FPDF_PAGEOBJECT) -> Iterator[tuple[float, float, float, float]]:
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(path, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    before: tuple[float, float] | None = None
    begin: tuple[float, float] | None = None
    count = raw.FPDFPath_CountSegments(path)
    for index in range(min(count, 500)):
        segment = raw.FPDFPath_GetPathSegment(path, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            begin = point
        elif kind == raw.FPDF_SEGMENT_LINETO and before is not None:
            yield _box(before, point)
        if raw.FPDFPathSegment_GetClose(segment) and begin is not None:
            yield _box(point, begin)
        before = point


def _box(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float, float, float]:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])


def _as_rule(box: tuple[float, float, float, float]) -> Rule | None:
    x0, y0, x1, y1 = box
    if y1 - y0 <= _THIN and x1 - x0 >= _SHORTEST_RULE:
        return Rule(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2)
    if x1 - x0 <= _THIN and y1 - y0 >= _SHORTEST_RULE / 2:
        return Rule((x0 + x1) / 2, y0, (x0 + x1) / 2, y1)
    return None
