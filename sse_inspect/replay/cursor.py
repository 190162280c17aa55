"""The moment of a session that is looked at: it stands still or moves, never out of the session."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from threading import RLock

FASTEST = inf
"""The speed that is whatever the machine can do."""


class Cursor:
    """A moment between 0 and `end`, which is where it begins; `clock` gives the seconds it moves by.

    Any thread may ask and move it. At the speed `FASTEST` it moves only as it is carried.
    """

    def __init__(self, end: float, clock: Callable[[], float]) -> None:
        self.end = end
        self._clock = clock
        self._lock = RLock()
        self._from, self._since, self._speed = end, 0.0, 0.0

    @property
    def t(self) -> float:
        """The moment, in seconds since the session began."""
        with self._lock:
            if self._speed in (0.0, FASTEST):
                return self._from
            return min(max(self._from + self._speed * (self._clock() - self._since), 0.0), self.end)

    @property
    def speed(self) -> float:
        """How fast it moves: 0 stands still, 1 is as it was."""
        with self._lock:
            if self._speed and self.t >= self.end:
                self._from, self._speed = self.end, 0.0
            return self._speed

    @property
    def is_moving(self) -> bool:
        """Whether it was set to move, and nobody saw yet that it has come to the end."""
        return self._speed != 0.0

    def seek(self, t: float) -> None:
        """Put it there; it goes on from there if it is moving."""
        with self._lock:
            self._from, self._since = min(max(t, 0.0), self.end), self._clock()

    def play(self, speed: float) -> None:
        """Let it move; from the beginning if it stands at the end."""
        with self._lock:
            here = self.t
            self._from, self._since = 0.0 if speed and here >= self.end else here, self._clock()
            self._speed = speed

    def carry(self, start: float, t: float, *, is_over: bool) -> None:
        """Take it from `start` to `t`, or to the end and to rest; not if it was put elsewhere or slowed meanwhile."""
        with self._lock:
            if self._speed == FASTEST and self._from == start:
                self._from = self.end if is_over else t
                self._speed = 0.0 if is_over else FASTEST
