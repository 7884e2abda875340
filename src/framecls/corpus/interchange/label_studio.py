"""
Label Studio: tasks with annotations and predictions in its JSON.

A task is a document with passages selected in it (``<Labels>``), or a sentence with frames ticked for it
(``<Choices>``). People's codings are annotations, models' are predictions. Positions count code points; versions before
2022 counted UTF-16 units, so every passage is held against the words that stand beside its positions.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from framecls.corpus.interchange.collecting import (
    ProjectCollector,
    by_unit,
    code_labels,
    first_given,
    lay_out,
    ranges_without_code,
    read_json,
    sentence_ranges,
)
from framecls.corpus.interchange.label_studio_config import FRAMES_TAG, TEXT_TAG, LabelStudioTask
from framecls.corpus.interchange.project import CodedDocument, Problem, Project, ProjectReading, Selection
from framecls.errors import CorpusError
from framecls.files import write_json

__all__ = ["choices_result", "detect", "read", "span_result", "tasks_of", "write", "write_sentences"]

#: Results that select a passage, by how their positions are to be read.
_SPANS = ("labels", "hypertextlabels")
#: Name of the tag that what is said of a whole document is written under.
_WHOLE_TAG = "document"


def detect(path: Path) -> bool:
    """
    Tell whether a file is Label Studio's JSON.

    :param path: the file.
    :returns: whether it is.
    """
    if path.suffix.lower() != ".json":
        return False
    with path.open("rb") as file:
        head = file.read(1 << 20)
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") and b'"data"' in head


def span_result(
    start: int,
    end: int,
    text: str,
    labels: Sequence[str],
    *,
    from_name: str = FRAMES_TAG,
    to_name: str = TEXT_TAG,
    score: float | None = None,
    note: str = "",
) -> dict[str, Any]:
    """
    Give a selected passage as an entry of ``result``.

    :param start: first character, in code points.
    :param end: one past the last.
    :param text: the passage.
    :param labels: its labels.
    :param from_name: name of the ``<Labels>`` tag.
    :param to_name: name of the ``<Text>`` tag.
    :param score: a model's probability.
    :param note: a remark.
    :returns: the entry; its id follows from what it says.
    """
    value = {"start": start, "end": end, "text": text, "labels": list(labels)}
    return _result("labels", value, from_name, to_name, score, note)


def choices_result(
    labels: Sequence[str],
    *,
    from_name: str = FRAMES_TAG,
    to_name: str = TEXT_TAG,
    score: float | None = None,
    note: str = "",
) -> dict[str, Any]:
    """
    Give ticked frames as an entry of ``result``.

    :param labels: the labels.
    :param from_name: name of the ``<Choices>`` tag.
    :param to_name: name of the ``<Text>`` tag.
    :param score: a model's probability.
    :param note: a remark.
    :returns: the entry.
    """
    return _result("choices", {"choices": list(labels)}, from_name, to_name, score, note)


def _result(
    kind: str, value: dict[str, Any], from_name: str, to_name: str, score: float | None, note: str
) -> dict[str, Any]:
    said = json.dumps([kind, value, from_name], sort_keys=True)
    result: dict[str, Any] = {"id": uuid5(NAMESPACE_URL, said).hex[:10], "from_name": from_name, "to_name": to_name}
    result |= {"type": kind, "value": value}
    if score is not None:
        result["score"] = score
    if note:
        result["meta"] = {"text": [note]}
    return result


def write(project: Project, path: Path) -> None:
    """
    Write a project as tasks, a document each.

    :param project: the project.
    :param path: the file.
    """
    write_json(path, tasks_of(project))


def write_sentences(project: Project, path: Path) -> None:
    """
    Write a project as tasks, a sentence each.

    :param project: its documents have units.
    :param path: the file.
    :raises CorpusError: a document has no units.
    """
    write_json(path, tasks_of(project, tasks="sentences"))


def tasks_of(project: Project, *, tasks: LabelStudioTask = "documents") -> list[dict[str, Any]]:
    """
    Give a project as Label Studio's tasks.

    :param project: the project.
    :param tasks: a task for each document, or for each of its units.
    :returns: tasks; annotators whose names are addresses of e-mail are named as Label Studio does.
    :raises CorpusError: a document without units is to be given by units.
    """
    labels = code_labels(project)
    by_document: dict[str, list[Selection]] = {document.id: [] for document in project.documents}
    for selection in project.selections:
        by_document[selection.document].append(selection)
    found = []
    for document in project.documents:
        selections = by_document[document.id]
        if tasks == "documents":
            found.append(_document_task(document, selections, labels, project))
        else:
            found += _sentence_tasks(document, selections, labels, project)
    return [{"id": number, **task} for number, task in enumerate(found, 1)]


def _document_task(
    document: CodedDocument, selections: Sequence[Selection], labels: Mapping[str, str], project: Project
) -> dict[str, Any]:
    results: dict[str, list[dict[str, Any]]] = {
        name: [] for name in project.annotators if (name, document.id) in project.completed
    }
    for selection in selections:
        of_annotator = results.setdefault(selection.annotator, [])
        given = [labels[code] for code in selection.codes]
        if not given:
            continue
        # One entry has one score, so a model's codes are entries of their own.
        entries: list[tuple[list[str], float | None]] = [(given, None)]
        if selection.probabilities:
            entries = [([label], score) for label, score in zip(given, selection.probabilities, strict=True)]
        for names, score in entries:
            if selection.start is None or selection.end is None:
                of_annotator.append(choices_result(names, from_name=_WHOLE_TAG, score=score, note=selection.note))
            else:
                start, end = selection.start, selection.end
                text = document.text[start:end]
                of_annotator.append(span_result(start, end, text, names, score=score, note=selection.note))
    data: dict[str, Any] = {TEXT_TAG: document.text, "document_id": document.id, "name": document.name}
    part = {
        name: ranges_without_code(selection for selection in selections if selection.annotator == name)
        for name in results
        if (name, document.id) in project.partial
    }
    if part:
        data["read_in_part"] = part
    return {"data": data | sentence_ranges(document), **_answers(results, project)}


def _sentence_tasks(
    document: CodedDocument, selections: Sequence[Selection], labels: Mapping[str, str], project: Project
) -> Iterator[dict[str, Any]]:
    read = [name for name in project.annotators if (name, document.id) in project.completed]
    befores = {unit.id: before for unit, before in document.befores(document.units)}
    for unit, here in by_unit(document, selections):
        results: dict[str, list[dict[str, Any]]] = {name: [] for name in read}
        for selection in here:
            of_annotator = results.setdefault(selection.annotator, [])
            if selection.codes:
                given = [labels[code] for code in selection.codes]
                score = max(selection.probabilities, default=None)
                of_annotator.append(choices_result(given, score=score, note=selection.note))
        text = document.text[unit.start : unit.end]
        data: dict[str, Any] = {TEXT_TAG: text, "before": befores.get(unit.id, ""), "heading": ""}
        data |= {"document_id": document.id, "sentence_id": unit.id, "start": unit.start, "end": unit.end}
        yield {"data": data, **_answers(results, project)}


def _answers(results: Mapping[str, list[dict[str, Any]]], project: Project) -> dict[str, Any]:
    annotations, predictions = [], []
    for name, result in results.items():
        if name in project.models:
            scores = [entry["score"] for entry in result if "score" in entry]
            prediction = {"model_version": name, "result": result}
            predictions.append(prediction | ({"score": sum(scores) / len(scores)} if scores else {}))
        else:
            # Label Studio refuses a stranger's address, and takes an annotation without one for the importer's own.
            who = {"completed_by": {"email": name}} if "@" in name else {"annotator": name}
            annotations.append({**who, "result": result})
    return {"annotations": annotations, "predictions": predictions}


def read(path: Path, sources: Path | None = None) -> ProjectReading:
    """
    Read a file that Label Studio exported as *JSON*, or one that was written here.

    :param path: the file.
    :param sources: not needed; tasks carry their text.
    :returns: what is in it.
    :raises CorpusError: it is no such file.
    """
    tasks = read_json(path)
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise CorpusError(f"{path}: is no list of tasks; export the project as 'JSON'")
    if tasks and not any(isinstance(task.get("data"), dict) for task in tasks):
        raise CorpusError(f"{path}: has no task with 'data' (is it JSON-MIN?); export the project as 'JSON'")
    return _Reader(path).read(tasks)


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._collector = ProjectCollector(path.stem)
        self._skipped = 0
        #: Places of sentences in their documents: by document, id of the sentence.
        self._places: dict[tuple[str, str], tuple[int, int]] = {}

    def read(self, tasks: Sequence[Mapping[str, Any]]) -> ProjectReading:
        """Read tasks: first their texts, so that sentences of one document find together, then what was said."""
        usable = [
            (f"{self._path}: task {task.get('id', number)}", task, text)
            for number, task in enumerate(tasks, 1)
            if (text := self._text(f"{self._path}: task {task.get('id', number)}", task)) is not None
        ]
        spans = any(
            entry.get("type") in _SPANS for _, task, _ in usable for _, _, result in _said(task) for entry in result
        )
        # Without a passage anywhere, and with ticks, every text is a sentence, those nobody ticked a frame for too.
        ticked = not spans and any(_is_ticked(task) for _, task, _ in usable)
        units = [one for one in usable if ticked or "sentence_id" in one[1]["data"]]
        self._lay_out(units)
        sentences = {id(task) for _, task, _ in units}
        for where, task, text in usable:
            if id(task) in sentences:
                self._sentence(where, task)
            else:
                self._document(where, task, text)
        if self._skipped:
            self._collector.notices[f"{self._skipped} skipped annotations were left out"] = None
        return self._collector.reading()

    def _text(self, where: str, task: Mapping[str, Any]) -> str | None:
        data = task.get("data")
        if not isinstance(data, dict):
            self._problem(where, "has no 'data'")
            return None
        if isinstance(data.get(TEXT_TAG), str):
            return str(data[TEXT_TAG])
        texts = [value for value in data.values() if isinstance(value, str)]
        if not texts:
            self._problem(where, "has no text in its 'data'")
        return max(texts, key=len, default=None)

    def _problem(self, where: str, reason: str, quote: str = "") -> None:
        self._collector.problems.append(Problem(where, reason, quote))

    def _lay_out(self, tasks: Sequence[tuple[str, Mapping[str, Any], str]]) -> None:
        """Put sentences of one document together, at their own places where they have some."""
        documents: dict[str, dict[str, tuple[object, str]]] = {}
        for where, task, text in tasks:
            document, unit = _document_id(task), _unit_id(task)
            if unit in documents.setdefault(document, {}):
                self._problem(where, f"sentence {unit!r} of document {document!r} is there twice; the first counts")
            else:
                documents[document][unit] = (task["data"].get("start"), text)
        for document, given in documents.items():
            text, units = lay_out(given)
            self._collector.document(document, text, units=units)
            self._places.update(((document, unit.id), (unit.start, unit.end)) for unit in units)

    def _sentence(self, where: str, task: Mapping[str, Any]) -> None:
        document = _document_id(task)
        span = self._places[document, _unit_id(task)]
        for annotator, model, result in self._known(task):
            self._collector.annotator(annotator, model=model)
            for entry in result or [{}]:
                labels, probabilities = _labels(entry, "choices")
                if entry and not labels:
                    self._problem(
                        where, f"has a result of type {entry.get('type')!r}, which says nothing of a sentence"
                    )
                    continue
                self._collector.mark(
                    document,
                    annotator,
                    labels,
                    span,
                    where=where,
                    note=_note(entry),
                    probabilities=probabilities,
                    exact=True,
                )

    def _document(self, where: str, task: Mapping[str, Any], text: str) -> None:
        document = _document_id(task)
        name = task["data"].get("name")
        called = name if isinstance(name, str) else ""
        if not self._collector.document(document, text, name=called, sentences=task["data"].get("sentences")):
            self._problem(where, f"document {document!r} is there twice with different texts; the first counts")
            return
        given = task["data"].get("read_in_part")
        part = given if isinstance(given, dict) else {}
        for annotator, model, result in self._known(task):
            self._collector.annotator(annotator, model=model)
            if annotator in part:
                self._collector.read_in_part(annotator, document, part[annotator], where=where)
            else:
                self._collector.complete(annotator, document)
            for entry in result:
                self._entry(where, document, annotator, entry, text)

    def _entry(self, where: str, document: str, annotator: str, entry: Mapping[str, Any], text: str) -> None:
        kind = entry.get("type")
        value = entry.get("value")
        if kind not in (*_SPANS, "choices") or not isinstance(value, dict):
            self._problem(where, f"has a result of type {kind!r}, which is no passage")
            return
        labels, probabilities = _labels(entry, str(kind))
        # Positions in HTML name an element; those in its text stand beside them.
        beside = value.get("globalOffsets")
        at = beside if isinstance(beside, dict) else value
        start, end = at.get("start"), at.get("end")
        quote = str(value.get("text") or "")
        # Older versions wrote the line ends of a passage as two characters.
        if "\\n" in quote and quote not in text:
            quote = quote.replace("\\n", "\n")
        span = (start, end) if isinstance(start, int) and isinstance(end, int) else None
        if span is None and kind in _SPANS:
            self._problem(where, f"has a passage from {start!r} to {end!r}, which are no positions", quote)
            return
        self._collector.mark(
            document,
            annotator,
            labels,
            span,
            where=where,
            quote=quote,
            note=_note(entry),
            probabilities=probabilities,
        )

    def _known(self, task: Mapping[str, Any]) -> Iterator[tuple[str, bool, list[Mapping[str, Any]]]]:
        """Yield annotator, whether a model, and result of each answer; of an annotator's own answers, the last."""
        last: dict[tuple[str, bool], list[Mapping[str, Any]]] = {}
        counts: Counter[tuple[str, bool]] = Counter()
        for who, answer, result in _said(task):
            if answer.get("was_cancelled"):
                self._skipped += 1
                continue
            key = who, "model_version" in answer and "completed_by" not in answer
            counts[key] += 1
            last[key] = result
        if any(count > 1 for count in counts.values()):
            self._collector.notices["where somebody annotated a task twice, their last annotation counts"] = None
        for (who, model), result in last.items():
            yield who, model, result


