"""Download the documents whose address is recorded: politely, within limits, and on from where it stopped."""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha1
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, quote, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import urllib3

from framecls.corpus.records import DocumentFacts
from framecls.files import whole_file

__all__ = ["FETCHED", "FetchLimits", "Fetched", "fetch", "file_name"]

logger = logging.getLogger(__name__)

#: Name of the record in the folder of documents, a row for each one asked for; hidden, so that it is not read as one.
FETCHED = ".fetched.jsonl"
#: What robots.txt may call us, and what we call ourselves.
_NAME = "framecls"
_AGENT = f"{_NAME} (annotated corpus; one request at a time)"
_CHUNK = 1 << 16
_ROBOTS_SIZE = 1 << 19
_REDIRECTS = 5
_BUSY = (429, 500, 502, 503, 504)
#: Seconds between two requests from which on the user is told that a host asks for them.
_LONG_DELAY = 10.0
#: Most characters of a file's name; a suffix and ".partial" come after it.
_LONGEST = 200

#: Suffix of the file by what the server says it sends.
_SUFFIXES = {
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_KNOWN = (".txt", ".md", ".html", ".htm", ".pdf", ".docx")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """
    What a download may cost.

    :param pause: least seconds between two requests to one host.
    :param timeout: most seconds a server may stay silent.
    :param seconds: most seconds one document may take, without the pauses between requests.
    :param size: most bytes of one document.
    :param retries: further tries where a server is busy or the connection breaks.
    """

    pause: float = 1.0
    timeout: float = 30.0
    seconds: float = 300.0
    size: int = 50 << 20
    retries: int = 3


@dataclass(frozen=True, slots=True)
class Fetched:
    """
    What became of one document.

    :param document_id: the document.
    :param address: the address tried last; empty where none is recorded.
    :param outcome: ``fetched``, ``there`` (from an earlier run) or ``failed``.
    :param path: name of the file in the folder; empty where there is none.
    :param reason: why there is none.
    """

    document_id: str
    address: str
    outcome: Literal["fetched", "there", "failed"]
    path: str = ""
    reason: str = ""


class _RefusedError(Exception):
    """A document that cannot be had, why, and whether it is gone for good."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        super().__init__(reason)
        self.gone = gone


def fetch(
    documents: Mapping[str, DocumentFacts],
    folder: Path | str,
    *,
    limits: FetchLimits | None = None,
    progress: Callable[[Fetched], None] | None = None,
) -> list[Fetched]:
    """
    Download documents into a folder, one file each, named by document.

    Where the address of the coded plain text is recorded it is taken, else the official one; the official one is also
    taken where the first is gone for good (404, 410). ``robots.txt`` is obeyed, redirects included; a host is asked
    once in ``limits.pause`` seconds or as seldom as it wants, and a server that is busy is left the time it asks for. A
    file appears under its name only when it is whole; what is there already is not asked for again.

    :param documents: facts on documents, by id.
    :param folder: where the files go; made where it is not there.
    :param limits: what a download may cost.
    :param progress: called after each document.
    :returns: what became of each document, in order.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    there = {path.stem: path.name for path in sorted(folder.iterdir()) if path.suffix in _KNOWN}
    session = _Session(limits or FetchLimits())
    found = []
    with (folder / FETCHED).open("a", encoding="utf-8") as log:
        for facts in documents.values():
            name = file_name(facts.document_id)
            if name in there:
                one = Fetched(facts.document_id, "", "there", there[name])
            else:
                one = _fetch(facts, folder / name, session)
                log.write(json.dumps({**asdict(one), "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}) + "\n")
                log.flush()
            found.append(one)
            if progress is not None:
                progress(one)
    return found


def file_name(document_id: str) -> str:
    """
    Turn an id into a name that no file system and no reader of suffixes stumbles over.

    :param document_id: the id.
    :returns: the name without a suffix; a long one ends in a hash of the id.
    """
    name = quote(document_id, safe=" ()+,=@[]").replace(".", "%2E")
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - 9].rstrip('%')}-{sha1(document_id.encode(), usedforsecurity=False).hexdigest()[:8]}"
    return name


def _fetch(facts: DocumentFacts, path: Path, session: "_Session") -> Fetched:
    addresses = list(dict.fromkeys(address for address in (facts.copy, facts.url) if address))
    if not addresses or not facts.document_id:
        return Fetched(facts.document_id, "", "failed", reason="no address is recorded")
    reasons = []
    for address in addresses:
        try:
            name = session.save(address, path)
        except _RefusedError as error:
            reasons.append(f"{address}: {error}")
            if not error.gone:
                break
        else:
            return Fetched(facts.document_id, address, "fetched", name)
    return Fetched(facts.document_id, addresses[len(reasons) - 1], "failed", reason="; ".join(reasons))


class _Session:
    """Requests with manners."""

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits
        self._pool = urllib3.PoolManager(
            headers={"User-Agent": _AGENT, "Accept-Encoding": "gzip, deflate"},
            timeout=urllib3.Timeout(limits.timeout),
            retries=False,
        )
        self._robots: dict[str, RobotFileParser | _RefusedError] = {}
        self._asked: dict[str, float] = {}
        self._paused = 0.0

    def save(self, address: str, path: Path) -> str:
        """Download one address to the path with a suffix, and give the name of the file."""
        deadline = self._clock() + self._limits.seconds
        response, address = self._follow(address, deadline)
        try:
            target = path.with_name(path.name + self._suffix(response, address))
            with whole_file(target) as partial:
                with partial.open("wb") as out:
                    for chunk in self._chunks(response, self._limits.size, deadline):
                        out.write(chunk)
                if partial.stat().st_size == 0:
                    raise _RefusedError("the server sent nothing")
        finally:
            response.close()
        return target.name

    def _follow(self, address: str, deadline: float, *, obey: bool = True) -> tuple[urllib3.BaseHTTPResponse, str]:
        """Ask for an address and for what it leads on to, each as its host's robots.txt allows if that is obeyed."""
        for _ in range(_REDIRECTS + 1):
            delay = 0.0
            if obey:
                parts = _split(address)
                rules = self._rules(f"{parts.scheme}://{parts.netloc}", deadline)
                if not rules.can_fetch(_NAME, address):
                    raise _RefusedError("the host's robots.txt asks not to")
                delay = float(rules.crawl_delay(_NAME) or 0)
            response = self._ask(address, deadline, delay)
            onward = response.get_redirect_location()
            if not onward:
                return response, address
            response.close()
            try:
                address = urljoin(address, onward)
            except ValueError as error:
                raise _RefusedError("leads on to what is no address") from error
        raise _RefusedError(f"leads on more than {_REDIRECTS} times")

    def _ask(self, address: str, deadline: float, delay: float = 0.0) -> urllib3.BaseHTTPResponse:
        """Make one request, and make it again where the server is busy or the connection breaks."""
        host = _split(address).netloc
        for tries_left in range(self._limits.retries, -1, -1):
            self._wait(host, delay)
            try:
                response = self._pool.request("GET", address, preload_content=False, redirect=False)
            except urllib3.exceptions.HTTPError as error:
                if not tries_left or self._clock() > deadline:
                    raise _RefusedError(_reason(error)) from error
                pause = self._limits.pause
            else:
                if response.status not in _BUSY or not tries_left:
                    return response
                asked = response.headers.get("Retry-After", "")
                pause = float(asked) if asked.isdigit() else self._limits.pause
                response.close()
                if self._clock() + pause > deadline:
                    raise _RefusedError(f"the server answers {response.status} and asks to wait {pause:g} s")
            time.sleep(pause)
        raise AssertionError

    def _chunks(self, response: urllib3.BaseHTTPResponse, most: int, deadline: float) -> Iterator[bytes]:
        """Read an answer bit by bit, as it comes, within the limits."""
        size = 0
        try:
            while chunk := response.read1(_CHUNK, decode_content=True):
                size += len(chunk)
                if size > most:
                    raise _RefusedError(f"is more than {most} bytes")
                if self._clock() > deadline:
                    raise _RefusedError(f"took more than {self._limits.seconds:g} s")
                yield chunk
        except urllib3.exceptions.HTTPError as error:
            raise _RefusedError(_reason(error)) from error

    def _suffix(self, response: urllib3.BaseHTTPResponse, address: str) -> str:
        """Refuse an answer that is no document; tell the kind of one that is."""
        if response.status != 200:
            raise _RefusedError(f"the server answers {response.status}", gone=response.status in (404, 410))
        declared = response.headers.get("Content-Length", "")
        if declared.isdigit() and int(declared) > self._limits.size:
            raise _RefusedError(f"is {declared} bytes, more than {self._limits.size}")
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        by_name = Path(_split(address).path).suffix.lower()
        # Repositories send every file as plain text; the name says what it is.
        if by_name in _KNOWN and kind in ("", "text/plain", "application/octet-stream"):
            return by_name
        if kind in _SUFFIXES:
            return _SUFFIXES[kind]
        raise _RefusedError(f"is {kind or 'of no declared kind'}, none of the kinds that can be read")

    def _rules(self, host: str, deadline: float) -> RobotFileParser:
        """Give a host's robots.txt; a host that could not give it is not asked again."""
        if host not in self._robots:
            try:
                self._robots[host] = self._read_rules(host, deadline)
            except _RefusedError as error:
                self._robots[host] = _RefusedError(f"its robots.txt cannot be read: {error}")
        known = self._robots[host]
        if isinstance(known, _RefusedError):
            raise known
        return known

    def _read_rules(self, host: str, deadline: float) -> RobotFileParser:
        parser = RobotFileParser()
        response, _ = self._follow(f"{host}/robots.txt", deadline, obey=False)
        try:
            # No such file: nothing is asked of us. Any other answer but the file: the host is not to be trusted.
            if response.status == 200:
                text = b"".join(self._chunks(response, _ROBOTS_SIZE, deadline)).decode("utf-8-sig", "replace")
                parser.parse(text.splitlines())
            elif 400 <= response.status < 500 and response.status != 429:
                parser.parse([])
            else:
                raise _RefusedError(f"the server answers {response.status}")
        except ValueError as error:
            raise _RefusedError(f"has a rule that is no path ({error})") from error
        finally:
            response.close()
        delay = float(parser.crawl_delay(_NAME) or 0)
        if delay >= _LONG_DELAY:
            logger.warning("%s asks for %g s between two requests; its documents take as long each", host, delay)
        return parser

    def _wait(self, host: str, delay: float) -> None:
        begun = time.monotonic()
        pause = max(self._limits.pause, delay)
        rest = self._asked.get(host, -pause) + pause - begun
        if rest > 0:
            time.sleep(rest)
        self._asked[host] = time.monotonic()
        self._paused += self._asked[host] - begun

    def _clock(self) -> float:
        """Tell the time less the pauses between requests, which count against no document."""
        return time.monotonic() - self._paused


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise _RefusedError("is no http address") from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _RefusedError("is no http address")
    return parts


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    return re.sub(r"<[^>]* object at [^>]*>: ?", "", str(error)) or type(error).__name__
