"""One client of a load: a session of its own, driven without what a single inspected session has beside it.

It has no inbox, no faults and no timer that has to be set anew with every chunk: what its attempt tells is handled at
once, and a timer that fires too early looks when it is due really. A thousand of them share one loop, one route with
one TLS context, and one watch over the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from sse_inspect.batch import Item
from sse_inspect.config import Policy, Target
from sse_inspect.inputs import Asked, Chunk, Heard, HeldUp, Input, Started, Tick
from sse_inspect.load.tally import Tally
from sse_inspect.net.attempt import Attempt
from sse_inspect.net.client import Client as HttpClient
from sse_inspect.net.line import STAMPED_AHEAD
from sse_inspect.net.transport import Transport
from sse_inspect.session import Session, State

REMEMBERED = 512
"""Event IDs that a client remembers one by one, at least: a thousand of them share the memory."""
GRACE = 1.0
"""Seconds beyond the longest delay for which a client may be without its stream in the end."""
TURNS = 5
"""Turns of the loop that what has come gets to be let in, before it is said that time has run out."""


class Client:
    """Runs from `begin` to `end`; `failed` gets a mistake of this program's own."""

    def __init__(
        self,
        target: Target,
        policy: Policy,
        tally: Tally,
        transport: Transport,
        *,
        clock: Callable[[], float],
        random: Callable[[], float],
        version: str,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.session = Session(target, policy, random=random, version=version)
        self.session.ids.remembered = REMEMBERED
        self.tally = tally
        self._http = HttpClient(target, transport, version=version)
        self._clock = clock
        self._failed = failed
        self._attempt: Attempt | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._changing: asyncio.Task[None] | None = None
        self._is_over = False
        self._ahead = min(STAMPED_AHEAD, policy.max_event_bytes)
        self._patience = policy.backoff_max * (1 + policy.jitter) + GRACE

    def begin(self, unix_us: int) -> None:
        """Make the first attempt; `unix_us` is the wall clock at t = 0, in microseconds."""
        self._handle(Started(self._clock(), unix_us))

    async def end(self) -> None:
        """End it, and wait until its connection is closed; what it saw is complete then."""
        now = self._clock()
        self.tally.close(now, self._patience)
        self._is_over = True
        self._cancel_timer()
        if self.session.state is not State.IDLE:
            self.session.take(Asked(now, "stop"))
        if self._changing is not None:
            await asyncio.wait([self._changing])
        await self._abandon()
        seen, session = self.tally.seen, self.session
        seen.lost, seen.counted, seen.size = session.ids.missing, session.ids.gaps_known, session.bytes

    def held_up(self, held: HeldUp) -> None:
        """This program did not run: that is no silence of the server's."""
        self.tally.deaf(held.since, held.t)
        if self.session.state in (State.CONNECTING, State.OPEN):
            self._handle(held)

    def _emit(self, connection: int, happened: Input) -> None:
        if connection == self.session.connection and not self._is_over:
            self._handle(happened)
            if type(happened) is Chunk and self._attempt is not None:
                self._attempt.taken(len(happened.data), 1)

    def _handle(self, happened: Input) -> None:
        session = self.session
        before, connection = session.state, session.connection
        if type(happened) is Chunk:
            self.tally.heard(happened.t)
        items: Sequence[Item] = session.take(happened)
        if items:
            self.tally.fold(happened.t, items)
        if type(happened) is Chunk and session.state is State.OPEN:
            return
        if session.state is not before or session.connection != connection:
            self._follow()
        else:
            self._arm()

    # Attempts

    def _follow(self) -> None:
        """Do what the state asks for, as soon as the attempt that told of it has returned."""
        if self._changing is None and not self._is_over:
            self._changing = asyncio.get_running_loop().create_task(self._change())

    async def _change(self) -> None:
        try:
            session = self.session
            while not self._is_over:
                attempt = self._attempt
                wanted = session.connection if session.state in (State.CONNECTING, State.OPEN) else None
                if attempt is not None and attempt.connection != wanted:
                    await self._abandon()
                    continue
                if attempt is None and session.state is State.CONNECTING:
                    self._attempt = Attempt(
                        self._http,
                        session.connection,
                        session.sent,
                        clock=self._clock,
                        emit=self._emit,
                        awaited=lambda: session.stalled,
                        failed=self._failed,
                        ahead=self._ahead,
                    )
                break
        finally:
            self._changing = None
        self._arm()

    async def _abandon(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            await attempt.abandon()

    # Time

    def _arm(self) -> None:
        deadline = None if self._is_over else self.session.deadline
        if deadline is None:
            self._cancel_timer()
            return
        loop = asyncio.get_running_loop()
        at = loop.time() + max(0.0, deadline - self._clock())
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = loop.call_at(at, self._due, TURNS)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self, turns: int) -> None:
        """The deadline, unless it has moved; before it counts, what has come by now is let in."""
        self._timer = None
        session, attempt = self.session, self._attempt
        if self._is_over or session.deadline is None or self._clock() < session.deadline:
            self._arm()
        elif turns:
            asyncio.get_running_loop().call_soon(self._due, turns - 1)
        else:
            if attempt is not None and attempt.connection == session.connection and session.alive_at is not None:
                heard_at = attempt.heard_at
                if heard_at is not None and heard_at > session.alive_at:
                    self._handle(Heard(heard_at))
            if session.deadline is not None and self._clock() >= session.deadline:
                self._handle(Tick(self._clock()))
