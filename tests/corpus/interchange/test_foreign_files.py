"""Files as other tools write them, older versions and oddities included; and files that are none."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framecls.corpus.interchange import cas, doccano, label_studio, tables, web_annotation
from framecls.corpus.interchange.formats import find_format
from framecls.corpus.interchange.project import Project, ProjectReading
from framecls.errors import CorpusError

TEXT = "Ships 🚢🚢 pay a toll.\nA pilot is sent to every ship. 🚢 The toll is due."


def span(words: str, text: str = TEXT) -> tuple[int, int]:
    return text.index(words), text.index(words) + len(words)


def utf16(words: str) -> tuple[int, int]:
    start, end = span(words)
    return tuple(len(TEXT[:at].encode("utf-16-le")) // 2 for at in (start, end))  # type: ignore[return-value]


def codings(project: Project) -> set[tuple[str, str, str]]:
    texts = project.texts()
    return {
        (selection.annotator, code, texts[selection.document][selection.start : selection.end])
        for selection in project.selections
        for code in selection.codes
    }


def saved(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


# --- Label Studio


def region(words: str, label: str, at: tuple[int, int], **more: Any) -> dict[str, Any]:
    value = {"start": at[0], "end": at[1], "text": words, "labels": [label]}
    return {"id": "a", "type": "labels", "from_name": "l", "to_name": "t", "value": value, **more}


def test_label_studio_of_old_counts_utf16(tmp_path: Path) -> None:
    words = ("pay a toll", "A pilot is sent", "The toll is due")
    result = [region(one, "toll", utf16(one)) for one in words]
    task = {"id": 7, "data": {"text": TEXT}, "completions": [{"completed_by": 3, "result": result}]}
    reading = label_studio.read(saved(tmp_path / "x.json", [task]))
    assert codings(reading.project) == {("user 3", "toll", one) for one in words}
    assert reading.notices == ("positions count UTF-16 units, line ends as they are stored, the end exclusive",)


def test_label_studio_of_several_annotators(tmp_path: Path) -> None:
    pay = region("pay a toll", "toll", span("pay a toll"), meta={"text": ["why", "not"]})
    annotations = [
        {"completed_by": {"id": 1, "email": "a@isle.example"}, "result": [pay]},
        {"completed_by": {"id": 2, "first_name": "Bo", "last_name": "B"}, "result": []},
        {"completed_by": 3, "was_cancelled": True, "result": [pay]},
        {"completed_by": 4, "result": [pay]},
        {"completed_by": 4, "result": [region("A pilot", "pilot", span("A pilot"))]},
    ]
    task = {"id": 7, "data": {"text": TEXT}, "annotations": annotations, "predictions": [12]}
    reading = label_studio.read(saved(tmp_path / "x.json", [task]))
    assert codings(reading.project) == {("a@isle.example", "toll", "pay a toll"), ("user 4", "pilot", "A pilot")}
    assert reading.project.completed == {("a@isle.example", "7"), ("Bo B", "7"), ("user 4", "7")}
    assert reading.project.selections[0].note == "why; not"
    assert reading.notices == (
        "where somebody annotated a task twice, their last annotation counts",
        "1 skipped annotations were left out",
    )


def test_label_studio_of_old_writes_line_ends_as_two_characters(tmp_path: Path) -> None:
    words = "a toll.\nA pilot"
    result = [region(words.replace("\n", "\\n"), "toll", span(words))]
    task = {"id": 0, "data": {"text": TEXT}, "annotations": [{"completed_by": 3, "result": result}, {"result": 5}]}
    reading = label_studio.read(saved(tmp_path / "x.json", [task]))
    assert codings(reading.project) == {("user 3", "toll", words)}
    assert (list(reading.project.texts()), reading.moved) == (["0"], ())


def test_label_studio_regions_of_other_kinds(tmp_path: Path) -> None:
    at = span("A pilot is sent")
    html = {
        "start": "/p[1]/text()[1]",
        "end": "/p[1]/text()[1]",
        "hypertextlabels": ["pilot"],
        "text": "A pilot is sent",
    }
    html["globalOffsets"] = {"start": at[0], "end": at[1]}  # type: ignore[assignment]
    per_region = {
        "type": "choices",
        "value": {"start": at[0], "end": at[1], "text": "A pilot is sent", "choices": ["sure"]},
    }
    result = [
        {"type": "hypertextlabels", "value": html},
        per_region,
        {"type": "choices", "value": {"choices": ["notice"]}},
        {"type": "relation", "from_id": "a", "to_id": "b"},
        region("nowhere to be found", "toll", (3, 9)),
        {"type": "labels", "value": {"labels": ["toll"]}},
    ]
    task = {"id": 7, "data": {"body": TEXT, "n": "x"}, "annotations": [{"completed_by": 3, "result": result}]}
    reading = label_studio.read(saved(tmp_path / "x.json", [task]))
    assert codings(reading.project) == {
        ("user 3", "pilot", "A pilot is sent"),
        ("user 3", "sure", "A pilot is sent"),
        ("user 3", "notice", TEXT),
    }
    assert [problem.reason for problem in reading.problems] == [
        "has a result of type 'relation', which is no passage",
        "has a passage from None to None, which are no positions",
    ]
    assert [lost.quote for lost in reading.lost] == ["nowhere to be found"]
    assert reading.lost[0].where.endswith("x.json: task 7")


def test_label_studio_choices_of_a_project_of_sentences(tmp_path: Path) -> None:
    tasks = [
        {"id": number, "data": {"text": text}, "annotations": [{"completed_by": 3, "result": result}]}
        for number, text, result in (
            (1, "Ships pay.", [{"type": "choices", "value": {"choices": ["toll"]}}]),
            (2, "Ships wait.", []),
        )
    ]
    reading = label_studio.read(saved(tmp_path / "x.json", tasks))
    assert reading.project.texts()["1"] == "Ships pay."
    assert [(one.document, one.codes) for one in reading.project.selections if one.document == "1"] == [
        ("1", ("toll",))
    ]
    # A task without any result is of the kind that the others are.
    assert [(one.document, one.codes, one.start) for one in reading.project.selections] == [
        ("1", ("toll",), 0),
        ("2", (), 0),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[{", r"x\.json: is no JSON"),
        ("{}", r"x\.json: is no list of tasks; export the project as 'JSON'"),
        ('[{"text": "A.", "frames": []}]', r"has no task with 'data' \(is it JSON-MIN\?\)"),
    ],
)
def test_no_label_studio(content: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        label_studio.read(saved(tmp_path / "x.json", content))


# --- doccano


def test_doccano_in_its_dialects(tmp_path: Path) -> None:
    start, end = span("pay a toll")
    rows = [
        {"id": 1, "text": TEXT, "label": [[start, end, "toll"]], "Comments": []},
        {"id": 2, "text": TEXT, "labels": [[start, end, "toll"]]},
        {"id": 3, "text": TEXT, "entities": [{"id": 9, "label": "toll", "start_offset": start, "end_offset": end}]},
        {"id": 4, "data": TEXT, "label": []},
        {"id": 5, "text": TEXT, "label": ["toll", [1, 2]]},
    ]
    path = saved(tmp_path / "anna.jsonl", "".join(json.dumps(row) + "\n" for row in rows) + "no json\n\n[]\n")
    assert find_format(path).name == "doccano"
    reading = doccano.read(path)
    assert codings(reading.project) == {("anna", "toll", "pay a toll")}
    assert {selection.document for selection in reading.project.selections} == {"1", "2", "3"}
    assert [(problem.where.rpartition(": ")[2], problem.reason[:20]) for problem in reading.problems] == [
        ("line 6", "is no JSON: Expectin"),
        ("line 8", "has no 'text'"),
        ("line 5", "has a label 'toll', "),
        ("line 5", "has a label [1, 2], "),
    ]


def test_doccano_of_several_annotators(tmp_path: Path) -> None:
    def lines(*labels: list[str]) -> str:
        rows = [{"id": number, "text": f"Ships pay {number}.", "label": of} for number, of in enumerate(labels)]
        return "".join(json.dumps(row) + "\n" for row in rows)

    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("anna.jsonl", lines(["toll"], []))
        archive.writestr("bo.jsonl", lines(["toll", "pilot"], ["pilot"]))
        archive.writestr("all.jsonl", lines(["toll"], ["toll"]))
    reading = doccano.read(path)
    assert codings(reading.project) == {
        ("anna", "toll", "Ships pay 0."),
        ("bo", "toll", "Ships pay 0."),
        ("bo", "pilot", "Ships pay 0."),
        ("bo", "pilot", "Ships pay 1."),
    }
    assert reading.problems == ()


def test_doccano_lays_the_sentences_of_all_files_out_together(tmp_path: Path) -> None:
    def lines(*rows: tuple[str, str, str]) -> str:
        keys = ("sentence_id", "text", "label")
        return "".join(json.dumps({"document_id": "d", **dict(zip(keys, row, strict=True))}) + "\n" for row in rows)

    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("anna.jsonl", lines(("1", "Ships wait.", "toll"), ("2", "Ships pay.", "pilot")))
        archive.writestr("bo.jsonl", lines(("0", "A notice of the harbour.", "toll"), ("2", "Ships pay.", "toll")))
        archive.writestr("cy.jsonl", lines(("2", "Ships paid.", "pilot"), ("1", "Ships wait.", "pilot")))
    reading = doccano.read(path)
    assert codings(reading.project) == {
        ("anna", "toll", "Ships wait."),
        ("anna", "pilot", "Ships pay."),
        ("bo", "toll", "A notice of the harbour."),
        ("bo", "toll", "Ships pay."),
        ("cy", "pilot", "Ships wait."),
    }
    (problem,) = reading.problems
    assert problem.where.endswith("cy.jsonl: line 1")
    assert problem.reason == "sentence '2' has another text above"


def test_doccano_of_two_texts_of_one_document(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (("anna", "Ships pay."), ("bo", "Today ships pay.")):
            row = {"id": 1, "text": text, "label": [[0, 5, "toll"]]}
            archive.writestr(f"{name}.jsonl", json.dumps(row))
    reading = doccano.read(path)
    assert codings(reading.project) == {("anna", "toll", "Ships")}
    (problem,) = reading.problems
    assert problem.reason == "document '1' is there twice with different texts"


def test_no_doccano(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"x\.jsonl: byte 0 is not UTF-8"):
        doccano.read(_bytes(tmp_path / "x.jsonl", b"\xff\xff"))
    with pytest.raises(CorpusError, match=r"x\.zip: is no readable zip archive"):
        doccano.read(_bytes(tmp_path / "x.zip", b"PK nothing"))


def _bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# --- W3C Web Annotation


def annotation(quote: str, source: str = "https://isle.example/texts/notice%201.txt", **more: Any) -> dict[str, Any]:
    selector = {"type": "TextQuoteSelector", "exact": quote}
    body = [{"type": "TextualBody", "purpose": "tagging", "value": "toll"}, "pilot"]
    target = {"source": source, "selector": selector}
    return {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "type": "Annotation",
        "body": body,
        "target": target,
        **more,
    }


def test_web_annotations_of_others_with_their_sources(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "notice 1.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "secret.txt").write_text(TEXT, encoding="utf-8")
    items = [
        annotation("A pilot is sent", creator={"id": "http://isle.example/anna", "type": "Person"}),
        annotation("no such words"),
        annotation("pay", "../secret.txt"),
        annotation("pay", "x" * 300),
        annotation("pay", "a%00.txt"),
    ]
    collection = {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "type": "AnnotationCollection",
        "first": {"items": items},
    }
    path = saved(tmp_path / "x.json", collection)
    assert find_format(path).name == "w3c"
    reading = web_annotation.read(path, tmp_path / "texts")
    who = "http://isle.example/anna"
    assert codings(reading.project) == {(who, "toll", "A pilot is sent"), (who, "pilot", "A pilot is sent")}
    assert [lost.quote for lost in reading.lost] == ["no such words"]
    assert [problem.reason.split(",")[0][:25] for problem in reading.problems] == [
        "is of document '../secret",
        "is of document 'xxxxxxxxx",
        "is of document 'a%00.txt'",
    ]
    (alone,) = web_annotation.read(saved(tmp_path / "one.jsonld", items[0])).problems
    assert alone.reason.endswith("give the folder with it as --sources")


def test_no_web_annotation(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="holds no annotation with a target"):
        web_annotation.read(saved(tmp_path / "x.jsonld", {"@context": "http://www.w3.org/ns/anno.jsonld"}))
    with pytest.raises(CorpusError, match="is no JSON"):
        web_annotation.read(saved(tmp_path / "x.jsonld", "{"))


# --- UIMA CAS


def inception(kind: str = "webanno.custom.Frame", feature: str = "value") -> tuple[bytes, bytes]:
    """An XMI and its type system, with a type of the project's own and one of the tool's."""
    cassis = pytest.importorskip("cassis")
    types = cassis.TypeSystem()
    own = types.create_type(kind, "uima.tcas.Annotation")
    types.create_feature(own, feature, "uima.cas.String")
    token = types.create_type("de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Token", "uima.tcas.Annotation")
    types.create_feature(token, "form", "uima.cas.String")
    made = cassis.Cas(typesystem=types)
    made.sofa_string = TEXT
    start, end = span("A pilot is sent")
    made.add(own(begin=start, end=end, **{feature: "pilot"}))
    made.add(own(begin=0, end=5))
    made.add(token(begin=0, end=5, form="Ships"))
    return made.to_xmi().encode(), types.to_xml().encode()


def test_inception_exports_an_archive_in_an_archive(tmp_path: Path) -> None:
    xmi, types = inception()
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("anna.xmi", xmi)
        archive.writestr("TypeSystem.xml", types)
    path = tmp_path / "project.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("exportedproject.json", "{}")
        archive.writestr("annotation/notice.txt/anna.zip", inner.getvalue())
        archive.writestr("annotation/notice.txt/INITIAL_CAS.zip", inner.getvalue())
        archive.writestr("annotation/notice.txt/bo.zip", b"PK nothing")
    assert find_format(path).name == "cas-xmi"
    reading = cas.read(path)
    assert codings(reading.project) == {("anna", "pilot", "A pilot is sent")}
    assert list(reading.project.texts()) == ["notice.txt"]
    (problem,) = reading.problems
    assert problem.where.endswith("annotation/notice.txt/bo.zip")


def test_a_cas_of_one_document(tmp_path: Path) -> None:
    xmi, types = inception(feature="my_frame")
    path = _bytes(tmp_path / "notice.xmi", xmi)
    with pytest.raises(CorpusError, match=r"holds no CAS that can be read; has no TypeSystem\.xml beside it"):
        cas.read(path)
    (tmp_path / "TypeSystem.xml").write_bytes(types)
    assert codings(cas.read(path).project) == {("annotator", "pilot", "A pilot is sent")}
    chosen = cas.read(path, type_name="webanno.custom.Frame", feature="my_frame")
    assert codings(chosen.project) == {("annotator", "pilot", "A pilot is sent")}
    (problem,) = cas.read(path, type_name="other.Type").problems
    assert problem.reason == "has no type 'other.Type' with a feature for a code"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.xmi", b"<!DOCTYPE x [<!ENTITY e 'x'>]><x>&e;</x>", "has a document type declaration, which is refused"),
        (
            "x.xmi",
            "<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE x [<!ENTITY e 'x'>]><x>&e;</x>".encode("utf-16"),
            "has a document type declaration, which is refused",
        ),
        ("x.xmi", b"<x", "is no readable CAS: XMLSyntaxError"),
        ("x.json", b'{"%TYPES": 3}', "is no readable CAS"),
        ("x.json", b'{"%TYPES": {}, "%FEATURE_STRUCTURES": [{"%ID": 1, "%TYPE": "x.Y"}]}', "TypeNotFoundError"),
        ("x.json", b'{"%TYPES": ' + b"[" * 200_000, "is no readable CAS: RecursionError"),
        ("x.json", b"{", "is no readable CAS"),
    ],
)
def test_no_cas(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    _, types = inception()
    (tmp_path / "TypeSystem.xml").write_bytes(types)
    with pytest.raises(CorpusError, match=message):
        cas.read(_bytes(tmp_path / name, content))


# --- tables


def read_table(tmp_path: Path, text: str) -> ProjectReading:
    return tables.read(saved(tmp_path / "x.csv", text))


def test_a_table_made_by_hand(tmp_path: Path) -> None:
    long = "id,doc,sentence,coder,code\n1,d,Ships pay.,anna,toll\n1,d,Ships pay.,bo,\n2,d,Ships wait.,anna,\n"
    reading = read_table(tmp_path, long)
    assert find_format(tmp_path / "x.csv").name == "csv"
    assert codings(reading.project) == {("anna", "toll", "Ships pay.")}
    assert {(one.annotator, one.codes) for one in reading.project.selections} == {
        ("anna", ("toll",)),
        ("bo", ()),
        ("anna", ()),
    }
    assert reading.project.texts() == {"d": "Ships pay.\nShips wait."}
    wide = "sentence_id,text,toll,pilot,page\n1,Ships pay.,1,0,3\n2,Ships wait.,,,4\n3,A pilot.,TRUE,1.0,5\n"
    reading = read_table(tmp_path, wide)
    assert codings(reading.project) == {
        ("annotator", "toll", "Ships pay."),
        ("annotator", "toll", "A pilot."),
        ("annotator", "pilot", "A pilot."),
    }
    # The second is not coded yet.
    assert len(reading.project.selections) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,words\n1,x\n", "needs columns 'sentence_id' and 'text', found id, words"),
        ("id,text,remark\n1,x,so so\n", "has neither a column 'frame' nor columns of 1 and 0"),
        ("id,text,toll\n", "has no rows"),
    ],
)
def test_no_table_of_codings(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        read_table(tmp_path, text)


def test_a_table_that_contradicts_itself(tmp_path: Path) -> None:
    reading = read_table(tmp_path, "id,text,start,toll,pilot\n1,Ships pay.,x,1,0\n1,Ships wait.,0,0,1\n")
    assert [problem.reason for problem in reading.problems] == [
        "column 'start' must be a whole number, found 'x'",
        "sentence '1' has another text above; the row is left out; where ids begin anew in each document, name it in a "
        "column 'document_id'",
    ]
    # The other sentence's code is not put on this one.
    assert {words for _, _, words in codings(reading.project)} == {"Ships pay."}
    assert {code for _, code, _ in codings(reading.project)} == {"toll"}


def test_a_row_without_an_id_is_left_out(tmp_path: Path) -> None:
    reading = read_table(tmp_path, "document,id,text,toll\na,1,Ships pay.,1\na,,Ships wait.,1\na, ,Ships sail.,1\n")
    assert [problem.reason for problem in reading.problems] == ["has no sentence id; the row is left out"] * 2
    assert {words for _, _, words in codings(reading.project)} == {"Ships pay."}


def test_a_column_of_codes_with_one_bad_cell_is_a_problem(tmp_path: Path) -> None:
    reading = read_table(
        tmp_path, "id,text,year,toll,pilot\n1,Ships pay.,1999,1,0\n2,Ships wait.,2000,0,1\n3,Ships sail.,1,0,?\n"
    )
    (problem,) = reading.problems
    assert problem.where.endswith("line 4")
    assert problem.reason == (
        "column 'pilot' is 1 or 0 in most rows and '?' here, so the whole column is left out; mend the cell"
    )


def test_yes_and_no_are_read_as_everywhere(tmp_path: Path) -> None:
    reading = read_table(
        tmp_path,
        "id,text,toll,pilot,model_annotator\n"
        "1,Ships pay.,yes,1.0,1.0\n2,Ships wait.,no,0.0,yes\n3,Ships sail.,no,1.0,x\n",
    )
    assert {(code, words) for _, code, words in codings(reading.project)} >= {
        ("toll", "Ships pay."),
        ("pilot", "Ships pay."),
        ("pilot", "Ships sail."),
    }
    assert reading.project.models == {"annotator"}
    assert [problem.reason for problem in reading.problems] == [
        "column 'model_annotator' must be 1 or 0, true or false, found 'x'"
    ]


def test_a_column_of_yes_and_no_with_one_bad_cell_is_a_problem(tmp_path: Path) -> None:
    reading = read_table(tmp_path, "id,text,toll,pilot\n1,Ships pay.,1,no\n2,Ships wait.,0,yes\n3,Ships sail.,0,?\n")
    assert ["column 'pilot' is 1 or 0 in most rows and '?'" in problem.reason for problem in reading.problems] == [True]


def test_no_workbook(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    with pytest.raises(CorpusError, match=r"x\.xlsx: is no readable XLSX workbook"):
        tables.read(_bytes(tmp_path / "x.xlsx", b"PK nothing"))


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({SHEET: lambda xml: xml[:-60]}, "is no readable XLSX workbook"),
        ({SHEET: lambda xml: b"no XML"}, "is no readable XLSX workbook"),
        ({"xl/workbook.xml": lambda xml: xml[:-60]}, "is no readable XLSX workbook"),
        ({"xl/workbook.xml": lambda xml: b"<workbook/>"}, "is no readable XLSX workbook"),
        ({SHEET: lambda xml: LAUGHS.encode() + xml.replace(b"Ships pay.", b"&b;")}, f"{SHEET}: has a document type"),
        ({"xl/styles.xml": lambda xml: b"<!-- <x -->" + LAUGHS.encode() + xml}, "styles.xml: has a document type"),
        ({"../x.xml": lambda xml: b"<x/>"}, r"entry '\.\./x\.xml' leads out of the archive"),
    ],
)
def test_workbooks_that_are_broken_or_not_to_be_trusted(
    change: dict[str, Callable[[bytes], bytes]], message: str, tmp_path: Path
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (("id", "text", "code"), ("1", "Ships pay.", "toll")):
        book.active.append(row)
    book.save(tmp_path / "good.xlsx")
    assert codings(tables.read(tmp_path / "good.xlsx").project) == {("annotator", "toll", "Ships pay.")}
    with zipfile.ZipFile(tmp_path / "good.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        for name in {**parts, **change}:
            archive.writestr(name, change.get(name, bytes)(parts.get(name, b"")))
    with pytest.raises(CorpusError, match=message) as error:
        tables.read(tmp_path / "x.xlsx")
    assert "\n" not in str(error.value)


def test_a_workbook_that_is_damaged(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(("id", "text", "code"))
    book.save(tmp_path / "x.xlsx")
    content = bytearray((tmp_path / "x.xlsx").read_bytes())
    spot = content.index(SHEET.encode()) + len(SHEET) + 20
    content[spot : spot + 20] = bytes(20)
    with pytest.raises(CorpusError, match=r"x\.xlsx: is no readable XLSX workbook"):
        tables.read(_bytes(tmp_path / "x.xlsx", bytes(content)))


def test_a_text_is_never_a_formula(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    from framecls.corpus.interchange.project import Code, CodedDocument, Selection, Unit

    text = "=HYPERLINK(1)\x0b"
    project = Project(
        "x",
        (CodedDocument("d", "d", text, units=(Unit("1", 0, len(text)),)),),
        ("Bo",),
        (Code("toll", "toll"),),
        (Selection("d", "Bo", ("toll",), 0, len(text)),),
    )
    tables.write_long(project, tmp_path / "x.xlsx")
    cells = openpyxl.load_workbook(tmp_path / "x.xlsx").worksheets[0]
    assert (cells["E2"].value, cells["E2"].data_type) == ("=HYPERLINK(1)\ufffd", "s")
