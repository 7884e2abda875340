"""Put what `framecls corpus check` says of the authored corpus into its datasheet."""

import argparse
import sys
from pathlib import Path

from framecls.codebook import Codebook
from framecls.corpus import Corpus, check
from framecls.errors import ConfigError, FrameclsError
from framecls.files import write_text
from framecls.report.tables import corpus_markdown

BEGIN, END = "<!-- framecls corpus check -->\n", "<!-- end -->\n"


def datasheet(text: str, figures: str) -> str:
    """Replace what stands between the two marks."""
    if text.count(BEGIN) != 1 or END not in text.partition(BEGIN)[2]:
        raise ConfigError(f"the datasheet lacks its marks; put {BEGIN.strip()} and {END.strip()} where the figures go")
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + figures + "\n" + END + rest.partition(END)[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("data/corpus"))
    parser.add_argument("--codebook", type=Path, default=Path("data/codebook.toml"))
    parser.add_argument("--datasheet", type=Path, default=Path("data/README.md"))
    options = parser.parse_args()
    figures = corpus_markdown(check(Corpus.read(options.corpus, Codebook.read(options.codebook))))
    write_text(options.datasheet, datasheet(options.datasheet.read_text(encoding="utf-8"), figures))


if __name__ == "__main__":
    try:
        main()
    except FrameclsError as error:
        sys.exit(f"write_datasheet: {error}")