def _said(task: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], list[Mapping[str, Any]]]]:
    """Yield who, the answer and its result for each annotation and prediction; older exports say completions."""
    for key in ("annotations", "completions", "predictions"):
        for answer in _listed(task.get(key)):
            # An export may give the bare ids of predictions.
            if isinstance(answer, dict):
                result: list[Mapping[str, Any]] = [r for r in _listed(answer.get("result")) if isinstance(r, dict)]
                yield _who(answer, model=key == "predictions"), answer, result


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _who(answer: Mapping[str, Any], *, model: bool) -> str:
    if model:
        return str(answer.get("model_version") or "model")
    by = answer.get("completed_by")
    if isinstance(by, dict):
        full = " ".join(str(by[key]) for key in ("first_name", "last_name") if by.get(key))
        return str(by.get("email") or full or by.get("username") or f"user {by.get('id')}")
    return str(answer.get("annotator") or (f"user {by}" if by is not None else "annotator"))


def _is_ticked(task: Mapping[str, Any]) -> bool:
    entries = (entry for _, _, result in _said(task) for entry in result)
    return any(entry.get("type") == "choices" and entry.get("from_name") != _WHOLE_TAG for entry in entries)


def _document_id(task: Mapping[str, Any]) -> str:
    return first_given(task["data"].get("document_id"), task.get("id"), "document")


def _unit_id(task: Mapping[str, Any]) -> str:
    return first_given(task["data"].get("sentence_id"), task.get("id"), "sentence")


def _labels(entry: Mapping[str, Any], kind: str) -> tuple[list[str], list[float]]:
    value = entry.get("value")
    given = value.get(kind) if isinstance(value, dict) else None
    labels = [str(label) for label in given] if isinstance(given, list) else []
    score = entry.get("score")
    certain = isinstance(score, int | float) and 0 <= score <= 1
    return labels, [float(score)] * len(labels) if certain and score is not None else []


def _note(entry: Mapping[str, Any]) -> str:
    meta = entry.get("meta")
    given = meta.get("text") if isinstance(meta, dict) else None
    if isinstance(given, str):
        return given
    return "; ".join(str(note) for note in given) if isinstance(given, list) else ""
