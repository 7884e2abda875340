"""
Many inputs read by several processes, in order.

Processes, not threads, since PDFium bears no threads. Each is a program of its own that is spoken to over pipes, so
that scripts need no ``if __name__ == "__main__"``, and a document that brings a reader down, or to a standstill, costs
that document alone.
"""

import json
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from itertools import islice
from operator import attrgetter
from pathlib import Path
from queue import Empty, Full, Queue
from typing import IO, Any

from framecls.documents.collection import Failure, LocatedSentence, Source, read_sentences
from framecls.documents.document import Sentence
from framecls.documents.tables import TableKind
from framecls.errors import DocumentError

__all__ = ["read_all", "serve"]

#: Sentences in one message, messages waiting for one input, and inputs read ahead for each process.
_MESSAGE, _WAITING, _AHEAD = 256, 16, 4
#: Seconds that a process may take to start, on a machine that has much else to do.
_START_TIMEOUT = 120.0
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from framecls.documents.parallel import serve; serve()"
)
_VALUES = attrgetter(*(each.name for each in fields(Sentence)))
_END = None

Item = LocatedSentence | Failure
_Message = list[tuple[Any, ...]]


def read_all(
    sources: Sequence[Source],
    *,
    workers: int = 1,
    timeout: float = 600.0,
    encoding: str | None = None,
    table: TableKind | None = None,
    text_column: str = "text",
) -> Iterator[tuple[Source, Item]]:
    """
    Read the sentences of many input files, in their order whatever the number of processes.

    :param sources: the files.
    :param workers: processes that read; 1 reads in this one, where a document that brings PDFium down brings all down.
    :param timeout: seconds that a process may take to its next sentences before its document is given up.
    :param encoding: an encoding of text files, to use instead of detecting one.
    :param table: what the rows of tables are; told from their columns by default.
    :param text_column: the column of tables that holds the text.
    :returns: each sentence, or failure, with the file it comes from. A file that crashed its process, or took too long,
        gives a failure; what it gave before stands.
    :raises DocumentError: the processes do not start.
    :raises ValueError: ``workers`` or ``timeout`` is not positive.
    """
    if workers < 1 or timeout <= 0:
        raise ValueError(f"workers and timeout must be positive, found {workers} and {timeout}")
    options = {"encoding": encoding, "table": table, "text_column": text_column}
    if workers == 1 or len(sources) < 2:
        for source in sources:
            for item in read_sentences(source, encoding=encoding, table=table, text_column=text_column):
                yield source, item
        return
    pool = _Pool(sources, min(workers, len(sources)), timeout, options)
    try:
        yield from pool.items()
    finally:
        pool.close()


class _Pool:
    """Threads that each speak to a process of their own, and the results they wait to hand over."""

    def __init__(self, sources: Sequence[Source], workers: int, timeout: float, options: dict[str, Any]) -> None:
        self._sources = sources
        self._timeout = timeout
        self._options = options
        self._results: dict[int, Queue[_Message | None]] = {}
        self._next = 0
        self._lock = threading.Lock()
        self._room = threading.Semaphore(workers * (1 + _AHEAD))
        self._stopped = threading.Event()
        self._begun = threading.Condition(self._lock)
        self._error: DocumentError | None = None
        self._processes: list[_Process] = []
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def items(self) -> Iterator[tuple[Source, Item]]:
        """Yield the results in the order of the sources."""
        for index, source in enumerate(self._sources):
            with self._begun:
                self._begun.wait_for(lambda index=index: index in self._results or self._error is not None)  # type: ignore[misc]
                if self._error is not None:
                    raise self._error
                queue = self._results[index]
            while True:
                try:
                    message = queue.get(timeout=1)
                except Empty:
                    if self._error is not None:
                        raise self._error from None
                    continue
                if message is _END:
                    break
                for values in message:
                    yield source, _unpack(values)
            del self._results[index]
            self._room.release()

    def close(self) -> None:
        """End the processes."""
        self._stopped.set()
        for process in self._processes:
            process.kill()
        self._room.release(len(self._threads))
        for thread in self._threads:
            thread.join()

    def _take(self) -> int | None:
        """Take the next source; waits while too many have been read ahead of the consumer."""
        self._room.acquire()
        with self._begun:
            if self._stopped.is_set() or self._next == len(self._sources):
                return None
            index = self._next
            self._next += 1
            self._results[index] = Queue(_WAITING)
            self._begun.notify_all()
            return index

    def _work(self) -> None:
        process: _Process | None = None
        try:
            while (index := self._take()) is not None:
                source, queue = self._sources[index], self._results[index]
                if process is None:
                    process = _Process(self._options, self._timeout)
                    self._processes.append(process)
                for message in process.read(source):
                    self._hand_over(queue, message)
                    if self._stopped.is_set():
                        return
                if process.reason is not None:
                    self._hand_over(queue, [_pack(Failure(source.id, "read", process.reason))])
                    process.close()
                    process = None
                self._hand_over(queue, _END)
        except DocumentError as error:
            with self._begun:
                self._error = error
                self._begun.notify_all()
        finally:
            if process is not None:
                process.close()

    def _hand_over(self, queue: "Queue[_Message | None]", message: _Message | None) -> None:
        while not self._stopped.is_set():
            with suppress(Full):
                queue.put(message, timeout=0.2)
                return


