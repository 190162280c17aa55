"""Looking through a long log in slices, so that keys are answered in between."""

from __future__ import annotations

from collections.abc import Callable
from time import thread_time
from typing import TypeVar

from sse_inspect.store.filter import Filter, Log

SLICE_SECONDS = 0.004
_FEWEST, _MOST = 16, 65_536
MOST_RECORDS = 8192
"""Records looked at in one slice: where one finds nothing in memory the next may have to read and to parse them."""

T = TypeVar("T")


class Budget:
    """How much a slice may look at (`limit`: records, rows, characters), learned from what the last one took.

    That is processor time: what a slice waits for other threads gets no shorter by looking at less.
    """

    def __init__(self, clock: Callable[[], float] = thread_time, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self.limit = 1024

    def spend(self, look: Callable[[int], T]) -> T:
        """Call `look` with how much it may look at, and learn from the time it takes."""
        began = self._clock()
        result = look(self.limit)
        took = max(self._clock() - began, 1e-6)
        # At most doubled at a time: a slice in which all was cheap says little about the next.
        factor = min(2.0, max(0.25, SLICE_SECONDS / took))
        self.limit = int(min(self._most, max(_FEWEST, self.limit * factor)))
        return result


class Search:
    """A look for the nearest record that matches `wanted`, from `start`, once around the log.

    `direction` is 1 towards newer records, -1 towards older ones. `found` is the ordinal; `done` without it means that
    none of the first `stop` records matches.
    """

    def __init__(self, log: Log, wanted: Filter, start: int, direction: int, stop: int) -> None:
        self._log = log
        self._wanted = wanted
        self._start = start
        self._direction = direction
        self._stop = stop
        self._at = start
        self._left = stop
        self.found: int | None = None

    @property
    def done(self) -> bool:
        """Whether there is nothing left to look at."""
        return self.found is not None or self._left <= 0

    @property
    def is_newer(self) -> bool:
        """Whether it looks towards newer records."""
        return self._direction > 0

    @property
    def around(self) -> bool:
        """Whether what was found lies behind where it began: the end of the log was passed."""
        return self.found is not None and (self.found - self._start) * self._direction < 0

    @property
    def progress(self) -> float:
        """The part of the log looked at, 0 to 1."""
        return 1.0 - max(0, self._left) / self._stop if self._stop else 1.0

    def look(self, limit: int) -> None:
        """Look at up to `limit` further records."""
        limit = min(limit, self._left)
        while limit > 0 and self.found is None:
            self._at %= self._stop
            if self._direction < 0:
                first, stop = max(0, self._at - limit + 1), self._at + 1
            else:
                first, stop = self._at, min(self._stop, self._at + limit)
            hits = self._wanted.hits(self._log, first, stop)
            if hits:
                self.found = hits[-1] if self._direction < 0 else hits[0]
            self._at = first - 1 if self._direction < 0 else stop
            limit -= stop - first
            self._left -= stop - first
