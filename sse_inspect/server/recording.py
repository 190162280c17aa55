"""A capture as what its server did: connection by connection, what was answered, when, and how it ended.

Heads and ends are read when they are asked for and chunks a run at a time, so that a capture of any size can be told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sse_inspect.config import check_header
from sse_inspect.errors import CaptureError, UsageError
from sse_inspect.inputs import Opened, ResponseHead
from sse_inspect.records import Disconnect, DisconnectReason, Origin
from sse_inspect.server.answers import Headers
from sse_inspect.session.outcome import parse_retry_after
from sse_inspect.store.capture.event_index import EventIndex
from sse_inspect.store.capture.reader import CaptureReader
from sse_inspect.store.capture.spelling import read_chunks, read_input, read_record

Closing = Literal["complete", "truncated", "reset", "silence"]

_NOT_AGAIN = frozenset(
    {
        # of the hop it came over (RFC 9110, 7.6.1), and of the form the body had there: a capture holds it decoded
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
        *("content-encoding", "content-length"),
        # of that day, or of that host and nobody's business here
        *("date", "set-cookie", "set-cookie2", "alt-svc", "strict-transport-security", "clear-site-data"),
    }
)
_CORS = "access-control-"

_CLOSINGS: dict[DisconnectReason, Closing] = {
    "eof": "complete",
    "forced": "complete",
    "truncated": "truncated",
    "encoding": "truncated",
    "stall": "silence",
    "timeout": "silence",
}
"""How a connection is ended again; for all other reasons by a reset."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a response: its status, the fields to send again, seconds from the request to it."""

    status: int
    headers: Headers
    delay: float


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of one attempt.

    Without a `head` no response came. `reason` is that of its disconnect; None where the capture or the session
    ended first, or with a 204. `closed` is when it ended, in seconds after the response had begun.
    """

    connection: int
    head: Head | None
    is_stream: bool
    reason: DisconnectReason | None
    closed: float

    @property
    def closing(self) -> Closing:
        """How it is ended; one whose end is not known ends cleanly, so that clients notice."""
        if self.head is not None and not self.is_stream:
            return "complete"
        closing = "complete" if self.reason is None else _CLOSINGS.get(self.reason, "reset")
        return closing if self.head is not None or closing == "silence" else "reset"


@dataclass(slots=True)
class _Row:
    """Where in the capture a connection stands: the row of its head, when it opened as a stream, its disconnect."""

    head: int | None = None
    opened: float | None = None
    disconnect: Disconnect | None = None


class Recording(CaptureReader):
    """The exchanges of the capture at `path`; raises CaptureError where it is none, is damaged, or holds none."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            self._exchanges = list(self._outline().items())
            self.is_repeated = self.facts.target.is_safe
            """Whether the request was one that clients send again by themselves."""
            self._began = self.origin
            if not self._exchanges:
                raise CaptureError(f"{path} holds no connection: there is nothing to serve.")
        except CaptureError:
            self.close()
            raise

    def _outline(self) -> dict[int, _Row]:
        rows: dict[int, _Row] = {}
        heads = "SELECT connection, min(seq) FROM inputs WHERE kind = 'opened' GROUP BY connection ORDER BY connection"
        for connection, seq in self._rows(heads):
            rows.setdefault(connection, _Row()).head = seq
        for connection, t in self._rows("SELECT connection, t FROM records WHERE kind = 'open'"):
            rows.setdefault(connection, _Row()).opened = t
        # The first condition is that of an index.
        ends = "SELECT kind, detail FROM records WHERE kind IN ('gap', 'disconnect', 'stall') AND kind = 'disconnect'"
        for row in self._rows(ends):
            record = read_record(*row)
            if isinstance(record, Disconnect):
                rows.setdefault(record.connection, _Row()).disconnect = record
        return dict(sorted(rows.items()))

    @property
    def exchange_count(self) -> int:
        """How many exchanges there are."""
        return len(self._exchanges)

    def exchange(self, index: int) -> Exchange:
        """The exchange at `index`, from 0; raises CaptureError where its head cannot be read."""
        connection, row = self._exchanges[index]
        disconnect = row.disconnect
        reason = disconnect.reason if disconnect and disconnect.reason != "unknown" else None
        was_told = row.opened is not None or reason in (None, "status", "content-type", "redirect")
        head = self._head(row.head) if row.head is not None and was_told else None
        if head is None:
            return Exchange(connection, None, False, reason or "reset", 0.0)
        if row.opened is None:
            return Exchange(connection, head, False, reason, 0.0)
        end = disconnect.t if disconnect else self.end
        return Exchange(connection, head, True, reason, max(0.0, end - row.opened))

    def chunks(self, index: int) -> Iterator[tuple[float, bytes]]:
        """The chunks of that exchange as they came: seconds after the response had begun, bytes."""
        connection, row = self._exchanges[index]
        opened = row.opened or 0.0
        offset, seq = -1, 0
        query = (
            "SELECT offset, seq, chunks, data FROM bodies WHERE connection = ? AND (offset, seq) > (?, ?) "
            "ORDER BY offset, seq LIMIT 1"
        )
        while run := self._row(query, connection, offset, seq):
            offset, seq, chunks, data = run
            for chunk in read_chunks(chunks, data):
                if chunk.data:
                    yield max(0.0, chunk.t - opened), chunk.data

    def event_types(self, most: int) -> list[str]:
        """Types of the first events, at most so many."""
        _, types = EventIndex(self._rows).columns(0, 10_000, ["types"])
        return [str(kind) for kind in list(dict.fromkeys(types))[:most]]

    def _head(self, seq: int) -> Head | None:
        row = self._row("SELECT kind, detail FROM inputs WHERE seq = ?", seq)
        opened = read_input(*row) if row else None
        if not isinstance(opened, Opened) or not 200 <= opened.head.status <= 999:
            return None
        headers = _headers(opened.head, self._began, opened.t)
        return Head(opened.head.status, headers, max(0.0, opened.timings.first_byte or 0.0))


def _headers(head: ResponseHead, began: Origin, t: float) -> Headers:
    """The fields that are sent again; a date in `Retry-After` becomes the seconds it was away then."""
    named = {each.strip().lower() for each in head.headers.get("connection", "").split(",")}
    kept = []
    for name, value in head.header_list:
        if name in _NOT_AGAIN or name in named or name.startswith(_CORS) or not _is_field(name, value):
            continue
        if name == "retry-after" and (wait := parse_retry_after(value, began.at(t))) is not None:
            value = f"{wait:.0f}"
        kept.append((name, value.strip(" \t")))
    return tuple(kept)


def _is_field(name: str, value: str) -> bool:
    """Whether it can be sent: a capture may come from anybody."""
    try:
        check_header(name, value)
        value.encode()
    except (UsageError, UnicodeError):
        return False
    return True
