"""Inputs and records in, facts out: of every connection and of the session. The hot path is `chunk`, once a read."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from sse_inspect import faults
from sse_inspect.analysis.evidence.beats import Beats
from sse_inspect.analysis.evidence.connection import LAST_EVENTS, Connection
from sse_inspect.analysis.evidence.lag import Lag
from sse_inspect.analysis.evidence.runs import TOGETHER, Runs
from sse_inspect.analysis.lint import Lint
from sse_inspect.analysis.profiles import FIRST_EVENTS, LOOKED_AT, recognised, shortened
from sse_inspect.config import Policy, Target
from sse_inspect.findings.snippets import products_in
from sse_inspect.inputs import Chunk, Connected, Heard, Input, Opened
from sse_inspect.records import (
    Comment,
    Connecting,
    Disconnect,
    Event,
    Fault,
    Gap,
    GapFilled,
    Open,
    Record,
    Recovered,
    Stall,
)

CONNECTIONS = 32
"""Connections that are remembered, the latest ones that ended."""
EARLY = 0.5
"""Seconds from the first byte on within which what comes may be history."""
LATE_HEAD = 2.0
"""Seconds after the request from which on a response head is late."""
WITH_HEAD = 0.05
"""Seconds behind the head within which bytes came with it."""
LONG_SILENCE = 15.0
"""Seconds without a byte after which a heartbeat should have come (WHATWG HTML 9.2.7)."""
EXAMINED = 4 << 20
"""Bytes of the session whose text is examined, the first ones."""


class Evidence:
    """The facts of a session; `here` is the present attempt, `past` those that ended, the latest last.

    Sizes and counts of it are bounded, whatever comes. What happened while an injected fault was under way is kept,
    but marked as `spoiled`.
    """

    def __init__(self, target: Target, policy: Policy) -> None:
        self.target = target
        self.policy = policy
        self.now = 0.0
        self.here = Connection(0, 0.0)
        self.past: deque[Connection] = deque(maxlen=CONNECTIONS)
        self.runs = Runs()
        self.beats = Beats()
        self.lag = Lag()
        self.lint = Lint()
        self.events = 0
        self.opened_before = False
        """Whether a connection opened before the present attempt."""
        self.first_id: str | None = None
        self.jumps = 0
        """Gaps in the IDs while a connection stood."""
        self.late_ids = 0
        """IDs that came late while a connection stood."""
        self.long_silences = 0
        self.torn_by_heartbeat = False
        """Whether a line without a field followed an event that ends with what looks like a heartbeat."""
        self._strays = 0
        self._active: dict[str, float | None] = {}
        self._linted = 0
        self._is_linted = False

    @property
    def products(self) -> tuple[str, ...]:
        """Products that the latest response head names."""
        headers = self.here.headers or (self.past[-1].headers if self.past else {})
        products = products_in(f"{headers.get('server', '')} {headers.get('via', '')}")
        return (*products, "Cloudflare") if "cf-ray" in headers and "Cloudflare" not in products else products

    @property
    def connections(self) -> list[Connection]:
        """The connections that ended, and the present one."""
        return list(self.past) if self.here.ended is not None else [*self.past, self.here]

    def take(self, happened: Input, records: Sequence[Record]) -> None:
        """Take in an input and the records it led to."""
        self.now = max(self.now, happened.t)
        if type(happened) is Chunk:
            self._chunk(happened, records)
            return
        match happened:
            case Heard():
                self.here.last_byte = self.now
            case Connected() if self.here.opened is None:
                self.here.connected = self.now
            case Opened() if records:
                self.here.head, self.here.answered, self.here.last_byte = happened.head, self.now, self.now
                self.here.spoiled |= happened.head.injected
        for record in records:
            self._tell(record)

    def _chunk(self, chunk: Chunk, records: Sequence[Record]) -> None:
        here, t, data = self.here, self.now, chunk.data
        silence = t - here.last_byte
        here.last_byte = t
        if silence > TOGETHER:
            self._after(silence, t, data)
        if here.first_wire is None and not here.spoiled:
            self._first_run(t, data)
        if here.first_byte is None:
            self._before_the_first(t, data, chunk.wire_size)
        here.bytes += len(data)
        others = [record for record in records if type(record) is not Event]
        count = len(records) - len(others)
        if count:
            self._events(t, records, count, data, chunk.wire_size)
        else:
            self.runs.add(data, chunk.wire_size, 0, None, None)
            if not here.events:
                here.take_lines(data)
        if others:
            for record in others:
                self._tell(record)
            self.beats.take(records)
        if self._is_linted:
            self._examine(data)

    def _after(self, silence: float, t: float, data: bytes) -> None:
        here = self.here
        if silence > here.longest_silence:
            here.longest_silence = silence
        self.long_silences += silence >= LONG_SILENCE and not here.spoiled
        if not here.spoiled and here.first_wire is not None:
            self.runs.open(t, silence, data)

    def _first_run(self, t: float, data: bytes) -> None:
        """What comes with a head that was late may have been held back with it; else it may be history."""
        here = self.here
        with_head = here.opened is not None and t - here.opened <= WITH_HEAD
        waited = here.opened - here.asked if here.opened is not None and with_head else 0.0
        self.runs.open(t, waited if waited >= LATE_HEAD else 0.0, data)

    def _before_the_first(self, t: float, data: bytes, wire: int) -> None:
        here = self.here
        if here.first_wire is None:
            here.first_wire = t
        if data:
            here.first_byte = t
        else:
            here.early_wire += wire

    def _events(self, t: float, records: Sequence[Record], count: int, data: bytes, wire: int) -> None:
        here = self.here
        first, latest = records[0], records[-1]
        if type(first) is not Event:
            first = next(record for record in records if type(record) is Event)
        if type(latest) is not Event:
            latest = next(record for record in reversed(records) if type(record) is Event)
        if here.last_event is not None and t - here.last_event > here.longest_event_gap:
            here.longest_event_gap = t - here.last_event
        if here.events < FIRST_EVENTS:
            self._recognise(records)
        here.last_event = t
        here.events += count
        self.events += count
        if here.first_byte is not None and t - here.first_byte <= EARLY:
            here.early_events = here.events
        told = here.told
        for record in records[-LAST_EVENTS:] if count > 1 else (latest,):
            if type(record) is Event:
                data_of = record.data
                told.append((record.event, data_of if len(data_of) <= LOOKED_AT else shortened(data_of)))
        self.runs.add(data, wire, count, first.data, latest.data)
        self.lag.take(t, latest.data, here.bytes)
        if count == len(records):
            self.beats.follow(first, latest)

    def _recognise(self, records: Sequence[Record]) -> None:
        """What the first events of a connection tell: its kind, and where its IDs begin."""
        here = self.here
        events = [record for record in records[: 4 * FIRST_EVENTS] if type(record) is Event]
        for record in events:
            if record.id and here.first_id is None:
                here.first_id = record.id
                if self.first_id is None:
                    self.first_id = record.id
        if here.profile or self.policy.profile != "auto":
            return
        for record in events[: FIRST_EVENTS - here.events]:
            found = recognised(record.event, shortened(record.data))
            if found is not None:
                here.profile = found.name
                return

    def _examine(self, data: bytes) -> None:
        """The text is looked at until there was enough of it."""
        self._linted += len(data)
        if self._linted > EXAMINED:
            self._examine_no_more()
            return
        self.lint.feed(data)
        strays = self.lint.count("unknown-field") + self.lint.count("no-colon")
        if strays != self._strays:
            self._strays = strays
            self.torn_by_heartbeat |= any(self.beats.in_data(told) for _, told in self.here.told)

    def _examine_no_more(self) -> None:
        if self._is_linted:
            self.lint.close(complete=False)
            self._is_linted = False

    # Records

    def _tell(self, record: Record) -> None:
        here = self.here
        match record:
            case Comment():
                here.comments += 1
            case Connecting():
                self._connecting(record)
            case Open():
                self._open(record)
            case Gap():
                self.jumps += not self._in_outage
            case GapFilled():
                self.late_ids += not self._in_outage
            case Recovered():
                here.replayed, here.duplicates, here.lost = record.replayed, record.duplicates, record.lost
                here.recovered = True
            case Stall():
                here.stalled = record.silence
            case Disconnect():
                self._disconnect(record)
            case Fault():
                self._fault(record)

    @property
    def _in_outage(self) -> bool:
        """Whether IDs may be missing because of an outage that is not over yet, or of a fault."""
        return self.here.spoiled or (self.opened_before and not self.here.recovered)

    def _connecting(self, record: Connecting) -> None:
        self.opened_before |= self.here.opened is not None
        self.here = Connection(record.connection, record.t, record.last_event_id, last_byte=record.t)
        self.here.spoiled = bool(self._active_at(record.t))

    def _open(self, record: Open) -> None:
        here = self.here
        here.opened = record.t
        if self.policy.profile != "auto":
            here.profile = self.policy.profile
        elif 'rel="mercure"' in here.headers.get("link", ""):
            here.profile = "mercure"
        self.runs.begin(record.connection)
        self.beats.begin()
        self.lag.begin()
        self.lint.open()
        self._is_linted = self._linted <= EXAMINED and not any(map(_spoils_text, self._active))

    def _disconnect(self, record: Disconnect) -> None:
        here = self.here
        here.ended, here.reason, here.detail, here.partial = record.t, record.reason, record.detail, record.partial
        here.spoiled |= bool(self._active_at(record.t))
        if here.opened is not None:
            if not here.spoiled:
                self.runs.end()
            if here.idle >= LONG_SILENCE and not here.spoiled:
                self.long_silences += 1
            self.beats.interrupt()
            if self._is_linted:
                self.lint.close(complete=record.reason == "eof" and not here.spoiled)
                self._is_linted = False
        self.past.append(here)

    def _fault(self, record: Fault) -> None:
        if record.state == "ended":
            self._active.pop(record.fault, None)
            return
        length = faults.parse(record.fault).length
        if length != 0.0:
            self._active[record.fault] = None if length is None else record.t + length
        self.here.spoiled = True
        if _spoils_text(record.fault):
            self._examine_no_more()

    def _active_at(self, t: float) -> dict[str, float | None]:
        """The faults under way at `t`; those whose time is over are let go."""
        self._active = {fault: until for fault, until in self._active.items() if until is None or until + 1 > t}
        return self._active


def _spoils_text(fault: str) -> bool:
    """Whether a fault, as it is spelled, flips bits."""
    return fault.startswith("corrupt")
