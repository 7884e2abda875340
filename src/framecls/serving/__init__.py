"""A classifier as a server: FastAPI behind bounds, on the loopback address unless told otherwise."""

from framecls.serving.limits import Limits
from framecls.serving.server import serve

__all__ = ["Limits", "serve"]
