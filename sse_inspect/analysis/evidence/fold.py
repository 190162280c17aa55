"""Inputs and records in, facts out: of every connection and of the session. The hot path is `chunk`, once a read."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import repeat
from zlib import crc32

from sse_inspect import faults
from sse_inspect.analysis.evidence.beats import Beats
from sse_inspect.analysis.evidence.connection import LAST_EVENTS, Connection
from sse_inspect.analysis.evidence.hold_ups import HoldUps
from sse_inspect.analysis.evidence.lag import Lag
from sse_inspect.analysis.evidence.runs import TOGETHER, Runs
from sse_inspect.analysis.lint import Lint
from sse_inspect.analysis.profiles import FIRST_EVENTS, recognised, shortened
from sse_inspect.batch import Batch, Events, records_of
from sse_inspect.config import Policy, Target
from sse_inspect.findings.snippets import products_of
from sse_inspect.inputs import Chunk, Connected, Heard, HeldUp, Input, Opened
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
    Retry,
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
JUMPS = 8
"""Gaps in the IDs that are remembered, the latest ones."""
LONG_SILENCE = 15.0
"""Seconds without a byte after which a heartbeat should have come (WHATWG HTML 9.2.7)."""
EXAMINED = 4 << 20
"""Bytes of the session whose text is examined, the first ones."""
BEGINNING = 8
"""Events that a connection begins with, by which two of them are compared."""
LINES_KNOWN = 3
"""Complete events of a connection from which on a line without its end was cut: who ends lines does not forget one."""
CLOSE = 16
"""By how much an ID may be lower than the one before it and be called late: more is another scheme of IDs."""
RECOGNISED_BY = 4 * FIRST_EVENTS
"""Records of a chunk among which the first events of a connection are looked for."""
_DIGITS = "0123456789"
_LONGEST_NUMBER = 18


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
        self.hold_ups = HoldUps()
        self.lint = Lint()
        self.events = 0
        self.opened_before = False
        """Whether a connection opened before the present attempt."""
        self.first_id: str | None = None
        self.jumps = 0
        """Gaps in the IDs while a connection stood, but for those that were filled while it did."""
        self.last_jumps: deque[Gap] = deque(maxlen=JUMPS)
        self.late_ids = 0
        """IDs that came late while a connection stood, and were missed before."""
        self.overtaken = 0
        """Events that came behind one of a slightly higher ID while a connection stood."""
        self.longest_retry = 0
        """Milliseconds that a server asked for with `retry`, the most of all."""
        self.long_silences = 0
        self.longest_silence = 0.0
        """The longest one of the session that ended with a byte: a connection survived it."""
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
        return products_of(headers)

    @property
    def connections(self) -> list[Connection]:
        """The connections that ended, and the present one."""
        return list(self.past) if self.here.ended is not None else [*self.past, self.here]

    def take(self, happened: Input, batch: Batch) -> None:
        """Take in an input and the records it led to."""
        self.now = max(self.now, happened.t)
        if type(happened) is Chunk:
            self._chunk(happened, batch)
            return
        records = records_of(batch)
        match happened:
            case Heard():
                self.here.last_byte = self.now
            case Connected() if self.here.opened is None:
                self.here.connected = self.now
            case Opened() if records:
                self.here.head, self.here.answered, self.here.last_byte = happened.head, self.now, self.now
                self.here.round_trip = happened.timings.tcp or 0.0
                self.here.spoiled |= happened.head.injected
            case HeldUp():
                self._held_up(happened)
        for record in records:
            self._tell(record)

    def _chunk(self, chunk: Chunk, batch: Batch) -> None:
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
        records, others, count = self._in_short(batch)
        if count:
            self._events(t, records, count, data, chunk.wire_size, alone=not others)
            _tell_latest(here.told, batch)
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

    def _in_short(self, batch: Batch) -> tuple[list[Record], list[Record], int]:
        """The records, those among them that are no events, and how many events there are.

        Of events that are together only the first and the last are records here: nothing else is looked at.
        """
        records: list[Record] = []
        others: list[Record] = []
        count = 0
        for item in batch:
            if isinstance(item, Event):
                records.append(item)
                count += 1
            elif isinstance(item, Events):
                records += self._ends_of(item)
                count += len(item)
            else:
                records.append(item)
                others.append(item)
        return records, others, count

    def _ends_of(self, events: Events) -> list[Event]:
        first = RECOGNISED_BY if self.here.events < BEGINNING else 1
        if len(events) <= first + 1:
            return list(events)
        return events.slice(0, first) + events.slice(len(events) - 1, len(events))

    def _after(self, silence: float, t: float, data: bytes) -> None:
        here = self.here
        waited = self.hold_ups.waited(t)
        heard = max(0.0, silence - waited)
        if heard > here.longest_silence:
            here.longest_silence = heard
            self.longest_silence = max(self.longest_silence, heard)
        self.long_silences += heard >= LONG_SILENCE and not here.spoiled
        if not here.spoiled and here.first_wire is not None:
            if waited:
                self.runs.lose()
            self.runs.open(t, 0.0 if waited else silence, data)

    def _held_up(self, held: HeldUp) -> None:
        """This program was held up: when came what is read next is not known, nor what that is a part of."""
        here = self.here
        self.hold_ups.add(held)
        self.beats.clock.held_up(self.hold_ups.late_until)
        self.lag.held_up(held.t - held.since)
        if here.first_byte is None and here.ended is None:
            here.held_up += max(
                0.0, held.t - max(held.since, here.started if here.connected is None else here.connected)
            )

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

    def _events(self, t: float, records: Sequence[Record], count: int, data: bytes, wire: int, *, alone: bool) -> None:
        here = self.here
        first, latest = records[0], records[-1]
        if type(first) is not Event:
            first = next(record for record in records if type(record) is Event)
        if type(latest) is not Event:
            latest = next(record for record in reversed(records) if type(record) is Event)
        is_sign = alone and self.beats.follow(first, latest)
        here.signs += is_sign
        if not is_sign or first is not latest:
            if here.last_news is not None and t - here.last_news > here.longest_pause:
                here.longest_pause = t - here.last_news
            here.last_news = t
        if here.events < BEGINNING:
            self._recognise(records)
        self._follow_ids(records)
        here.events += count
        self.events += count
        if here.first_byte is not None and t - here.first_byte <= EARLY:
            here.early_events = here.events
            if t - here.first_byte <= TOGETHER:
                here.at_once = here.events
        self.runs.add(data, wire, count, first.data, latest.data)
        self.lag.take(t, latest.data, here.bytes)

    def _recognise(self, records: Sequence[Record]) -> None:
        """What the first events of a connection tell: its kind, and where its IDs begin."""
        here = self.here
        events = [record for record in records[:RECOGNISED_BY] if type(record) is Event]
        for record in events:
            if record.id and here.first_id is None:
                here.first_id = record.id
                if self.first_id is None:
                    self.first_id = record.id
        if len(here.begun) == here.events:
            begins = events[: BEGINNING - here.events]
            here.begun += map(_checksum, begins)
        if here.profile or self.policy.profile != "auto":
            return
        for record in events[: max(0, FIRST_EVENTS - here.events)]:
            found = recognised(record.event, shortened(record.data))
            if found is not None:
                here.profile = found.name
                return

    def _follow_ids(self, records: Sequence[Record]) -> None:
        """Count the events that come a little behind their place: what lies far off has another scheme of IDs."""
        here = self.here
        for record in records:
            if type(record) is Event:
                if record.out_of_order and not self._in_outage:
                    self.overtaken += _is_just_behind(record.last_event_id, here.last_id)
                here.last_id = record.last_event_id

    def _examine(self, data: bytes) -> None:
        """The text is looked at until there was enough of it."""
        self._linted += len(data)
        if self._linted > EXAMINED:
            self._examine_no_more()
            return
        self.lint.feed(data)
        strays = self.lint.strays
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
                here.signs += 1
            case Connecting():
                self._connecting(record)
            case Open():
                self._open(record)
            case Gap() if not self._in_outage:
                self.jumps += 1
                self.last_jumps.append(record)
            case GapFilled() if not self._in_outage:
                self.late_ids += 1
                self._filled(record)
            case Recovered():
                here.replayed, here.duplicates, here.lost = record.replayed, record.duplicates, record.lost
                here.recovered = True
            case Retry():
                self.longest_retry = max(self.longest_retry, record.reconnection_time)
            case Stall():
                here.stalled = record.silence
            case Disconnect():
                self._disconnect(record)
            case Fault():
                self._fault(record)

    def _filled(self, record: GapFilled) -> None:
        """IDs that came late after all were not left out."""
        if record.remaining:
            return
        self.jumps = max(0, self.jumps - 1)
        for gap in self.last_jumps:
            if gap.prefix == record.prefix and gap.first <= record.first <= gap.last:
                self.last_jumps.remove(gap)
                break

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
        here.end_waited = self.hold_ups.waited(record.t)
        if here.opened is not None:
            if not here.spoiled:
                self.runs.end()
            if here.idle - here.end_waited >= LONG_SILENCE and not here.spoiled:
                self.long_silences += 1
            self.beats.interrupt()
            if self._is_linted:
                is_torn = self.lint.is_inside_line and here.events >= LINES_KNOWN and not self.lint.holds_json
                lacks_blank = self.lint.close(complete=record.reason == "eof" and not here.spoiled)
                here.lacks_blank = lacks_blank and not is_torn
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


def _is_just_behind(event_id: str, before: str) -> bool:
    """Whether the number of an ID is a little lower than that of the one before it in the same sequence."""
    prefix = event_id.rstrip(_DIGITS)
    if before.rstrip(_DIGITS) != prefix:
        return False
    late, higher = event_id[len(prefix) :], before[len(prefix) :]
    if not late or not higher or len(late) > _LONGEST_NUMBER or len(higher) > _LONGEST_NUMBER:
        return False
    return 0 < int(higher) - int(late) <= CLOSE


def _tell_latest(told: deque[tuple[str, str]], batch: Batch) -> None:
    """Add type and data of the events that came last."""
    for item in batch[-LAST_EVENTS:]:
        if type(item) is Event:
            told.append((item.event, shortened(item.data)))
        elif type(item) is Events:
            _, types, data, _ = item.run.columns
            kinds = types[-LAST_EVENTS:] if types else repeat("message")
            told.extend(zip(kinds, map(shortened, data[-LAST_EVENTS:]), strict=False))


def _checksum(event: Event) -> int:
    return crc32(f"{event.event}\n{shortened(event.data)}".encode(errors="surrogatepass"))


def _spoils_text(fault: str) -> bool:
    """Whether a fault, as it is spelled, flips bits."""
    return fault.startswith("corrupt")
