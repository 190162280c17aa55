"""Makes a load in this process: all its clients on one event loop, as its plan says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from sse_inspect.config import Policy, Target
from sse_inspect.load.crowd import Crowd
from sse_inspect.load.plan import Plan
from sse_inspect.load.result import Now, Result

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
        self._wake = asyncio.Event()
        self._crowd = Crowd(target, policy, plan, version=version, epoch=epoch, changed=self._wake.set)
        self._plan = plan
        self._progress = progress
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None

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
        self._crowd.open()
        try:
            await self._run()
        finally:
            result = await self._crowd.close()
            self._loop = None
        result.interrupted = self._stopped
        return result

    async def _run(self) -> None:
        plan, crowd, due_to_tell = self._plan, self._crowd, 0.0
        waiting = iter(plan.numbers)
        number = next(waiting, None)
        while not self._is_over:
            now = crowd.clock()
            while number is not None and number / plan.ramp <= now and not self._is_over:
                crowd.begin(number)
                number = next(waiting, None)
            if now >= due_to_tell:
                self._progress(crowd.now())
                due_to_tell = now + TELL_EVERY
            if now >= plan.seconds or (number is None and crowd.is_deserted):
                break
            until = min(plan.seconds, due_to_tell, plan.seconds if number is None else number / plan.ramp)
            await self._sleep(until - crowd.clock())
        self._progress(crowd.now())

    @property
    def _is_over(self) -> bool:
        return self._stopped or self._crowd.failure is not None or self._crowd.hindered != ""

    async def _sleep(self, seconds: float) -> None:
        timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._wake.set)
        await self._wake.wait()
        timer.cancel()
        self._wake.clear()
