"""Several endpoints watched in one event loop, without a screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sse_inspect.batch import Batch
from sse_inspect.config import Keep, Policy, Target
from sse_inspect.errors import BugError, UsageError
from sse_inspect.faults import Plan
from sse_inspect.inspection import Inspection
from sse_inspect.live import Live
from sse_inspect.monitoring.telling import Note, Telling
from sse_inspect.records import End, Origin, Record

AGAIN = 60.0
"""Seconds after which a session begins anew that a wrong answer ended: what is being deployed answers wrongly too."""

EVERY = 1.0
"""Seconds from one look at the outages under way to the next."""

Say = Callable[[str, Record, Origin], object]
Remark = Callable[[str, Note], object]
Complain = Callable[[str, str], object]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is watched, and how."""

    name: str
    target: Target
    policy: Policy
    plans: tuple[Plan, ...] = ()

    @property
    def may_be_repeated(self) -> bool:
        """Whether its request may be sent again by itself."""
        return self.target.is_safe or self.policy.retry_unsafe


class Watching:
    """Watches all endpoints; `run` lasts until all sessions are over for good, or `stop`.

    `say` is told what changes the state of an endpoint, `remark` how an outage goes on, `complain` why one is not
    recorded, `show` every session as it begins. Captures are written to the folder `record`, without secrets unless
    `keep_secrets`. `again`, `every` and what `clock` gives are seconds.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        version: str,
        say: Say,
        remark: Remark,
        complain: Complain,
        show: Callable[[Inspection, str], object],
        record: Path | None = None,
        keep_secrets: bool = False,
        again: float = AGAIN,
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoints = endpoints
        self._version = version
        self._say = say
        self._remark = remark
        self._complain = complain
        self._show = show
        self._record = record
        self._keep_secrets = keep_secrets
        self._again = again
        self._every = every
        self._tellings = {
            endpoint.name: Telling(clock, again if endpoint.may_be_repeated else None) for endpoint in endpoints
        }
        self._lives: dict[str, Live] = {}
        self._stopped = False
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ends: dict[str, End] = {}
        """How the last session of each endpoint ended."""

    def stop(self) -> None:
        """Ask for the end, from any thread, or from a handler of signals."""
        self._stopped = True
        for live in list(self._lives.values()):
            live.stop()
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is over already
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def run(self) -> None:
        """Watch; raises UsageError, naming the endpoint, for what the network layer cannot use."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                watched = [group.create_task(self._watch(endpoint)) for endpoint in self._endpoints]
                ticking = group.create_task(self._tick())
                await asyncio.wait(watched)
                ticking.cancel()
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None  # the others were cancelled for it

    async def _watch(self, endpoint: Endpoint) -> None:
        while not self._stopped:
            end = await self._session(endpoint)
            self.ends[endpoint.name] = end
            if end.reason != "fatal" or not endpoint.may_be_repeated:
                del self._tellings[endpoint.name]
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(self._again):
                    await self._stopping.wait()

    async def _session(self, endpoint: Endpoint) -> End:
        try:
            live = Live(
                endpoint.target,
                endpoint.policy,
                version=self._version,
                look_back=False,
                keep=self._keep(endpoint.name),
                on_not_recorded=partial(self._complain, endpoint.name),
                plans=endpoint.plans,
            )
        except UsageError as error:
            raise UsageError(f"endpoint.{endpoint.name}.{error.option.removeprefix('--')}", error.message) from None
        live.inspection.tap_batches(partial(self._take, endpoint.name, live.inspection))
        self._show(live.inspection, endpoint.name)
        self._lives[endpoint.name] = live
        try:
            if self._stopped:
                live.stop()
            await live.run()
        finally:
            live.close()
        if live.end is None:
            raise BugError("the session stopped without an end.")
        return live.end

    def _keep(self, name: str) -> Keep | None:
        if self._record is None:
            return None
        at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        return Keep(self._record / f"{name}-{at}.sse", self._keep_secrets)

    def _take(self, name: str, inspection: Inspection, batch: Batch) -> None:
        for told in self._tellings[name].take(batch):
            if isinstance(told, Note):
                self._remark(name, told)
            else:
                self._say(name, told, inspection.origin)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            for name, telling in self._tellings.items():
                for note in telling.tick():
                    self._remark(name, note)
