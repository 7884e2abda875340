"""Plain text and Markdown."""

import codecs
from pathlib import Path

import pytest

from framecls.documents import Document, sentences
from framecls.documents.text import document_of_text, read_markdown, read_text
from framecls.errors import DocumentError

PLAIN = "The Board meets in Vella.\n\nIt reports each year.\n"


def markdown(folder: Path, text: str) -> Document:
    path = folder / "accord.md"
    path.write_text(text, encoding="utf-8", newline="")
    return read_markdown(path, "accord")


def blocks_of(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def test_a_text_is_kept_as_it_is() -> None:
    document = document_of_text("vella", PLAIN, {"source": "test"})
    assert (document.id, document.text, document.meta) == ("vella", PLAIN, {"source": "test"})
    assert blocks_of(document) == [("paragraph", "The Board meets in Vella."), ("paragraph", "It reports each year.")]


def test_wrongly_decoded_text_is_mended_and_said_so() -> None:
    document = document_of_text("vella", "The peopleâ€™s Board meets.", {"source": "test"})
    assert document.text == "The people’s Board meets."
    assert document.meta == {"source": "test", "mended": "encoding"}


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(DocumentError, match="is empty; there is no text to read"):
        document_of_text("vella", " \n")


def test_line_ends_of_windows_stay_and_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "accord.txt"
    path.write_bytes(PLAIN.replace("\n", "\r\n").encode())
    document = read_text(path, "accord")
    assert document.text == "The Board meets in Vella.\r\n\r\nIt reports each year.\r\n"
    assert [(s.start, s.end, s.text) for s in sentences(document)] == [
        (0, 25, "The Board meets in Vella."),
        (29, 50, "It reports each year."),
    ]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (PLAIN.encode(), "utf-8"),
        (codecs.BOM_UTF8 + PLAIN.encode(), "utf-8-sig"),
        (codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le"), "utf-16"),
    ],
)
def test_offsets_do_not_depend_on_the_encoding(tmp_path: Path, content: bytes, encoding: str) -> None:
    path = tmp_path / "accord.txt"
    path.write_bytes(content)
    document = read_text(path, "accord")
    assert (document.text, document.meta) == (PLAIN, {"format": "text", "encoding": encoding})


def test_a_windows_file_is_read_with_and_without_its_encoding_named(tmp_path: Path) -> None:
    path = tmp_path / "accord.txt"
    path.write_bytes("Le comité siège à Vella – “déjà”.".encode("cp1252"))
    assert read_text(path, "accord") == read_text(path, "accord", "cp1252")


def test_a_wrong_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "accord.txt"
    path.write_bytes("Le comité".encode("cp1252"))
    with pytest.raises(DocumentError, match="is not valid utf-8; name the right encoding or leave --encoding out"):
        read_text(path, "accord", "utf-8")
    with pytest.raises(DocumentError, match="is not valid utf-8; name the right encoding or leave --encoding out"):
        read_markdown(path, "accord", "utf-8")


def test_offsets_count_code_points_beyond_the_basic_plane(tmp_path: Path) -> None:
    path = tmp_path / "accord.txt"
    path.write_text("Ships 🚢🚢 sail. The Board meets.", encoding="utf-8")
    assert [(s.start, s.end) for s in sentences(read_text(path, "accord"))] == [(0, 14), (15, 31)]


def test_markdown_marks_go_and_structure_stays(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        "---\ntitle: Accord\n---\n"
        "# Accord of *Vella*\n\n"
        "The **Board** meets\nin [Vella](https://vella.test).\\\nIt reports.\n\n"
        "Review\n------\n\n"
        "> The `Council` asks &amp; answers.\n\n"
        "```\ncode()\n```\n\n"
        "    indented()\n\n"
        "![A harbour](harbour.png)\n",
    )
    assert blocks_of(document) == [
        ("furniture", "---\ntitle: Accord\n---"),
        ("heading", "Accord of Vella"),
        ("paragraph", "The Board meets\nin Vella.\nIt reports."),
        ("heading", "Review"),
        ("paragraph", "The Council asks & answers."),
        ("furniture", "code()"),
        ("furniture", "indented()"),
        ("paragraph", "A harbour"),
    ]
    assert [block.level for block in document.blocks if block.kind == "heading"] == [1, 2]
    assert document.meta == {"format": "markdown", "encoding": "utf-8"}


