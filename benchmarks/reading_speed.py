"""
How fast documents are read and cut into sentences, and whether memory stays flat over ten thousand of them.

Documents are made here: PDFs of ten pages with running headers, page numbers, two columns on every other one and some
3,000 characters a page; HTML pages of some 12,000 characters with menus around the text. One process is timed, and then
as many as the machine has cores, start of the processes included. Processor time is given beside the clock's, as it is
what counts where other programs want the machine. Memory is the resident set of a process that reads two hundred short
documents of both kinds, and a table of documents, over and over.

    python benchmarks/reading_speed.py
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from reportlab.pdfgen.canvas import Canvas

from framecls.documents import LocatedSentence, Source, read_all

_WORDS = """
    the Parties shall hold regular consultations on return of trained staff and report to Joint Council each year a
    board nine members reviews fund in Vella Norland by turns support under this Article is disbursed after Court Audit
    has certified accounts delegations recalled that port had been closed for most winter
    """.split()  # noqa: SIM905
_PAGES = 10


def sentence(random: Random) -> str:
    words = [random.choice(_WORDS) for _ in range(random.randint(10, 30))]
    return " ".join(words).capitalize() + "."


def lines(random: Random, width: int) -> Iterator[str]:
    line = ""
    while True:
        for word in sentence(random).split():
            if len(line) + len(word) >= width:
                yield line
                line = word
            else:
                line = f"{line} {word}".strip()


def write_pdf(path: Path, random: Random, *, columns: int, pages: int = _PAGES) -> None:
    canvas = Canvas(str(path), invariant=1)
    text = lines(random, 96 // columns)
    for page in range(1, pages + 1):
        canvas.setFont("Times-Roman", 9)
        canvas.drawString(60, 800, "Report of the Board of Harbours")
        canvas.drawCentredString(300, 30, str(page))
        canvas.setFont("Times-Roman", 10)
        for column in range(columns):
            for number in range(36):
                canvas.drawString(60 + 250 * column, 760 - 19 * number, next(text))
        canvas.showPage()
    canvas.save()


def write_html(path: Path, random: Random, *, sections: int = 12) -> None:
    menu = "".join(f"<li><a href='/{n}'>Office {n}</a></li>" for n in range(30))
    parts = []
    for section in range(sections):
        parts.append(f"<h2>Section {section}</h2>")
        parts += [f"<p>{' '.join(sentence(random) for _ in range(3))}</p>" for _ in range(2)]
        parts.append(f"<ul>{''.join(f'<li>{sentence(random)}</li>' for _ in range(2))}</ul>")
    path.write_text(
        f"<html><head><title>Report</title></head><body><nav><ul>{menu}</ul></nav><main><h1>Report</h1>{''.join(parts)}"
        "</main><footer><p>All rights reserved.</p></footer></body></html>",
        encoding="utf-8",
    )


def count(sources: Sequence[Source], workers: int) -> tuple[float, float, int]:
    """Read everything. Gives seconds by the clock, seconds of the processors, and characters of sentences."""
    started, before = time.perf_counter(), os.times()
    characters = 0
    for _, item in read_all(sources, workers=workers):
        if not isinstance(item, LocatedSentence):
            raise SystemExit(f"{item.path}: {item.reason}")
        characters += len(item.sentence.text)
    seconds, after = time.perf_counter() - started, os.times()
    return seconds, sum(after[:4]) - sum(before[:4]), characters


def resident() -> float:
    """Give the memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--memory", type=int, nargs="*", default=[1_000, 5_000, 10_000], help="Documents read by then.")
    options = parser.parse_args()
    random, write = Random(0), sys.stdout.write
    with tempfile.TemporaryDirectory() as scratch:
        made: dict[str, list[Source]] = {"PDF": [], "HTML": []}
        for number in range(options.documents):
            for kind, suffix in (("PDF", ".pdf"), ("HTML", ".html")):
                path = Path(scratch) / f"{number}{suffix}"
                if kind == "PDF":
                    write_pdf(path, random, columns=1 + number % 2)
                else:
                    write_html(path, random)
                made[kind].append(Source(path, path.name))
        count([made["PDF"][0], made["HTML"][0]], 1)
        cores = os.cpu_count() or 1
        write(f"{options.documents} documents of each kind, {cores} cores.\n\n")
        write("| | processes | seconds | a second | a second of processor | characters a second |\n")
        write("| --- | --- | --- | --- | --- | --- |\n")
        for kind, sources in made.items():
            unit, amount = ("pages", _PAGES * len(sources)) if kind == "PDF" else ("documents", len(sources))
            for workers in sorted({1, cores}):
                seconds, processor, characters = count(sources, workers)
                rates = f"{amount / seconds:.0f} {unit} | {amount / processor:.0f} | {characters / seconds:,.0f}"
                write(f"| {kind} | {workers} | {seconds:.1f} | {rates} |\n")
        if options.memory:
            write("\n| documents read | resident memory, MiB |\n| --- | --- |\n")
            for done, memory in memory_over(options.memory, Path(scratch), random):
                write(f"| {done:,} | {memory:.0f} |\n")


def memory_over(targets: Sequence[int], folder: Path, random: Random) -> Iterator[tuple[int, float]]:
    """Read short documents over and over. Yields how many were read, and the memory then."""
    sources = []
    for number in range(100):
        pdf, page = folder / f"short{number}.pdf", folder / f"short{number}.html"
        write_pdf(pdf, random, columns=1 + number % 2, pages=1)
        write_html(page, random, sections=3)
        sources += [Source(pdf, pdf.name), Source(page, page.name)]
    table = folder / "table.jsonl"
    with table.open("w", encoding="utf-8") as file:
        for number in range(200):
            file.write(json.dumps({"id": number, "text": sentence(random)}) + "\n")
    sources.append(Source(table, table.name))
    done = 0
    for target in targets:
        while done < target:
            count(sources, 1)
            done += 400
        yield done, resident()


if __name__ == "__main__":
    main()
