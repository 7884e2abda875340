"""Downloading documents, from a server on this machine."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from framecls.corpus import DocumentFacts, Fetched, FetchLimits, fetch
from framecls.corpus.fetching import file_name

QUICK = FetchLimits(pause=0.0, timeout=0.5, seconds=2.0, size=1000, retries=1)


@dataclass
class Answer:
    """What the server says to one path: each time the next of its answers, the last for good."""

    status: int = 200
    body: bytes = b"The toll is due.\n"
    kind: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    stall: float = 0.0
    drip: int = 0


class Server:
    """A server that answers as told and notes what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.quit = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                outer.agents.add(self.headers["User-Agent"])
                answers = outer.answers.get(self.path, [Answer(404, b"no such page", "text/html")])
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if answer.stall:
                    outer.quit.wait(answer.stall)
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                for name, value in ({"Content-Length": str(len(answer.body))} | answer.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                for start in range(0, len(answer.body), answer.drip or len(answer.body) or 1):
                    self.wfile.write(answer.body[start : start + (answer.drip or len(answer.body))])
                    self.wfile.flush()
                    if answer.drip:
                        outer.quit.wait(0.1)
                if "Content-Length" in answer.headers:
                    self.close_connection = True

            def log_message(self, *arguments: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *arguments: object) -> None:
                # A client that hangs up is part of the tests.
                pass

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self) -> None:
        self.quit.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def documents(*facts: DocumentFacts) -> dict[str, DocumentFacts]:
    return {one.document_id: one for one in facts}


def get(server: Server, folder: Path, path: str, limits: FetchLimits = QUICK) -> Fetched:
    (one,) = fetch(documents(DocumentFacts("d1", url=server.url(path))), folder, limits=limits)
    return one


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("/paper", "text/html; charset=utf-8", "d1.html"),
        ("/paper", "application/pdf", "d1.pdf"),
        ("/paper", "text/plain", "d1.txt"),
        # Repositories send everything as plain text.
        ("/paper.md", "text/plain", "d1.md"),
        ("/paper.pdf", "application/octet-stream", "d1.pdf"),
        ("/paper.txt", "text/html", "d1.html"),
    ],
)
def test_a_document_is_named_by_what_it_is(path: str, kind: str, name: str, server: Server, tmp_path: Path) -> None:
    server.answers[path] = [Answer(kind=kind)]
    assert get(server, tmp_path, path) == Fetched("d1", server.url(path), "fetched", name)
    assert (tmp_path / name).read_bytes() == b"The toll is due.\n"
    assert all("framecls" in agent for agent in server.agents)


def test_what_is_there_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    server.answers = {"/a": [Answer()], "/b": [Answer(500), Answer(500), Answer()]}
    papers = documents(DocumentFacts("a", url=server.url("/a")), DocumentFacts("b.1", url=server.url("/b")))
    assert [one.outcome for one in fetch(papers, tmp_path, limits=QUICK)] == ["fetched", "failed"]
    (tmp_path / "b%2E1.txt.partial").write_text("half of")
    server.asked.clear()
    assert [one.outcome for one in fetch(papers, tmp_path, limits=QUICK)] == ["there", "fetched"]
    assert server.asked == ["/robots.txt", "/b"]
    log = [json.loads(line) for line in (tmp_path / ".fetched.jsonl").read_text().splitlines()]
    assert [(row["document_id"], row["outcome"]) for row in log] == [
        ("a", "fetched"),
        ("b.1", "failed"),
        ("b.1", "fetched"),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".fetched.jsonl", "a.txt", "b%2E1.txt"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(404), "the server answers 404"),
        (Answer(403), "the server answers 403"),
        (Answer(500), "the server answers 500"),
        (Answer(kind="image/png"), "is image/png, none of the kinds that can be read"),
        (Answer(body=b""), "the server sent nothing"),
        (Answer(body=b"x" * 1001), "is 1001 bytes, more than 1000"),
        (Answer(body=b"half", headers={"Content-Length": "40"}), "IncompleteRead"),
        (Answer(stall=3.0), "Read timed out"),
    ],
)
def test_a_document_that_cannot_be_had_says_why(answer: Answer, reason: str, server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = [answer]
    one = get(server, tmp_path, "/a")
    assert (one.outcome, one.path) == ("failed", "")
    assert reason in one.reason
    assert one.reason.startswith(server.url("/a"))
    assert "object at 0x" not in one.reason
    assert [path.name for path in tmp_path.iterdir()] == [".fetched.jsonl"]


def test_one_that_hides_its_size_is_cut_off(server: Server, tmp_path: Path) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (100, b"x" * 100) for _ in range(11)) + b"0\r\n\r\n"
    server.answers["/a"] = [Answer(body=chunks, headers={"Transfer-Encoding": "chunked", "Content-Length": ""})]
    assert "is more than 1000 bytes" in get(server, tmp_path, "/a").reason


