"""A set of integers kept as sorted, disjoint intervals, bounded in memory."""

from __future__ import annotations

from bisect import bisect_right


class IntervalSet:
    """Integers as inclusive intervals; past `limit` intervals the lowest one is given up.

    `size` is the count of integers held, `forgotten` of those given up.
    """

    __slots__ = ("_ends", "_limit", "_starts", "forgotten", "size")

    def __init__(self, limit: int = 4096) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._limit = limit
        self.size = 0
        self.forgotten = 0

    def __contains__(self, number: int) -> bool:
        index = bisect_right(self._starts, number) - 1
        return index >= 0 and number <= self._ends[index]

    @property
    def intervals(self) -> list[tuple[int, int]]:
        """The intervals in ascending order, both ends included."""
        return list(zip(self._starts, self._ends, strict=True))

    def interval_of(self, number: int) -> tuple[int, int] | None:
        """The interval that holds `number`, or None."""
        index = bisect_right(self._starts, number) - 1
        if index < 0 or number > self._ends[index]:
            return None
        return self._starts[index], self._ends[index]

    def add(self, first: int, last: int) -> None:
        """Add `first` to `last`, both included."""
        starts, ends = self._starts, self._ends
        if ends and first == ends[-1] + 1:
            ends[-1] = last
            self.size += last - first + 1
            return
        low = bisect_right(ends, first - 2)
        high = bisect_right(starts, last + 1)
        if low < high:
            first, last = min(first, starts[low]), max(last, ends[high - 1])
            self.size -= sum(ends[i] - starts[i] + 1 for i in range(low, high))
        starts[low:high] = [first]
        ends[low:high] = [last]
        self.size += last - first + 1
        if len(starts) > self._limit:
            lost = ends.pop(0) - starts.pop(0) + 1
            self.size -= lost
            self.forgotten += lost

    def remove(self, number: int) -> None:
        """Take one integer out; it may be absent."""
        index = bisect_right(self._starts, number) - 1
        if index < 0 or number > self._ends[index]:
            return
        first, last = self._starts[index], self._ends[index]
        parts = [part for part in ((first, number - 1), (number + 1, last)) if part[0] <= part[1]]
        self._starts[index : index + 1] = [part[0] for part in parts]
        self._ends[index : index + 1] = [part[1] for part in parts]
        self.size -= 1
