"""Runs a session against the network: does what its state asks for and hands it what happens.

One loop, one inbox: attempts put in what arrives, stamped; the user's wishes come from any thread. Whatever belongs
to a connection that is over is dropped here.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

from sse_inspect import faults
from sse_inspect.analysis.snapshot import Backlog
from sse_inspect.config import Target
from sse_inspect.inputs import Asked, Chunk, Heard, HeldUp, Input, Started, Tick, Verb
from sse_inspect.net.addresses import parse_url
from sse_inspect.net.attempt import PIECE, Attempt
from sse_inspect.net.client import Client
from sse_inspect.net.fault_transport import FaultTransport
from sse_inspect.net.route import Route
from sse_inspect.net.stream import TURN
from sse_inspect.net.transport import Transport
from sse_inspect.net.watch import LATE, Watch
from sse_inspect.session import Session, State

ANY_CONNECTION = 0
TURNS = 5
"""Turns of the event loop that what has come gets to be let in, before it is said that time has run out."""
LONGEST_SLEEP = 86_400.0
AHEAD = 1 << 29
"""Bytes that may wait of the one stream that is looked at: seconds in which twice as much comes as can be handled."""
PAUSE = 0.005
"""Seconds until it is asked again whether more can be handled."""


class Driver:
    """Drives `session`, giving every input to `handle` (which hands it to the session).

    `clock` gives the seconds since the session began, `random` numbers in [0, 1) for what faults leave to chance.
    `plans` are faults that begin by themselves. `run` returns once the session is closed. While `ready` says that
    nothing more can be handled just now, what comes is only stamped, and waits.
    """

    def __init__(
        self,
        target: Target,
        session: Session,
        handle: Callable[[Input], object],
        *,
        clock: Callable[[], float],
        random: Callable[[], float],
        version: str,
        plans: Iterable[faults.Plan] = (),
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        transport = Transport(Route(target, parse_url(target.url)))
        self._faults = FaultTransport(transport, cut=self._cut, over=self._fault_over, random=random)
        self._agenda = faults.Agenda(plans)
        self._opened_first: float | None = None
        self._client = Client(target, self._faults, version=version)
        self._session = session
        self._handle = handle
        self._clock = clock
        self._ready = ready
        self._inbox: deque[tuple[int, Input]] = deque()
        self._attempt: Attempt | None = None
        self._failure: BaseException | None = None
        self._wake = asyncio.Event()
        self._calls: deque[Callable[[], None]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch = Watch(clock, self._held_up)

    def ask(self, verb: Verb, argument: str = "") -> None:
        """Ask for something, from any thread; before `run` it waits for it, after `run` it is without effect.

        Raises UsageError for an unknown fault.
        """
        if verb == "inject":
            faults.parse(argument)
        self._call(partial(self._wish, verb, argument))

    def tell(self, happened: Input) -> None:
        """Say that something happened, from any thread; before and after `run` as with `ask`.

        That this program was held up is said where it was: on the thread of the loop.
        """
        if isinstance(happened, HeldUp):
            if self._watch.was_told(happened):
                self._held_up(happened)
            return
        self._call(partial(self._emit, ANY_CONNECTION, happened))

    def _call(self, call: Callable[[], None]) -> None:
        self._calls.append(call)
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop was closed meanwhile: the session is over
                loop.call_soon_threadsafe(self._hear)

    def backlog(self) -> Backlog | None:
        """What has come and is not handled yet, from any thread; None while there is nothing, and after `run`."""
        attempt = self._attempt
        try:
            _, oldest = self._inbox[0]
        except IndexError:
            return None
        if attempt is None or self._loop is None:
            return None
        return Backlog(max(0.0, self._clock() - oldest.t), attempt.behind, attempt.is_paused)

    async def run(self) -> None:
        """Run the session to its end; raises what `handle` raises."""
        self._loop = asyncio.get_running_loop()
        session = self._session
        try:
            self._handle(Started(0.0, time.time_ns() // 1000))
            self._hear()
            self._watch.begin()
            while session.state is not State.CLOSED:
                await self._match_state()
                await self._sleep(session.deadline)
                if self._failure is not None:
                    raise self._failure
                began = self._clock()
                self._drain()
                self._watch.was_busy(began)
                self._begin_planned()
        finally:
            self._watch.end()
            self._loop = None
            await self._abandon()
            await self._faults.aclose()

    async def _match_state(self) -> None:
        session, attempt = self._session, self._attempt
        match session.state:
            case State.CONNECTING if attempt is None or attempt.connection != session.connection:
                await self._abandon()
                self._attempt = Attempt(
                    self._client,
                    session.connection,
                    session.sent,
                    clock=self._clock,
                    emit=self._emit,
                    awaited=lambda: session.stalled,
                    failed=self._fail,
                    ahead=AHEAD,
                )
            case State.WAITING:
                await self._abandon()

    async def _abandon(self) -> None:
        if self._attempt is not None:
            await self._attempt.abandon()
            self._attempt = None
            self._faults.connection_over()

    async def _sleep(self, deadline: float | None) -> None:
        """Until something comes in, or the deadline, and then tell what was heard meanwhile, or that time went by."""
        if self._inbox:
            await asyncio.sleep(0 if self._ready() else PAUSE)
            return
        timer = None
        planned = self._planned_at()
        until = deadline if planned is None else planned if deadline is None else min(planned, deadline)
        if until is not None:
            delay = min(max(0.0, until - self._clock()), LONGEST_SLEEP)
            timer = asyncio.get_running_loop().call_later(delay, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            if timer is not None:
                timer.cancel()
        self._wake.clear()
        if deadline is not None and self._clock() >= deadline:
            await self._let_in()
            if not self._inbox:
                self._strike()

    def _strike(self) -> None:
        """Say that time went by, unless there was a sign of life, which is told only now if it brought no content."""
        session, attempt = self._session, self._attempt
        if attempt is not None and attempt.connection == session.connection and session.alive_at is not None:
            heard_at = attempt.heard_at
            if heard_at is not None and heard_at > session.alive_at:
                self._handle(Heard(heard_at))
        if session.deadline is not None and self._clock() >= session.deadline:
            self._handle(Tick(self._clock()))

    async def _let_in(self) -> None:
        """Let in what has come by now: a loop that was held up must not take its own lateness for silence."""
        for _ in range(TURNS):
            if self._inbox:
                return
            await asyncio.sleep(0)

    def _drain(self) -> None:
        """Handle what has come, for one turn of the loop."""
        inbox, session, until = self._inbox, self._session, self._clock() + TURN
        while inbox and session.state is not State.CLOSED and self._clock() < until and self._ready():
            connection, happened = inbox.popleft()
            if connection not in (ANY_CONNECTION, session.connection):
                continue
            if not isinstance(happened, Chunk):
                self._handle(happened)
                continue
            happened, chunks = self._joined(connection, happened)
            self._handle(happened)
            if self._attempt is not None:
                self._attempt.taken(len(happened.data), chunks)
            if self._agenda.next_events is not None:
                self._begin_planned()

    def _planned_at(self) -> float | None:
        """When a planned fault is due next by time alone: seconds since the session began."""
        at = self._agenda.next_at
        return None if at is None or self._opened_first is None else self._opened_first + at

    def _begin_planned(self) -> None:
        """Begin the faults that are due by now; time counts from when the stream was open first."""
        session = self._session
        if self._opened_first is None:
            if session.state is not State.OPEN:
                return
            self._opened_first = session.opened_at
        for fault in self._agenda.due(self._clock() - self._opened_first, session.events):
            self._wish("inject", str(fault))

    def _joined(self, connection: int, chunk: Chunk) -> tuple[Chunk, int]:
        """One chunk of what one read of the socket brought, and of how many: handling has its price per input."""
        inbox, parts, size, wire_size = self._inbox, [chunk.data], len(chunk.data), chunk.wire_size
        while inbox:
            from_connection, following = inbox[0]
            if from_connection != connection or not isinstance(following, Chunk) or following.t != chunk.t:
                break
            size += len(following.data)
            if size > PIECE:
                break
            parts.append(following.data)
            wire_size += following.wire_size
            inbox.popleft()
        return (chunk if len(parts) == 1 else Chunk(chunk.t, b"".join(parts), wire_size)), len(parts)

    def _emit(self, connection: int, happened: Input) -> None:
        self._inbox.append((connection, happened))
        self._wake.set()

    def _held_up(self, held: HeldUp) -> None:
        """Tell it before all that waited meanwhile, and behind what was read in time and is not handled yet."""
        in_time = sum(happened.t <= held.t - LATE for _, happened in self._inbox)
        self._inbox.insert(in_time, (ANY_CONNECTION, held))
        self._wake.set()

    def _fail(self, failure: BaseException) -> None:
        self._failure = failure
        self._wake.set()

    def _hear(self) -> None:
        while self._calls:
            self._calls.popleft()()

    def _wish(self, verb: Verb, argument: str) -> None:
        if verb == "lift":
            self._faults.lift()
            return
        self._emit(ANY_CONNECTION, Asked(self._clock(), verb, argument))
        if verb == "inject":
            self._faults.begin(faults.parse(argument))

    def _cut(self, detail: str, reset: bool) -> None:
        if self._attempt is not None:
            self._attempt.cut(detail, reset=reset)

    def _fault_over(self, fault: faults.Fault) -> None:
        self._emit(ANY_CONNECTION, Asked(self._clock(), "lift", str(fault)))