def test_markdown_lists_keep_their_marks(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        "1. The Parties meet.\n\n   They report.\n2. The Board\n   decides:\n   - on staff,\n   - on funds.\n\n"
        "* A star.\n\n3) A bracket.\n",
    )
    assert blocks_of(document) == [
        ("list_item", "1. The Parties meet."),
        ("list_item", "They report."),
        ("list_item", "2. The Board\ndecides:"),
        ("list_item", "- on staff,"),
        ("list_item", "- on funds."),
        ("list_item", "* A star."),
        ("list_item", "3) A bracket."),
    ]


def test_a_mark_goes_to_the_first_words_of_its_own_item_only(tmp_path: Path) -> None:
    document = markdown(
        tmp_path, "-\n- The Parties meet.\n\n  They report.\n- # Review\n\n  The Board decides.\n- - It ends.\n"
    )
    assert blocks_of(document) == [
        ("list_item", "- The Parties meet."),
        ("list_item", "They report."),
        ("heading", "Review"),
        ("list_item", "The Board decides."),
        ("list_item", "- It ends."),
    ]


def test_markdown_tables_are_read_cell_by_cell(tmp_path: Path) -> None:
    document = markdown(tmp_path, "| Partner | Sum |\n|---------|-----|\n| Vella | 12 *million* |\n")
    assert blocks_of(document) == [("table_cell", text) for text in ("Partner", "Sum", "Vella", "12 million")]


def test_a_markdown_line_break_in_html_keeps_words_apart(tmp_path: Path) -> None:
    assert markdown(tmp_path, "one boat<br>two <b>boats</b>, `<br>`\n").text == "one boat\ntwo boats, <br>"


def test_html_in_markdown_is_read_as_html(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        '<h2 align="center">Review</h2>\n\n<p>The Board <b>meets</b>\nin Vella &amp; reports.</p>\n\n'
        "<table>\n<tr><th>Partner</th>\n\n<th>Sum</th></tr>\n\n<tr><td>Vella</td><td>12</td></tr>\n</table>\n\n"
        '<!-- a remark -->\n<div class="footer">Contact us</div>\n\n1. <div>It ends.</div>\n',
    )
    assert blocks_of(document) == [
        ("heading", "Review"),
        ("paragraph", "The Board meets in Vella & reports."),
        ("table_cell", "Partner"),
        ("table_cell", "Sum"),
        ("table_cell", "Vella"),
        ("table_cell", "12"),
        ("furniture", "Contact us"),
        ("list_item", "1. It ends."),
    ]


def test_footnotes_of_markdown_are_notes_and_their_marks_no_text(tmp_path: Path) -> None:
    document = markdown(
        tmp_path,
        "The Board meets.[^1] It reports.[^b] It ends.[^3]\n[^1]: Ibid.\n[^b]: See *Annex II*\n  of the Accord.\n\n"
        "    It was signed in Vella.\n\nThe [Council][c] agrees.\n\n[c]: https://vella.test\n",
    )
    assert blocks_of(document) == [
        ("paragraph", "The Board meets. It reports. It ends.[^3]"),
        ("footnote", "Ibid."),
        ("footnote", "See Annex II\nof the Accord."),
        ("footnote", "It was signed in Vella."),
        ("paragraph", "The Council agrees."),
    ]


def test_a_footnote_ends_where_its_item_or_quotation_does(tmp_path: Path) -> None:
    document = markdown(
        tmp_path, "- It meets.[^1]\n\n  [^1]: Ibid.,\n  p. 4.\n- It ends.\n\n> [^2]: See Annex II.\n> # Review\n"
    )
    assert blocks_of(document) == [
        ("list_item", "- It meets."),
        ("footnote", "Ibid.,\np. 4."),
        ("list_item", "- It ends."),
        ("footnote", "See Annex II."),
        ("heading", "Review"),
    ]


