"""A headless Chromium, driven over two pipes by the DevTools protocol, which needs no library."""

import base64
import fcntl
import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["Browser", "Page", "browser"]

#: Of virtual keys, those that are no letter or digit.
_CODES = {" ": ("Space", 32), "Enter": ("Enter", 13), "Escape": ("Escape", 27)}
_CODES |= {"ArrowDown": ("ArrowDown", 40), "ArrowUp": ("ArrowUp", 38), "Tab": ("Tab", 9)}
_PATIENCE = 60.0


class Browser:
    """A running Chromium."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._number = 0
        self._pending = b""
        self.events: list[dict[str, Any]] = []

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; what else is told meanwhile goes to ``events``."""
        self._number += 1
        number = self._number
        command: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        os.write(self._write, json.dumps(command).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message.get('error')}"
                return dict(message["result"])
            self.events.append(message)

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for something the browser tells, or has told and nobody waited for."""
        for number, event in enumerate(self.events):
            if wanted(event):
                return self.events.pop(number)
        while True:
            event = self._next()
            if wanted(event):
                return event
            self.events.append(event)

    def _next(self) -> dict[str, Any]:
        ends = time.monotonic() + _PATIENCE
        while b"\0" not in self._pending:
            ready, _, _ = select.select([self._read], [], [], max(0.0, ends - time.monotonic()))
            assert ready, "the browser is silent"
            got = os.read(self._read, 1 << 20)
            assert got, "the browser has ended"
            self._pending += got
        message, _, self._pending = self._pending.partition(b"\0")
        return dict(json.loads(message))

    def open(self, path: Path, *, width: int = 1280, height: int = 800, dark: bool = False) -> "Page":
        """Open a file in a tab of its own, with an empty storage, and wait until it is there."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.send(f"{domain}.enable")
        page.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        if dark:
            page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        page.go(path)
        # A context of its own would be cleaner, but one off the record may forget its storage over a reload.
        if page.run("localStorage.length"):
            page.run("localStorage.clear()")
            page.go(path)
        return page


class Page:
    """A tab."""

    def __init__(self, browser: Browser, session: str) -> None:
        self.browser, self.session = browser, session

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command to this tab."""
        return self.browser.send(method, self.session, **parameters)

    def told(self, method: str) -> list[dict[str, Any]]:
        """Give what the tab has told of one kind."""
        # An answer comes after what was told before it.
        self.run("0")
        return [
            e["params"] for e in self.browser.events if e.get("sessionId") == self.session and e["method"] == method
        ]

    def wait(self, method: str) -> dict[str, Any]:
        """Wait until the tab tells something."""
        event = self.browser.wait(lambda e: e.get("sessionId") == self.session and e.get("method") == method)
        return dict(event["params"])

    def go(self, path: Path) -> None:
        """Load a file in this tab."""
        self.send("Page.navigate", url=path.as_uri())
        self.wait("Page.loadEventFired")

    def run(self, script: str) -> Any:
        """Give the value of an expression in the page."""
        found = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys one after another, as a person at a keyboard does."""
        for key in keys:
            code, number = _CODES.get(
                key, (f"Digit{key}" if key.isdigit() else f"Key{key.upper()}", ord(key[0].upper()))
            )
            facts = {"key": key, "code": code, "windowsVirtualKeyCode": number}
            text = {"text": "\r" if key == "Enter" else key} if len(key) == 1 or key == "Enter" else {}
            self.send("Input.dispatchKeyEvent", type="keyDown", **facts, **text)
            self.send("Input.dispatchKeyEvent", type="keyUp", **facts)

    def type(self, text: str) -> None:
        """Put text where the caret is."""
        self.send("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click on the middle of the first element that matches, with the mouse."""
        x, y = self.run(
            f"(e => {{ e.scrollIntoView({{block: 'nearest'}}); const b = e.getBoundingClientRect();"
            f" return [b.x + b.width / 2, b.y + b.height / 2]; }})(document.querySelector({json.dumps(selector)}))"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, path: Path) -> None:
        """Write what is seen as PNG."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))


@contextmanager
def browser(chromium: str, folder: Path) -> Iterator[Browser]:
    """Start Chromium with a profile of its own below the folder; downloads go to ``folder/downloads``."""
    # The protocol speaks on descriptors 3 and 4; ours are moved above them, so that none is overwritten.
    commands, ours = map(_moved, os.pipe())
    theirs, answers = map(_moved, os.pipe())
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    flags += ["--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={folder / 'user'}"]
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "bash", chromium, *flags],
            pass_fds=(commands, answers),
            stdout=log,
            stderr=log,
        )
    os.close(commands)
    os.close(answers)
    running = Browser(theirs, ours)
    try:
        downloads = str(folder / "downloads")
        running.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=downloads, eventsEnabled=True)
        yield running
        running.send("Browser.close")
    finally:
        process.kill()
        process.wait()
        os.close(theirs)
        os.close(ours)


def _moved(descriptor: int) -> int:
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20)
    os.close(descriptor)
    return moved
