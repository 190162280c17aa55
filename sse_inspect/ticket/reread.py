"""The second opinion on a session that is kept: its bodies are read again, in the order of its records.

When bytes came is told by the events in them: each is read together with the bytes up to its end, at its time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sse_inspect.records import Comment, Disconnect, Event, Open, Origin, Record, Retry
from sse_inspect.second_opinion import EXAMINED_BYTES, UNPAIRED, WHOLE, SecondOpinion
from sse_inspect.ticket.content import Different, Opinion

BATCH = 128 << 10
"""Bytes that are read at a time."""
CLIENT = "httpx-sse"

Body = Callable[[int, int, int], bytes | None]


class Reread:
    """Folds records; `body` gives bytes by connection, offset and size."""

    def __init__(self, origin: Origin, body: Body) -> None:
        self._body = body
        self._why_not = "" if origin.has_bytes else "the source does not hold the bytes as they came"
        self._opinion = SecondOpinion()
        self._connection = 0
        self._read = 0
        self._waiting: list[tuple[float, int, list[Record]]] = []
        self._others: deque[Record] = deque(maxlen=UNPAIRED)
        self._after_cr: float | None = None

    @property
    def second(self) -> SecondOpinion:
        """The second opinion itself."""
        return self._opinion

    @property
    def why_not(self) -> str:
        """Why there is none; empty where there is one."""
        return self._why_not

    @property
    def is_done(self) -> bool:
        """Whether nothing further is read: no data of events is needed any more."""
        return bool(self._why_not) or not self._opinion.is_complete

    def fold(self, record: Record) -> None:
        """Take in one record."""
        if self.is_done:
            return
        match record:
            case Open():
                self._connection, self._read, self._after_cr = record.connection, 0, None
                self._opinion.open(record.headers.get("content-type", ""), record.connection)
            case Event():
                end = record.offset + record.size
                self._waiting.append((record.t, end, [*self._others, record]))
                self._others.clear()
                if end - self._read >= BATCH:
                    self._feed()
            case Comment():
                self._opinion.comments += 1
            case Retry():
                self._others.append(record)
            case Disconnect() if self._connection == record.connection:
                self.end(record.t, record.bytes)
                self._opinion.close(record.t, cut=record.reason not in WHOLE)
                self._connection = 0

    def end(self, t: float, size: int) -> None:
        """Read the rest of the body, which has this size by now; more of it may follow."""
        if not self.is_done and self._connection and (size > self._read or self._waiting or self._others):
            self._waiting.append((t, min(size, self._read + EXAMINED_BYTES), [*self._others]))
            self._others.clear()
            self._feed()

    def _feed(self) -> None:
        """Read the bytes of what waits, and hand it on piece by piece."""
        size = self._waiting[-1][1] - self._read
        # The LF of a CRLF stands behind the event that its CR ended, if it has come.
        body = self._body(self._connection, self._read, size + 1) or self._body(self._connection, self._read, size)
        if body is None:
            self._why_not = self._why_not if self._opinion.examined else "the bytes are no longer held"
            self._connection = 0
            self._waiting.clear()
            return
        at = 0
        if self._after_cr is not None and body[:1] == b"\n":
            self._opinion.feed(self._after_cr, body[:1], ())
            at = 1
        for t, end, records in self._waiting:
            stop = end - self._read
            stop += body[stop - 1 : stop + 1] == b"\r\n"
            self._opinion.feed(t, body[at:stop], records)
            at = max(at, stop)
        if at:
            self._after_cr = self._waiting[-1][0] if body[at - 1 : at] == b"\r" else None
        self._read += at
        self._waiting.clear()

    def opinion(self, received: int) -> Opinion:
        """What it came to; `received` is how many bytes there were in all."""
        opinion = self._opinion
        return Opinion(
            client=CLIENT,
            why_not=self._why_not,
            examined=opinion.examined,
            complete=opinion.examined >= received,
            events=opinion.events,
            ours=opinion.ours,
            comments=opinion.comments,
            differences=tuple(
                Different(each.kind, each.effect, each.cause, each.count, each.connection, each.offset, each.n)
                for each in opinion.differences()
            ),
        )
