"""Download the documents whose address is recorded: politely, within limits, and on from where it stopped."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit
from urllib.robotparser import RobotFileParser

import urllib3

from framecls.corpus.records import DocumentFacts

__all__ = ["FETCHED", "FetchLimits", "Fetched", "fetch"]

#: Name of the record in the folder of documents, a row for each one asked for; hidden, so that it is not read as one.
FETCHED = ".fetched.jsonl"
_AGENT = "framecls (research corpus; one request at a time)"
_CHUNK = 1 << 16

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
    :param seconds: most seconds one document may take.
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
    """A document that cannot be had, and why."""


def fetch(
    documents: Mapping[str, DocumentFacts],
    folder: Path | str,
    *,
    limits: FetchLimits | None = None,
    progress: Callable[[Fetched], None] | None = None,
) -> list[Fetched]:
    """
    Download documents into a folder, one file each, named by document.

    Where the address of the coded plain text is recorded it is taken, else the official one; where the first fails, the
    other is tried. ``robots.txt`` is obeyed, a host is asked once in ``limits.pause`` seconds, and a server that is
    busy is left the time it asks for. A file appears under its name only when it is whole; what is there already is not
    asked for again.

    :param documents: facts on documents, by id.
    :param folder: where the files go; made where it is not there.
    :param limits: what a download may cost.
    :param progress: called after each document.
    :returns: what became of each document, in order.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for partial in folder.glob("*.partial"):
        partial.unlink()
    there = {path.stem: path.name for path in sorted(folder.iterdir()) if path.suffix in _KNOWN}
    session = _Session(limits or FetchLimits())
    found = []
    with (folder / FETCHED).open("a", encoding="utf-8") as log:
        for facts in documents.values():
            name = _file_name(facts.document_id)
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


def _file_name(document_id: str) -> str:
    """Turn an id into a name that no file system and no reader of suffixes stumbles over."""
    return quote(document_id, safe=" ()+,=@[]").replace(".", "%2E")


def _fetch(facts: DocumentFacts, path: Path, session: "_Session") -> Fetched:
    addresses = list(dict.fromkeys(address for address in (facts.copy, facts.url) if address))
    if not addresses:
        return Fetched(facts.document_id, "", "failed", reason="no address is recorded")
    reasons = []
    for address in addresses:
        try:
            name = session.save(address, path)
        except _RefusedError as error:
            reasons.append(f"{address}: {error}")
        else:
            return Fetched(facts.document_id, address, "fetched", name)
    return Fetched(facts.document_id, addresses[-1], "failed", reason="; ".join(reasons))


class _Session:
    """Requests with manners."""

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits
        self._pool = urllib3.PoolManager(
            headers={"User-Agent": _AGENT, "Accept-Encoding": "gzip, deflate"},
            timeout=urllib3.Timeout(limits.timeout),
            retries=urllib3.Retry(
                limits.retries,
                redirect=5,
                backoff_factor=max(limits.pause, 0.01),
                status_forcelist=(429, 500, 502, 503, 504),
                raise_on_status=False,
                respect_retry_after_header=True,
            ),
        )
        self._robots: dict[str, RobotFileParser] = {}
        self._asked: dict[str, float] = {}

    def save(self, address: str, path: Path) -> str:
        """Download one address to the path with a suffix, and give the name of the file."""
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise _RefusedError("is no http address")
        if not self._robots_of(f"{parts.scheme}://{parts.netloc}").can_fetch(_AGENT, address):
            raise _RefusedError("the host's robots.txt asks not to")
        self._wait(parts.netloc)
        started = time.monotonic()
        partial = path.with_name(path.name + ".partial")
        try:
            response = self._pool.request("GET", address, preload_content=False)
            try:
                suffix = self._suffix(response, address)
                with partial.open("wb") as out:
                    size = 0
                    for chunk in response.stream(_CHUNK, decode_content=True):
                        size += len(chunk)
                        if size > self._limits.size:
                            raise _RefusedError(f"is more than {self._limits.size} bytes")
                        if time.monotonic() - started > self._limits.seconds:
                            raise _RefusedError(f"took more than {self._limits.seconds:g} s")
                        out.write(chunk)
            finally:
                response.close()
            if size == 0:
                raise _RefusedError("the server sent nothing")
        except urllib3.exceptions.HTTPError as error:
            partial.unlink(missing_ok=True)
            raise _RefusedError(_reason(error)) from error
        except _RefusedError:
            partial.unlink(missing_ok=True)
            raise
        target = path.with_name(path.name + suffix)
        partial.replace(target)
        return target.name

    def _suffix(self, response: urllib3.BaseHTTPResponse, address: str) -> str:
        """Refuse an answer that is no document; tell the kind of one that is."""
        if response.status != 200:
            raise _RefusedError(f"the server answers {response.status}")
        declared = response.headers.get("Content-Length", "")
        if declared.isdigit() and int(declared) > self._limits.size:
            raise _RefusedError(f"is {declared} bytes, more than {self._limits.size}")
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        by_name = Path(urlsplit(address).path).suffix.lower()
        # Repositories send every file as plain text; the name says what it is.
        if by_name in _KNOWN and kind in ("", "text/plain", "application/octet-stream"):
            return by_name
        if kind in _SUFFIXES:
            return _SUFFIXES[kind]
        raise _RefusedError(f"is {kind or 'of no declared kind'}, none of the kinds that can be read")

    def _robots_of(self, host: str) -> RobotFileParser:
        if host not in self._robots:
            parser = RobotFileParser()
            self._wait(urlsplit(host).netloc)
            try:
                response = self._pool.request("GET", f"{host}/robots.txt")
            except urllib3.exceptions.HTTPError as error:
                raise _RefusedError(_reason(error)) from error
            # No such file: nothing is asked of us. Any other answer but the file: the host is not to be trusted today.
            if 400 <= response.status < 500:
                parser.parse([])
            elif response.status == 200:
                parser.parse(response.data.decode("utf-8", "replace").splitlines())
            else:
                raise _RefusedError(f"its robots.txt cannot be read: the server answers {response.status}")
            self._robots[host] = parser
        return self._robots[host]

    def _wait(self, host: str) -> None:
        rest = self._asked.get(host, -self._limits.pause) + self._limits.pause - time.monotonic()
        if rest > 0:
            time.sleep(rest)
        self._asked[host] = time.monotonic()


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason is not None:
        return _reason(error.reason) if isinstance(error.reason, urllib3.exceptions.HTTPError) else str(error.reason)
    return re.sub(r"<[^>]* object at [^>]*>: ?", "", str(error)) or type(error).__name__
