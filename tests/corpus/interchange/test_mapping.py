"""What codes become: by name, by place in the tree, by the user's table."""

from pathlib import Path

import pytest

from framecls.codebook import Codebook
from framecls.corpus.interchange.mapping import MappingTable, Target, UnmappedCodesError, map_codes
from framecls.corpus.interchange.project import Code, CodedDocument, Project, Selection
from framecls.errors import CorpusError
from tests.corpus.builders import small_codebook

BOOK = small_codebook("carry", "win_win", lexicons={"win_win": ["benefit*", "both sides"]})


def a_project(*codes: Code, uses: int = 1) -> Project:
    """Give a project where every code stands on as many selections."""
    selections = [Selection("d", "Ann", (code.id,), 0, 1) for code in codes for _ in range(uses)]
    return Project("p", (CodedDocument("d", "d", "text"),), ("Ann",), codes, tuple(selections))


def mapped(*codes: Code, table: MappingTable | None = None) -> dict[str, str]:
    found = map_codes(a_project(*codes), BOOK, table)
    return {found.paths[id]: str(target) if target else "ignored" for id, target in found.targets.items()}


def table(**entries: str) -> MappingTable:
    return MappingTable({key: Target(value) if value != "ignore" else None for key, value in entries.items()})


def test_names_and_titles_whatever_their_case_and_punctuation() -> None:
    names = ["carry", "CARRY", " Win-Win ", "win win", "Win_win"]
    assert mapped(*(Code(str(number), name) for number, name in enumerate(names))) == {
        "carry": "carry",
        "CARRY": "carry",
        " Win-Win ": "win_win",
        "win win": "win_win",
        "Win_win": "win_win",
    }


def test_codes_below_a_mapped_one() -> None:
    assert mapped(
        Code("1", "Carry"),
        Code("2", "Cost", parent="1"),
        Code("3", "Anything", parent="2"),
        Code("4", "Other", parent="1"),
        Code("5", "Win-win", parent="1"),
    ) == {
        "Carry": "carry",
        "Carry > Cost": "carry/cost",
        "Carry > Cost > Anything": "carry/cost",
        "Carry > Other": "carry",
        "Carry > Win-win": "win_win",
    }


