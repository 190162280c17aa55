"""What has come since it was last asked for, so that an event costs Locust nothing by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sse_inspect.analysis.distribution import Distribution
from sse_inspect.load.crowd import Crowd
from sse_inspect.load.result import Now


@dataclass(slots=True)
class Beat:
    """How it stands, and what is new: times in seconds, `ends` and `refusals` by reason, `size` in bytes."""

    now: Now
    connects: list[float] = field(default_factory=list)
    first_bytes: list[float] = field(default_factory=list)
    first_events: list[float] = field(default_factory=list)
    reconnects: list[float] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    events: int = 0
    size: int = 0
    gaps: int = 0
    duplicates: int = 0
    stalls: int = 0


class Pulse:
    """Takes the beats of a crowd that has been opened, on its loop."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        totals, spread = crowd.totals, crowd.fan_out.spread
        totals.connect = self._connects = _Fresh()
        totals.first_byte = self._first_bytes = _Fresh()
        totals.first_event = self._first_events = _Fresh()
        totals.reconnect = self._reconnects = _Fresh()
        spread.behind = self._behind = _Fresh()
        spread.age = self._ages = _Fresh()
        self._ends: Counter[str] = Counter()
        self._refusals: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()

    def beat(self) -> Beat:
        """What is new since the last one."""
        totals, counts = self._crowd.totals, self._crowd.counts()
        beat = Beat(
            self._crowd.now(),
            self._connects.taken(),
            self._first_bytes.taken(),
            self._first_events.taken(),
            self._reconnects.taken(),
            self._behind.taken(),
            self._ages.taken(),
            totals.reasons - self._ends,
            totals.refusals - self._refusals,
            **(counts - self._counts),
        )
        self._ends, self._refusals, self._counts = totals.reasons.copy(), totals.refusals.copy(), counts
        return beat


class _Fresh(Distribution):
    """Also keeps what came since it was taken last."""

    def __init__(self) -> None:
        super().__init__()
        self._fresh: list[float] = []

    def add(self, value: float) -> None:
        super().add(value)
        self._fresh.append(value)

    def taken(self) -> list[float]:
        taken, self._fresh = self._fresh, []
        return taken
