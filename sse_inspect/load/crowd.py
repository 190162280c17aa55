"""The clients of one process: what they share, and what they saw when they are over."""

from __future__ import annotations

import asyncio
import gc
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable

from sse_inspect.config import Policy, Target, shown_url
from sse_inspect.inputs import HeldUp
from sse_inspect.load.client import Client
from sse_inspect.load.fan_out import FanOut
from sse_inspect.load.lateness import Lateness
from sse_inspect.load.ownership import check_target, only_here
from sse_inspect.load.plan import Plan
from sse_inspect.load.result import Cost, Now, Result
from sse_inspect.load.tally import Tally, Totals
from sse_inspect.net.addresses import parse_url
from sse_inspect.net.network import everywhere
from sse_inspect.net.route import Route
from sse_inspect.net.transport import Transport
from sse_inspect.net.watch import Watch
from sse_inspect.session import State

SELDOM = (50_000, 50, 1_000_000)
"""The garbage collector looks at what is young only, and seldom: all the sessions at once would take it long."""


class Crowd:
    """Clients that come and go on one loop, with one route, one TLS context and one watch over the loop.

    From `open` to `close` all belongs on that loop. `epoch` is `time.monotonic()` at t = 0, by default that of `open`.
    `changed` is called when there is a reason to end it: it is `hindered`, or this program itself has failed. Raises
    UsageError for a target that must not be loaded.
    """

    def __init__(
        self,
        target: Target,
        policy: Policy,
        plan: Plan,
        *,
        version: str = "",
        epoch: float | None = None,
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        check_target(target, plan.owned)
        guard = everywhere if plan.owned else only_here(self.hinder)
        self._transport = Transport(Route(target, parse_url(target.url), guard))
        self._target = target
        self._policy = policy
        self._plan = plan
        self._version = version
        self._epoch = epoch
        self._changed = changed
        self._clients: dict[int, Client] = {}
        self._ending: dict[int, asyncio.Task[None]] = {}
        self.totals = Totals()
        self.hindered = ""
        self.failure: BaseException | None = None

    def open(self) -> None:
        """Begin to watch, and to count the time."""
        if self._epoch is None:
            self._epoch = time.monotonic()
        now_us, self._began = time.time_ns() // 1000, self.clock()
        self._unix_us = now_us - round(self._began * 1e6)
        self.fan_out = FanOut(self._plan.timestamp, self._unix_us / 1e6)
        self._cpu = time.process_time()
        self._lateness = Lateness()
        self._watch = Watch(self.clock, self._held_up)
        self._threshold = gc.get_threshold()
        gc.set_threshold(*SELDOM)
        self._watch.begin()
        self._lateness.begin()

    def begin(self, number: int) -> None:
        """Let the client of this number come, unless there is a reason against it."""
        if self.hindered:
            return
        client = self._clients[number] = Client(
            self._target,
            self._policy,
            Tally(number, self.totals, self.fan_out, self._plan.width),
            self._transport,
            clock=self.clock,
            random=random.random,
            version=self._version,
            failed=self._fail,
        )
        client.begin(self._unix_us)

    def end(self, number: int) -> None:
        """Let the client go; what it saw stands."""
        if number in self._clients and number not in self._ending:
            self._ending[number] = asyncio.get_running_loop().create_task(self._clients[number].end())

    def end_all(self) -> None:
        """Let all go."""
        for number in self._clients:
            self.end(number)

    async def close(self) -> Result:
        """End all that are left; raises what this program itself has failed of."""
        self._watch.end()
        self._lateness.end()
        duration = self.clock()
        self.end_all()
        await asyncio.gather(*self._ending.values())
        gc.set_threshold(*self._threshold)
        if self.failure is not None:
            raise self.failure
        result = Result(self._plan, shown_url(self._target.url), self._version, self._unix_us, duration)
        result.hindered, result.stall_after = self.hindered, self._policy.stall_after
        result.clients = [client.tally.seen for client in self._clients.values()]
        result.totals, result.spread, result.late = self.totals, self.fan_out.finish(), self._lateness.late
        result.costs = [Cost(time.process_time() - self._cpu, duration - self._began, _memory())]
        return result

    def clock(self) -> float:
        """Seconds since t = 0."""
        return time.monotonic() - (self._epoch or 0.0)

    @property
    def is_deserted(self) -> bool:
        """Whether no client is left that will do anything."""
        return all(client.session.state is State.CLOSED for client in self._clients.values())

    def now(self) -> Now:
        """How it stands."""
        clients = self._clients.values()
        states = [client.session.state for client in clients]
        spread = self.fan_out.spread
        return Now(
            self.clock(),
            len(states),
            states.count(State.OPEN),
            states.count(State.CONNECTING),
            states.count(State.WAITING),
            states.count(State.CLOSED),
            sum(client.session.events for client in clients),
            sum(client.session.ids.missing for client in clients),
            sum(client.tally.seen.duplicates for client in clients),
            self.totals.reasons.total(),
            spread.behind.quantile(0.5),
            spread.behind.quantile(0.99),
            spread.age.quantile(0.99),
            self._lateness.late.found.quantile(0.99),
        )

    def counts(self) -> Counter[str]:
        """What all clients have had so far: events, bytes (`size`), gaps, duplicates, stalls."""
        counts: Counter[str] = Counter()
        for client in self._clients.values():
            seen = client.tally.seen
            counts["events"] += client.session.events
            counts["size"] += client.session.bytes
            counts["gaps"] += seen.gaps
            counts["duplicates"] += seen.duplicates
            counts["stalls"] += seen.stalls
        return counts

    def hinder(self, why: str) -> None:
        """There is a reason why this load must not go on."""
        self.hindered = self.hindered or why
        self._changed()

    def _held_up(self, held: HeldUp) -> None:
        for client in self._clients.values():
            client.held_up(held)

    def _fail(self, failure: BaseException) -> None:
        self.failure = failure
        self._changed()


def _memory() -> int:
    """Bytes that this process took at most."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
