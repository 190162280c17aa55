"""The face of a session: inputs go in, records come out, and what is true now can be asked for.

`handle` is the pure pipeline (session, then analysis, then the log and the taps). Everything else is for those who
look on: `snapshot` may be asked for at any time; `inject` and its like hand a wish to the one who
runs the session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from sse_inspect.analysis.alerts import Alerts
from sse_inspect.analysis.metrics import Metrics
from sse_inspect.analysis.overview import Overview
from sse_inspect.analysis.snapshot import Bucket, ConnectionRow, GapRow, Link, Mark, Snapshot, Timeline, Wait
from sse_inspect.config import Policy, Target, shown_url
from sse_inspect.errors import CaptureError
from sse_inspect.faults import Fault
from sse_inspect.inputs import Chunk, Input, Started, Verb
from sse_inspect.records import Disconnect, End, Open, Origin, Record, Stall, Summary
from sse_inspect.session import Session, State
from sse_inspect.session.machine import SILENT_AFTER
from sse_inspect.store.body_window import BodyWindow
from sse_inspect.store.record_log import Backing, RecordLog

__all__ = [
    "Bucket",
    "ConnectionRow",
    "Control",
    "GapRow",
    "Inspected",
    "Inspection",
    "Link",
    "Log",
    "Mark",
    "Player",
    "Snapshot",
    "Timeline",
    "Wait",
]

_NOBODY_ELSE = nullcontext()
_TROUBLE = frozenset({Disconnect, Stall})

Tap = Callable[[Sequence[Record]], None]
BodyTap = Callable[[bytes], None]
InputTap = Callable[[Input, int, Sequence[Record]], None]


class Control(Protocol):
    """Whoever runs the session: takes wishes from any thread."""

    def ask(self, verb: Verb, argument: str = "") -> None:
        """Ask for something; it happens soon, elsewhere."""
        ...


class Player(Protocol):
    """Moves through a session that is over; times are seconds since it began."""

    @property
    def cursor(self) -> float:
        """The moment that is looked at."""
        ...

    @property
    def end(self) -> float:
        """The last moment there is."""
        ...

    @property
    def speed(self) -> float:
        """How fast the cursor moves: 0 stands still, 1 is as it was, infinity what the machine can do."""
        ...

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def damage(self) -> str:
        """Why not all of it can be read, in a sentence; empty while it can."""
        ...

    @property
    def progress(self) -> float:
        """The part of the session that is known, 0 to 1."""
        ...

    @property
    def whole(self) -> Timeline:
        """The whole session at a glance, as far as it is known."""
        ...

    def seek(self, t: float) -> None:
        """Move the cursor."""
        ...

    def play(self, speed: float) -> None:
        """Let the cursor move; from the beginning if it stands at the end."""
        ...

    def ordinal_at(self, t: float) -> int:
        """The ordinal of the last record known at `t`."""
        ...


class Log(Protocol):
    """All records by ordinal, of a live session or of a capture."""

    def __len__(self) -> int: ...

    def __getitem__(self, ordinal: int) -> Record: ...

    def slice(self, start: int, stop: int, *, data: bool = True) -> Sequence[Record]:
        """The records from `start` up to, not including, `stop`; without `data` that of events may be missing."""
        ...

    def next_mark(self, after: int) -> int | None:
        """The ordinal of the first mark behind `after`, or None."""
        ...

    def previous_mark(self, before: int) -> int | None:
        """The ordinal of the last mark in front of `before`, or None."""
        ...


class Inspected(Protocol):
    """What a screen shows: an `Inspection`, or a capture with a `player`; each method is as it is there."""

    @property
    def target(self) -> Target:
        """What is asked for."""
        ...

    @property
    def log(self) -> Log:
        """The records."""
        ...

    @property
    def origin(self) -> Origin:
        """The wall clock at the session's begin."""
        ...

    @property
    def player(self) -> Player | None:
        """What moves through a session that is over."""
        ...

    def now(self) -> float:
        """Seconds since the session began, or the moment that is looked at."""
        ...

    def snapshot(self) -> Snapshot:
        """What is true then."""
        ...

    def painted(self, t: float) -> None:
        """The screen showed all there was at `t`."""
        ...

    def body(self, connection: int, offset: int, size: int) -> bytes | None:
        """Bytes of a connection's decoded body, or None where they are not held."""
        ...

    def opened(self, connection: int) -> Open | None:
        """The `open` record of a connection, or None."""
        ...

    def reconnect(self) -> None:
        """Ask for an attempt now."""
        ...

    def inject(self, fault: Fault) -> None:
        """Ask for a fault."""
        ...

    def lift(self) -> None:
        """Ask for every fault under way to end."""
        ...


