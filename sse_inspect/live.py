"""An inspection of the network, live: on the caller's event loop, or on a thread of its own beside a screen."""

from __future__ import annotations

import asyncio
import random
import time
from threading import RLock, Thread

from sse_inspect.config import Policy, Target
from sse_inspect.inputs import Asked, Verb
from sse_inspect.inspection import Inspection
from sse_inspect.net.driver import Driver
from sse_inspect.records import End
from sse_inspect.store.record_log import RecordLog


class Live:
    """A live session; `run` runs it to its end. Raises UsageError for what the network layer cannot use.

    With `keep` what was seen can be looked back at; without it only the taps see it.
    """

    def __init__(self, target: Target, policy: Policy, *, version: str = "", keep: bool = True) -> None:
        self._began = time.monotonic()
        self.inspection = Inspection(
            target,
            policy,
            clock=self._clock,
            random=random.random,
            version=version,
            control=self,
            log=RecordLog(lock=RLock()),
            lock=RLock(),
            keep=keep,
        )
        self._driver = Driver(
            target, self.inspection.session, self.inspection.handle, clock=self._clock, version=version
        )

    @property
    def end(self) -> End | None:
        """How the session ended, or None while it lives."""
        return self.inspection.snapshot().ended

    @property
    def responded(self) -> bool:
        """Whether any attempt got a byte of a response."""
        return self.inspection.session.responded

    def ask(self, verb: Verb, argument: str = "") -> None:
        """Hand a wish of the user's to the session, from any thread; raises UsageError for an unknown fault."""
        self._driver.ask(verb, argument)

    async def run(self) -> None:
        """Run until the session is over; a failure of this program's own ends it too, and is raised."""
        self._began = time.monotonic()
        try:
            await self._driver.run()
        except Exception as error:
            self.inspection.handle(Asked(self._clock(), "stop", f"internal error: {error!r}"))
            raise

    def stop(self) -> None:
        """Ask for the end, from any thread."""
        self.ask("stop")

    def _clock(self) -> float:
        return time.monotonic() - self._began


class LiveThread:
    """A live session on a thread of its own, so that no screen delays an arrival stamp."""

    def __init__(self, target: Target, policy: Policy, *, version: str = "") -> None:
        self.live = Live(target, policy, version=version)
        self.failure: BaseException | None = None
        self._thread = Thread(target=self._run, name="sse-inspect network", daemon=True)

    @property
    def inspection(self) -> Inspection:
        """The inspection to look at."""
        return self.live.inspection

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for the end."""
        self.live.stop()

    def join(self, timeout: float | None = 5.0) -> None:
        """Wait for the end, if there was a beginning; raises what the thread died of."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            asyncio.run(self.live.run())
        except BaseException as error:  # noqa: BLE001 it is raised again where somebody waits
            self.failure = error