def test_the_table_comes_first_by_path_and_then_by_name(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text('"Aid > Cost" = "Carry/cost"\ncost = "win_win"\nAid = "ignore"\n"*" = "IGNORE"\nGone = "carry"\n')
    rules = MappingTable.read(path, BOOK)
    codes = [
        Code("1", "Aid"),
        Code("2", "cost", parent="1"),
        Code("3", "Cost"),
        Code("4", "Deep", parent="1"),
        Code("5", "Unheard of"),
        Code("6", "carry"),
    ]
    assert mapped(*codes, table=rules) == {
        "Aid": "ignored",
        "Aid > cost": "carry/cost",
        "Cost": "win_win",
        "Aid > Deep": "ignored",
        "Unheard of": "ignored",
        "carry": "carry",
    }
    assert map_codes(a_project(*codes), BOOK, rules).unused == ("gone",)


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_table_of_a_spreadsheet(delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    rows = ["code,frame,suggestions", "Duty,carry,x", "Gain,Win-win,", "Else,ignore,"]
    path.write_text("\ufeff" + "\r\n".join(rows).replace(",", delimiter) + "\r\n", encoding="utf-8")
    rules = MappingTable.read(path, small_codebook("carry", "win_win"))
    assert rules.entries == {"duty": Target("carry"), "gain": Target("win_win"), "else": None}


def test_codes_without_a_frame_are_listed_with_what_they_may_mean(tmp_path: Path) -> None:
    codes = [Code("1", "carries"), Code("2", "Gains", description="A benefit to both sides."), Code("3", "Zzz")]
    with pytest.raises(UnmappedCodesError) as error:
        map_codes(a_project(*codes, Code("4", "carry"), uses=2), BOOK)
    assert str(error.value) == (
        "3 codes are no frames of the codebook: 'carries' (carry?); 'Gains' (win_win?); 'Zzz'; "
        "say what each is in a table, with --mapping"
    )
    first = error.value.write_table(tmp_path / "mapping.csv")
    assert first.read_text(encoding="utf-8-sig").splitlines() == [
        "code,frame,suggestions,selections",
        "carries,,carry,2",
        "Gains,,win_win,2",
        "Zzz,,,2",
    ]
    assert error.value.write_table(tmp_path / "mapping.csv").name == "mapping-2.csv"
    filled = first.read_text(encoding="utf-8-sig").replace("s,,", "s,carry,").replace("Zzz,,", "Zzz,ignore,")
    first.write_text(filled)
    assert mapped(*codes, table=MappingTable.read(first, BOOK)) == {
        "carries": "carry",
        "Gains": "carry",
        "Zzz": "ignored",
    }


def test_a_table_holds_no_formula_and_is_found_again(tmp_path: Path) -> None:
    codes = [Code("1", '=HYPERLINK("http://isle.example")'), Code("2", "+"), Code("3", "-", parent="2")]
    with pytest.raises(UnmappedCodesError) as error:
        map_codes(a_project(*codes), BOOK)
    path = error.value.write_table(tmp_path / "mapping.csv")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == [
        '"\'=HYPERLINK(""http://isle.example"")"',
        "'+",
        "'+ > -",
    ]
    path.write_text("\n".join([lines[0], *(line.replace(",,,", ",carry,,") for line in lines[1:])]))
    assert list(mapped(*codes, table=MappingTable.read(path, BOOK)).values()) == ["carry"] * 3


def test_many_codes_are_counted() -> None:
    with pytest.raises(UnmappedCodesError, match=r"24 codes are no frames .*'19'; and 4 more; say what"):
        map_codes(a_project(*(Code(str(number), str(number)) for number in range(24))), BOOK)


def test_a_code_nobody_used_needs_no_frame() -> None:
    project = Project("p", (CodedDocument("d", "d", "x"),), ("Ann",), (Code("1", "Zzz"),), ())
    assert map_codes(project, BOOK).targets == {}
    whole = Project("p", project.documents, ("Ann",), project.codes, (Selection("d", "Ann", ("1",), None, None),))
    assert map_codes(whole, BOOK).targets == {}
    assert map_codes(a_project(Code("1", "Zzz")), BOOK, partial=True).targets == {}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.toml", None, "m.toml: cannot read the mapping: No such file"),
        ("m.toml", "=", "m.toml: the mapping is not valid TOML"),
        ("m.toml", "Duty = 3", 'm.toml: \'Duty\': expected "code" = "frame", found 3'),
        (
            "m.toml",
            "Duty = 'carri'",
            "m.toml: 'Duty': unknown frame 'carri'; expected one of carry, win_win, or ignore",
        ),
        ("m.toml", "Duty = 'carry/rent'", "m.toml: 'Duty': carry has no second-level code 'rent'; it has cost, own"),
        ("m.toml", "Duty = 'carry'\nDUTY = 'carry'", "m.toml: 'DUTY': code 'DUTY' is there twice; keep one entry"),
        ("m.csv", None, "m.csv: cannot read the mapping: No such file"),
        ("m.csv", "code,frame\nDuty,\n", "m.csv: line 2: no frame is given; expected one of carry, win_win, or ignore"),
        ("m.csv", "name,frame\nDuty,carry\n", "m.csv: expected columns code and frame, found name, frame"),
        ("m.csv", "", "m.csv: expected columns code and frame, found none"),
        ("m.csv", b"\xff\xfe", "m.csv: byte 0 is not UTF-8"),
        ("m.txt", "", "m.txt: unknown kind of mapping; expected .toml, or .csv"),
    ],
)
def test_a_table_that_cannot_be_used(name: str, content: str | bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CorpusError) as error:
        MappingTable.read(path, BOOK)
    assert message in str(error.value)


def test_the_table_is_asked_like_a_dictionary() -> None:
    rules = table(duty="carry")
    assert "DUTY!" in rules
    assert rules["Duty"] == Target("carry")
    assert isinstance(BOOK, Codebook)
