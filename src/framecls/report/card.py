"""The model card: a checkpoint's README, written from the records in its folder."""

import json
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from framecls.codebook import Codebook
from framecls.config import PACKAGED_BASE
from framecls.files import write_text

__all__ = ["write_model_card"]

_PACKAGED_ID = "sentence-transformers/all-MiniLM-L6-v2"


def write_model_card(model: Path | str) -> Path:
    """
    Write ``README.md`` of a checkpoint from the records in it: ``framecls.json``, ``run.json``, its test evaluation.

    :param model: the checkpoint folder.
    :returns: the file.
    """
    model = Path(model)
    facts = json.loads((model / "framecls.json").read_text(encoding="utf-8"))
    run = json.loads((model / "run.json").read_text(encoding="utf-8"))
    evaluation = model / "evaluation" / "test.md"
    base = run["base"]
    # A folder is a place on somebody's machine, which the Hub could not follow.
    hub_id = _PACKAGED_ID if base == PACKAGED_BASE else (base if not Path(base).exists() else None)
    environment = Environment(
        loader=PackageLoader("framecls.report"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    card = environment.get_template("model_card.md.j2").render(
        name=facts["name"],
        base_id=hub_id,
        codebook=Codebook.read(model / "codebook.toml"),
        facts=facts,
        run=run,
        evaluation=evaluation.read_text(encoding="utf-8") if evaluation.exists() else None,
    )
    path = model / "README.md"
    write_text(path, card)
    return path
