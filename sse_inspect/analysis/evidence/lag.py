"""How the times in the data of a connection go on, against the clock: who is too slow for a stream falls behind it.

Only what changes counts: nobody knows how far the two clocks lie apart.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sse_inspect.analysis.evidence.stamps import stamp

EVERY = 1.0
"""Seconds between two samples."""
SAMPLES = 30
"""Samples that are remembered, the latest ones."""
TOLERATED = 0.3
"""Seconds for which this program may be held up between two of them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An event came at `t` that was made at `made`, by its data; `size` bytes had come by then."""

    t: float
    made: float
    size: int


class Lag:
    """The samples of a connection; `begin` with each, then `take` what comes."""

    __slots__ = ("_due", "samples")

    def __init__(self) -> None:
        self.samples: deque[Sample] = deque(maxlen=SAMPLES)
        self._due = 0.0

    def begin(self) -> None:
        """A connection opened: it may begin anywhere."""
        self.samples.clear()
        self._due = 0.0

    def held_up(self, seconds: float) -> None:
        """This program was held up: what it then takes up has waited for it, and for nobody else."""
        if seconds > TOLERATED:
            self.begin()

    def take(self, t: float, data: str, size: int) -> None:
        """An event came with this data, as the last one of `size` bytes."""
        if t < self._due:
            return
        self._due = t + EVERY
        made = stamp(data)
        if made is not None:
            self.samples.append(Sample(t, made, size))
