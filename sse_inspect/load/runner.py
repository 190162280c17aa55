"""Makes a load in this process: all its clients on one event loop."""

from __future__ import annotations

import asyncio
import gc
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sse_inspect.config import Policy, Target, is_loopback, shown_url
from sse_inspect.inputs import Connected, HeldUp, Input, Opened
from sse_inspect.load.client import Client
from sse_inspect.load.fan_out import FanOut
from sse_inspect.load.lateness import Lateness
from sse_inspect.load.plan import OWNED, Plan, check_target
from sse_inspect.load.result import Cost, Now, Result
from sse_inspect.load.tally import Tally, Totals
from sse_inspect.net.addresses import parse_url
from sse_inspect.net.route import Route
from sse_inspect.net.transport import Transport
from sse_inspect.net.watch import Watch
from sse_inspect.session import State

Progress = Callable[[Now], object]
TELL_EVERY = 0.5
"""Seconds between two words on how it goes."""


class Load:
    """Runs the clients of `plan` that are this process's; `run` does it, once. Raises UsageError.

    `epoch` is `time.monotonic()` at t = 0, for processes that begin together.
    """

    def __init__(
        self,
        target: Target,
        policy: Policy,
        plan: Plan,
        *,
        version: str = "",
        progress: Progress = lambda now: None,
        epoch: float | None = None,
    ) -> None:
        check_target(target.url, plan.owned)
        self._transport = Transport(Route(target, parse_url(target.url)))
        self._target = target
        self._policy = policy
        self._plan = plan
        self._version = version
        self._progress = progress
        self._epoch = epoch
        self._totals = Totals()
        self._clients: list[Client] = []
        self._stopped = False
        self._hindered = ""
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()

    def stop(self) -> None:
        """End early, from any thread: what was seen by now stands."""
        self._stopped = True
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it is over meanwhile
                loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> Result:
        """Make it; raises what this program itself fails of."""
        self._loop = asyncio.get_running_loop()
        if self._epoch is None:
            self._epoch = time.monotonic()
        now_us, self._began = time.time_ns() // 1000, self._clock()
        unix_us = now_us - round(self._began * 1e6)
        self._fan_out = FanOut(self._plan.timestamp, unix_us / 1e6)
        self._lateness = Lateness()
        cpu = time.process_time()
        watch = Watch(self._clock, self._held_up)
        with _few_collections():
            watch.begin()
            self._lateness.begin()
            try:
                await self._run(unix_us)
            finally:
                watch.end()
                self._lateness.end()
                duration = self._clock()
                await asyncio.gather(*(client.end() for client in self._clients))
                self._loop = None
        if self._failure is not None:
            raise self._failure
        result = Result(
            self._plan, shown_url(self._target.url), self._version, unix_us, duration, self._stopped, self._hindered
        )
        result.clients = [client.tally.seen for client in self._clients]
        result.totals, result.spread, result.late = self._totals, self._fan_out.finish(), self._lateness.late
        result.costs = [Cost(time.process_time() - cpu, duration - self._began, _memory())]
        return result

    async def _run(self, unix_us: int) -> None:
        plan, due_to_tell = self._plan, 0.0
        waiting = iter(plan.numbers)
        number = next(waiting, None)
        while not self._is_over:
            now = self._clock()
            while number is not None and number / plan.ramp <= now and not self._is_over:
                self._begin(number, unix_us)
                number = next(waiting, None)
            if now >= due_to_tell:
                self._progress(self.now())
                due_to_tell = now + TELL_EVERY
            if now >= plan.seconds or (
                number is None and all(client.session.state is State.CLOSED for client in self._clients)
            ):
                break
            until = min(plan.seconds, due_to_tell, plan.seconds if number is None else number / plan.ramp)
            await self._sleep(until - self._clock())
        self._progress(self.now())

    @property
    def _is_over(self) -> bool:
        return self._stopped or self._failure is not None or self._hindered != ""

    async def _sleep(self, seconds: float) -> None:
        timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._wake.set)
        await self._wake.wait()
        timer.cancel()
        self._wake.clear()

    def _begin(self, number: int, unix_us: int) -> None:
        client = Client(
            self._target,
            self._policy,
            Tally(number, self._totals, self._fan_out, self._plan.width),
            self._transport,
            clock=self._clock,
            random=random.random,
            version=self._version,
            check=(lambda happened: None) if self._plan.owned else self._check,
            failed=self._fail,
        )
        self._clients.append(client)
        client.begin(unix_us)

    def now(self) -> Now:
        """How it stands."""
        states = [client.session.state for client in self._clients]
        spread = self._fan_out.spread
        return Now(
            self._clock(),
            len(states),
            states.count(State.OPEN),
            states.count(State.CONNECTING),
            states.count(State.WAITING),
            states.count(State.CLOSED),
            sum(client.session.events for client in self._clients),
            sum(client.session.ids.missing for client in self._clients),
            sum(client.tally.seen.duplicates for client in self._clients),
            self._totals.reasons.total(),
            spread.behind.quantile(0.5),
            spread.behind.quantile(0.99),
            spread.age.quantile(0.99),
            self._lateness.late.found.quantile(0.99),
        )

    def _clock(self) -> float:
        return time.monotonic() - (self._epoch or 0.0)

    def _held_up(self, held: HeldUp) -> None:
        for client in self._clients:
            client.held_up(held)

    def _fail(self, failure: BaseException) -> None:
        self._failure = failure
        self._wake.set()

    def _check(self, happened: Input) -> None:
        """A name can stand for any machine, and a redirect or a proxy lead anywhere: no load goes there."""
        if isinstance(happened, Connected) and happened.peer and not is_loopback(f"http://{happened.peer}/"):
            self._hinder(f"the connection leads to {happened.peer}")
        elif isinstance(happened, Opened) and happened.head.url and not is_loopback(happened.head.url):
            self._hinder(f"the answer comes from {happened.head.url}")

    def _hinder(self, why: str) -> None:
        self._hindered = f"{why}, which is not this machine; {OWNED} says that it is yours"
        self._wake.set()


@contextmanager
def _few_collections() -> Iterator[None]:
    """Let the garbage collector look at what is young only, and seldom: all the sessions at once would take it long."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 50, 1_000_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _memory() -> int:
    """Bytes that this process took at most."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
