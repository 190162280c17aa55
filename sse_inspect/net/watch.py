"""Notices that this program itself was held up: stopped, starved of the processor, busy, or asleep with its machine.

What comes meanwhile waits in the kernel and is stamped when it is read at last: without a word of it, it looks as if it
had been held back on the way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from sse_inspect.inputs import HeldUp

EVERY = 0.1
"""Seconds between two looks at the clock: what holds up for `EVERY` and `LATE` together is noticed for sure."""
LATE = 0.1
"""Seconds from which on it is told: far above the 2 to 6 ms by which a loop beside a busy screen is late (p99), and
less than the shortest silence that anything is concluded from (0.12 s)."""


def slept() -> float:
    """Seconds that the machine slept since it started and `time.monotonic` did not count; 0 where it counts them."""
    clock = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return 0.0 if clock is None else time.clock_gettime(clock) - time.monotonic()


class Watch:
    """Looks at `clock` so often that a loop which did not run is noticed, and then calls `tell`.

    A callback of the loop is the first to run again, before anything that waited is handled: `begin` on the loop.
    """

    def __init__(
        self, clock: Callable[[], float], tell: Callable[[HeldUp], object], slept: Callable[[], float] = slept
    ) -> None:
        self._clock = clock
        self._tell = tell
        self._slept = slept
        self._slept_before = 0.0
        self._awake = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Look from now on."""
        self._awake, self._slept_before = self._clock(), self._slept()
        self._timer = asyncio.get_running_loop().call_later(EVERY, self._look)

    def end(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def was_busy(self, since: float) -> None:
        """What began at `since` is done, and nothing else ran meanwhile."""
        now, since = self._clock(), max(since, self._awake)
        if now - since > LATE:
            self._awake = now
            self._tell(HeldUp(now, since))

    def was_told(self, held: HeldUp) -> bool:
        """Somebody else knows why nothing ran: it is not told again; whether it was long enough to be told at all."""
        self._awake = max(self._awake, held.t)
        return held.t - held.since > LATE

    def _look(self) -> None:
        now, slept = self._clock(), self._slept()
        asleep = slept - self._slept_before
        if now - self._awake > EVERY + LATE or asleep > LATE:
            self._tell(HeldUp(now, self._awake, asleep=asleep if asleep > LATE else 0.0))
        self._awake, self._slept_before = now, slept
        self._timer = asyncio.get_running_loop().call_later(EVERY, self._look)
