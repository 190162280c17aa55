"""Looking through a long log in slices, so that keys are answered in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import TypeVar

from sse_inspect.store.filter import Filter, Log

SLICE_SECONDS = 0.006
_FEWEST, _MOST = 16, 65_536

T = TypeVar("T")


class Budget:
    """How much a slice may look at (`limit`: records, rows, characters), learned from how long the last one took."""

    def __init__(self, clock: Callable[[], float] = perf_counter, seconds: float = SLICE_SECONDS) -> None:
        self._clock = clock
        self._seconds = seconds
        self.limit = 1024

    def spend(self, look: Callable[[int], T]) -> T:
        """Call `look` with how much it may look at, and learn from the time it takes."""
        began = self._clock()
        result = look(self.limit)
        took = max(self._clock() - began, 1e-6)
        # At most doubled at a time: a slice in which all was cheap says little about the next.
        factor = min(2.0, max(0.25, self._seconds / took))
        self.limit = int(min(_MOST, max(_FEWEST, self.limit * factor)))
        return result


class Search:
    """A look for the nearest record that matches all of `wanted`, from `start`, once around the log.

    `direction` is 1 towards newer records, -1 towards older ones. `found` is the ordinal; `done` without it means that
    none of the first `stop` records matches.
    """

    def __init__(self, log: Log, wanted: Sequence[Filter], start: int, direction: int, stop: int) -> None:
        self._log = log
        self._wanted = wanted
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
    def progress(self) -> float:
        """The part of the log looked at, 0 to 1."""
        return 1.0 - max(0, self._left) / self._stop if self._stop else 1.0

    def look(self, limit: int) -> None:
        """Look at up to `limit` further records."""
        wanted = [each.matches for each in self._wanted]
        needs_data = any(each.needs_data for each in self._wanted)
        limit = min(limit, self._left)
        while limit > 0 and self.found is None:
            self._at %= self._stop
            if self._direction < 0:
                first, stop = max(0, self._at - limit + 1), self._at + 1
            else:
                first, stop = self._at, min(self._stop, self._at + limit)
            records = self._log.slice(first, stop, data=needs_data)
            hits = (
                ordinal for ordinal, record in enumerate(records, first) if all(matches(record) for matches in wanted)
            )
            if self._direction < 0:
                self.found = max(hits, default=None)
                self._at = first - 1
            else:
                self.found = next(hits, None)
                self._at = stop
            limit -= stop - first
            self._left -= stop - first
