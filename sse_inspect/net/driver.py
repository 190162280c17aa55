"""Runs a session against the network: does what its state asks for and hands it what happens.

One loop, one inbox: attempts put in what arrives, stamped; the user's wishes come from any thread. Whatever belongs
to a connection that is over is dropped here.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from sse_inspect import faults
from sse_inspect.config import Target
from sse_inspect.inputs import Asked, Chunk, Input, Started, Tick, Verb
from sse_inspect.net.attempt import Attempt
from sse_inspect.net.client import Client
from sse_inspect.net.fault_transport import FaultTransport
from sse_inspect.session import Session, State

ANY_CONNECTION = 0
LATE = 0.1
"""Seconds by which a timer may be late before what came in the meantime is let in first."""
LONGEST_SLEEP = 86_400.0


class Driver:
    """Drives `session`, giving every input to `handle` (which hands it to the session).

    `clock` gives the seconds since the session began. `run` returns once the session is closed.
    """

    def __init__(
        self,
        target: Target,
        session: Session,
        handle: Callable[[Input], object],
        *,
        clock: Callable[[], float],
        version: str,
    ) -> None:
        self._client = Client(target, version=version)
        self._session = session
        self._handle = handle
        self._clock = clock
        self._inbox: deque[tuple[int, Input]] = deque()
        self._attempt: Attempt | None = None
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._faults = FaultTransport(self._client.transport, cut=self._cut, over=self._fault_over)
        self._client.transport = self._faults

    def ask(self, verb: Verb, argument: str = "") -> None:
        """Ask for something, from any thread; without effect before `run` and after it."""
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._asked, verb, argument)

    async def run(self) -> None:
        """Run the session to its end."""
        self._loop = asyncio.get_running_loop()
        session = self._session
        self._handle(Started(0.0, time.time_ns() // 1000))
        try:
            while session.state is not State.CLOSED:
                await self._match_state()
                await self._sleep(session.deadline)
                self._drain()
        finally:
            self._loop = None
            await self._abandon()
            await self._client.aclose()

    async def _match_state(self) -> None:
        session, attempt = self._session, self._attempt
        match session.state:
            case State.CONNECTING if attempt is None or attempt.connection != session.connection:
                await self._abandon()
                self._attempt = Attempt(
                    self._client, session.connection, session.last_event_id, clock=self._clock, emit=self._emit
                )
            case State.WAITING:
                await self._abandon()

    async def _abandon(self) -> None:
        if self._attempt is not None:
            attempt, self._attempt = self._attempt, None
            await attempt.abandon()
            self._faults.connection_over()

    async def _sleep(self, deadline: float | None) -> None:
        """Until something comes in, or the deadline, and then tick."""
        if self._inbox:
            return
        timer = None
        if deadline is not None:
            delay = min(max(0.0, deadline - self._clock()), LONGEST_SLEEP)
            timer = asyncio.get_running_loop().call_later(delay, self._wake.set)
        await self._wake.wait()
        self._wake.clear()
        if timer is not None:
            timer.cancel()
        if deadline is not None and not self._inbox and self._clock() >= deadline:
            if self._clock() > deadline + LATE:
                await asyncio.sleep(LATE)
            if not self._inbox:
                self._handle(Tick(self._clock()))

    def _drain(self) -> None:
        inbox, session = self._inbox, self._session
        while inbox:
            connection, happened = inbox.popleft()
            if connection in (ANY_CONNECTION, session.connection):
                self._handle(happened)
                if isinstance(happened, Chunk) and self._attempt is not None:
                    self._attempt.taken(len(happened.data))

    def _emit(self, connection: int, happened: Input) -> None:
        self._inbox.append((connection, happened))
        self._wake.set()

    def _asked(self, verb: Verb, argument: str) -> None:
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