class _Process:
    """One process that reads; ``reason`` says why it is of no more use."""

    def __init__(self, options: dict[str, Any], timeout: float) -> None:
        self.reason: str | None = None
        self._timeout = timeout
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
            )
        except OSError as error:
            self._errors.close()
            raise DocumentError(
                f"cannot start a process to read with: {error.strerror or error}; set workers to 1"
            ) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        self._send(options)
        if self._receive(_START_TIMEOUT) != "ready":
            reason = self.reason
            self.close()
            raise DocumentError(f"a process to read with did not start: {reason}; set workers to 1")

    def read(self, source: Source) -> Iterator[_Message]:
        """Yield what the process finds in a source."""
        self._send((str(source.path), source.id))
        while (message := self._receive(self._timeout)) is not _END:
            yield message

    def kill(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()

    def close(self) -> None:
        """End the process, and let go of all that belongs to it."""
        self.kill()
        self._process.wait()
        for stream in (self._in, self._out, self._errors):
            with suppress(OSError):
                stream.close()

    def _send(self, message: object) -> None:
        # A process that is gone is noticed where its answer is read.
        with suppress(OSError):
            pickle.dump(message, self._in)
            self._in.flush()

    def _receive(self, timeout: float) -> Any:
        """Read a message; ``None`` at the end of a source, and where none can come any more."""
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(timeout, stop)
        timer.daemon = True
        timer.start()
        try:
            return pickle.load(self._out)
        except (EOFError, pickle.UnpicklingError, OSError):
            code = self._process.wait()
            if late.is_set():
                self.reason = f"took more than {timeout:g} s and was given up; read it alone, or split it"
            else:
                self.reason = f"crashed the process that read it ({self._cause(code)}); it may be damaged"
            return _END
        finally:
            timer.cancel()

    def _cause(self, code: int) -> str:
        """Tell why the process ended: its last words, else its signal."""
        self._errors.seek(0)
        words = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        if code < 0:
            with suppress(ValueError):
                return signal.Signals(-code).name
        return words[-1][:200] if words else f"exit code {code}"


def serve() -> None:
    """Read what is asked for on standard input, and answer on standard output, until the input ends."""
    # The process that asks decides what an interruption ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    # Whatever else is written must not come between the answers.
    sys.stdout = sys.stderr
    options = pickle.load(requests)
    _answer(answers, "ready")
    while True:
        try:
            path, id = pickle.load(requests)
        except EOFError:
            return
        items = read_sentences(Source(Path(path), id), **options)
        while batch := [_pack(item) for item in islice(items, _MESSAGE)]:
            _answer(answers, batch)
        _answer(answers, _END)


def _answer(stream: IO[bytes], message: object) -> None:
    pickle.dump(message, stream, protocol=pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _pack(item: Item) -> tuple[Any, ...]:
    if isinstance(item, Failure):
        return item.path, item.stage, item.reason
    return item.document_id, item.sentence_id, None, *_VALUES(item.sentence)


def _unpack(values: tuple[Any, ...]) -> Item:
    if values[2] is not None:
        return Failure(*values)
    return LocatedSentence(values[0], values[1], Sentence(*values[3:]))
