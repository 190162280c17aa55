"""The latest of everything a snapshot shows, as a fold over the records."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import replace

from sse_inspect.analysis.heartbeat import is_heartbeat
from sse_inspect.analysis.liveness import half_open_at, is_quiet
from sse_inspect.analysis.rhythm import RhythmFold
from sse_inspect.analysis.snapshot import ConnectionRow, FaultOver, FaultView, GapRow, Mark, Timeline, Wait
from sse_inspect.analysis.timeline import TimelineFold
from sse_inspect.batch import Events, Item
from sse_inspect.faults import parse
from sse_inspect.records import (
    Backoff,
    Comment,
    Connecting,
    Diagnosis,
    Disconnect,
    End,
    Event,
    Gap,
    GapFilled,
    Open,
    Record,
    Recovered,
)
from sse_inspect.records import Fault as FaultRecord

ROWS = 64
"""Gaps, connections and duplicates a snapshot shows, the latest ones."""
HEADS = 256
"""Response heads that are remembered, the latest ones."""
LONGEST_ID_SHOWN = 256
"""Characters of a duplicate's ID in a snapshot."""
LOOKED_AT = 1.0
"""Seconds of silence from which on it is asked whether a connection was half-open in it."""


class Overview:
    """The latest of everything a snapshot shows, folded from the records."""

    def __init__(self) -> None:
        self.timeline = TimelineFold()
        self.rhythm = RhythmFold()
        self._is_quiet = False
        self.connections: deque[ConnectionRow] = deque(maxlen=ROWS)
        self.gaps: OrderedDict[tuple[str, int], GapRow] = OrderedDict()
        self.duplicates: deque[str] = deque(maxlen=ROWS)
        self.findings: dict[str, Diagnosis] = {}
        self.faults: dict[str, FaultView] = {}
        self.fault_over: FaultOver | None = None
        self._before: dict[str, tuple[int, int]] = {}
        self._events = self._missing = 0
        self.heads: OrderedDict[int, Open] = OrderedDict()
        self.opened: Open | None = None
        self.wait: Wait | None = None
        self.disconnect: Disconnect | None = None
        self.recovered: Recovered | None = None
        self.ended: End | None = None

    def connection_rows(self, events: int, size: int) -> tuple[ConnectionRow, ...]:
        """The rows as they are now; `events` and `size` are those of the connection that is open."""
        if not self.connections:
            return ()
        *over, last = self.connections
        return (*over, replace(last) if last.ended is not None else replace(last, events=events, bytes=size))

    def was_silent(self, last_byte: float, until: float) -> None:
        """No byte came on the open connection in that time."""
        beat = self.rhythm.heartbeat
        if beat is not None and until > (since := half_open_at(beat, last_byte)):
            self.timeline.was_half_open(since, until)

    def timeline_at(self, now: float, last_byte: float | None) -> Timeline:
        """The timeline up to `now`; `last_byte` is that of the open connection, None if there is none or it stalled."""
        beat = self.rhythm.heartbeat
        half_open = None if beat is None or last_byte is None else half_open_at(beat, last_byte)
        return self.timeline.view(now, half_open)

    def fold(self, item: Item) -> None:
        """Take in one record, or events that are together."""
        if isinstance(item, Event):
            self._event(item)
        elif isinstance(item, Events):
            self._run(item)
        else:
            self._record(item)

    def _run(self, events: Events) -> None:
        types = events.run.columns.events or ("message",)
        if self._is_quiet or self.rhythm.is_paused(events.t) or any(map(is_heartbeat, set(types))):
            for event in events:
                self._event(event)
            return
        count = len(events)
        self.timeline.events(events.t, count)
        self._events = events.n + count - 1
        self.rhythm.events(events.t, count)

    def _event(self, event: Event) -> None:
        self.timeline.fold(event)
        self._events = event.n
        self.rhythm.event(event.t, event.event, event.data)
        if self._is_quiet or self.rhythm.beats:
            self._look_for_quiet(event.t)
        if event.duplicate and event.id is not None:
            self.duplicates.append(event.id[:LONGEST_ID_SHOWN])

    def _record(self, record: Record) -> None:
        self.timeline.fold(record)
        match record:
            case Comment():
                self.rhythm.comment(record.t)
                self._look_for_quiet(record.t)
            case Connecting():
                self.connections.append(ConnectionRow(record.connection, record.t))
            case Open():
                self._open(record)
            case Disconnect():
                self._disconnect(record)
            case Backoff():
                self.wait = Wait(record.t, record.t + record.delay, record.delay, record.attempt, record.source)
            case Recovered():
                self.recovered = record
                self.connections[-1].reopened_after = record.reconnect
            case Gap():
                self._missing += record.missing
                key = record.prefix, record.first
                self.gaps[key] = GapRow(record.t, record.first, record.last, record.missing, record.prefix)
                self.gaps.move_to_end(key)
                if len(self.gaps) > ROWS:
                    self.gaps.popitem(last=False)
            case GapFilled():
                self._filled(record)
            case Diagnosis():
                self.findings[record.code] = record
            case FaultRecord():
                self._fault(record)
            case End():
                self._end(record)

    def _look_for_quiet(self, t: float) -> None:
        """Mark the moment from which on only heartbeats come; the next event ends that."""
        if self.rhythm.beats == 0:
            self._is_quiet = False
        elif not self._is_quiet and self.opened is not None:
            self._is_quiet = is_quiet(self.rhythm.learned(), t, self.opened.t)
            if self._is_quiet:
                self.timeline.mark(t, Mark.QUIET)

    def _open(self, record: Open) -> None:
        self.opened = record
        self.rhythm.opened()
        self.heads[record.connection] = record
        if len(self.heads) > HEADS:
            self.heads.popitem(last=False)
        row = self.connections[-1]
        row.opened = record.t
        row.status = record.status
        row.first_byte = record.timings["first_byte"]

    def _disconnect(self, record: Disconnect) -> None:
        self.disconnect = record
        self.rhythm.over()
        self._is_quiet = False
        row = self.connections[-1]
        row.ended, row.reason, row.detail = record.t, record.reason, record.detail
        row.events, row.bytes = record.events, record.bytes

    def _filled(self, record: GapFilled) -> None:
        for key, row in reversed(self.gaps.items()):
            if row.prefix == record.prefix and row.first <= record.first <= row.last:
                self._missing -= row.remaining - record.remaining
                self.gaps[key] = replace(row, remaining=record.remaining)
                return

    def _end(self, record: End) -> None:
        self.ended = record
        if self.connections and self.connections[-1].ended is None:
            row = self.connections[-1]
            row.ended, row.reason, row.detail = record.t, record.reason, record.detail

    def _fault(self, record: FaultRecord) -> None:
        if record.state == "ended":
            self._fault_ended(record)
            return
        fault = parse(record.fault)
        length = fault.length
        if length is None or length > 0:
            until = None if length is None else record.t + length
            self.faults[record.fault] = FaultView(record.fault, fault.kind.title, record.t, until, fault.until)
            self._before[record.fault] = self._events, self._missing

    def _fault_ended(self, record: FaultRecord) -> None:
        view = self.faults.pop(record.fault, None)
        events, missing = self._before.pop(record.fault, (0, 0))
        if view is not None:
            lasted, lost = record.t - view.started, max(0, self._missing - missing)
            self.fault_over = FaultOver(record.t, view.title, lasted, self._events - events, lost)
