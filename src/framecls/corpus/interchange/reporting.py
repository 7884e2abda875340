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
        f"{_many(report.sentences, 'sentence')} of {_many(report.documents, 'document')}; "
        f"{_many(report.selections, 'selection')} placed, {len(report.moved)} of them moved, {len(report.lost)} lost.",
    ]
    lines += _table(
        ("annotator", "sentences"), "---:", [(name, str(count)) for name, count in report.annotators.items()]
    )
    codes = [*report.codes_mapped.items()]
    codes += [(code, f"ignored, on {_many(count, 'selection')}") for code, count in report.codes_ignored.items()]
    lines += _table(("code", "becomes"), "---", codes)
    moved = [
        f"{one.where}: {one.given[0]}–{one.given[1]} → {one.found[0]}–{one.found[1]}{_quoted(one.quote)}"
        for one in report.moved
    ]
    lines += _listed("Moved: found by their words", moved)
    lines += _listed("Lost", [_problem(problem) for problem in report.lost])
    lines += _listed("Problems", [_problem(problem) for problem in report.problems])
    lines += _listed("Notices", list(report.notices))
    return "\n".join(lines) + "\n"


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _table(header: tuple[str, str], align: str, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    if rows:
        yield from ("", f"| {header[0]} | {header[1]} |", f"|---|{align}|")
        yield from (f"| {_cell(name)} | {value} |" for name, value in rows)


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
