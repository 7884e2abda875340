"""Codes of a project to frames of a codebook: by name, by place in the tree, by a table the user fills in."""

import csv
import difflib
import io
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from framecls.codebook import Codebook
from framecls.corpus.interchange.project import Code, Project
from framecls.errors import CorpusError
from framecls.files import formula_free, write_text
from framecls.lexicon import Lexicon

__all__ = ["IGNORE", "CodeMapping", "MappingTable", "Target", "UnmappedCode", "UnmappedCodesError", "map_codes"]

#: What a table gives a code that becomes nothing.
IGNORE = "ignore"
#: The entry of a table that speaks of every code it does not name.
_OTHERS = "*"
_SEPARATOR = " > "
#: Codes that a message lists; the table has all.
_LISTED = 20
#: How alike a name has to be to be suggested, as difflib measures it.
_ALIKE = 0.65


@dataclass(frozen=True, slots=True)
class Target:
    """
    What a code becomes.

    :param frame: the frame.
    :param code: the second-level code below it, or empty.
    """

    frame: str
    code: str = ""

    def __str__(self) -> str:
        return f"{self.frame}/{self.code}" if self.code else self.frame


@dataclass(frozen=True, slots=True)
class UnmappedCode:
    """
    A code that selections carry and that no frame is known for.

    :param path: names from the top of the tree to the code, joined by `` > ``.
    :param selections: how many selections carry it.
    :param suggestions: frames it may mean, the likeliest first.
    """

    path: str
    selections: int
    suggestions: tuple[str, ...]


class UnmappedCodesError(CorpusError):
    """
    Codes without a frame.

    :param codes: which.
    """

    def __init__(self, codes: Sequence[UnmappedCode]) -> None:
        self.codes = tuple(codes)
        listed = "; ".join(
            f"{code.path!r}" + (f" ({' or '.join(code.suggestions)}?)" if code.suggestions else "")
            for code in self.codes[:_LISTED]
        )
        more = f"; and {len(codes) - _LISTED} more" if len(codes) > _LISTED else ""
        many = "1 code is no frame" if len(codes) == 1 else f"{len(codes)} codes are no frames"
        super().__init__(f"{many} of the codebook: {listed}{more}; say what each is in a table, with --mapping")

    def write_table(self, path: Path) -> Path:
        """
        Write a table to fill in: what each code becomes.

        :param path: a CSV file with columns ``code`` (behind an apostrophe where a spreadsheet would take it for a
            formula), ``frame`` (blank), ``suggestions`` and ``selections``; where one is there already, which may be
            filled in, another name is found.
        :returns: the file.
        """
        name, number = path.stem, 1
        while path.exists():
            number += 1
            path = path.with_stem(f"{name}-{number}")
        rows = io.StringIO()
        writer = csv.writer(rows, lineterminator="\n")
        writer.writerow(["code", "frame", "suggestions", "selections"])
        writer.writerows(
            [formula_free(code.path), "", " or ".join(code.suggestions), code.selections] for code in self.codes
        )
        # Spreadsheets take a CSV file for UTF-8 only where a byte order mark says so.
        write_text(path, "\ufeff" + rows.getvalue())
        return path


@dataclass(frozen=True, slots=True)
class MappingTable:
    """
    What the user says codes become.

    :param entries: by name of a code, or by its path; ``None`` where it is to be left out.
    """

    entries: Mapping[str, Target | None]

    @classmethod
    def read(cls, path: Path, codebook: Codebook) -> "MappingTable":
        """
        Read a table: TOML with ``"code" = "frame"``, or CSV with columns ``code`` and ``frame``.

        A frame is given by name or title, a second-level code as ``frame/code``; ``ignore`` leaves a code out, and
        the code ``*`` stands for all that are not named.

        :param path: the file.
        :param codebook: gives the frames.
        :returns: the table.
        :raises CorpusError: the file cannot be read, or an entry is no frame; the message names file and place.
        """
        entries: dict[str, Target | None] = {}
        for where, code, value in _toml(path) if path.suffix.lower() == ".toml" else _csv(path):
            key = _key(code)
            if key in entries:
                raise CorpusError(f"{where}: code {code!r} is there twice; keep one entry")
            entries[key] = _target(value, codebook, where)
        return cls(entries)

    def __contains__(self, code: str) -> bool:
        return _key(code) in self.entries

    def __getitem__(self, code: str) -> Target | None:
        return self.entries[_key(code)]


@dataclass(frozen=True, slots=True)
class CodeMapping:
    """
    What the codes of a project become.

    :param targets: by id of the code; ``None`` for a code that is left out.
    :param paths: the path of each code, for people.
    :param unused: entries of the user's table that name no code of the project.
    """

    targets: Mapping[str, Target | None]
    paths: Mapping[str, str]
    unused: tuple[str, ...] = ()


