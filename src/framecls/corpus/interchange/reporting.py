"""The report of an import as people read it."""

from collections.abc import Iterator, Sequence

from framecls.corpus.interchange.project import ImportReport, Problem

__all__ = ["report_markdown"]

#: Entries of a kind that are shown; the JSON report has all.
_SHOWN = 20


def report_markdown(report: ImportReport) -> str:
    """
    Lay out the report of an import.

    :param report: the report.
    :returns: Markdown; lists are cut short, with the number of what is left out.
    """
    lines = [
        f"# Import of {report.source} ({report.format})",
        "",
        f"{report.sentences} sentences of {report.documents} documents; {report.selections} selections placed, "
        f"{len(report.moved)} of them moved, {len(report.lost)} lost.",
        "",
        "| annotator | sentences |",
        "|---|---:|",
        *(f"| {_cell(name)} | {count} |" for name, count in report.annotators.items()),
        "",
        "| code | becomes |",
        "|---|---|",
        *(f"| {_cell(code)} | {target} |" for code, target in report.codes_mapped.items()),
        *(f"| {_cell(code)} | ignored, on {count} selections |" for code, count in report.codes_ignored.items()),
    ]
    moved = [
        f"{one.where}: {one.given[0]}–{one.given[1]} → {one.found[0]}–{one.found[1]}{_quoted(one.quote)}"
        for one in report.moved
    ]
    lines += _listed("Moved: found by their words", moved)
    lines += _listed("Lost", [_problem(problem) for problem in report.lost])
    lines += _listed("Problems", [_problem(problem) for problem in report.problems])
    lines += _listed("Notices", list(report.notices))
    return "\n".join(lines) + "\n"


def _listed(title: str, entries: Sequence[str]) -> Iterator[str]:
    if entries:
        yield from ("", f"## {title}", "")
        yield from (f"- {entry}" for entry in entries[:_SHOWN])
        if len(entries) > _SHOWN:
            yield f"- … and {len(entries) - _SHOWN} more, in report.json"


def _problem(problem: Problem) -> str:
    return f"{problem.where}: {problem.reason}{_quoted(problem.quote)}"


def _quoted(words: str) -> str:
    return f" “{' '.join(words.split())}”" if words.strip() else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
