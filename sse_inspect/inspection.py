"""The face of a session: inputs go in, records come out, and what is true now can be asked for.

`handle` is the pure pipeline (session, then analysis, then the log and the taps). Everything else is for those who
look on: `snapshot` may be asked for at any time; `inject` and its like hand a wish to the one who runs the session, and
`painted` what the screen found out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from sse_inspect.analysis.alerts import Alerts
from sse_inspect.analysis.causes import Cause, Causes
from sse_inspect.analysis.evidence.hold_ups import SETTLED
from sse_inspect.analysis.metrics import Metrics
from sse_inspect.analysis.overview import LOOKED_AT, Overview
from sse_inspect.analysis.snapshot import Backlog, Snapshot
from sse_inspect.analysis.untold import as_told, summary_as_told
from sse_inspect.batch import Batch, Events, Item, records_of
from sse_inspect.config import Policy, Target, shown_url
from sse_inspect.errors import CaptureError
from sse_inspect.faults import Fault
from sse_inspect.inputs import Chunk, HeldUp, Input, ShownLate, Started, Verb
from sse_inspect.inspected import Control, Player
from sse_inspect.records import Diagnosis, Disconnect, End, Open, Origin, Record, Stall, Summary
from sse_inspect.session import Session, State
from sse_inspect.session.machine import SILENT_AFTER
from sse_inspect.store.body_window import BodyWindow
from sse_inspect.store.record_log import Backing, RecordLog
from sse_inspect.unknown import Unknown, words_of

_NOBODY_ELSE = nullcontext()
_TROUBLE = frozenset({Disconnect, Stall})

Tap = Callable[[Sequence[Record]], None]
BatchTap = Callable[[Batch], None]
BodyTap = Callable[[bytes], None]
InputTap = Callable[[Input, int, Sequence[Record]], None]
InputBatchTap = Callable[[Input, int, Batch], None]


def _no_backlog() -> None:
    """What has come is handled at once."""


class Inspection:
    """A session with its analysis, its log and its taps.

    `clock` gives the seconds since the session began, `random` numbers in [0, 1). Without a `control` nothing can be
    asked for, as with a capture, and who paints is who handles. `lock` is held while an input is handled and while a
    snapshot is taken: an RLock where two threads do so. Without `keep` only the taps see records and bodies: nothing is
    there to look back at. `unknown` is what the source of the inputs does not tell: no record says it.
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
        unknown: frozenset[Unknown] = frozenset(),
        told: Sequence[Diagnosis] = (),
    ) -> None:
        self.target = target
        self.policy = policy
        self.player: Player | None = None
        self.backlog: Callable[[], Backlog | None] = _no_backlog
        """What has come and is not handled yet, where somebody knows."""
        self.session = Session(target, policy, random=random, version=version)
        self.log = RecordLog() if log is None else log
        self.origin = Origin(0, unknown)
        self._clock = clock
        self._control = control
        self._metrics = Metrics()
        self._alerts = Alerts()
        self._causes = Causes(target, policy, unknown, told)
        self._bodies = BodyWindow()
        self._remarks: list[str] = []
        self._overview = Overview()
        self._taps: list[BatchTap] = []
        self._body_taps: list[BodyTap] = []
        self._input_taps: list[InputBatchTap] = []
        self._unpainted: float | None = None
        self._lock = lock
        self._keep = keep

    def tap(self, call: Tap) -> None:
        """Call `call` with the records of every batch, in order, on the thread that handles."""
        self._taps.append(lambda batch: call(records_of(batch)))

    def tap_batches(self, call: BatchTap) -> None:
        """The same as `tap`, with ordinary events left together."""
        self._taps.append(call)

    def tap_body(self, call: BodyTap) -> None:
        """Call `call` with the bytes of every decoded body as they come, before the records they lead to."""
        self._body_taps.append(call)

    def tap_inputs(self, call: InputTap) -> None:
        """Call `call` with every input, the connection it belongs to and the records it led to, which may be none."""
        self._input_taps.append(lambda happened, connection, batch: call(happened, connection, records_of(batch)))

    def tap_input_batches(self, call: InputBatchTap) -> None:
        """The same as `tap_inputs`, with ordinary events left together."""
        self._input_taps.append(call)

    def handle(self, happened: Input) -> list[Record]:
        """Take one input; returns the records it led to, which are in the log by then if they are kept."""
        return records_of(self.take(happened))

    def take(self, happened: Input) -> Batch:
        """The same as `handle`, with ordinary events left together."""
        with self._lock:
            if isinstance(happened, Started):
                self.origin = Origin(happened.unix_us, self.origin.unknown)
            elif isinstance(happened, Chunk):
                if self.session.state is not State.OPEN:  # of a connection that is over
                    return []
                if self._keep:
                    self._bodies.append(self.session.connection, happened.data)
                for take in self._body_taps:
                    take(happened.data)
            elif isinstance(happened, HeldUp):
                self._overview.rhythm.held_up(happened.t + SETTLED)
            last_byte = self.session.last_byte
            if last_byte is not None and happened.t - last_byte > LOOKED_AT:
                self._was_silent(happened)
            batch = self.session.take(happened)
            if self.origin.unknown:
                batch = [item if isinstance(item, Events) else as_told(item, self.origin) for item in batch]
            if found := self._causes.take(happened, batch):
                ending = batch[-1:] if batch and isinstance(batch[-1], End) else []
                batch = [*batch[: len(batch) - len(ending)], *found, *ending]
            if batch:
                for item in batch:
                    self._metrics.fold(item)
                    self._overview.fold(item)
                batch = self._with_verdicts(batch)
                if self._keep:
                    self.log.append(batch)
                if self._unpainted is None and not _TROUBLE.isdisjoint(map(type, batch)):
                    self._unpainted = batch[0].t
            for watch in self._input_taps:
                watch(happened, self.session.connection, batch)
        if batch:
            for call in self._taps:
                call(batch)
        return batch

    def _was_silent(self, happened: Input) -> None:
        """No byte came for long, until this happened or this program was held up."""
        if (since := self._silent_since) is not None:
            waited = self._causes.evidence.hold_ups.waited(happened.t)
            self._overview.was_silent(since, happened.since if isinstance(happened, HeldUp) else happened.t - waited)

    @property
    def _silent_since(self) -> float | None:
        """When the last byte of the open connection came, unless it stalled, or nobody knows of its silences."""
        session = self.session
        if session.state is not State.OPEN or session.stalled or not self.origin.has_silences:
            return None
        return session.last_byte

    def _with_verdicts(self, batch: list[Item]) -> list[Item]:
        """The batch with the alerts that it changes; the end of the session comes after them, with the summary."""
        if not self._alerts.concerned(batch):
            return batch
        last = batch[-1]
        summary = self.summary(last.t)
        alerts = self._alerts.evaluate(summary, stalled=self._metrics.stalled)
        if isinstance(last, End):
            return [*batch[:-1], *alerts, last, summary]
        return [*batch, *alerts]

    def summary(self, t: float) -> Summary:
        """The six metrics at `t`."""
        session = self.session
        summary = self._metrics.summary(
            t,
            session.connection,
            received=session.ids.received,
            missing=session.ids.missing,
            gaps_known=session.ids.gaps_known,
            silent_failures=session.silent_failures,
            size=session.bytes,
            wire_size=session.wire_bytes,
        )
        return summary_as_told(summary, self.origin) if self.origin.unknown else summary

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
            since = self._unpainted
            if since is None or t < since:
                return
            self._unpainted = None
        if t - since > SILENT_AFTER:
            tell = self.handle if self._control is None else self._control.tell
            tell(ShownLate(t, since))

    def causes(self) -> tuple[Cause, ...]:
        """Why: what the rules recognised by now, the most probable first."""
        with self._lock:
            return self._causes.ranked

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
                heartbeat=overview.rhythm.heartbeat,
                rhythm=overview.rhythm.learned(self._causes.evidence.longest_silence),
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
                timeline=overview.timeline_at(now, self._silent_since),
                findings=self._causes.in_order(overview.findings.values(), session.findings_now),
                learned=self._causes.learned,
                recovered=overview.recovered,
                faults=tuple(overview.faults.values()),
                fault_over=overview.fault_over,
                notes=self._notes(),
                head=tuple(opened.headers.items()) if opened else (),
                unknown=words_of(self.origin.unknown),
                backlog=self.backlog(),
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