def test_nobody_there(tmp_path: Path) -> None:
    papers = documents(
        DocumentFacts("a", url="http://127.0.0.1:9/a"), DocumentFacts("b"), DocumentFacts("c", url="file:///etc/passwd")
    )
    first, second, third = fetch(papers, tmp_path, limits=QUICK)
    assert "refused" in first.reason
    assert second == Fetched("b", "", "failed", reason="no address is recorded")
    assert third.reason == "file:///etc/passwd: is no http address"


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = [Answer(429, headers={"Retry-After": "0"}), Answer()]
    assert get(server, tmp_path, "/a").outcome == "fetched"
    assert server.asked == ["/robots.txt", "/a", "/a"]


def test_a_moved_document_is_followed(server: Server, tmp_path: Path) -> None:
    server.answers = {"/a": [Answer(301, headers={"Location": "/b"})], "/b": [Answer()]}
    assert get(server, tmp_path, "/a").outcome == "fetched"


def test_the_coded_text_is_taken_first_and_the_official_address_else(server: Server, tmp_path: Path) -> None:
    server.answers = {"/official": [Answer(body=b"official\n")], "/text": [Answer(body=b"coded\n")]}
    both = DocumentFacts("d1", url=server.url("/official"), copy=server.url("/text"))
    gone = DocumentFacts("d2", url=server.url("/official"), copy=server.url("/gone"))
    first, second = fetch(documents(both, gone), tmp_path, limits=QUICK)
    assert (tmp_path / first.path).read_text() == "coded\n"
    assert (second.address, (tmp_path / second.path).read_text()) == (server.url("/official"), "official\n")


def test_robots_are_obeyed(server: Server, tmp_path: Path) -> None:
    server.answers = {
        "/robots.txt": [Answer(body=b"User-agent: *\nDisallow: /private/\n")],
        "/private/a": [Answer()],
        "/b": [Answer()],
    }
    papers = documents(DocumentFacts("a", url=server.url("/private/a")), DocumentFacts("b", url=server.url("/b")))
    first, second = fetch(papers, tmp_path, limits=QUICK)
    assert first.reason.endswith("the host's robots.txt asks not to")
    assert second.outcome == "fetched"
    assert server.asked == ["/robots.txt", "/b"]


