"""The command line: parse, call, print, exit code. Heavy imports wait inside the handlers."""

from framecls.cli import corpus, interchange, labels, models, serve
from framecls.cli.app import app

__all__ = ["app", "corpus", "interchange", "labels", "models", "serve"]
