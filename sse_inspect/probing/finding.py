"""What a finding is, and how figures are put in its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from statistics import median, median_high

from sse_inspect.present.units import counted, seconds
from sse_inspect.probing.pacing import FEW, LEAST_SILENCE, Pace

Measure = float | int | str | None
"""A figure; its unit is the end of its name (`_seconds`, `_bytes`), else it is a count."""


class Certainty(StrEnum):
    """How sure it is: `certain` was measured as it stands, `likely` rests on sessions one after the other."""

    CERTAIN = "certain"
    LIKELY = "likely"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the probes showed. `trouble`: something to be mended; else what was suspected is refuted, or works.

    `probes` names those it rests on; `advice` says what to do, or is empty.
    """

    code: str
    certainty: Certainty
    sentence: str
    probes: tuple[str, ...]
    trouble: bool = False
    advice: str = ""
    measures: Mapping[str, Measure] = field(default_factory=dict)


def told(pace: Pace) -> str:
    """A pace that is known, in words."""
    if not pace.is_bursty:
        return _spread(pace)
    what = f"{pace.held} bytes" if pace.held else f"{pace.per_burst} events"
    if len(pace.bursts) == 1:
        return f"all at once ({counted(pace.events, 'event')} after {seconds(pace.silence)})"
    return f"in bursts of {what} ({len(pace.bursts)} of them, {seconds(pace.silence)} of silence between two)"


def _spread(pace: Pace) -> str:
    """A pace without bursts, in words; where most came together at first, that is said of them, and the rest told."""
    if pace.span < LEAST_SILENCE:
        return f"all at once ({counted(pace.events, 'event')} within {seconds(pace.span)})"
    first, *others = pace.bursts
    if others and first.events > pace.events / 2 and median_high(burst.events for burst in others) <= FEW:
        between = median(later.t - earlier.end for earlier, later in pairwise(pace.bursts))
        count = counted(pace.events - first.events, "event")
        return f"{first.events} at once, then one by one ({count}, {seconds(between)} between two)"
    if others and not pace.is_single:
        sizes = [burst.events for burst in pace.bursts]
        groups = f"groups of {min(sizes)} to {max(sizes)} events"
        return f"in {groups} ({counted(pace.events, 'event')}, {seconds(pace.silence)} between two groups)"
    return f"one by one ({counted(pace.events, 'event')}, {seconds(pace.median)} between two)"


def figures(name: str, pace: Pace) -> dict[str, Measure]:
    """A pace as figures whose names begin with that of its probe."""
    return {
        f"{name}_events": pace.events,
        f"{name}_median_seconds": pace.median,
        f"{name}_silence_seconds": pace.silence,
        f"{name}_bursts": len(pace.bursts),
        f"{name}_events_per_burst": pace.per_burst if pace.bursts else None,
        f"{name}_burst_bytes": pace.held,
    }
