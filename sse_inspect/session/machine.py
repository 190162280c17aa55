"""The session machine: inputs in, records out; no clock, no socket, no event loop.

                       Opened and accepted
      ┌──▶ CONNECTING ─────────────────────▶ OPEN
      │        │  Ended, Opened and retried,   │  Ended, Tick at the stall limit
    Tick at    │  Tick at the time limit       │
    the delay, ▼                               │
    Asked  WAITING ◀───────────────────────────┘
    reconnect

IDLE becomes CONNECTING with Started. Every state becomes CLOSED with Asked stop, a limit of the session, Untold, or an
end that is not to be retried. After an end of unknown reason nothing is due: what came next is told, or nothing is. A
pair of state and input that is not in `_TRANSITIONS` is void: it belongs to a connection that is over. Time comes from
the inputs alone and never goes back: what is handled late happens now. `deadline` names when the next Tick is due.
Bytes that are there before the Tick are no stall: nobody was awake to see a silence. Bytes without content count too,
and may be told as late as instead of that Tick: Heard. What this program could not hear is no silence either: every
limit of waiting for the server grows by the time for which it was HeldUp.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from math import inf
from typing import Any, ClassVar

from sse_inspect import faults
from sse_inspect.batch import Item, records_of
from sse_inspect.config import Policy, Target, shown_url
from sse_inspect.inputs import (
    Asked,
    Chunk,
    Connected,
    Ended,
    Heard,
    HeldUp,
    Input,
    Opened,
    ShownLate,
    Started,
    Tick,
    Untold,
)
from sse_inspect.records import (
    SCHEMA,
    Backoff,
    Connecting,
    Disconnect,
    DisconnectReason,
    End,
    EndReason,
    Fault,
    Open,
    Origin,
    Record,
    Resumed,
    Stall,
)
from sse_inspect.records import Session as SessionRecord
from sse_inspect.session import outcome
from sse_inspect.session.backoff import MIN_ATTEMPT_INTERVAL, SHORTEST_DELAY
from sse_inspect.session.backoff import Backoff as Delays
from sse_inspect.session.event_ids import EventIds
from sse_inspect.session.intake import Intake
from sse_inspect.session.last_event_id import BENDING, Sent, bent, sent_last_event_id
from sse_inspect.session.outage import Outage

SILENT_AFTER = 1.0
"""Seconds within which an outage or a stall must show, from when it could be detected."""


HEAD_PATIENCE = 4
"""Times the limit of silence that a response head may take, however it drips."""


class State(Enum):
    """Where the session is."""

    IDLE = "idle"
    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"

    __hash__ = object.__hash__  # each is the only one of its kind; that of Enum is slow, and asked with every input


class Session:
    """One session: `handle` takes what happened and returns what is now known.

    `random` gives numbers in [0, 1) for the jitter. The public attributes are the present state, for those who show
    it: times are seconds since the session began, `attempt` counts since the last open.
    """

    def __init__(self, target: Target, policy: Policy, *, random: Callable[[], float], version: str = "") -> None:
        self._target = target
        self._policy = policy
        self._version = version
        self._delays = Delays(policy, random)
        self._intake = Intake(policy, target.last_event_id)
        self._origin = Origin(0)
        self._now = 0.0
        self._happened_at = 0.0
        self._given_id = _given_last_event_id(target)
        self._ids_bent: dict[str, faults.Fault] = {}
        self._failed_in_a_row = 0
        self._head_begun = False
        self._retry_at = 0.0
        self._deaf = 0.0
        self._deaf_since = 0.0
        self._out: list[Item] = []
        self.state = State.IDLE
        self.stalled = False
        self.connection = 0
        self.attempt = 0
        self.attempt_started = 0.0
        self.connected_at: float | None = None
        self.alive_at: float | None = None
        self.opened_at = 0.0
        self.last_byte: float | None = None
        self.peer = ""
        self.responded = False
        self.silent_failures = 0
        self.sent = Sent()
        """What the present attempt sends of the last event ID, or the latest one sent."""

    @property
    def findings_now(self) -> dict[str, str]:
        """The evidence of now for findings of the session that it tells only once."""
        return self._intake.findings_now

    @property
    def ids(self) -> EventIds:
        """What the event IDs of the session tell."""
        return self._intake.ids

    @property
    def last_event_id(self) -> str:
        """The last event ID string (WHATWG 9.2.2), which outlives a connection."""
        return self._intake.last_event_id

    @property
    def last_event(self) -> float | None:
        """When the last event came."""
        return self._intake.last_event

    @property
    def events(self) -> int:
        """Events received, duplicates included."""
        return self._intake.events

    @property
    def bytes(self) -> int:
        """Bytes of all decoded bodies."""
        return self._intake.bytes

    @property
    def wire_bytes(self) -> int:
        """Bytes of all bodies as they were transferred, content coding still applied."""
        return self._intake.wire_bytes

    @property
    def here(self) -> tuple[int, int]:
        """Events and bytes of the connection that is open; 0 and 0 if none is."""
        return (self._intake.here_events, self._intake.here_bytes) if self.state is State.OPEN else (0, 0)

    @property
    def deadline(self) -> float | None:
        """When the next Tick changes something, or None if only another input can."""
        if self.state in (State.IDLE, State.CLOSED):
            return None
        dues = [due for due in (self._due(), self._policy.for_seconds) if due is not None]
        return min(dues, default=None)

    @property
    def stall_at(self) -> float | None:
        """When the present silence will count as a stall, or None."""
        if self.state is not State.OPEN or self.stalled or not self._policy.stall_after:
            return None
        return self._silent_since + self._policy.stall_after + self._deaf_after(self._silent_since)

    def handle(self, happened: Input) -> list[Record]:
        """Take one input and return the records it leads to, in order."""
        return records_of(self.take(happened))

    def take(self, happened: Input) -> list[Item]:
        """The same as `handle`, with ordinary events left together."""
        self._happened_at = happened.t
        if happened.t < self._now:
            happened = replace(happened, t=self._now)
        self._now = happened.t
        self._out = []
        step = self._TRANSITIONS.get((self.state, type(happened)))
        limit = self._policy.for_seconds
        if step is None:
            return self._out
        if limit is not None and self._now >= limit and self.state is not State.IDLE:
            self._finish(self._now, "limit", f"--for {limit:g} s reached")
        else:
            step(self, happened)
        return self._out

    @property
    def _silent_since(self) -> float:
        return self.opened_at if self.last_byte is None else max(self.opened_at, self.last_byte)

    def _due(self) -> float | None:
        match self.state:
            case State.CONNECTING if self.connected_at is None:
                return self.attempt_started + self._policy.connect_timeout + self._deaf_after(self.attempt_started)
            case State.CONNECTING if self.connected_at is not None and self._policy.stall_after:
                return self._head_due(self.connected_at) + self._deaf_after(self.alive_at or self.connected_at)
            case State.OPEN:
                return self.stall_at
            case State.WAITING:
                return self._retry_at
        return None

    def _head_due(self, connected_at: float) -> float:
        """Silence counts against the response from the connection on, and so does a head that drips for too long."""
        limit = self._policy.stall_after
        return min((self.alive_at or connected_at) + limit, connected_at + HEAD_PATIENCE * limit)

    def _held_up(self, held: HeldUp) -> None:
        if self.state is State.OPEN:
            waiting_since = self._silent_since
        else:
            waiting_since = self.alive_at or self.connected_at or self.attempt_started
        self._deaf = self._deaf_after(waiting_since) + max(0.0, held.t - max(held.since, waiting_since))
        self._deaf_since = waiting_since

    def _deaf_after(self, waiting_since: float) -> float:
        """Seconds that this program was held up in a wait for the server that began then and is not over."""
        return self._deaf if self._deaf_since == waiting_since else 0.0

    # Attempts

    def _start(self, started: Started) -> None:
        self._origin = Origin(started.unix_us)
        self._say(SessionRecord(started.t, 0, SCHEMA, self._version, shown_url(self._target.url), self._target.method))
        self._begin_attempt(started.t)

    def _begin_attempt(self, t: float, *, afresh: bool = False) -> None:
        self.state = State.CONNECTING
        self.connection += 1
        self.attempt += 1
        self.attempt_started = t
        self.connected_at = self.alive_at = None
        self._head_begun = False
        self.peer = ""
        sent = (
            Sent()
            if afresh
            else sent_last_event_id(
                self.last_event_id, self._given_id, is_set=self._intake.id_is_set, reconnects=self.connection > 1
            )
        )
        self.sent = bent(sent, self._ids_bent.values())
        self._say(Connecting(t, self.connection, self.attempt, self.sent.header))

    def _connected(self, connected: Connected) -> None:
        self.connected_at = self.alive_at = connected.t
        self._head_begun = False
        self.peer = connected.peer

    def _head_heard(self, heard: Heard) -> None:
        self.responded = self._head_begun = True
        self.alive_at = heard.t

    def _opened(self, opened: Opened) -> None:
        self.responded |= not opened.head.injected
        match outcome.judge_head(opened.head, self._origin.at(opened.t)):
            case outcome.Accept():
                self._accept(opened)
            case outcome.NoContent():
                why = outcome.ON_PURPOSE if opened.head.injected else ": the server asks clients to stop reconnecting"
                self._finish(opened.t, "no-content", f"204{why}")
            case outcome.Refuse(reason, detail, fatal, retry_after):
                self._disconnect(opened.t, reason, detail)
                self._after_end(opened.t, reason, detail, fatal=fatal, retry_after=retry_after)

    def _accept(self, opened: Opened) -> None:
        self.state = State.OPEN
        self.opened_at = self.alive_at = self.last_byte = opened.t
        self.peer = opened.peer or self.peer
        outage = self._intake.outage
        if outage is not None:
            outage.opened, outage.attempts = opened.t, self.attempt
        self.attempt = self._failed_in_a_row = 0
        self._intake.open(self.connection)
        head, timings = opened.head, opened.timings
        self._say(
            Open(
                opened.t,
                self.connection,
                head.status,
                head.http_version,
                head.headers,
                {"dns": timings.dns, "tcp": timings.tcp, "tls": timings.tls, "first_byte": timings.first_byte},
                self.peer,
            )
        )

    # The body

    def _heard(self, heard: Heard | Chunk) -> None:
        if self.stalled:
            self.stalled = False
            self._say(Resumed(heard.t, self.connection, heard.t - self._silent_since))
        self.alive_at = self.last_byte = heard.t

    def _chunk(self, chunk: Chunk) -> None:
        self._heard(chunk)
        self._out += self._intake.feed(chunk.t, chunk.data, chunk.wire_size)
        self._delays.reconnection_time = self._intake.reconnection_time
        if self._intake.here_events:
            self._delays.reset()
        if self._intake.limit is not None:
            self._finish(chunk.t, "limit", self._intake.limit)

    # Ends

    def _ended(self, ended: Ended) -> None:
        self.responded |= ended.responded
        if ended.reason == "unknown":
            self._disconnect(ended.t, ended.reason, ended.detail)
            self._retry_at = inf
            return
        self._notice(self._happened_at)
        clean = self.state is State.OPEN and ended.reason == "eof"
        self._disconnect(ended.t, ended.reason, ended.detail)
        self._after_end(ended.t, ended.reason, ended.detail, fatal=outcome.is_fatal(ended.reason), clean=clean)

    def _disconnect(self, t: float, reason: DisconnectReason, detail: str) -> None:
        """Record the end of the present attempt or connection; what comes after it is decided elsewhere."""
        if self.state is State.OPEN:
            intake = self._intake
            if intake.outage is not None:
                self._say(intake.outage.over(t, self.connection))
            partial = intake.close()
            counts = (t - self.opened_at, intake.here_events, intake.here_bytes, partial, intake.here_wire_bytes)
            intake.outage = Outage(self._silent_since, t)
        else:
            self._failed_in_a_row += self.connection > 1
            counts = (t - self.attempt_started, 0, 0, 0, 0)
        self.state = State.WAITING
        self.stalled = False
        self._say(Disconnect(t, self.connection, reason, detail, *counts))

    def _after_end(
        self,
        t: float,
        reason: DisconnectReason,
        detail: str,
        *,
        fatal: bool = False,
        clean: bool = False,
        retry_after: float | None = None,
        at_once: bool = False,
    ) -> None:
        """Reconnect or finish: a fatal end, a method that is not safe and the limit of retries finish."""
        limit = self._policy.max_retries
        why = f"{reason}: {detail}"
        if fatal:
            self._finish(t, "fatal", why)
        elif not self._may_repeat:
            end: EndReason = "completed" if clean else "fatal"
            self._finish(t, end, f"{why}; {self._target.method} is not repeated without --retry-unsafe")
        elif limit == 0 and clean:
            self._finish(t, "completed", f"{why}; --max-retries 0 forbids reconnecting")
        elif limit is not None and self._failed_in_a_row >= limit:
            self._finish(t, "max-retries", why)
        elif at_once:
            self._begin_attempt(t)
        else:
            self._wait(t, retry_after)

    @property
    def _may_repeat(self) -> bool:
        return self._target.is_safe or self._policy.retry_unsafe

    def _wait(self, t: float, retry_after: float | None) -> None:
        delay, source = self._delays.next(retry_after)
        if delay < SHORTEST_DELAY:
            asked_at = self.attempt_started if self.connected_at is None else self.connected_at
            delay = max(delay, asked_at + MIN_ATTEMPT_INTERVAL - t)
        self._retry_at = t + delay
        self._say(Backoff(t, self.connection, delay, self.attempt + 1, source))

    def _finish(self, t: float, reason: EndReason, detail: str) -> None:
        if self.state is State.OPEN:
            self._disconnect(t, "unknown" if reason == "unknown" else "forced", detail or reason)
        self.state = State.CLOSED
        self._say(End(t, self.connection, reason, detail))

    def _untold(self, untold: Untold) -> None:
        self._finish(untold.t, "unknown", untold.detail)

    # Time

    def _tick(self, tick: Tick) -> None:
        due = self._due()
        if due is not None and tick.t >= due:
            if self.state is not State.WAITING:
                self._notice(due)
            self._OVERDUE[self.state](self, tick.t)

    def _timed_out(self, t: float) -> None:
        if self.connected_at is None:
            detail = f"no connection within {self._policy.connect_timeout:g} s"
        elif not self._head_begun:
            detail = f"connected, but no response within {self._policy.stall_after:g} s"
        elif t < self.connected_at + (limit := HEAD_PATIENCE * self._policy.stall_after):
            detail = f"no byte for {self._policy.stall_after:g} s inside the response head"
        else:
            detail = f"the response head drips: it was not complete within {limit:g} s"
        self._disconnect(t, "timeout", detail)
        self._after_end(t, "timeout", detail)

    def _stall(self, t: float) -> None:
        silence = t - self._silent_since
        self.stalled = True
        self._say(Stall(t, self.connection, silence, None if self.last_event is None else t - self.last_event))
        if self._policy.on_stall == "reconnect":
            detail = f"no byte for {silence:.1f} s"
            self._disconnect(t, "stall", detail)
            self._after_end(t, "stall", detail)

    def _notice(self, detectable: float) -> None:
        """Count a silent failure if what could be detected at `detectable` is only handled now, too late."""
        self.silent_failures += self._now - detectable > SILENT_AFTER

    def _shown_late(self, _: ShownLate) -> None:
        self.silent_failures += 1

    # The user

    def _asked(self, asked: Asked) -> None:
        match asked.verb:
            case "stop":
                self._finish(asked.t, "interrupted", asked.argument)
            case "inject":
                fault = faults.parse(asked.argument)
                self._ids_bent.pop(str(fault), None)
                if fault.kind.name in BENDING:
                    self._ids_bent[str(fault)] = fault
                self._say(Fault(asked.t, self.connection, str(fault), "begun", fault.sentence))
            case "lift":
                self._ids_bent.pop(asked.argument, None)
                self._say(Fault(asked.t, self.connection, asked.argument, "ended", ""))
            case "reconnect":
                self._reconnect(asked.t)
            case "afresh" if self.state is State.WAITING:
                self._begin_attempt(asked.t, afresh=True)

    def _reconnect(self, t: float) -> None:
        if self.state is State.OPEN:
            detail = "asked to reconnect"
            self._disconnect(t, "forced", detail)
            self._after_end(t, "forced", detail, at_once=True)
        elif self.state is State.WAITING:
            self._begin_attempt(t)

    def _say(self, record: Record) -> None:
        self._out.append(record)

    _TRANSITIONS: ClassVar[dict[tuple[State, type[Input]], Callable[[Session, Any], None]]] = {
        (State.IDLE, Started): _start,
        (State.CONNECTING, Connected): _connected,
        (State.CONNECTING, Heard): _head_heard,
        (State.CONNECTING, Opened): _opened,
        (State.CONNECTING, Ended): _ended,
        (State.CONNECTING, Untold): _untold,
        (State.CONNECTING, Tick): _tick,
        (State.CONNECTING, Asked): _asked,
        (State.CONNECTING, ShownLate): _shown_late,
        (State.CONNECTING, HeldUp): _held_up,
        (State.OPEN, Heard): _heard,
        (State.OPEN, Chunk): _chunk,
        (State.OPEN, Ended): _ended,
        (State.OPEN, Untold): _untold,
        (State.OPEN, Tick): _tick,
        (State.OPEN, Asked): _asked,
        (State.OPEN, ShownLate): _shown_late,
        (State.OPEN, HeldUp): _held_up,
        (State.WAITING, Untold): _untold,
        (State.WAITING, Tick): _tick,
        (State.WAITING, Asked): _asked,
        (State.WAITING, ShownLate): _shown_late,
    }
    _OVERDUE: ClassVar[dict[State, Callable[[Session, float], None]]] = {
        State.CONNECTING: _timed_out,
        State.OPEN: _stall,
        State.WAITING: _begin_attempt,
    }


def _given_last_event_id(target: Target) -> str | None:
    """The field of the user's own that sends an ID; of several the values are one list (RFC 9110, 5.3)."""
    return ", ".join(value for name, value in target.headers if name.lower() == "last-event-id" and value) or None
