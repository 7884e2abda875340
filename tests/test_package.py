"""The outside of the package, and the direction of its imports."""

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import framecls

ROOT = Path(__file__).parents[1]

#: From the bottom up; a module imports only from its own room and from those before it.
LAYERS = [
    ("errors",),
    ("validation", "files", "macro"),
    ("codebook", "config"),
    ("lexicon",),
    ("documents",),
    ("corpus",),
    ("model",),
    ("evaluation",),
    ("labelling",),
    ("report",),
    ("serving",),
    ("runs",),
    ("cli",),
    ("__main__",),
]
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}
TORCH_ROOMS = {"model", "labelling", "serving", "runs", "cli"}


def imports() -> list[tuple[str, str]]:
    """Pairs of a room and what a module of it imports, wherever the import stands."""
    package = Path(framecls.__file__).parent
    found = []
    for path in sorted(package.rglob("*.py")):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found.append((room, node.module))
            elif isinstance(node, ast.Import):
                found += [(room, alias.name) for alias in node.names]
    return [(room, name) for room, name in found if room != "__init__"]


def test_imports_point_one_way() -> None:
    for room, name in imports():
        if name.startswith("framecls."):
            other = name.split(".")[1]
            assert RANK[other] < RANK[room] or other == room, f"{room} imports {name}"


def test_torch_stays_in_its_rooms() -> None:
    for room, name in imports():
        if name.split(".")[0] in ("torch", "transformers"):
            assert room in TORCH_ROOMS, f"{room} imports {name}"


def test_evaluation_and_report_run_no_model() -> None:
    assert not [
        name for room, name in imports() if room in ("evaluation", "report") and name.startswith("framecls.model")
    ]


def test_exports() -> None:
    assert framecls.__all__ == [
        "Codebook",
        "Corpus",
        "Document",
        "FrameClassifier",
        "FrameclsError",
        "evaluate",
        "label",
        "train",
    ]
    for name in framecls.__all__:
        assert getattr(framecls, name).__name__ == name
        assert name in dir(framecls)
    with pytest.raises(AttributeError, match="has no attribute 'surprise'"):
        _ = framecls.surprise


def test_import_is_light() -> None:
    script = "import sys, framecls; sys.exit(' '.join(m for m in ('torch', 'numpy', 'pydantic') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


@pytest.mark.checkout
def test_changelog_speaks_of_this_version() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = tomllib.load(file)["project"]["version"]
    assert declared == version("framecls")
    assert f"## {declared}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
