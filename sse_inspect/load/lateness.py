"""How late this program itself is: what it cannot do in time must not be told as the server's delay."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from sse_inspect.analysis.distribution import Distribution
from sse_inspect.net.watch import LATE

EVERY = 0.02
"""Seconds between two looks."""
TOLERABLE = LATE
"""Seconds of lateness (p99) from which on a single session, too, says that this program was held up."""


@dataclass(slots=True)
class Late:
    """How late it was, in seconds, at every look.

    `too_late` are the seconds of which it was later than is tolerable, `worked` those of them in which it had a
    processor: else the machine was busy with something else.
    """

    found: Distribution = field(default_factory=Distribution)
    too_late: float = 0.0
    worked: float = 0.0

    def include(self, other: Late) -> None:
        """Take in another process's."""
        self.found.include(other.found)
        self.too_late += other.too_late
        self.worked += other.worked

    @property
    def was_in_time(self) -> bool:
        """Whether this program kept up."""
        return (self.found.quantile(0.99) or 0.0) <= TOLERABLE

    @property
    def starved(self) -> float:
        """Of the time that it was too late, the part for which the machine gave it no processor."""
        return 1 - min(1.0, self.worked / self.too_late) if self.too_late else 0.0


class Lateness:
    """Asks the event loop to be called at a time, again and again, and measures how much later that is.

    In one turn the loop reads every socket that has something: no client waits longer than that.
    """

    def __init__(self) -> None:
        self.late = Late()
        self._worked = time.process_time()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def begin(self) -> None:
        """Measure from now on."""
        loop = asyncio.get_running_loop()
        self._due = loop.time() + EVERY
        self._timer = loop.call_at(self._due, self._look)

    def end(self) -> None:
        """Measure no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        behind, worked = max(0.0, asyncio.get_running_loop().time() - self._due), time.process_time()
        self.late.found.add(behind)
        if behind > TOLERABLE:
            self.late.too_late += behind
            self.late.worked += min(behind, worked - self._worked)
        self._worked = worked
        self.begin()
