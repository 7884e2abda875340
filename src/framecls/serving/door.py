"""The door of a server: how many requests are let in, how large they may be, how long they may take."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from framecls.serving.faults import log_fault
from framecls.serving.limits import Limits

__all__ = ["Door", "error_body"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Seconds for which a body that is refused is still taken and thrown away. A client that writes all of its body before
#: it reads would otherwise meet a reset connection instead of the reason.
_LINGER = 1.0
_HEADERS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


def error_body(status: int, message: str) -> dict[str, Any]:
    """
    Give the body of an answer that says what was wrong.

    :param status: of HTTP.
    :param message: one line.
    :returns: the same two fields for every error.
    """
    return {"status": status, "error": " ".join(message.split())}


class _RefusedError(Exception):
    def __init__(self, status: int, message: str, *, unread: bool = False, retry: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.unread = unread
        self.retry = retry


class Door:
    """
    ASGI middleware around the whole app.

    Requests without a body pass, so that a busy server still says that it is well. The others are counted from their
    first byte to their answer, are read to the end before the app sees them, and are given up when the client leaves.

    :param app: what is behind the door.
    :param limits: what is let in.
    :param hosts: names the server may be called by, lower-case; ``None`` for any. On a loopback address this keeps out
        web pages that have their own name resolved to it.
    """

    def __init__(self, app: App, *, limits: Limits, hosts: frozenset[str] | None = None) -> None:
        self._app = app
        self._limits = limits
        self._hosts = hosts
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        try:
            self._check_host(scope)
            if scope["method"] in ("GET", "HEAD", "OPTIONS"):
                await self._app(scope, receive, answer)
            else:
                await self._admit(scope, receive, answer)
        except _RefusedError as refusal:
            if not answer.started:
                await _refuse(refusal, receive, send)

    def _check_host(self, scope: Scope) -> None:
        if self._hosts is None:
            return
        given = _header(scope, b"host").lower()
        name = given[: given.find("]") + 1] if given.startswith("[") else given.partition(":")[0]
        if name not in self._hosts:
            known = ", ".join(sorted(self._hosts))
            raise _RefusedError(421, f"unknown host {name[:80]!r}; this server answers to {known}", unread=True)

    async def _admit(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        if self._held >= self._limits.queue:
            message = f"{self._held} requests are being worked on, which is the most at once; come again"
            raise _RefusedError(429, message, unread=True, retry=True)
        seconds = self._limits.timeout
        deadline = asyncio.get_running_loop().time() + seconds
        self._held += 1
        try:
            try:
                async with asyncio.timeout_at(deadline):
                    body = await self._read(scope, receive)
            except TimeoutError as error:
                raise _RefusedError(408, f"the body did not arrive within {seconds:g} s", unread=True) from error
            if body is None:
                return
            try:
                async with asyncio.timeout_at(deadline):
                    await self._serve(scope, body, receive, answer)
            except TimeoutError as error:
                raise _RefusedError(504, f"took longer than {seconds:g} s; send less at once") from error
        finally:
            self._held -= 1

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """Read the body; ``None`` where the client left before its end."""
        most = self._limits.max_bytes
        declared = _header(scope, b"content-length")
        chunks: list[bytes] = []
        size = int(declared) if declared.isdecimal() and int(declared) > most else 0
        more = True
        while more:
            if size > most:
                raise _RefusedError(413, f"the body has more than {most} bytes; send less at once", unread=True)
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            more = message.get("more_body", False)
        if size > most:
            raise _RefusedError(413, f"the body has more than {most} bytes; send less at once")
        return b"".join(chunks)

    async def _serve(self, scope: Scope, body: bytes, receive: Receive, answer: "_Answer") -> None:
        gone = asyncio.ensure_future(receive())
        unread = [body]

        async def replay() -> Message:
            if unread:
                return {"type": "http.request", "body": unread.pop(), "more_body": False}
            await asyncio.wait([gone])
            return {"type": "http.disconnect"}

        working = asyncio.ensure_future(self._app(scope, replay, answer))
        try:
            await asyncio.wait([working, gone], return_when=asyncio.FIRST_COMPLETED)
            # By then the app has answered for it.
            if working.done() and (error := working.exception()) is not None:
                log_fault("a request failed", error)
        finally:
            for task in (working, gone):
                task.cancel()
            await asyncio.gather(working, gone, return_exceptions=True)


class _Answer:
    """The way back to the client, and whether an answer has begun on it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            # Official texts may be confidential, and what was found in them is.
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await self._send(message)


async def _refuse(refusal: _RefusedError, receive: Receive, send: Send) -> None:
    body = json.dumps(error_body(refusal.status, str(refusal))).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *_HEADERS]
    if refusal.retry:
        headers.append((b"retry-after", b"1"))
    if refusal.unread:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": refusal.unread})
    if refusal.unread:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER):
                while (await receive()).get("more_body", False):
                    pass
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
