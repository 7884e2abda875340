"""What a server lets in."""

from dataclasses import dataclass, fields

from framecls.errors import ConfigError

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    Bounds of a server; memory for requests is never more than ``queue`` times ``max_bytes``.

    :param max_batch: most sentences scored together.
    :param wait: seconds an idle server waits for other requests to score a first one with.
    :param queue: most requests held at once, from their first byte to their answer; more are told to come again (429).
    :param max_bytes: most bytes of one request's body (413).
    :param max_sentences: most sentences of one request (413).
    :param timeout: seconds a request may take, reading it included (408 while it is read, 504 after).
    """

    max_batch: int = 64
    wait: float = 0.002
    queue: int = 64
    max_bytes: int = 2 << 20
    max_sentences: int = 10_000
    timeout: float = 60.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value < 0 or (value == 0 and field.name != "wait"):
                raise ConfigError(f"{field.name.replace('_', '-')} must be above 0, found {value}")