class Inspection:
    """A session with its analysis, its log and its taps.

    `clock` gives the seconds since the session began, `random` numbers in [0, 1). Without a `control` nothing can be
    asked for, as with a capture. `lock` is held while an input is handled and while a snapshot is taken: an RLock where
    two threads do so. Without `keep` only the taps see records and bodies: nothing is there to look back at.
    """

    def __init__(
        self,
        target: Target,
        policy: Policy,
        *,
        clock: Callable[[], float],
        random: Callable[[], float],
        version: str = "",
        control: Control | None = None,
        log: RecordLog | None = None,
        lock: AbstractContextManager[object] = _NOBODY_ELSE,
        keep: bool = True,
    ) -> None:
        self.target = target
        self.policy = policy
        self.player: Player | None = None
        self.session = Session(target, policy, random=random, version=version)
        self.log = RecordLog() if log is None else log
        self.origin = Origin(0)
        self._clock = clock
        self._control = control
        self._metrics = Metrics()
        self._alerts = Alerts()
        self._bodies = BodyWindow()
        self._remarks: list[str] = []
        self._overview = Overview()
        self._taps: list[Tap] = []
        self._body_taps: list[BodyTap] = []
        self._input_taps: list[InputTap] = []
        self._unpainted: float | None = None
        self._unseen = 0
        self._lock = lock
        self._keep = keep

    def tap(self, call: Tap) -> None:
        """Call `call` with every batch of records, in order, on the thread that handles."""
        self._taps.append(call)

    def tap_body(self, call: BodyTap) -> None:
        """Call `call` with the bytes of every decoded body as they come, before the records they lead to."""
        self._body_taps.append(call)

    def tap_inputs(self, call: InputTap) -> None:
        """Call `call` with every input, the connection it belongs to and the records it led to, which may be none."""
        self._input_taps.append(call)

    def handle(self, happened: Input) -> list[Record]:
        """Take one input; returns the records it led to, which are in the log by then if they are kept."""
        with self._lock:
            if isinstance(happened, Started):
                self.origin = Origin(happened.unix_us)
            elif isinstance(happened, Chunk):
                if self.session.state is not State.OPEN:  # of a connection that is over
                    return []
                if self._keep:
                    self._bodies.append(self.session.connection, happened.data)
                for take in self._body_taps:
                    take(happened.data)
            records = self.session.handle(happened)
            if records:
                for record in records:
                    self._metrics.fold(record)
                    self._overview.fold(record)
                records = self._with_verdicts(records)
                if self._keep:
                    self.log.append(records)
                if self._unpainted is None and any(type(record) in _TROUBLE for record in records):
                    self._unpainted = records[0].t
            for watch in self._input_taps:
                watch(happened, self.session.connection, records)
        if records:
            for call in self._taps:
                call(records)
        return records

    def _with_verdicts(self, records: list[Record]) -> list[Record]:
        """The batch with the alerts that it changes; the end of the session comes after them, with the summary."""
        if not self._alerts.concerned(records):
            return records
        last = records[-1]
        summary = self.summary(last.t)
        alerts = self._alerts.evaluate(summary, stalled=self._metrics.stalled)
        if isinstance(last, End):
            return [*records[:-1], *alerts, last, summary]
        return [*records, *alerts]

    def summary(self, t: float) -> Summary:
        """The six metrics at `t`."""
        session = self.session
        return self._metrics.summary(
            t,
            session.connection,
            received=session.ids.received,
            missing=session.ids.missing,
            gaps_known=session.ids.gaps_known,
            silent_failures=session.silent_failures + self._unseen,
            size=session.bytes,
            wire_size=session.wire_bytes,
        )

    def look_back_in(self, backing: Backing) -> None:
        """Take what is no longer in memory from where it was written down."""
        self.log.backing = backing
        self._bodies.older = backing.body

    def remark(self, text: str) -> None:
        """Keep a sentence in sight for as long as the session is looked at."""
        self._remarks.append(text)

    def painted(self, t: float) -> None:
        """The screen showed all there was at `t`: an outage or a stall it shows too late was a silent failure."""
        with self._lock:
            if self._unpainted is not None and t >= self._unpainted:
                self._unseen += t - self._unpainted > SILENT_AFTER
                self._unpainted = None

    def now(self) -> float:
        """Seconds since the session began."""
        return self._clock()

    def snapshot(self) -> Snapshot:
        """What is true now."""
        with self._lock:
            overview, session = self._overview, self.session
            closed = session.state is State.CLOSED
            now = overview.ended.t if closed and overview.ended else self._clock()
            summary = self.summary(now)
            opened = overview.opened
            live = session.state is State.OPEN
            return Snapshot(
                now=now,
                unix_us=self.origin.unix_us,
                url=shown_url(self.target.url),
                method=self.target.method,
                state=session.state.value,
                stalled=session.stalled,
                connection=session.connection,
                attempt=session.attempt,
                status=opened.status if live and opened else None,
                http_version=opened.http_version if live and opened else None,
                peer=session.peer,
                attempt_started=session.attempt_started if session.connection else None,
                connected_at=session.connected_at,
                opened_at=session.opened_at if live else None,
                last_byte=session.last_byte,
                last_event=session.last_event,
                last_event_id=session.last_event_id,
                stall_after=self.policy.stall_after,
                stall_at=session.stall_at,
                on_stall=self.policy.on_stall,
                wait=overview.wait if session.state is State.WAITING else None,
                disconnect=overview.disconnect,
                ended=overview.ended,
                heartbeat=overview.heartbeat.learned,
                records=len(self.log),
                events=session.events,
                comments=self._metrics.comments,
                bytes=session.bytes,
                ids=session.ids.description,
                summary=summary,
                alerts=self._alerts.views(summary, stalled=self._metrics.stalled),
                gaps=tuple(overview.gaps.values()),
                duplicates=tuple(overview.duplicates),
                connections=overview.connection_rows(*session.here),
                timeline=overview.timeline.view(now),
                findings=tuple(overview.findings.values()),
                recovered=overview.recovered,
                faults=tuple(overview.faults.values()),
                notes=self._notes(),
                head=tuple(opened.headers.items()) if opened else (),
            )

    def _notes(self) -> tuple[str, ...]:
        notes = list(self._remarks)
        if self.target.insecure:
            notes.append("TLS not verified")
        if not (self.target.is_safe or self.policy.retry_unsafe):
            notes.append(f"{self.target.method}: ends at its first disconnect")
        return tuple(notes)

    def body(self, connection: int, offset: int, size: int) -> bytes | None:
        """Bytes of a connection's decoded body, or None if they are no longer held."""
        try:
            with self._lock:
                return self._bodies.read(connection, offset, size)
        except CaptureError:
            return None

    def opened(self, connection: int) -> Open | None:
        """The `open` record of a connection, or None if it never opened or is long past."""
        return self._overview.heads.get(connection)

    def reconnect(self) -> None:
        """Ask for an attempt now."""
        self._ask("reconnect")

    def inject(self, fault: Fault) -> None:
        """Ask for a fault."""
        self._ask("inject", str(fault))

    def lift(self) -> None:
        """Ask for every fault under way to end."""
        self._ask("lift")

    def stop(self) -> None:
        """Ask for the session to end."""
        self._ask("stop")

    def _ask(self, verb: Verb, argument: str = "") -> None:
        if self._control is not None:
            self._control.ask(verb, argument)
