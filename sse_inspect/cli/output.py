"""Standard output, written by a thread of its own: a slow reader delays no clock of the session.

A reader that goes away is not an error: what is written after that is dropped, and `on_gone` is told once. For one that
is so slow that `write` has to wait, `on_waited` is told each time for how many seconds.
"""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable
from os import write as write_fd
from threading import Condition, Thread
from time import monotonic
from types import TracebackType

from sse_inspect.errors import SseInspectError

LIMIT = 4 << 20
"""Bytes that may wait for the reader before `write` waits too."""
BATCH = 1 << 18
"""Bytes from which on what waits is not joined with more to be written in one call."""
LOOK = 0.5
"""Seconds between two looks whether the reader is still there while nothing is to be written."""


class Output:
    """A file descriptor written in the background; `close` returns once all is written, or raises."""

    def __init__(
        self,
        fd: int,
        on_gone: Callable[[], object],
        limit: int = LIMIT,
        on_waited: Callable[[float], object] = lambda seconds: None,
    ) -> None:
        self.gone = False
        self._fd = fd
        self._on_gone = on_gone
        self._on_waited = on_waited
        self._limit = limit
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._closing = False
        self._error: OSError | None = None
        self._changed = Condition()
        self._thread = Thread(target=self._run, name="stdout", daemon=True)
        self._thread.start()

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, data: bytes) -> None:
        """Hand the bytes over; waits only while more than the limit is unwritten."""
        if self._size > self._limit:
            self._wait()
        with self._changed:
            if data and not self.gone:
                self._waiting.append(data)
                self._size += len(data)
                self._changed.notify_all()

    def _wait(self) -> None:
        began = monotonic()
        with self._changed:
            while self._size > self._limit and not self.gone:
                self._changed.wait()
        self._on_waited(monotonic() - began)

    def close(self) -> None:
        """Wait until all is written or the reader is gone; raises SseInspectError where writing failed."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if self._error is not None:
            raise SseInspectError(f"stdout: it cannot be written to ({self._error.strerror}); the rest is lost.")

    def _run(self) -> None:
        try:
            while data := self._next():
                self._write(data)
                self._written(len(data))
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self._error = error
            with self._changed:
                self.gone = True
                self._waiting.clear()
                self._changed.notify_all()
            self._on_gone()

    def _next(self) -> bytes:
        """What is to be written next; empty once closed and all is written."""
        with self._changed:
            while not self._waiting and not self._closing:
                if not self._changed.wait(LOOK) and self._reader_left():
                    raise BrokenPipeError
            batch: list[bytes] = []
            size = 0
            while self._waiting and size < BATCH:
                batch.append(self._waiting.popleft())
                size += len(batch[-1])
            return b"".join(batch)

    def _written(self, size: int) -> None:
        with self._changed:
            self._size -= size
            self._changed.notify_all()

    def _reader_left(self) -> bool:
        poll = select.poll()
        poll.register(self._fd, 0)
        return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[write_fd(self._fd, view) :]
            except BlockingIOError:  # somebody else made this descriptor non-blocking
                poll = select.poll()
                poll.register(self._fd, select.POLLOUT)
                poll.poll()
