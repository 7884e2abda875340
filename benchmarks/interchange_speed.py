"""
How long a large coding project takes to be written as REFI-QDA and to be read into annotated sentences.

The project is made of invented sentences: two coders, some selections of whole sentences and some of parts, in the
way ATLAS.ti counts (a line end as one character where two are stored).

    python benchmarks/interchange_speed.py
"""

import argparse
import resource
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

from framecls.codebook import Codebook
from framecls.corpus.interchange import import_project, write_imported
from framecls.corpus.interchange.placing import Counting, count
from framecls.corpus.interchange.project import CodedDocument, Project, Selection
from framecls.corpus.interchange.refi import detailed_codes, write_qdpx

_SENTENCES = (
    "The delegates of the two isles heard the report on harbour dues.",
    "Neither side can keep the channel clear alone, and so both will.",
    "Aid is released when the accounts of the port have been opened.",
    "Pilots of the smaller port are trained at the larger one 𝕏.",
    "Trade gains on both shores once the quay has been lengthened.",
)


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
        documents.append(CodedDocument(f"d{number:04d}", f"d{number:04d}", text))
        start = 0
        for line in text.split("\r\n"):
            for who in ("Ann", "Ben"):
                first = start + int(rng.integers(0, 2)) * (line.index(" ") + 1)
                frame = codebook.frames[int(rng.integers(0, len(codebook.frames)))]
                selections.append(Selection(f"d{number:04d}", who, (frame,), first, start + len(line)))
            start += len(line) + 2
    project = Project("large", tuple(documents), ("Ann", "Ben"), detailed_codes(codebook), tuple(selections))
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started = time.perf_counter()
        write_qdpx(project, folder / "large.qdpx")
        rows.append(("write", time.perf_counter() - started))
        _recount(folder / "large.qdpx", folder / "atlas.qdpx", project)
        for file, what in (("large.qdpx", "as framecls writes it"), ("atlas.qdpx", "as ATLAS.ti counts")):
            started = time.perf_counter()
            imported = import_project(folder / file, codebook)
            write_imported(imported, folder / "corpus")
            rows.append((f"import, {what}", time.perf_counter() - started))
            report = imported.report
            if report.selections != len(selections) or report.lost or report.moved:
                sys.exit(
                    f"{file}: {report.selections} selections placed, {len(report.moved)} moved, {len(report.lost)} lost"
                )
        size = (folder / "large.qdpx").stat().st_size / 2**20
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    sys.stdout.write(
        f"{len(selections)} selections in {len(documents)} documents, {size:.1f} MiB; "
        f"{len(imported.corpus)} sentences; most memory {memory:.1f} GiB\n\n| step | seconds |\n|---|---:|\n"
    )
    sys.stdout.writelines(f"| {step} | {seconds:.1f} |\n" for step, seconds in rows)


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
