"""``python -m framecls``."""

from framecls.cli import app

app()
