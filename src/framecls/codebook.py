"""The codebook: the frames, their order and what a sentence must do to carry each."""

import hashlib
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Self

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from framecls.errors import CodebookError
from framecls.validation import first_problem

__all__ = ["PALETTE", "Codebook", "Example", "FrameDefinition", "SecondLevelCode"]

#: Colours for frames that have none of their own.
PALETTE = ("#2563a8", "#2e7d4f", "#a8641a", "#a62f4b", "#6a4c93", "#00707a", "#7a6a00", "#5a5a5a")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


#: Columns of labels, corpora and tables, which no frame may be confused with.
_RESERVED = {
    *("id", "document_id", "sentence_id", "start", "end", "page", "heading", "unit", "language", "text", "before"),
    *("frames", "model", "codebook", "annotator", "borderline", "note", "codes", "hard_negative", "shares", "split"),
    *("inclusion_probability", "macro", "micro", "none"),
}


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class SecondLevelCode(_Entry):
    """A finer, optional code below a frame."""

    name: Name
    definition: Prose


class Example(_Entry):
    """A sentence with the reason why it carries the frame, or does not."""

    text: Prose
    present: bool
    why: Prose


class FrameDefinition(_Entry):
    """One frame: the question coders ask, what is in, what is out."""

    name: Name
    title: Prose
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
    question: Prose
    included: tuple[Prose, ...] = Field(alias="in", min_length=1)
    excluded: tuple[Prose, ...] = Field(alias="out", default=())
    lexicon: tuple[Prose, ...] = ()
    examples: tuple[Example, ...] = ()
    codes: tuple[SecondLevelCode, ...] = ()


class Codebook(_Entry):
    """
    An ordered set of frames.

    The order of ``definitions`` is the order of columns of every score, probability, decision and gold
    array in framecls. It comes from the file and never from data.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    version: Prose
    title: Prose
    description: Prose
    definitions: tuple[FrameDefinition, ...] = Field(alias="frames", min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [definition.name for definition in self.definitions]
        for name in names:
            if name in _RESERVED or name.startswith(("prob_", "gold_")):
                raise ValueError(f"a frame cannot be named {name!r}, which is a column of its own; choose another name")
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"frame {repeated[0]!r} is defined twice")
        for definition in self.definitions:
            codes = [code.name for code in definition.codes]
            if len(set(codes)) < len(codes):
                raise ValueError(f"frame {definition.name!r} has a second-level code twice")
        return self

    @property
    def frames(self) -> tuple[str, ...]:
        """The names of the F frames, in column order."""
        return tuple(definition.name for definition in self.definitions)

    @property
    def sha256(self) -> str:
        """Hash of the whole content, independent of layout and comments in the file."""
        content = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()

    def __getitem__(self, frame: str) -> FrameDefinition:
        return self.definitions[self.index(frame)]

    def index(self, frame: str) -> int:
        """
        Give the column of a frame.

        :param frame: name of the frame.
        :returns: its index, 0 to F - 1.
        :raises CodebookError: the codebook has no such frame.
        """
        try:
            return self.frames.index(frame)
        except ValueError:
            raise CodebookError(f"unknown frame {frame!r}; the codebook has {', '.join(self.frames)}") from None

    def in_order(self, frames: Iterable[str]) -> tuple[str, ...]:
        """
        Put frames into the order of columns.

        :param frames: names, all of this codebook.
        :returns: each of them once.
        """
        present = set(frames)
        return tuple(frame for frame in self.frames if frame in present)

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """
        Read a codebook from its TOML file.

        :param path: the file.
        :returns: the codebook.
        :raises CodebookError: the file is missing, is no TOML, or breaks a rule.
        """
        path = Path(path)
        try:
            with path.open("rb") as file:
                content = tomllib.load(file)
        except OSError as error:
            raise CodebookError(f"{path}: cannot read the codebook: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CodebookError(f"{path}: the codebook is not valid TOML: {error}") from error
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise CodebookError(f"{path}: {first_problem(error)}") from error

    def write(self, path: Path | str) -> None:
        """
        Write the codebook as TOML that :meth:`read` gives back equal.

        :param path: the file to write.
        """
        Path(path).write_text(tomli_w.dumps(self.model_dump(mode="json", by_alias=True)), encoding="utf-8")
