"""How the templates of pages and cards are read."""

from importlib.metadata import version

from jinja2 import Environment, PackageLoader, StrictUndefined

from framecls.documents.outputs import GENERATOR

__all__ = ["environment"]


def environment(*, autoescape: bool) -> Environment:
    """
    Give the templates of this package; a name that is not given to one is an error.

    :param autoescape: whether values are escaped, as pages of HTML need.
    :returns: the environment.
    """
    made = Environment(
        loader=PackageLoader("framecls.report"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["generator"] = f"{GENERATOR} {version('framecls')}"
    return made
