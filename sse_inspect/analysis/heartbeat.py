"""The rhythm of the comments, learned."""

from __future__ import annotations

from collections import deque
from statistics import median

from sse_inspect.analysis.snapshot import Heartbeat

INTERVALS = 32
BURST = 0.01
"""Seconds within which comments are one beat."""


class HeartbeatClock:
    """Learns the period from the last 32 intervals between comments of one connection."""

    def __init__(self) -> None:
        self._intervals: deque[float] = deque(maxlen=INTERVALS)
        self._last: float | None = None
        self._count = 0

    def beat(self, t: float) -> None:
        """A comment came; comments of one burst count once."""
        if self._last is not None:
            if t - self._last <= BURST:
                return
            self._intervals.append(t - self._last)
        self._count += 1
        self._last = t

    def interrupt(self) -> None:
        """The connection ended: the next interval would span the outage."""
        self._last = None

    @property
    def learned(self) -> Heartbeat | None:
        """Median period and half the range of the middle of the intervals, or None before two intervals."""
        if len(self._intervals) < 2:
            return None
        ordered = sorted(self._intervals)
        quarter = len(ordered) // 4
        middle = ordered[quarter : len(ordered) - quarter]
        return Heartbeat(median(ordered), (middle[-1] - middle[0]) / 2, self._count)
