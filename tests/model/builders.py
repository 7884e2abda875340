"""Documents that a screen can be fitted to."""

from pathlib import Path

KINDS = ("A toll is asked of every ship", "The quay is long", "A pilot is sent to every ship", "Ships lie at anchor")


def write_notices(folder: Path, number: int) -> list[Path]:
    """Write so many notices of eight sentences, half of which carry a frame; gives the files."""
    for notice in range(number):
        lines = [f"{kind} in harbour {notice} {place}.\n\n" for kind in KINDS for place in ("now", "today")]
        (folder / f"n{notice}.txt").write_text("".join(lines), encoding="utf-8")
    return sorted(folder.glob("*.txt"))