def map_codes(
    project: Project, codebook: Codebook, table: MappingTable | None = None, *, partial: bool = False
) -> CodeMapping:
    """
    Find what each code becomes.

    The user's table comes first, by path and then by name. Then a code with the name or title of a frame is that
    frame, whatever its case and punctuation; and a code below one that is mapped is the same frame, and a second-level
    code of it where the codebook has one of that name. A code no selection carries may go without.

    :param project: the project.
    :param codebook: gives the frames.
    :param table: what the user says.
    :param partial: leave codes out that nothing is known for, without an error.
    :returns: the mapping.
    :raises UnmappedCodesError: selections carry codes nothing is known for.
    """
    table = table or MappingTable({})
    paths = {id: _SEPARATOR.join(names) for id, names in project.code_paths().items()}
    names = _names(codebook)
    found: dict[str, Target | None] = {}
    for code in project.codes:
        if paths[code.id] in table:
            found[code.id] = table[paths[code.id]]
        elif code.name in table:
            found[code.id] = table[code.name]
        elif (frame := names.get(_key(code.name))) is not None:
            found[code.id] = Target(frame)
        elif code.parent in found:
            found[code.id] = _below(found[code.parent], code, codebook)
        elif _OTHERS in table.entries:
            found[code.id] = table.entries[_OTHERS]
    used = Counter(id for s in project.selections if s.start is not None for id in s.codes)
    missing = [code for code in project.codes if code.id in used and code.id not in found]
    if missing and not partial:
        raise UnmappedCodesError([_unmapped(code, paths[code.id], used[code.id], codebook) for code in missing])
    known = {_key(name) for code in project.codes for name in (code.name, paths[code.id])} | {_OTHERS}
    return CodeMapping(found, paths, tuple(entry for entry in table.entries if entry not in known))


def _key(name: str) -> str:
    """Reduce a name, or each name of a path, to what does not change with case, spaces and punctuation."""
    # Of one that is nothing else, all counts but the apostrophe that a table may have before it.
    return _SEPARATOR.join(
        re.sub(r"[\W_]+", "_", part.casefold()).strip("_") or part.removeprefix("'") for part in name.split(_SEPARATOR)
    )


def _names(codebook: Codebook) -> dict[str, str]:
    names = {_key(frame.title): frame.name for frame in codebook.definitions}
    return names | {_key(frame.name): frame.name for frame in codebook.definitions}


def _below(above: Target | None, code: Code, codebook: Codebook) -> Target | None:
    if above is None:
        return None
    second = {_key(one.name): one.name for one in codebook[above.frame].codes}
    return Target(above.frame, second.get(_key(code.name), above.code))


def _target(value: str, codebook: Codebook, where: str) -> Target | None:
    if value.strip().casefold() == IGNORE:
        return None
    name, _, second = value.partition("/")
    frame = _names(codebook).get(_key(name.strip()))
    if not value.strip() or frame is None:
        found = f"unknown frame {value!r}" if value.strip() else "no frame is given"
        raise CorpusError(f"{where}: {found}; expected one of {', '.join(codebook.frames)}, or {IGNORE}")
    known = [code.name for code in codebook[frame].codes]
    if second and second.strip() not in known:
        raise CorpusError(f"{where}: {frame} has no second-level code {second!r}; it has {', '.join(known) or 'none'}")
    return Target(frame, second.strip())


def _toml(path: Path) -> list[tuple[str, str, str]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CorpusError(f"{path}: cannot read the mapping: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CorpusError(f"{path}: the mapping is not valid TOML: {error}") from error
    for code, value in content.items():
        if not isinstance(value, str):
            raise CorpusError(f'{path}: {code!r}: expected "code" = "frame", found {value!r:.60}')
    return [(f"{path}: {code!r}", code, value) for code, value in content.items()]


def _csv(path: Path) -> list[tuple[str, str, str]]:
    if path.suffix.lower() != ".csv":
        raise CorpusError(f"{path}: unknown kind of mapping; expected .toml, or .csv with columns code and frame")
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CorpusError(f"{path}: cannot read the mapping: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: byte {error.start} is not UTF-8; save the table as UTF-8") from error
    head = content.partition("\n")[0]
    # Spreadsheets of countries with a decimal comma write semicolons.
    rows = csv.DictReader(io.StringIO(content, newline=""), delimiter=";" if ";" in head and "," not in head else ",")
    if not {"code", "frame"} <= set(rows.fieldnames or ()):
        raise CorpusError(
            f"{path}: expected columns code and frame, found {', '.join(rows.fieldnames or ()) or 'none'}"
        )
    return [(f"{path}: line {rows.line_num}", row["code"] or "", row["frame"] or "") for row in rows]


def _unmapped(code: Code, path: str, selections: int, codebook: Codebook) -> UnmappedCode:
    close = difflib.get_close_matches(_key(code.name), _names(codebook), n=2, cutoff=_ALIKE)
    hits = Lexicon(codebook).hits([f"{code.name} {code.description}"])[0]
    likely = [_names(codebook)[name] for name in close]
    likely += [codebook.frames[column] for column in hits.argsort()[::-1] if hits[column]]
    return UnmappedCode(path, selections, tuple(dict.fromkeys(likely))[:2])
