"""The command line: parse, call, print, exit code. Heavy imports wait inside the handlers."""

from framecls.cli import corpus, engines, interchange, label_studio, labels, models, serve
from framecls.cli.app import app

__all__ = ["app", "corpus", "engines", "interchange", "label_studio", "labels", "models", "serve"]
