"""Quantiles by their definition, for figures that are to judge the program's own."""

from __future__ import annotations

import math
from collections.abc import Sequence


def nearest_rank(values: Sequence[float], q: float) -> float:
    """The smallest of the sorted values with at least `q` of all at or below it."""
    return values[max(1, math.ceil(q * len(values) - 1e-9)) - 1]
