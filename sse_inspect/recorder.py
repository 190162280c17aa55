"""Keeps a capture up to date while its session lives: a thread that writes what came, a moment later."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Lock, Thread

from sse_inspect.batch import Batch
from sse_inspect.errors import CaptureError
from sse_inspect.inputs import Input
from sse_inspect.records import Record
from sse_inspect.store.capture.facts import Facts
from sse_inspect.store.capture.reader import CaptureReader
from sse_inspect.store.capture.writer import CaptureWriter
from sse_inspect.store.stretch import Piece, Wish

TURN_AFTER = 0.0005
"""Seconds for which another thread keeps one that writes waiting for the interpreter, at most, each time it wants it.

With the usual 5 ms the writer waits longer than it writes once a stream takes all the time of the other thread.
"""
BEHIND = 0.1
"""Seconds between two writes: with the time a write takes, what a sudden death loses stays below 250 ms."""
MUCH = 2 << 20
"""Bytes that wait to be written from which on the next write comes at once: a fast stream would else fill all room."""
SETTLED_EVERY = 2.0
"""Seconds after which what was written beside the file (its `-wal`) is moved into it: people copy one file."""
WAITING_BYTES = 16 << 20
"""Bytes that may wait to be written; who brings more waits for the disk."""
CROWDED_BYTES = WAITING_BYTES * 3 // 4
"""Bytes that wait to be written once the disk is said to fall behind."""


class Recorder:
    """Writes the capture at `path` and gives back what it wrote; raises CaptureError if there can be none.

    When it cannot go on `on_failure` is told in a sentence, once, and everything written until then stays.
    """

    def __init__(
        self, path: Path, facts: Facts, *, limit: int | None = None, on_failure: Callable[[str], None]
    ) -> None:
        self._writer = CaptureWriter(path, facts, limit=limit)
        self._reader = CaptureReader(path)
        self._reading = Lock()
        self._on_failure = on_failure
        self._changed = Condition()
        self._closing = False
        self.failure = ""
        self._thread = Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        """The file."""
        return self._writer.path

    @property
    def written(self) -> int:
        """Records that `slice` can give back, counted from the first."""
        return self._writer.written_records

    @property
    def written_until(self) -> float | None:
        """The time of the last input in the file, in seconds since the session began; None while there is none."""
        return self._writer.written_until

    def slice(self, start: int, stop: int, *, data: bool = True) -> list[Record]:
        """Records by ordinal; without `data` that of events is empty.

        Raises CaptureError where the file cannot be read any more.
        """
        with self._reading:
            return self._reader.slice(start, stop, data=data)

    def candidates(self, start: int, stop: int, wish: Wish) -> list[Piece]:
        """Records by ordinal, but for events that `wish` rules out; raises CaptureError as `slice` does."""
        with self._reading:
            return self._reader.candidates(start, stop, wish)

    def body(self, connection: int, offset: int, size: int) -> bytes | None:
        """Bytes of a connection's decoded body, or None where they are not there, or not yet."""
        with self._reading:
            return self._reader.body(connection, offset, size)

    def take(self, happened: Input, connection: int, batch: Batch) -> None:
        """An input of that connection was handled and led to these records; waits for a disk that falls behind."""
        if self.failure:
            return
        self._writer.take(happened, connection, batch)
        if self._waiting > MUCH:
            with self._changed:
                self._changed.notify_all()
                self._changed.wait_for(lambda: self.failure or self._waiting <= WAITING_BYTES)

    @property
    def _waiting(self) -> int:
        """Bytes that were taken and are not written."""
        return self._writer.taken_bytes - self._writer.written_bytes

    @property
    def is_crowded(self) -> bool:
        """Whether the disk falls behind: who can wait does so before `take` has to."""
        return not self.failure and self._waiting > CROWDED_BYTES

    def close(self, facts: dict[str, str]) -> None:
        """Write the rest and these facts: an ordinary file is left, complete in itself."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        with self._reading:
            self._reader.close()
        if self.failure:
            self._writer.close()
            return
        try:
            self._writer.finish(facts)
        except CaptureError as error:
            self._fail(error)

    def _run(self) -> None:
        with _TURNS.soon():
            self._write()

    def _write(self) -> None:
        settled = time.monotonic()
        while not self._closing and not self.failure:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._waiting > MUCH, BEHIND)
            try:
                self._writer.flush()
                if time.monotonic() - settled > SETTLED_EVERY:
                    self._writer.settle()
                    settled = time.monotonic()
            except CaptureError as error:
                self._fail(error)
            except sqlite3.Error:
                continue  # a disk that is full: the next write tells
            with self._changed:
                self._changed.notify_all()

    def _fail(self, error: CaptureError) -> None:
        self.failure = str(error)
        self._on_failure(self.failure)


class _Turns:
    """How soon threads take turns, which is a matter of the whole process: as usual again once nobody writes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._writing = 0
        self._usual = 0.0

    @contextmanager
    def soon(self) -> Iterator[None]:
        """Let threads take turns after `TURN_AFTER`, if not sooner already."""
        with self._lock:
            if not self._writing:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(min(TURN_AFTER, self._usual))
            self._writing += 1
        try:
            yield
        finally:
            with self._lock:
                self._writing -= 1
                if not self._writing:
                    sys.setswitchinterval(self._usual)


_TURNS = _Turns()
