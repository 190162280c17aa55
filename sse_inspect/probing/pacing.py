"""How events came: one by one, or in bursts with silences between them.

What a silence is follows from the stream itself: half of the time lay in silences of that length or longer. Events
that no silence of half that length sets apart came together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, median_high
from typing import NamedTuple

ENOUGH = 8
"""Events from which on a pace can be told."""
LEAST_SILENCE = 0.1
"""Seconds: shorter ones are nobody's concern, and may be a scheduler's."""
MANY = 3.0
"""Events in the middle burst, from which on they did not come together by chance."""
FEW, MOSTLY = 2, 0.55
"""Events that come together by chance, in that part of the bursts at least."""
BRIEF = 0.25
"""The part of a silence that a burst lasts at most."""
BLOCK = 1024
"""Bytes: buffers have a multiple of this."""
ONCE = 1.0
"""Seconds before a single burst that are no accident."""


class Piece(NamedTuple):
    """Bytes that came at `t`, counted as they were transferred."""

    t: float
    size: int


class Burst(NamedTuple):
    """Events that came together, and the bytes that came from its first event to the next burst."""

    t: float
    end: float
    events: int
    size: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How events came; times in seconds. `median` is between two events; None where there are too few.

    `held` are the bytes of each burst where that is the size of a buffer, else None.
    """

    events: int
    median: float | None = None
    silence: float | None = None
    bursts: tuple[Burst, ...] = ()
    held: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is enough to tell."""
        return self.events >= ENOUGH and self.silence is not None

    @property
    def whole(self) -> tuple[Burst, ...]:
        """The bursts but the first and the last one, of which only a part may have been seen; few are taken as all."""
        return self.bursts[1:-1] if len(self.bursts) > 2 else self.bursts

    @property
    def per_burst(self) -> int:
        """Events of the middle burst; of two the larger one, as the other may be a part."""
        return median_high(burst.events for burst in self.whole) if self.bursts else 0

    @property
    def span(self) -> float:
        """Seconds from the first event to the last."""
        return self.bursts[-1].end - self.bursts[0].t if self.bursts else 0.0

    @property
    def is_bursty(self) -> bool:
        """Whether nearly all came in bursts with silences that can be felt."""
        if not self.is_known or self.silence is None or self.silence < LEAST_SILENCE:
            return False
        brief = [burst for burst in self.bursts if burst.end - burst.t <= BRIEF * self.silence]
        if self.per_burst < MANY or sum(burst.events for burst in brief) < 0.8 * self.events:
            return False
        return len(self.bursts) > 1 or self.silence >= ONCE

    @property
    def is_single(self) -> bool:
        """Whether they clearly came one by one, as the events of a steady or a random source do."""
        few = sum(burst.events <= FEW for burst in self.bursts)
        return self.is_known and not self.is_bursty and few >= MOSTLY * len(self.bursts)


def pace(times: Sequence[float], pieces: Sequence[Piece], begun: float | None, until: float) -> Pace:
    """The pace of events at these times, for which was waited from `begun` on, and which were watched until `until`."""
    if len(times) < 2 or begun is None:
        return Pace(len(times))
    gaps = [later - earlier for earlier, later in pairwise(times)]
    before = max(0.0, times[0] - begun)
    silence = before if sum(gaps) <= BRIEF * before else typical(gaps)  # one burst has only the silence before it
    bursts = grouped(times, pieces, silence / 2, until)
    return Pace(len(times), float(median(gaps)), silence, tuple(bursts), _held(bursts))


def typical(gaps: Sequence[float]) -> float:
    """The silence such that half of the time lay in silences of that length or longer; 0 of nothing."""
    half = sum(gaps) / 2
    for gap in sorted(gaps, reverse=True):
        half -= gap
        if half <= 0:
            return gap
    return 0.0


def grouped(times: Sequence[float], pieces: Sequence[Piece], apart: float, until: float) -> list[Burst]:
    """The events in bursts that silences of more than `apart` seconds set apart."""
    starts = [0, *(place for place in range(1, len(times)) if times[place] - times[place - 1] > apart)]
    ends = [*starts[1:], len(times)]
    stamps = [piece.t for piece in pieces]
    bursts = []
    for start, end in zip(starts, ends, strict=True):
        following = times[end] if end < len(times) else until
        first, last = bisect_left(stamps, times[start]), bisect_left(stamps, following)
        size = sum(piece.size for piece in pieces[first:last])
        bursts.append(Burst(times[start], times[end - 1], end - start, size))
    return bursts


def _held(bursts: Sequence[Burst]) -> int | None:
    """The size of a buffer that was full each time; the last burst may be what was left."""
    sizes = Counter(burst.size for burst in bursts if burst.size and burst.size % BLOCK == 0)
    size, count = max(sizes.items(), key=lambda item: item[1], default=(0, 0))
    return size if count >= 2 and count >= (len(bursts) - 1) / 2 else None