@pytest.mark.parametrize(
    "front",
    [
        "---\ntitle: Accord\ntags:\n- ports\n  - piers\n\nabstract: |\n  It is\n\n  short.\n---",
        "--- \ntitle:\n...",
        '---\n# made by a converter\n\n"title": Accord\nDate published: 2 May\n-\n---',
    ],
)
def test_front_matter_is_furniture(tmp_path: Path, front: str) -> None:
    assert blocks_of(markdown(tmp_path, f"{front}\nThe Board meets.\n")) == [
        ("furniture", front),
        ("paragraph", "The Board meets."),
    ]


@pytest.mark.parametrize(
    "text",
    ["\nThe Board meets.\n\n", "The Board meets.\n\n", "Parties:\n\n- Vella,\n- Norland.\n\nThe Board meets.\n\n"],
)
def test_text_between_two_rules_is_no_front_matter(tmp_path: Path, text: str) -> None:
    document = markdown(tmp_path, f"---\n{text}---\n\nIt ends.\n")
    assert {kind for kind, _ in blocks_of(document)} <= {"paragraph", "list_item"}
    assert [sentence.text for sentence in sentences(document)][-2:] == ["The Board meets.", "It ends."]


def test_markdown_with_line_ends_of_windows(tmp_path: Path) -> None:
    document = markdown(tmp_path, "---\r\ntitle: Accord\r\n---\r\n# Accord\r\n\r\nThe Board\r\nmeets.\r\n")
    assert blocks_of(document)[1:] == [("heading", "Accord"), ("paragraph", "The Board\nmeets.")]


def test_wrongly_decoded_markdown_is_mended(tmp_path: Path) -> None:
    assert markdown(tmp_path, "The peopleâ€™s *Board* meets.\n").text == "The people’s Board meets."


def test_a_rule_is_no_front_matter(tmp_path: Path) -> None:
    assert blocks_of(markdown(tmp_path, "The Board meets.\n\n---\n\nIt ends.\n")) == [
        ("paragraph", "The Board meets."),
        ("paragraph", "It ends."),
    ]


def test_empty_markdown_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="is empty; there is no text to read"):
        markdown(tmp_path, "\n---\n\n[link]: https://vella.test\n")


def nested_list(levels: int) -> str:
    return "".join(f"{'  ' * level}- Item {level} is here.\n" for level in range(levels))


@pytest.mark.parametrize("levels", [10, 49, 50, 60, 300])
def test_what_follows_a_deep_list_is_read(tmp_path: Path, levels: int) -> None:
    after = [f"Party {number} informs the Board." for number in range(200)]
    document = markdown(tmp_path, nested_list(levels) + "\n" + "\n\n".join(after))
    assert [document.text.count(f"Item {level} is here.") for level in range(levels)] == [1] * levels
    assert blocks_of(document)[-200:] == [("paragraph", text) for text in after]


@pytest.mark.parametrize("depth", [20, 97, 98, 99, 100, 3000])
def test_a_deep_quotation_is_read(tmp_path: Path, depth: int) -> None:
    document = markdown(tmp_path, f"{'>' * depth} The Board meets.\n\nIt reports.")
    assert document.text.split("\n\n")[0].lstrip("> ") == "The Board meets."
    assert blocks_of(document)[-1] == ("paragraph", "It reports.")


def test_many_brackets_and_stars_lose_no_text(tmp_path: Path) -> None:
    document = markdown(tmp_path, f"{'[' * 300}The Board{']' * 300} {'*a ' * 300}meets.")
    assert "The Board" in document.text
    assert document.text.endswith("meets.")


def test_a_deep_note_is_read(tmp_path: Path) -> None:
    document = markdown(tmp_path, f"The Board meets.[^1]\n\n[^1]: {'>' * 200} See below.\n\nIt reports.")
    assert "See below." in document.text
    assert "It reports." in document.text
