"""The server as a process of its own: sockets, limits under way, and the end."""

import asyncio
import concurrent.futures
import json
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
import httpx

from framecls.errors import ConfigError, ModelError
from framecls.serving import serve
from framecls.serving.server import is_loopback
from tests.serving.conftest import Server

Start = Callable[..., Server]


@pytest.fixture(scope="module")
def server(start: Start) -> Server:
    return start("--timeout", "2", "--queue", "4", "--max-bytes", "200000", "--max-batch", "4")


def raw(server: Server) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def answer(connection: socket.socket) -> tuple[int, dict[str, object]]:
    """Read one answer to the end of its connection."""
    content = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = content.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def test_many_at_once_get_their_own_labels(server: Server) -> None:
    texts = {"toll": "Ships pay the toll at the quay.", "pilot": "A pilot is sent to every ship."}

    def ask(number: int) -> bool:
        frame = list(texts)[number % 2]
        for _ in range(50):
            found = httpx.post(f"{server.url}/label", json={"sentences": [texts[frame]], "document_id": f"d{number}"})
            if found.status_code != 429:
                break
            assert found.headers["retry-after"] == "1"
            time.sleep(0.05)
        (row,) = found.json()["sentences"]
        return bool(row["document_id"] == f"d{number}" and row["frames"] == [frame])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(40)))


def test_too_large_is_told_before_all_of_it_is_sent(server: Server) -> None:
    with raw(server) as connection:
        head = (
            "POST /label HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10000000000"
        )
        connection.sendall(f"{head}\r\n\r\n".encode() + b"x" * 1000)
        started = time.monotonic()
        status, body = answer(connection)
        assert (status, body["status"]) == (413, 413)
        assert time.monotonic() - started < 2


def test_too_large_without_a_length_is_told_while_it_comes(server: Server) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(50):
            yield b"x" * 10_000

    found = httpx.post(f"{server.url}/label", content=endless())
    assert found.status_code == 413
    assert found.json()["error"] == "the body has more than 200000 bytes; send less at once"


def test_a_body_that_does_not_come_is_not_waited_for(server: Server) -> None:
    with raw(server) as connection:
        connection.sendall(b"POST /label HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        status, body = answer(connection)
    assert (status, body["error"]) == (408, "the body did not arrive within 2 s")


def test_a_full_queue_says_come_again_and_health_answers(server: Server) -> None:
    waiting = [raw(server) for _ in range(4)]
    try:
        for connection in waiting:
            connection.sendall(b"POST /label HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.3)
        found = httpx.post(f"{server.url}/label", json={"sentences": ["Ships pay."]})
        assert (found.status_code, found.headers["retry-after"]) == (429, "1")
        assert found.json()["error"].startswith("4 requests are being worked on")
        assert httpx.get(f"{server.url}/healthz").json()["status"] == "ok"
    finally:
        for connection in waiting:
            connection.close()
    # Their places are free again when the clients have gone.
    time.sleep(0.3)
    assert httpx.post(f"{server.url}/label", json={"sentences": ["Ships pay."]}).status_code == 200


def test_what_takes_too_long_is_given_up_and_an_open_address_is_warned_of(start: Start) -> None:
    server = start("--timeout", "0.1", "--max-batch", "1", "--host", "0.0.0.0")
    assert "anybody who reaches this address can use the server; it asks for no password" in server.said[0]
    found = httpx.post(f"{server.url}/label", json={"sentences": ["Ships pay the toll."] * 9000}, timeout=30)
    assert (found.status_code, found.json()["error"]) == (504, "took longer than 0.1 s; send less at once")
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_stopping_finishes_what_it_holds_and_logs_no_text(start: Start) -> None:
    server = start("--max-batch", "4")
    assert server.process.stderr is not None

    async def work() -> httpx.Response:
        async with httpx.AsyncClient() as client:
            body = {"sentences": ["The secret pilot asks a toll of ships."] * 2000}
            asked = asyncio.create_task(client.post(f"{server.url}/label", json=body, timeout=30))
            await asyncio.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            return await asked

    found = asyncio.run(work())
    assert found.status_code == 200
    assert len(found.json()["sentences"]) == 2000
    assert server.process.wait(10) in (0, -signal.SIGTERM)
    assert "secret" not in "".join(server.said) + server.process.stderr.read()


def test_a_taken_port_is_told_before_the_model_is_loaded(server: Server) -> None:
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(ConfigError, match=rf"^127\.0\.0\.1:{port}: cannot listen there: Address already in use"):
        serve(Path("nothing"), port=port)


def test_auto_chooses_its_engine_before_the_first_request(start: Start) -> None:
    server = start("--engine", "auto")
    assert "engine torch: no other can be held to it" in server.said[0]
    assert "serving harbour" in server.said[-1]


def test_an_unknown_model_or_host_is_told() -> None:
    with pytest.raises(ModelError, match="nothing: no such model folder"):
        serve(Path("nothing"), port=0)
    with pytest.raises(ConfigError, match=r"^no\.such\.host\.invalid:0: cannot listen there"):
        serve(Path("nothing"), host="no.such.host.invalid", port=0)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastapi", None)
    monkeypatch.delitem(sys.modules, "framecls.serving.app", raising=False)
    with pytest.raises(ConfigError, match=r"^fastapi is not installed; run: pip install 'framecls\[serve\]'$"):
        serve(Path("nothing"), port=0)


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("isle", False)]
)
def test_loopback_is_known(host: str, local: bool) -> None:
    assert is_loopback(host) is local
