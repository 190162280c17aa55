"""What a run showed, in bounded columns: however much an endpoint sends, this stays small.

Times are seconds since the run began.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple, TypeVar

from sse_inspect.analysis.lint import Lint
from sse_inspect.check.arrivals import Arrivals
from sse_inspect.inputs import Chunk, Connected, Heard, Input, Opened
from sse_inspect.records import KINDS, Backoff, Comment, Connecting, Disconnect, End, Event, Open, Record, Summary
from sse_inspect.second_opinion import WHOLE, SecondOpinion
from sse_inspect.store.capture.facts import redacted_record

KEPT = 100
"""Records of one kind that are kept, the first ones."""
ROWS = 4096
"""Events whose IDs are kept, the first and the newest ones."""
LONGEST_TEXT = 2000
"""Characters of data that are kept of an event or a comment."""
R = TypeVar("R", bound=Record)


class Row(NamedTuple):
    """An event with an ID; `digest` stands for its data, `event` is its type."""

    t: float
    connection: int
    id: str
    digest: int
    event: str = "message"


class Silence(NamedTuple):
    """A stretch in which nothing came; `end` is when it ended."""

    length: float
    end: float
    connection: int


NONE = Silence(0.0, 0.0, 0)


@dataclass(slots=True)
class Resumption:
    """What a second session continued: behind the event `last_event_id`, `expected` had followed in the first one."""

    how: str
    last_event_id: str
    before: tuple[Row, ...]
    expected: tuple[Row, ...]


@dataclass(slots=True)
class Observation:
    """A run as it is judged. `take` is handed every input and what it led to.

    `content_type` is that of the newest response, accepted or not, without its parameters.
    """

    name: str
    faults: tuple[str, ...] = ()
    resumption: Resumption | None = None
    stall_after: float = 0.0
    one_connection: bool = False
    first_rows: list[Row] = field(default_factory=list)
    last_rows: deque[Row] = field(default_factory=lambda: deque(maxlen=ROWS))
    events: int = 0
    with_id: int = 0
    repeated: int = 0
    comments: int = 0
    bytes: int = 0
    byte_silence: Silence = NONE
    event_silence: Silence = NONE
    comment_interval: float | None = None
    arrivals: Arrivals = field(default_factory=Arrivals)
    lint: Lint = field(default_factory=Lint)
    second: SecondOpinion = field(default_factory=SecondOpinion)
    summary: Summary | None = None
    ended: End | None = None
    interrupted: bool = False
    content_type: str = ""
    _kept: dict[str, list[Record]] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)
    _last_byte: float | None = None
    _last_event: float = 0.0
    _last_comment: float | None = None
    _connected: float | None = None

    # What was seen

    def of(self, kind: type[R]) -> list[R]:
        """The first records of a kind."""
        return [record for record in self._kept.get(kind.kind, ()) if isinstance(record, kind)]

    def count(self, kind: type[Record]) -> int:
        """How many records of a kind there were."""
        return self._counts[kind.kind]

    def marked(self, mark: str) -> list[Event]:
        """The first events with a mark: `no-id`, `duplicate`, `out-of-order`, `replayed`, `empty-id`."""
        return [record for record in self._kept.get(mark, ()) if isinstance(record, Event)]

    def count_marked(self, mark: str) -> int:
        """How many events had it."""
        return self._counts[mark]

    @property
    def records(self) -> int:
        """How many records there were in all."""
        return sum(count for kind, count in self._counts.items() if kind in KINDS)

    @property
    def rows(self) -> list[Row]:
        """The events with an ID that are kept, in order."""
        twice = len(self.first_rows) + len(self.last_rows) - self.with_id
        return [*self.first_rows, *islice(self.last_rows, max(0, twice), None)]

    @property
    def opened(self) -> Open | None:
        """The first response that was accepted."""
        return next(iter(self.of(Open)), None)

    @property
    def silence(self) -> float:
        """The longest time in which not a byte came, the one before the first response included."""
        head = self.opened.timings.get("first_byte") if self.opened is not None else None
        return max(self.byte_silence.length, head or 0.0)

    @property
    def watched(self) -> float:
        """Seconds from the first response to the end."""
        if self.opened is None or self.ended is None:
            return 0.0
        return self.ended.t - self.opened.t

    @property
    def why_not(self) -> str:
        """Why it never opened, in words."""
        if self.ended is not None and self.ended.reason == "no-content":
            return self.ended.detail
        attempts = self.of(Disconnect)
        if attempts:
            last = attempts[-1]
            is_plain = last.reason in ("status", "content-type", "redirect")
            return last.detail if is_plain else f"{last.reason}: {last.detail}"
        return self.ended.detail if self.ended is not None and self.ended.detail else "no response came in time"

    @property
    def left_alone_until(self) -> float:
        """Until when the endpoint asked to be left alone, by `Retry-After`; 0 where it did not, or opened since."""
        last = next(reversed(self.of(Backoff)), None)
        if last is None or last.source != "retry-after" or any(each.t > last.t for each in self.of(Open)):
            return 0.0
        return last.t + last.delay

    @property
    def outages(self) -> list[Disconnect]:
        """The ends of connections that had opened, without the one by which the run was ended.

        Nor is the last of several one if the run was over before this side tried again: it might as well have been over
        a moment before.
        """
        opened = {record.connection for record in self.of(Open)}
        ends = [record for record in self.of(Disconnect) if record.connection in opened and not self._is_end(record)]
        if len(ends) > 1 and self._is_waiting_after(ends[-1]):
            ends.pop()
        return ends

    def _is_waiting_after(self, end: Disconnect) -> bool:
        wait = next((each for each in self.of(Backoff) if each.connection >= end.connection), None)
        is_tried = any(each.connection > end.connection for each in self.of(Connecting))
        return wait is not None and wait.source == "exponential" and not is_tried

    def _is_end(self, record: Disconnect) -> bool:
        return self.ended is not None and record.t == self.ended.t and record.reason == "forced"

    def is_open_at(self, t: float) -> bool:
        """Whether a connection stood open just before that time."""
        ended = {record.connection: record.t for record in self.of(Disconnect)}
        return any(record.t < t <= ended.get(record.connection, t) for record in self.of(Open))

    def reopened(self, outage: Disconnect) -> Open | None:
        """The next response after the end of a connection."""
        return next((record for record in self.of(Open) if record.connection > outage.connection), None)

    def attempts_after(self, outage: Disconnect) -> list[Connecting]:
        """The attempts after the end of a connection, up to the next that opened."""
        reopened = self.reopened(outage)
        last = reopened.connection if reopened else 1 << 60
        return [record for record in self.of(Connecting) if outage.connection < record.connection <= last]

    # Taking it in

    def take(self, happened: Input, connection: int, records: Sequence[Record]) -> None:
        """Take in an input of a connection, and the records it led to."""
        if isinstance(happened, Connected):
            self._connected = happened.t
        elif isinstance(happened, Opened):
            self.content_type = happened.head.headers.get("content-type", "").partition(";")[0].strip().lower()
        for record in records:
            if isinstance(record, Event):
                self._event(record)
            else:
                self._other(record)
        if isinstance(happened, Chunk):
            self._chunk(happened, connection, records)
        elif isinstance(happened, Heard):
            self._heard(happened.t, connection)

    def _chunk(self, chunk: Chunk, connection: int, records: Sequence[Record]) -> None:
        self._heard(chunk.t, connection)
        self.bytes += len(chunk.data)
        if not chunk.data:
            return
        events = sum(isinstance(record, Event) for record in records)
        self.arrivals.take(chunk.t, len(chunk.data), events)
        self.lint.feed(chunk.data)
        self.second.feed(chunk.t, chunk.data, records)

    def _heard(self, t: float, connection: int) -> None:
        if self._last_byte is not None:
            self.byte_silence = max(self.byte_silence, Silence(t - self._last_byte, t, connection))
            self._last_byte = t

    def _event(self, record: Event) -> None:
        self.events += 1
        self._counts[Event.kind] += 1
        self.event_silence = max(self.event_silence, Silence(record.t - self._last_event, record.t, record.connection))
        self._last_event = record.t
        if record.id:
            self.with_id += 1
            row = Row(
                record.t, record.connection, record.id[:LONGEST_TEXT], hash(record.data), record.event[:LONGEST_TEXT]
            )
            if len(self.first_rows) < ROWS:
                self.first_rows.append(row)
            self.last_rows.append(row)
        else:
            self._mark("no-id" if record.id is None else "empty-id", record)
        if record.duplicate:
            self._mark("repeated-on-reconnect" if record.replayed else "duplicate", record)
        if record.out_of_order:
            self._mark("out-of-order", record)
        if record.replayed:
            self._mark("replayed", record)
        self._keep(Event.kind, record)

    def _mark(self, mark: str, record: Event) -> None:
        self._counts[mark] += 1
        self._keep(mark, record)

    def _keep(self, where: str, record: Record) -> None:
        kept = self._kept.setdefault(where, [])
        if len(kept) < KEPT:
            kept.append(redacted_record(_short(record)))

    def _other(self, record: Record) -> None:
        self._counts[record.kind] += 1
        self._keep(record.kind, record)
        match record:
            case Open():
                self._open(record)
            case Comment():
                self.comments += 1
                if self._last_comment is not None:
                    interval = record.t - self._last_comment
                    self.comment_interval = max(self.comment_interval or 0.0, interval)
                self._last_comment = record.t
            case Disconnect():
                self._disconnect(record)
            case End():
                self.ended = record
            case Summary():
                self.summary = record

    def _open(self, record: Open) -> None:
        self._last_byte = self._last_event = record.t
        self._last_comment = None
        self.arrivals.open(record.t, self._connected)
        self.lint.open()
        self.second.open(record.headers.get("content-type", ""), record.connection)

    def _disconnect(self, record: Disconnect) -> None:
        if self._last_byte is None:
            return
        self.byte_silence = max(self.byte_silence, Silence(record.t - self._last_byte, record.t, record.connection))
        self.event_silence = max(self.event_silence, Silence(record.t - self._last_event, record.t, record.connection))
        self._last_byte = None
        self.lint.close(complete=record.reason == "eof")
        self.second.close(record.t, cut=record.reason not in WHOLE)
        self.arrivals.close()


def _short(record: Record) -> Record:
    """The record without more text than anybody wants to read."""
    if isinstance(record, Event) and max(len(record.data), len(record.last_event_id), len(record.event)) > LONGEST_TEXT:
        return replace(
            record,
            data=record.data[:LONGEST_TEXT],
            event=record.event[:LONGEST_TEXT],
            id=None if record.id is None else record.id[:LONGEST_TEXT],
            last_event_id=record.last_event_id[:LONGEST_TEXT],
        )
    if isinstance(record, Connecting) and len(record.last_event_id or "") > LONGEST_TEXT:
        return replace(record, last_event_id=(record.last_event_id or "")[:LONGEST_TEXT])
    if isinstance(record, Comment) and len(record.text) > LONGEST_TEXT:
        return replace(record, text=record.text[:LONGEST_TEXT])
    return record
