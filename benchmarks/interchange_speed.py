"""
How long a large coding project takes to be written for other tools and to be read into annotated sentences.

The project is made of invented sentences: two coders, some selections of whole sentences and some of parts. REFI-QDA is
read as framecls writes it and in the way ATLAS.ti counts (a line end as one character where two are stored). In a table
the selections are whole sentences, which are all it holds.

    python benchmarks/interchange_speed.py
"""

import argparse
import resource
import sys
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from framecls.codebook import Codebook
from framecls.corpus.interchange import import_project, write_imported
from framecls.corpus.interchange.formats import FORMATS
from framecls.corpus.interchange.placing import Counting, count
from framecls.corpus.interchange.project import CodedDocument, Project, Selection, Unit, codes_of
from framecls.corpus.interchange.refi import detailed_codes

_SENTENCES = (
    "The delegates of the two isles heard the report on harbour dues.",
    "Neither side can keep the channel clear alone, and so both will.",
    "Aid is released when the accounts of the port have been opened.",
    "Pilots of the smaller port are trained at the larger one 𝕏.",
    "Trade gains on both shores once the quay has been lengthened.",
)
#: What is measured: a file's name, and its format.
_FILES = {
    "large.qdpx": "qdpx",
    "large.json": "label-studio",
    "large.zip": "doccano",
    "large.jsonld": "w3c",
    "large.csv": "csv",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--selections", type=int, default=100_000)
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--codebook", type=Path, default=Path("data/codebook.toml"))
    options = parser.parse_args()
    codebook = Codebook.read(options.codebook)
    rng = np.random.default_rng(0)
    per_document = options.selections // options.documents
    documents, selections = [], []
    for number in range(options.documents):
        chosen = [_SENTENCES[index] for index in rng.integers(0, len(_SENTENCES), per_document // 2)]
        text = "\r\n".join(f"{words[:-1]} in item {place}." for place, words in enumerate(chosen))
        start = 0
        units: list[Unit] = []
        for line in text.split("\r\n"):
            for who in ("Ann", "Ben"):
                first = start + int(rng.integers(0, 2)) * (line.index(" ") + 1)
                frame = codebook.frames[int(rng.integers(0, len(codebook.frames)))]
                selections.append(Selection(f"d{number:04d}", who, (frame,), first, start + len(line)))
            units.append(Unit(f"d{number:04d}#{len(units)}", start, start + len(line)))
            start += len(line) + 2
        documents.append(CodedDocument(f"d{number:04d}", f"d{number:04d}", text, units=tuple(units)))
    project = Project("large", tuple(documents), ("Ann", "Ben"), detailed_codes(codebook), tuple(selections))
    plain = replace(project, codes=codes_of(codebook))
    rows: list[tuple[str, float | None, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, format in _FILES.items():
            write = FORMATS[format].write
            assert write is not None
            started = time.perf_counter()
            write(project if FORMATS[format].titles else plain, folder / file)
            seconds = time.perf_counter() - started
            rows.append((format, seconds, _read(folder / file, codebook, format, len(selections))))
            if format == "qdpx":
                _recount(folder / file, folder / "atlas.qdpx", project)
                seconds = _read(folder / "atlas.qdpx", codebook, format, len(selections))
                rows.append(("qdpx, as ATLAS.ti counts", None, seconds))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    sys.stdout.write(
        f"{len(selections)} selections in {len(documents)} documents; most memory {memory:.1f} GiB\n\n"
        "| format | seconds to write | seconds to import |\n|---|---:|---:|\n"
    )
    for name, written, read in rows:
        sys.stdout.write(f"| {name} | {'–' if written is None else f'{written:.1f}'} | {read:.1f} |\n")


def _read(file: Path, codebook: Codebook, format: str, selections: int) -> float:
    """Import a file as the command does, all of it or not at all, and give the seconds that took."""
    started = time.perf_counter()
    imported = import_project(file, codebook, format=format)
    write_imported(imported, file.parent / "corpus")
    seconds = time.perf_counter() - started
    report = imported.report
    if report.selections != selections or report.lost or report.moved or report.problems:
        sys.exit(
            f"{file.name}: {report.selections} selections placed, {len(report.moved)} moved, {len(report.lost)} lost, "
            f"{len(report.problems)} problems"
        )
    return seconds


def _recount(source: Path, target: Path, project: Project) -> None:
    """Write a project again with positions that count a line end as one, under the name of another tool."""
    spans: dict[str, list[tuple[int, int]]] = {document.id: [] for document in project.documents}
    for selection in project.selections:
        if selection.start is not None and selection.end is not None:
            spans[selection.document].append((selection.start, selection.end))
    counted = [
        span for document in project.documents for span in count(document.text, spans[document.id], Counting("one"))
    ]
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "project.qde":
                lines = content.decode().replace('origin="framecls"', 'origin="ATLAS.ti"').split(' startPosition="')
                parts = [lines[0]]
                for line, (start, end) in zip(lines[1:], counted, strict=True):
                    rest = line.split('"', 3)[3]
                    parts.append(f'{start}" endPosition="{end}"{rest}')
                content = ' startPosition="'.join(parts).encode()
            new.writestr(name, content)


if __name__ == "__main__":
    main()
