"""The page for coders: what stands in it, and what a coder at a keyboard makes of it in a real browser."""

import base64
import json
import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from selectolax.lexbor import LexborHTMLParser

from framecls.codebook import Codebook
from framecls.corpus import Corpus
from framecls.errors import FrameclsError
from framecls.labelling import label
from framecls.labelling.writers import label_schema
from framecls.model import FrameClassifier
from framecls.report import write_review
from tests.report.browser import Browser, Page, browser

#: What a text can hold that a page could stumble over.
AWKWARD = "A </script><b>toll</b> & 'due' \"now\" \u2028 is asked of \U0001f6a2 at شارع الميناء."


#: Document, text, probabilities of toll and pilot.
LABELLED = [
    ("a.txt", "A toll is asked of every ship.", 0.92, 0.1),
    ("a.txt", "The quay is long and grey.", 0.3, 0.05),
    ("a.txt", "A pilot is sent to every ship.", 0.02, 0.71),
    ("b.txt", "Ships lie at anchor today.", 0.01, 0.01),
    ("b.txt", "The toll is raised on Monday.", 0.45, 0.2),
]


@pytest.fixture(scope="module")
def labels(codebook: Codebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels of five sentences, with thresholds of 0.4 and 0.6."""
    path = tmp_path_factory.mktemp("labelled") / "labels.parquet"
    decision = {"frames": [{"threshold": 0.4}, {"threshold": 0.6}]}
    frames = codebook.frames
    rows = []
    ends: dict[str, int] = {}
    for number, (document, text, toll, pilot) in enumerate(LABELLED, 1):
        start = ends.get(document, -1) + 1
        ends[document] = start + len(text)
        row: dict[str, Any] = {
            "document_id": document,
            "sentence_id": f"{document}#{number}",
            "start": start,
            "end": ends[document],
            "text": text,
            "heading": "",
        }
        row |= {"prob_toll": toll, "prob_pilot": pilot, "toll": toll >= 0.4, "pilot": pilot >= 0.6}
        row |= {"frames": [frame for frame in frames if row[frame]], "unit": "sentence"}
        rows.append(row | {"model": "harbour", "codebook": codebook.sha256})
    schema = label_schema(frames).with_metadata({"framecls.decision": json.dumps(decision)})
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


@pytest.fixture(scope="module")
def to_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sentences nobody has coded, as ``framecls corpus suggest`` writes them."""
    path = tmp_path_factory.mktemp("sentences") / "to-code.jsonl"
    rows: list[dict[str, Any]] = [
        {"id": "x#1", "document_id": "x", "start": 0, "end": 9, "text": AWKWARD, "before": "", "heading": "I. Dues"},
        {"id": "x#4", "document_id": "x", "text": "The quay is long.", "before": "It rains.", "heading": "I. Dues"},
        {"id": "y#1", "document_id": "y", "text": "The pilot rests.", "inclusion_probability": 0.5},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def data_of(page: Path) -> dict[str, Any]:
    node = LexborHTMLParser(page.read_text(encoding="utf-8")).css_first("#data")
    assert node is not None
    return dict(json.loads(node.text()))


def test_labels_stand_in_the_page_with_what_the_model_said(labels: Path, codebook: Codebook, tmp_path: Path) -> None:
    data = data_of(write_review(labels, tmp_path / "review.html", codebook=codebook, annotator="ada"))
    assert [(d["id"], d["first"], d["size"]) for d in data["documents"]] == [("a.txt", 0, 3), ("b.txt", 3, 2)]
    first, second, third, fourth, fifth = data["sentences"]
    assert [s["frames"] for s in data["sentences"]] == [[0], [], [1], [], [0]]
    assert (first["p"], [frame["threshold"] for frame in data["frames"]]) == ([92, 10], [0.4, 0.6])
    # The sentence before is said once: where it is not the row before.
    assert (first["before"], fourth["before"]) == ("", "")
    assert not any("before" in s for s in (second, third, fifth))
    # Of the way to certainty: 0.05 of 0.6 above the threshold, 0.1 of 0.4 below, 0.11 of 0.4 above, and so on.
    assert (data["doubts"], [s["doubt"] for s in data["sentences"]]) == (
        [4, 1, 2, 0, 3],
        [0.167, 0.75, 0.725, 0.025, 0.917],
    )
    assert (data["proposer"], data["annotator"], data["stem"]) == ("the model", "ada", "labels")


def test_what_framecls_label_writes_is_read(classifier: FrameClassifier, codebook: Codebook, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "A toll is asked of every ship in harbour 1. The quay is long and grey in harbour 1.\n"
    )
    for suffix in (".parquet", ".csv"):
        output = label([tmp_path / "a.txt"], classifier, tmp_path / f"labels{suffix}").output
        data = data_of(write_review(output, tmp_path / "review.html", codebook=codebook))
        assert [(s["start"], s["frames"]) for s in data["sentences"]] == [(0, [0]), (44, [])]
        # Only Parquet carries the thresholds, and without them nothing is said of doubt.
        assert (data["doubts"] is None) == (suffix == ".csv")


def test_the_sentence_before_is_not_invented(labels: Path, codebook: Codebook, tmp_path: Path) -> None:
    rows = pq.read_table(labels).to_pylist()
    sampled = tmp_path / "sampled.jsonl"
    for places in ({}, {"start": None, "end": None}):
        # The second sentence was left out, or nobody knows where the sentences stand.
        left = [row | places for row in (rows if places else rows[::2])]
        sampled.write_text("".join(json.dumps(row) + "\n" for row in left), encoding="utf-8")
        data = data_of(write_review(sampled, tmp_path / "review.html", codebook=codebook))
        assert [sentence["before"] for sentence in data["sentences"]] == [""] * len(left)


def test_a_blind_page_holds_nothing_the_model_said(labels: Path, codebook: Codebook, tmp_path: Path) -> None:
    data = data_of(write_review(labels, tmp_path / "review.html", codebook=codebook, blind=True, order="doubt"))
    assert not any({"frames", "p", "doubt"} & s.keys() for s in data["sentences"])
    assert {frame["threshold"] for frame in data["frames"]} == {None}
    assert (data["proposer"], data["order"], len(data["doubts"])) == ("", "doubt", 5)
    assert "probabilities</td>" not in (tmp_path / "review.html").read_text()


def test_a_corpus_to_code_and_one_that_is_coded(
    to_code: Path, corpus_path: Path, codebook: Codebook, tmp_path: Path
) -> None:
    data = data_of(write_review(to_code, tmp_path / "review.html", codebook=codebook))
    assert data["sentences"][0]["text"] == AWKWARD
    assert not any({"frames", "p"} & s.keys() for s in data["sentences"])
    assert (data["doubts"], data["proposer"], data["stem"]) == (None, "", "to-code")
    assert data["sentences"][2]["inclusion_probability"] == 0.5
    again = data_of(write_review(corpus_path, tmp_path / "again.html", codebook=codebook, max_sentences=12))
    assert (again["proposer"], len(again["documents"]), len(again["sentences"])) == ("the earlier coding", 2, 22)
    least = data_of(write_review(corpus_path, tmp_path / "least.html", codebook=codebook, max_sentences=0))
    assert (len(least["documents"]), len(least["sentences"])) == (1, 11)
    assert (
        "The first 2 of 12 documents stand in this page, 22 of 132 sentences." in (tmp_path / "again.html").read_text()
    )


def test_the_page_is_closed_to_everything_but_its_own_script(to_code: Path, codebook: Codebook, tmp_path: Path) -> None:
    text = write_review(to_code, tmp_path / "review.html", codebook=codebook).read_text(encoding="utf-8")
    page = LexborHTMLParser(text)
    policy = page.css("meta[http-equiv=Content-Security-Policy]")[0].attributes["content"] or ""
    assert policy.startswith("default-src 'none'; ")
    scripts = [node.text() for node in page.css("script") if node.attributes.get("type") != "application/json"]
    for kind, contents in (("script", scripts), ("style", [node.text() for node in page.css("style")])):
        assert len(contents) == 1
        hashed = base64.b64encode(sha256(contents[0].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{hashed}'" in policy
    assert not re.search(r"(?:src|href)=[\"']|url\(|@import|https?://|\son[a-z]+=|style=", text)
    assert [node.text(strip=True) for node in page.css("#bookbox h3")] == ["Toll", "Pilot"]


def test_definitions_need_a_codebook(labels: Path, tmp_path: Path) -> None:
    page = LexborHTMLParser(write_review(labels, tmp_path / "review.html").read_text())
    assert "No codebook was given" in page.css("#bookbox")[0].text()
    assert [node.text(strip=True) for node in page.css("#bookbox h3")] == ["toll", "pilot"]


def test_what_is_reviewed_is_not_overwritten(to_code: Path, codebook: Codebook, tmp_path: Path) -> None:
    (tmp_path / "sentences.jsonl").write_text(to_code.read_text())
    for source in (tmp_path, tmp_path / "sentences.jsonl"):
        with pytest.raises(FrameclsError, match=r"sentences\.jsonl: is what is read; give --output another name"):
            write_review(source, tmp_path / "sentences.jsonl", codebook=codebook)
    for _ in range(2):
        assert write_review(tmp_path, tmp_path / "review.html", codebook=codebook).exists()


def test_what_cannot_be_reviewed(labels: Path, to_code: Path, codebook: Codebook, tmp_path: Path) -> None:
    def refuse(message: str, source: Path, **options: Any) -> None:
        with pytest.raises(FrameclsError, match=message):
            write_review(source, tmp_path / "review.html", **options)

    refuse("holds sentences to code; give --codebook, which has their frames", to_code)
    refuse("has no thresholds to order by; give the .parquet file", to_code, codebook=codebook, order="doubt")
    refuse("give one of document, doubt", to_code, codebook=codebook, order="random")
    refuse("no such file; label documents first", tmp_path / "nothing.parquet")
    (tmp_path / "none.jsonl").write_text("")
    refuse("holds no labelled sentence", tmp_path / "none.jsonl")
    row = {"sentence_id": "a", "document_id": "d", "text": "x", "prob_toll": 0.1, "toll": False}
    (tmp_path / "twice.jsonl").write_text((json.dumps(row) + "\n") * 2)
    refuse("two sentences have the id 'a'", tmp_path / "twice.jsonl")
    (tmp_path / "odd.jsonl").write_text(json.dumps(row | {"prob_toll": 1.5}) + "\n")
    refuse("sentence 'a': 1.5 is no probability; label again", tmp_path / "odd.jsonl")
    (tmp_path / "word.jsonl").write_text(json.dumps(row | {"toll": "x"}) + "\n")
    refuse("sentence 'a': column 'toll' must be 1 or 0, true or false, found 'x'; label", tmp_path / "word.jsonl")
    del row["toll"]
    (tmp_path / "less.jsonl").write_text(json.dumps(row) + "\n")
    # A second frame whose decision is missing in a later row.
    whole = row | {"sentence_id": "b", "toll": False}
    (tmp_path / "less.jsonl").write_text(json.dumps(whole) + "\n" + json.dumps(row) + "\n")
    refuse("sentence 'a': 'toll'; label again", tmp_path / "less.jsonl")


# --- In a browser -----------------------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium")
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, Path]]:
    assert CHROMIUM is not None
    folder = tmp_path_factory.mktemp("chromium")
    with browser(CHROMIUM, folder) as running:
        yield running, folder / "downloads"


@pytest.fixture
def reviewed(chromium: tuple[Browser, Path], labels: Path, codebook: Codebook, tmp_path: Path) -> Page:
    """The labelled documents, open on their first sentence."""
    return chromium[0].open(write_review(labels, tmp_path / "review.html", codebook=codebook, annotator="ada"))


def now(page: Page) -> str:
    return str(page.run("document.querySelector('[aria-current] .t').textContent"))


def count(page: Page) -> str:
    return str(page.run("document.getElementById('count').textContent"))


def chips(page: Page) -> list[str]:
    found = page.run("[...document.querySelectorAll('[aria-current] .chip')].map(chip => chip.textContent)")
    return list(found)


def status(page: Page) -> str:
    return str(page.run("document.getElementById('status').textContent"))


def message(page: Page) -> str:
    return str(page.run("document.getElementById('message').textContent"))


def saved(page: Page, downloads: Path) -> tuple[Path, list[dict[str, Any]]]:
    page.press("s")
    begun = page.browser.wait(lambda event: event["method"] == "Browser.downloadWillBegin")["params"]
    page.browser.wait(lambda e: e["method"] == "Browser.downloadProgress" and e["params"]["state"] == "completed")
    path = downloads / begun["suggestedFilename"]
    return path, [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def take_up(page: Page, path: Path) -> str:
    """Load a file as a person does, and give what the page says of it."""
    page.run("document.getElementById('message').textContent = ''")
    node = page.send("DOM.getDocument")["root"]["nodeId"]
    file = page.send("DOM.querySelector", nodeId=node, selector="#file")["nodeId"]
    page.send("DOM.setFileInputFiles", nodeId=file, files=[str(path)])
    page.run(
        "new Promise(done => { const look = () => document.getElementById('message').textContent ? done(1) :"
        " setTimeout(look, 10); look(); })"
    )
    return message(page)


@in_a_browser
def test_coding_by_keyboard(
    reviewed: Page, chromium: tuple[Browser, Path], codebook: Codebook, labels: Path, tmp_path: Path
) -> None:
    page = reviewed
    assert (now(page), chips(page), count(page)) == ("A toll is asked of every ship.", ["Toll?"], "0 of 5 decided")
    page.press(" ")
    assert (now(page), count(page)) == ("The quay is long and grey.", "1 of 5 decided · unsaved")
    page.press("2", "b")
    assert (chips(page), status(page)) == (["Pilot", "borderline"], "✓ Decided: Pilot")
    page.press("j", "2")
    assert chips(page) == ["no frame"]
    page.press("u")
    assert (chips(page), status(page)) == (["Pilot?"], "Undecided – the model says: Pilot")
    # Over the end of a document to the next.
    page.press("ArrowDown", "m")
    page.type("At anchor s1 x")
    page.press("Escape", "k", "k", "x", "n")
    assert (now(page), count(page)) == ("A pilot is sent to every ship.", "1 of 5 decided · unsaved")
    page.press("k", "1", "n", "n")
    assert now(page) == "Ships lie at anchor today."
    assert page.told("Runtime.exceptionThrown") == page.told("Log.entryAdded") == []
    assert {e["request"]["url"][:5] for e in page.told("Network.requestWillBeSent")} == {"file:"}

    path, rows = saved(page, chromium[1])
    assert path.name == "labels.ada.jsonl"
    assert [(r["id"], r.get("frames"), r.get("proposed")) for r in rows] == [
        ("a.txt#1", ["toll"], ["toll"]),
        ("a.txt#2", ["toll"], []),
        ("b.txt#4", None, None),
    ]
    assert (rows[1]["borderline"], rows[1]["before"], rows[2]["note"]) == (True, rows[0]["text"], "At anchor s1 x")
    assert count(page) == "2 of 5 decided"
    corpus = Corpus.read(path, codebook)
    assert [(s.frames, s.annotator, s.borderline) for s in corpus.sentences] == [
        (("toll",), "ada", False),
        (("toll",), "ada", True),
        (None, "ada", False),
    ]
    # What is saved may be left, and is there again; nobody is told that it is not saved.
    for _ in range(2):
        page.run("void setTimeout(() => location.reload())")
        page.wait("Page.loadEventFired")
        assert (count(page), message(page)) == (
            "2 of 5 decided",
            "Went on with 3 sentences that this browser kept.",
        )

    other = chromium[0].open(write_review(labels, tmp_path / "other.html", codebook=codebook, blind=True))
    assert take_up(other, path) == "Loaded 3 sentences of labels.ada.jsonl."
    assert (count(other), other.run("document.getElementById('annotator').value")) == ("2 of 5 decided", "ada")
    assert saved(other, chromium[1])[1] == [{k: v for k, v in row.items() if k != "proposed"} for row in rows]


@in_a_browser
def test_what_is_not_saved_survives_and_can_be_forgotten(reviewed: Page) -> None:
    page = reviewed
    page.press("1", "j", "2")
    page.run("void setTimeout(() => location.reload())")
    assert page.wait("Page.javascriptDialogOpening")["type"] == "beforeunload"
    page.send("Page.handleJavaScriptDialog", accept=True)
    page.wait("Page.loadEventFired")
    assert count(page) == "2 of 5 decided · unsaved"
    assert message(page) == "Went on with 2 sentences that this browser kept; they are not saved yet."
    assert now(page) == "The quay is long and grey."
    kept = page.run("JSON.stringify(localStorage)")
    assert "framecls-review:" in kept
    assert "quay" not in kept
    page.click("#forget")
    assert "has forgotten" in message(page)
    page.press("1")
    assert page.run("new Promise(done => setTimeout(() => done(localStorage.length), 600))") == 0
    assert count(page) == "2 of 5 decided · unsaved"


@in_a_browser
def test_filters_order_and_the_model_out_of_sight(reviewed: Page) -> None:
    page = reviewed

    def choose(id: str, value: str) -> None:
        page.run(f"document.getElementById({id!r}).value = {value!r}")
        page.run(f"document.getElementById({id!r}).dispatchEvent(new Event('change'))")

    choose("filter", "f0")
    seen = [now(page)]
    page.press("j")
    assert [*seen, now(page)] == ["A toll is asked of every ship.", "The toll is raised on Monday."]
    page.press(" ")
    assert message(page) == "End of the list; 4 sentences undecided elsewhere."
    choose("filter", "undecided")
    choose("order", "doubt")
    listed = page.run("[...document.querySelectorAll('.s .t')].map(node => node.textContent)")
    assert listed == [LABELLED[i][1] for i in (1, 2, 0, 3)]
    page.press("u")
    assert (now(page), count(page)) == (LABELLED[4][1], "0 of 5 decided · unsaved")
    page.press("j")
    assert now(page) == LABELLED[1][1]
    assert page.run("document.querySelector('.bar').hidden") is False
    page.press("p")
    assert page.run("document.querySelector('.bar').hidden") is True
    choose("filter", "marked")
    assert page.run("document.getElementById('empty').hidden") is False


@in_a_browser
def test_texts_are_text_and_a_nameless_coder_is_asked(
    chromium: tuple[Browser, Path], to_code: Path, codebook: Codebook, tmp_path: Path
) -> None:
    page = chromium[0].open(write_review(to_code, tmp_path / "review.html", codebook=codebook), width=400, dark=True)
    assert now(page) == AWKWARD
    assert page.run("document.querySelectorAll('#list b, #list script').length") == 0
    page.press("1", "j")
    assert page.run("document.querySelector('[aria-current] .before').textContent") == "It rains."
    page.press("k", "s")
    assert page.run("document.getElementById('namebox').open") is True
    page.type("Bo / 2")
    page.press("Enter")
    begun = page.browser.wait(lambda event: event["method"] == "Browser.downloadWillBegin")["params"]
    page.browser.wait(lambda e: e["method"] == "Browser.downloadProgress" and e["params"]["state"] == "completed")
    assert begun["suggestedFilename"] == "to-code.Bo-2.jsonl"
    (only,) = Corpus.read(chromium[1] / begun["suggestedFilename"], codebook).sentences
    assert (only.text, only.frames, only.annotator, only.start, only.heading) == (
        *(AWKWARD, ("toll",), "Bo / 2", 0),
        "I. Dues",
    )
    assert page.run("document.documentElement.scrollWidth <= innerWidth") is True
    # Whoever codes with the mouse: the frame, and the keys belong to the sentence again.
    page.click(".frame:nth-child(2)")
    assert (chips(page), page.run("document.activeElement.className")) == (["Toll", "Pilot"], "s sentence")


@in_a_browser
def test_files_that_cannot_be_taken_up(reviewed: Page, tmp_path: Path) -> None:
    def said(*rows: Any) -> str:
        path = tmp_path / "codings.jsonl"
        path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
        return take_up(reviewed, path)

    one = {"id": "a.txt#1", "frames": ["toll"]}
    assert said("{") == "codings.jsonl was not loaded: line 1 is not JSON."
    assert said(one, {"frames": []}) == "codings.jsonl was not loaded: line 2 has no id."
    assert said({**one, "frames": "toll"}) == "codings.jsonl was not loaded: the frames of line 1 are no list."
    assert "line 1 has the frame “anchor”, which this page does not know" in said({**one, "frames": ["anchor"]})
    assert "it holds codings of bo, cy; write one of these names as the coder" in said(
        {**one, "annotator": "bo"}, {**one, "annotator": "cy"}
    )
    assert count(reviewed) == "0 of 5 decided"
    assert said(one, {"id": "z", "frames": []}, {**one, "text": "Another."}) == (
        "Loaded 1 sentence of codings.jsonl; 2 lines of other sentences or other texts left out."
    )
    reviewed.press("u")
    assert count(reviewed).startswith("0 of 5 decided")


@in_a_browser
def test_keys_can_be_switched_off_and_the_tab_key_reaches_everything(reviewed: Page) -> None:
    page = reviewed
    page.press("?")
    page.click("#keys")
    page.press("Escape", "1")
    assert count(page) == "0 of 5 decided"
    reached = set()
    for _ in range(40):
        page.press("Tab")
        reached.add(page.run("document.activeElement.id || document.activeElement.className"))
    assert {"save", "document", "filter", "frame proposed", "confirm", "borderline", "note", "forget"} <= reached
    unnamed = page.run(
        "[...document.querySelectorAll('button, select, input, textarea')].filter(e =>"
        " !(e.textContent.trim() || e.getAttribute('aria-label') || (e.labels && e.labels.length))).map(e => e.id)"
    )
    assert unnamed == []


@in_a_browser
def test_a_long_document_stays_quick(chromium: tuple[Browser, Path], codebook: Codebook, tmp_path: Path) -> None:
    rows = [{"id": f"s{n}", "document_id": "long", "text": f"Item {n} is long and grey."} for n in range(5000)]
    (tmp_path / "long.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = chromium[0].open(write_review(tmp_path / "long.jsonl", tmp_path / "review.html", codebook=codebook))
    assert page.run("document.querySelectorAll('.s').length") == 100
    page.click("#later")
    assert (now(page), page.run("document.getElementById('list').start")) == ("Item 100 is long and grey.", 101)
    spent = page.run(
        "(() => { const from = performance.now(); for (let k = 0; k < 200; k++)"
        " document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: ' ', bubbles: true}));"
        " return performance.now() - from; })()"
    )
    assert (now(page), count(page)) == ("Item 300 is long and grey.", "200 of 5,000 decided · unsaved")
    # 200 confirmations, three times over the edge of what is drawn; a coder needs more than a second for one.
    assert spent < 20_000
