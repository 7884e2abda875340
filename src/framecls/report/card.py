"""The model card: a checkpoint's README, written from the records in its folder."""

import json
import re
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

from framecls.codebook import Codebook
from framecls.config import PACKAGED_BASE
from framecls.files import write_text
from framecls.report.environment import environment

__all__ = ["write_model_card"]

_PACKAGED_ID = "sentence-transformers/all-MiniLM-L6-v2"
_HUB_ID = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)?")


def write_model_card(model: Path | str) -> Path:
    """
    Write ``README.md`` of a checkpoint from the records in it.

    These are ``framecls.json``, ``run.json``, the tables of its evaluations where it has been evaluated, and
    ``about.md``, where somebody has written down what no record knows.

    :param model: the checkpoint folder.
    :returns: the file.
    """
    model = Path(model)
    facts = json.loads((model / "framecls.json").read_text(encoding="utf-8"))
    run = json.loads((model / "run.json").read_text(encoding="utf-8"))
    written = {
        name: path.read_text(encoding="utf-8").strip() if path.exists() else None
        for name, path in (
            ("test", model / "evaluation" / "test.md"),
            ("kfold", model / "evaluation" / "kfold.md"),
            ("about", model / "about.md"),
        )
    }
    hub_id, shown = _base(run["base"])
    card = (
        environment(autoescape=False)
        .get_template("model_card.md.j2")
        .render(
            name=facts["name"],
            base=shown,
            base_id=hub_id,
            languages=_languages(facts),
            codebook=Codebook.read(model / "codebook.toml"),
            facts=facts,
            run=run,
            **written,
        )
    )
    path = model / "README.md"
    write_text(path, card)
    return path


def _base(base: str) -> tuple[str | None, str]:
    """Give the id of a base on the Hub, ``None`` where it has none, and what a card calls it."""
    if base == PACKAGED_BASE:
        return _PACKAGED_ID, base
    if _HUB_ID.fullmatch(base):
        return base, base
    # A folder is a place on somebody's machine, there or gone, which concerns nobody; so read, of whatever system.
    return None, PureWindowsPath(base).name


def _languages(facts: Mapping[str, Any]) -> list[str]:
    """Give the languages of a checkpoint as YAML takes them, for which a bare "no" is false."""
    # Checkpoints from before languages were told apart were all trained on English.
    return ['"no"' if language == "no" else language for language in facts.get("languages", ["en"])]
