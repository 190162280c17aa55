"""Quantiles of a stream of durations in bounded memory."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import Counter
from itertools import accumulate

EXACT = 4096
_GROWTH = 1.005


class Distribution:
    """Count, mean, maximum and nearest-rank quantiles of non-negative numbers.

    Exact for the first 4,096 values; beyond that, values are counted in classes 0.5 % wide, so that a quantile is
    off by that much at most.
    """

    def __init__(self) -> None:
        self._sorted: list[float] | None = []
        self._classes: Counter[int] = Counter()
        self._known: dict[float, float] = {}
        self.count = 0
        self.total = 0.0
        self.max = 0.0

    def add(self, value: float) -> None:
        """Take in one value."""
        self._known.clear()
        self.count += 1
        self.total += value
        self.max = max(self.max, value)
        if self._sorted is None:
            self._classes[_class_of(value)] += 1
        else:
            insort(self._sorted, value)
            self._keep_bound()

    def include(self, other: Distribution) -> None:
        """Take in all the values of another one."""
        self._known.clear()
        self.count += other.count
        self.total += other.total
        self.max = max(self.max, other.max)
        if self._sorted is not None and other._sorted is not None:
            self._sorted = sorted(self._sorted + other._sorted)
            self._keep_bound()
        else:
            self._classes = self._in_classes() + other._in_classes()
            self._sorted = None

    def _keep_bound(self) -> None:
        """Count in classes from now on, if there are too many values to be held."""
        if self._sorted is not None and len(self._sorted) > EXACT:
            self._classes = self._in_classes()
            self._sorted = None

    def _in_classes(self) -> Counter[int]:
        return self._classes if self._sorted is None else Counter(map(_class_of, self._sorted))

    @property
    def mean(self) -> float | None:
        """The arithmetic mean, or None of nothing."""
        return self.total / self.count if self.count else None

    def quantile(self, q: float) -> float | None:
        """The nearest-rank quantile: the smallest value with at least `q` of all values at or below it."""
        if not self.count:
            return None
        rank = max(1, math.ceil(q * self.count - 1e-9))
        if self._sorted is not None:
            return self._sorted[rank - 1]
        if q not in self._known:
            bounds = sorted(self._classes)
            cumulative = list(accumulate(self._classes[bound] for bound in bounds))
            self._known[q] = min(self.max, _GROWTH ** bounds[bisect_left(cumulative, rank)])
        return self._known[q]


def _class_of(value: float) -> int:
    return math.ceil(math.log(max(value, 1e-9), _GROWTH))
