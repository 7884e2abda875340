"""The codebook: what it holds, what it refuses, and that it survives a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from framecls.codebook import Codebook, Example, SecondLevelCode
from framecls.errors import CodebookError
from tests.corpus.builders import small_codebook

CONTENT: dict[str, Any] = {
    "name": "harbour-frames",
    "version": "2",
    "title": "Frames of harbour treaties",
    "description": "Invented.",
    "frames": [
        {
            "name": "carry",
            "title": "Carried together",
            "color": "#2563a8",
            "question": "Do the ports carry the task together?",
            "in": ["Both ports answer for the lighthouse."],
            "out": ["One port pays alone."],
            "lexicon": ["shared task*"],
            "examples": [
                {"text": "The lighthouse is ours to keep, and theirs.", "present": True, "why": "Both keep it."}
            ],
            "codes": [{"name": "cost", "definition": "They share the cost."}],
        },
        {"name": "gain", "title": "Gain", "color": "#2e7d4f", "question": "Do both gain?", "in": ["Both gain."]},
    ],
}


def write(path: Path, content: dict[str, Any]) -> Path:
    path.write_text(tomli_w.dumps(content), encoding="utf-8")
    return path


def changed_frame(**changes: Any) -> dict[str, Any]:
    """The content with keys of its second frame replaced."""
    first, second = CONTENT["frames"]
    return {**CONTENT, "frames": [first, {**second, **changes}]}


def test_a_file_gives_its_frames_in_order(tmp_path: Path) -> None:
    codebook = Codebook.read(write(tmp_path / "codebook.toml", CONTENT))
    assert codebook.frames == ("carry", "gain")
    carry = codebook["carry"]
    assert (carry.name, carry.title, carry.color) == ("carry", "Carried together", "#2563a8")
    assert carry.question == "Do the ports carry the task together?"
    assert carry.included == ("Both ports answer for the lighthouse.",)
    assert carry.excluded == ("One port pays alone.",)
    assert carry.lexicon == ("shared task*",)
    assert carry.examples == (
        Example(text="The lighthouse is ours to keep, and theirs.", present=True, why="Both keep it."),
    )
    assert carry.codes == (SecondLevelCode(name="cost", definition="They share the cost."),)
    gain = codebook["gain"]
    assert (gain.excluded, gain.lexicon, gain.examples, gain.codes) == ((), (), (), ())


def test_the_order_is_the_files_and_not_the_alphabets() -> None:
    codebook = small_codebook("zeal", "aid", "mirth")
    assert codebook.frames == ("zeal", "aid", "mirth")
    assert [codebook.index(frame) for frame in codebook.frames] == [0, 1, 2]


def test_an_unknown_frame_is_answered_with_the_known_ones() -> None:
    with pytest.raises(CodebookError, match=r"^unknown frame 'gian'; the codebook has carry, gain$"):
        small_codebook().index("gian")
    with pytest.raises(CodebookError, match="unknown frame 'gian'"):
        small_codebook()["gian"]


def test_prose_loses_the_white_space_around_it(tmp_path: Path) -> None:
    codebook = Codebook.read(write(tmp_path / "codebook.toml", changed_frame(question="\n  Do both gain?  ")))
    assert codebook["gain"].question == "Do both gain?"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (changed_frame(name="carry"), "frame 'carry' is defined twice"),
        (
            changed_frame(codes=[{"name": "a", "definition": "One."}, {"name": "a", "definition": "Two."}]),
            "frame 'gain' has a second-level code twice",
        ),
        ({**CONTENT, "frames": []}, r"frames: Tuple should have at least 1 item.* \(found \[\]\)"),
        (changed_frame(**{"in": []}), r"frames\.1\.in: Tuple should have at least 1 item"),
        (changed_frame(name="Win-Win"), r"frames\.1\.name: String should match pattern .* \(found 'Win-Win'\)"),
        (changed_frame(color="green"), r"frames\.1\.color: String should match pattern .* \(found 'green'\)"),
        (changed_frame(question="  "), r"frames\.1\.question: String should have at least 1 character"),
        (changed_frame(lexicn=["gain"]), r"frames\.1\.lexicn: unknown key; remove it or correct its name$"),
        (
            {key: value for key, value in CONTENT.items() if key != "title"},
            r"title: Field required$",
        ),
        (
            {"name": "harbour-frames"},
            r"version: Field required \(and 3 more problems\)$",
        ),
    ],
)
def test_a_codebook_that_breaks_a_rule_is_refused(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    path = write(tmp_path / "codebook.toml", content)
    with pytest.raises(CodebookError, match=message) as caught:
        Codebook.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_found_value_is_cut_to_a_line(tmp_path: Path) -> None:
    path = write(tmp_path / "codebook.toml", changed_frame(color="blue " * 100))
    with pytest.raises(CodebookError) as caught:
        Codebook.read(path)
    assert len(str(caught.value).removeprefix(str(path))) < 200


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CodebookError, match=r"absent\.toml: cannot read the codebook: No such file or directory$"):
        Codebook.read(tmp_path / "absent.toml")


@pytest.mark.parametrize("content", [b'name = "small', "name = 'déjà'".encode("latin-1")])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "codebook.toml"
    path.write_bytes(content)
    with pytest.raises(CodebookError, match=r"codebook\.toml: the codebook is not valid TOML: "):
        Codebook.read(path)


def test_values_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        small_codebook().name = "other"


def test_the_hash_follows_the_content_and_not_the_layout(tmp_path: Path) -> None:
    path = write(tmp_path / "codebook.toml", CONTENT)
    codebook = Codebook.read(path)
    path.write_text("# A comment.\n\n" + path.read_text(encoding="utf-8").replace(" = ", "  =  "), encoding="utf-8")
    assert Codebook.read(path).sha256 == codebook.sha256
    other = Codebook.read(write(path, changed_frame(question="Do both sides gain?")))
    assert other.sha256 != codebook.sha256
    swapped = Codebook.read(write(path, {**CONTENT, "frames": CONTENT["frames"][::-1]}))
    assert swapped.sha256 != codebook.sha256


def name_of(definition: Mapping[str, Any]) -> str:
    return str(definition["name"])


prose = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: bool(text.strip()))
names = st.from_regex(r"[a-z][a-z0-9_]*", fullmatch=True)
definitions: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "name": names,
        "title": prose,
        "color": st.from_regex(r"#[0-9a-f]{6}", fullmatch=True),
        "question": prose,
        "in": st.lists(prose, min_size=1, max_size=3),
    },
    optional={
        "out": st.lists(prose, max_size=3),
        "lexicon": st.lists(prose, max_size=3),
        "examples": st.lists(
            st.fixed_dictionaries({"text": prose, "present": st.booleans(), "why": prose}), max_size=2
        ),
        "codes": st.lists(st.fixed_dictionaries({"name": names, "definition": prose}), max_size=2, unique_by=name_of),
    },
)
frames = st.lists(definitions, min_size=1, max_size=3, unique_by=name_of)
codebooks = st.fixed_dictionaries(
    {
        "name": st.just("small"),
        "version": prose,
        "title": prose,
        "description": prose,
        "frames": frames,
    }
).map(Codebook.model_validate)


@settings(deadline=None, max_examples=50)
@given(codebook=codebooks)
def test_what_is_written_is_read_back_equal(tmp_path_factory: pytest.TempPathFactory, codebook: Codebook) -> None:
    path = tmp_path_factory.mktemp("written") / "codebook.toml"
    codebook.write(path)
    again = Codebook.read(str(path))
    assert again == codebook
    assert again.sha256 == codebook.sha256
    assert again.frames == codebook.frames


@pytest.mark.checkout
def test_the_codebook_of_the_repository_is_complete() -> None:
    codebook = Codebook.read(Path(__file__).parents[1] / "data" / "codebook.toml")
    assert codebook.frames == ("shared_responsibility", "win_win", "capacity_building", "conditionality")
    for definition in codebook.definitions:
        assert definition.question.endswith("?")
        assert definition.included
        assert definition.excluded
        assert {example.present for example in definition.examples} == {True, False}
        assert definition.codes
        assert definition.lexicon
    assert len({definition.color for definition in codebook.definitions}) == 4
