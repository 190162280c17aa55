"""The times in which this program itself was held up: what was read right after one is no evidence of when it came."""

from __future__ import annotations

from sse_inspect.inputs import HeldUp

SETTLED = 0.25
"""Seconds behind a hold-up within which all is read that waited: the next would be told by then."""


class HoldUps:
    """The hold-ups of a session; `add` them in order."""

    __slots__ = ("_since", "asleep", "by_output", "count", "late_until", "longest", "longest_at", "total")

    def __init__(self) -> None:
        self._since = 0.0
        self.late_until = -1.0
        """What is read until then may have come earlier."""
        self.count = 0
        self.total = 0.0
        self.by_output = 0.0
        """Of the `total` seconds, those in which it waited for who reads its output."""
        self.asleep = 0.0
        """Seconds for which the machine slept."""
        self.longest = 0.0
        self.longest_at = 0.0

    def add(self, held: HeldUp) -> None:
        """This program was held up; one that follows another at once goes on with it."""
        if held.since > self.late_until:
            self._since = held.since
        self.late_until = held.t + SETTLED
        length = max(0.0, held.t - held.since)
        self.count += 1
        self.total += length
        self.by_output += length * held.by_output
        self.asleep += held.asleep
        if length > self.longest:
            self.longest, self.longest_at = length, held.since

    def waited(self, t: float) -> float:
        """Seconds for which what was read at `t` may have waited for this program."""
        return max(0.0, t - self._since) if t <= self.late_until else 0.0
