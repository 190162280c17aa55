"""A set of integers kept as sorted, disjoint intervals, bounded in memory."""

from __future__ import annotations

from bisect import bisect_right


class IntervalSet:
    """Integers as inclusive intervals; past `limit` intervals the lowest one is given up."""

    __slots__ = ("_ends", "_limit", "_starts")

    def __init__(self, limit: int = 4096) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._limit = limit

    def __contains__(self, number: int) -> bool:
        index = bisect_right(self._starts, number) - 1
        return index >= 0 and number <= self._ends[index]

    @property
    def intervals(self) -> list[tuple[int, int]]:
        """The intervals in ascending order, both ends included."""
        return list(zip(self._starts, self._ends, strict=True))

    @property
    def ranges(self) -> int:
        """How many intervals there are."""
        return len(self._starts)

    def add(self, first: int, last: int) -> None:
        """Add `first` to `last`, both included."""
        starts, ends = self._starts, self._ends
        if ends and first == ends[-1] + 1:
            ends[-1] = last
            return
        low = bisect_right(ends, first - 2)
        high = bisect_right(starts, last + 1)
        if low < high:
            first, last = min(first, starts[low]), max(last, ends[high - 1])
        starts[low:high] = [first]
        ends[low:high] = [last]
        self._keep_limit()

    def remove(self, number: int) -> None:
        """Take one integer out; it may be absent."""
        index = bisect_right(self._starts, number) - 1
        if index < 0 or number > self._ends[index]:
            return
        first, last = self._starts[index], self._ends[index]
        parts = [part for part in ((first, number - 1), (number + 1, last)) if part[0] <= part[1]]
        self._starts[index : index + 1] = [part[0] for part in parts]
        self._ends[index : index + 1] = [part[1] for part in parts]
        self._keep_limit()

    def _keep_limit(self) -> None:
        if len(self._starts) > self._limit:
            del self._starts[0], self._ends[0]
