"""The model card: a checkpoint's README, written from the records in its folder."""

import json
from pathlib import Path

from framecls.codebook import Codebook
from framecls.config import PACKAGED_BASE
from framecls.files import write_text
from framecls.report.environment import environment

__all__ = ["write_model_card"]

_PACKAGED_ID = "sentence-transformers/all-MiniLM-L6-v2"


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
    base = run["base"]
    # A folder is a place on somebody's machine, which the Hub could not follow.
    hub_id = _PACKAGED_ID if base == PACKAGED_BASE else (base if not Path(base).exists() else None)
    card = (
        environment(autoescape=False)
        .get_template("model_card.md.j2")
        .render(
            name=facts["name"],
            base_id=hub_id,
            codebook=Codebook.read(model / "codebook.toml"),
            facts=facts,
            run=run,
            **written,
        )
    )
    path = model / "README.md"
    write_text(path, card)
    return path
