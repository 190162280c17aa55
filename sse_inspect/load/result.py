"""What a load came to: of one process, or of several together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from statistics import median
from typing import Any

from sse_inspect.load.fan_out import Spread
from sse_inspect.load.lateness import Late
from sse_inspect.load.plan import Plan
from sse_inspect.load.tally import Seen, Totals

SILENT = 5.0
"""Seconds from which on a silence in the end is worth a word; in a short load, half of it."""


@dataclass(slots=True)
class Cost:
    """What a process took: seconds of processor time, seconds by the clock, bytes of memory at most."""

    cpu: float
    wall: float
    memory: int


@dataclass(slots=True)
class Result:
    """All of it; `duration` in seconds.

    `notes` are sentences on what is missing in it, `causes` say why in a few words each, `hindered` why it was ended.
    A silence of `stall_after` seconds was a stall; with 0 none was. `prefix` is what the options begin with that it was
    asked for by.
    """

    plan: Plan
    url: str
    version: str
    began_unix_us: int
    duration: float = 0.0
    interrupted: bool = False
    hindered: str = ""
    clients: list[Seen] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    spread: Spread = field(default_factory=Spread)
    late: Late = field(default_factory=Late)
    costs: list[Cost] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    stall_after: float = 0.0
    prefix: str = "--"

    def include(self, other: Result) -> None:
        """Take in what another process saw."""
        self.duration = max(self.duration, other.duration)
        self.hindered = self.hindered or other.hindered
        self.clients = sorted(self.clients + other.clients, key=lambda seen: seen.number)
        self.totals.include(other.totals)
        self.spread.include(other.spread)
        self.late.include(other.late)
        self.costs += other.costs
        self.notes += other.notes
        self.causes += other.causes

    @property
    def connected(self) -> int:
        """Clients that had a stream."""
        return sum(seen.opens > 0 for seen in self.clients)

    @property
    def never_began(self) -> bool:
        """Whether it was ended before anybody had a stream: there is nothing to measure."""
        return bool(self.hindered) and not self.connected

    @property
    def failed(self) -> int:
        """Clients that had none in the end."""
        return sum(seen.failed for seen in self.clients)

    @property
    def returning(self) -> int:
        """Clients that were without their stream in the end, though not for so long that they count as failed."""
        return sum(
            bool(seen.opens) and not seen.failed and not seen.finished and seen.final_silence is None
            for seen in self.clients
        )

    @property
    def events(self) -> int:
        """Events that all clients received, duplicates included."""
        return sum(seen.events for seen in self.clients)

    @property
    def lost(self) -> int:
        """Events that were missing in the end."""
        return sum(seen.lost for seen in self.clients)

    @property
    def stalls(self) -> int:
        """Silences that counted as stalls."""
        return sum(seen.stalls for seen in self.clients)

    @property
    def silent(self) -> list[Seen]:
        """Clients whose streams, though open, had fallen silent in the end."""
        least = min(SILENT, self.duration / 2)
        return [seen for seen in self.clients if seen.fell_silent(least)]

    @property
    def rates(self) -> tuple[float, float, float] | None:
        """The least, the median and the highest rate of events that clients had while their streams were open."""
        rates = sorted(seen.rate for seen in self.clients if seen.rate is not None)
        return (rates[0], median(rates), rates[-1]) if rates else None

    @property
    def is_good(self) -> bool:
        """Whether every client had its stream to the end, and no event is missing."""
        return not (self.failed or self.lost or self.hindered or self.notes)

    @property
    def is_smooth(self) -> bool:
        """Whether it is good, and nothing happened on the way that somebody ought to know of."""
        return self.is_good and not (self.totals.reasons or self.stalls or self.silent)

    def worst(self, most: int) -> list[Seen]:
        """The clients that fared worst, the worst first; none of whom there is nothing to say."""
        noted = [seen for seen in self.clients if seen.failed or seen.lost or seen.gaps or seen.disconnects]
        noted.sort(key=lambda seen: (-seen.failed, -seen.lost, -sum(seen.disconnects.values()), seen.events))
        return noted[:most]


@dataclass(frozen=True, slots=True)
class Now:
    """How it stands at `t` seconds; counts are over all clients, times in seconds."""

    t: float
    begun: int = 0
    open: int = 0
    connecting: int = 0
    waiting: int = 0
    over: int = 0
    events: int = 0
    lost: int = 0
    duplicates: int = 0
    disconnects: int = 0
    behind_p50: float | None = None
    behind_p99: float | None = None
    age_p99: float | None = None
    late_p99: float | None = None


_WORST = ("t", "behind_p50", "behind_p99", "age_p99", "late_p99")


def together(several: Iterable[Now]) -> Now:
    """How several processes stand together: counts are added, of the times the worst is told."""
    several = list(several) or [Now(0.0)]
    values: dict[str, Any] = {}
    for name in (each.name for each in fields(Now)):
        told = [value for each in several if (value := getattr(each, name)) is not None]
        values[name] = (max(told) if name in _WORST else sum(told)) if told else None
    return Now(**values)