def test_a_host_whose_robots_cannot_be_read_is_left_alone(server: Server, tmp_path: Path) -> None:
    server.answers = {"/robots.txt": [Answer(503)], "/a": [Answer()]}
    assert "robots.txt cannot be read: the server answers 503" in get(server, tmp_path, "/a").reason
    assert "/a" not in server.asked


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What is slept for, on a clock that only sleep moves on."""
    clock: list[float] = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr("framecls.corpus.fetching.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("framecls.corpus.fetching.time.sleep", sleep)
    return slept


def test_requests_are_paced(server: Server, tmp_path: Path, slept: list[float]) -> None:
    server.answers = {"/a": [Answer()], "/b": [Answer()]}
    papers = documents(DocumentFacts("a", url=server.url("/a")), DocumentFacts("b", url=server.url("/b")))
    fetch(papers, tmp_path, limits=FetchLimits(pause=2.0))
    assert slept == [2.0, 2.0]


def test_a_long_pause_that_a_host_asks_for_is_told_once_and_counts_against_no_document(
    server: Server, tmp_path: Path, slept: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    server.answers = {
        "/robots.txt": [Answer(body=b"User-agent: *\nCrawl-delay: 600\n")],
        "/a": [Answer()],
        "/b": [Answer(503), Answer()],
    }
    papers = documents(DocumentFacts("a", url=server.url("/a")), DocumentFacts("b", url=server.url("/b")))
    found = fetch(papers, tmp_path, limits=FetchLimits(pause=0.0, seconds=300.0, retries=1))
    assert [(one.outcome, one.reason) for one in found] == [("fetched", ""), ("fetched", "")]
    assert [seconds for seconds in slept if seconds] == [600.0, 600.0, 600.0]
    assert [record.getMessage() for record in caplog.records if record.name.startswith("framecls")] == [
        f"{server.url('')} asks for 600 s between two requests; its documents take as long each"
    ]


def test_robots_with_a_rule_that_is_no_path_are_not_guessed_at(server: Server, tmp_path: Path) -> None:
    server.answers = {"/robots.txt": [Answer(body=b"User-agent: *\nDisallow: //[x\n")], "/a": [Answer()]}
    assert "robots.txt cannot be read: has a rule that is no path" in get(server, tmp_path, "/a").reason
    assert server.asked == ["/robots.txt"]


def test_robots_are_obeyed_where_a_redirect_leads(server: Server, tmp_path: Path) -> None:
    server.answers = {
        "/robots.txt": [Answer(body=b"\xef\xbb\xbfUser-agent: *\nDisallow: /private/\n")],
        "/a": [Answer(302, headers={"Location": "/private/a"})],
        "/private/a": [Answer()],
    }
    assert get(server, tmp_path, "/a").reason.endswith("the host's robots.txt asks not to")
    assert "/private/a" not in server.asked


def test_rules_for_others_are_not_ours(server: Server, tmp_path: Path) -> None:
    server.answers = {"/robots.txt": [Answer(body=b"User-agent: corpus\nDisallow: /\n")], "/a": [Answer()]}
    assert get(server, tmp_path, "/a").outcome == "fetched"


def test_a_host_without_rules_is_asked_for_them_once(server: Server, tmp_path: Path) -> None:
    server.answers = {"/robots.txt": [Answer(429)], "/a": [Answer()], "/b": [Answer()]}
    papers = documents(DocumentFacts("a", url=server.url("/a")), DocumentFacts("b", url=server.url("/b")))
    assert {one.outcome for one in fetch(papers, tmp_path, limits=QUICK)} == {"failed"}
    assert server.asked == ["/robots.txt", "/robots.txt"]


def test_a_busy_server_is_left_the_time_it_asks_for(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("framecls.corpus.fetching.time.sleep", slept.append)
    server.answers = {
        "/robots.txt": [Answer(body=b"User-agent: *\nCrawl-delay: 7\n")],
        "/a": [Answer(503, headers={"Retry-After": "30"}), Answer()],
    }
    assert get(server, tmp_path, "/a", FetchLimits(pause=0.0)).outcome == "fetched"
    assert 30.0 in slept
    assert any(6.0 < seconds <= 7.0 for seconds in slept)
    server.answers["/b"] = [Answer(503, headers={"Retry-After": "9000"})]
    assert "asks to wait 9000 s" in get(server, tmp_path / "more", "/b", FetchLimits(pause=0.0)).reason


def test_a_document_that_drips_in_is_cut_off(server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = [Answer(body=b"x" * 500, drip=1)]
    limits = FetchLimits(pause=0.0, timeout=0.5, seconds=0.5, retries=0)
    assert get(server, tmp_path, "/a", limits).reason.endswith("took more than 0.5 s")


def test_a_passing_failure_of_the_coded_text_is_not_made_up_for(server: Server, tmp_path: Path) -> None:
    server.answers = {"/official": [Answer(kind="text/html")], "/text": [Answer(503)]}
    paper = documents(DocumentFacts("d1", url=server.url("/official"), copy=server.url("/text")))
    (one,) = fetch(paper, tmp_path, limits=QUICK)
    assert (one.outcome, one.address) == ("failed", server.url("/text"))


@pytest.mark.parametrize(
    "location", ["http://[bad/", "/b", "file:///etc/passwd"], ids=["no address", "a ring", "no http address"]
)
def test_a_redirect_to_nowhere_ends_one_document_only(location: str, server: Server, tmp_path: Path) -> None:
    server.answers = {"/b": [Answer(301, headers={"Location": location})], "/a": [Answer()]}
    papers = documents(
        DocumentFacts("b", url=server.url("/b")),
        DocumentFacts("c", url="http://[::1/x"),
        DocumentFacts("a", url=server.url("/a")),
    )
    assert [one.outcome for one in fetch(papers, tmp_path, limits=QUICK)] == ["failed", "failed", "fetched"]


def test_files_of_others_are_left_alone(server: Server, tmp_path: Path) -> None:
    (tmp_path / "my thesis.partial").write_text("half of it")
    server.answers["/a"] = [Answer()]
    get(server, tmp_path, "/a")
    assert (tmp_path / "my thesis.partial").exists()


def test_ids_make_names_a_file_system_takes() -> None:
    long = "Резолюция о партнёрстве и развитии " * 9
    assert len(file_name(long)) <= 200
    assert file_name(long) != file_name(long + "x")
    assert file_name("a/b.c:d") == "a%2Fb%2Ec%3Ad"


def test_progress_is_told(server: Server, tmp_path: Path) -> None:
    told: list[Fetched] = []
    server.answers["/a"] = [Answer()]
    papers = documents(DocumentFacts("a", url=server.url("/a")), DocumentFacts("b"))
    assert fetch(papers, tmp_path, limits=QUICK, progress=told.append) == told
