"""Times that agree: whether ends come after the same time again and again, or may as well do so by chance.

What happens by chance is the less likely after a time the longer that is: whatever the rate of crashes, or of events
before them, no time within `width` of x is likelier than `width / x`. So agreement has a probability by chance without
any guess at a distribution (the expected number of such groups among all groups of as many ends).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, comb
from statistics import median

SHARE = 0.6
"""Part of the ends that must agree."""
FINEST = 0.01
"""Seconds by which any two times may differ, however exact a timer is."""
ODDS = 50.0
"""How many times likelier than a limit chance is before anything is known of either."""


def agreeing(times: Sequence[float]) -> list[int]:
    """The places of all times that are the same as those that agree by the least chance; empty where these are few."""
    closest, _ = _closest(times, len(times), FINEST)
    if not closest:
        return []
    middle = median(closest)
    return [place for place, time in enumerate(times) if abs(time - middle) <= tolerance(middle)]


def tolerance(time: float) -> float:
    """Seconds by which times of this length may lie apart and be the same: timers are not looked at always."""
    return 0.1 + 0.05 * time


def no_chance(times: Sequence[float], of: int, finest: float = FINEST) -> float:
    """How sure it is, from 0 to 1, that so many times `of` all that were seen do not agree by chance.

    The closest of them count: that others lie farther off makes it no likelier that these came together by chance.
    """
    return _closest(times, of, finest)[1]


def _closest(times: Sequence[float], of: int, finest: float) -> tuple[Sequence[float], float]:
    """Those that agree by the least chance, at least `SHARE` of all, and how sure it is that it is none."""
    ordered, fewest = sorted(times), max(2, ceil(SHARE * of))
    best, sure = (0, 0), 0.0
    for low, least in enumerate(ordered):
        for high in range(low + fewest, len(ordered) + 1):
            if ordered[high - 1] - least > tolerance(least):
                break
            certainty = _sure(ordered[low:high], of, finest)
            if certainty >= sure:
                best, sure = (low, high), certainty
    return ordered[slice(*best)], sure


def _sure(ordered: Sequence[float], of: int, finest: float) -> float:
    many, least, middle = len(ordered), ordered[0], ordered[len(ordered) // 2]
    if many < 2 or least <= 0:
        return 0.0
    part = min(1.0, max(ordered[-1] - least, finest) / middle)
    by_chance = comb(of, many) * many * part ** (many - 1)
    return 1.0 / (1.0 + ODDS * by_chance)
