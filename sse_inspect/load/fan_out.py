"""The same event at many clients: how far behind the first of them each one got it, and how old it was by then."""

from __future__ import annotations

from dataclasses import dataclass, field

from sse_inspect.analysis.distribution import Distribution
from sse_inspect.load.timestamp import Timestamp

REMEMBERED = 8192
"""Distinct events, at least, that are waited for at the other clients."""


@dataclass(slots=True)
class _Seen:
    first: float
    last: float
    clients: int = 1
    made: float | None = None


@dataclass(slots=True)
class Spread:
    """What is known of the fan-out; seconds.

    `behind` is of the `deliveries`, those of an event that another client had got first; `whole` of every event that
    several got, from the first client to the last; `age` of every delivery, since its own timestamp. `ahead` of them
    had one that lay in the future: the clocks differ. `older` deliveries have no age: they had one from before their
    connection, as history has, or all that comes from a server whose clock is behind. Of all `events`, `nameless` had
    no ID, and `untimed` no timestamp. It was measured `across` so many processes, in each by itself: an event that
    came to several of them counts in each.
    """

    behind: Distribution = field(default_factory=Distribution)
    whole: Distribution = field(default_factory=Distribution)
    age: Distribution = field(default_factory=Distribution)
    events: int = 0
    nameless: int = 0
    deliveries: int = 0
    ahead: int = 0
    older: int = 0
    untimed: int = 0
    across: int = 1

    def include(self, other: Spread) -> None:
        """Take in another process's: each knows the first of its own clients only."""
        for mine, theirs in ((self.behind, other.behind), (self.whole, other.whole), (self.age, other.age)):
            mine.include(theirs)
        self.events += other.events
        self.nameless += other.nameless
        self.deliveries += other.deliveries
        self.ahead += other.ahead
        self.older += other.older
        self.untimed += other.untimed


class FanOut:
    """Recognises an event by its ID and its data; one without an ID is none that could be recognised.

    What a client gets of what was there before it came is history, and says nothing about the fan-out. `origin` is
    the wall clock at t = 0, in seconds since 1970.
    """

    def __init__(self, timestamp: Timestamp | None, origin: float) -> None:
        self._timestamp = timestamp
        self._origin = origin
        self._young: dict[int, _Seen] = {}
        self._old: dict[int, _Seen] = {}
        self.spread = Spread()

    def arrived(self, t: float, opened_at: float, event_id: str, data: str) -> None:
        """A client whose connection opened at `opened_at` got an event at `t`."""
        key = hash((event_id, data))
        seen = self._young.get(key) or self._old.get(key)
        if seen is None:
            seen = self._begin(key, t, event_id, data)
        elif event_id and opened_at > seen.first:
            self.spread.older += seen.made is not None
            return
        elif event_id:
            self._count(t - seen.first)
            seen.clients += 1
            seen.last = max(seen.last, t)
        if seen.made is None:
            return
        if seen.made < self._origin + opened_at:
            self.spread.older += 1
        else:
            self._aged(self._origin + t - seen.made)

    def finish(self) -> Spread:
        """All of it."""
        for seen in (self._old, self._young):
            self._retire(seen)
        self._old, self._young = {}, {}
        return self.spread

    def _begin(self, key: int, t: float, event_id: str, data: str) -> _Seen:
        if len(self._young) >= REMEMBERED:
            self._retire(self._old)
            self._old, self._young = self._young, {}
        seen = self._young[key] = _Seen(t, t)
        if self._timestamp is not None:
            seen.made = self._timestamp.of(data)
            self.spread.untimed += seen.made is None
        self.spread.events += 1
        self.spread.nameless += not event_id
        return seen

    def _count(self, behind: float) -> None:
        self.spread.deliveries += 1
        self.spread.behind.add(max(behind, 0.0))

    def _aged(self, age: float) -> None:
        self.spread.ahead += age < 0
        self.spread.age.add(max(age, 0.0))

    def _retire(self, many: dict[int, _Seen]) -> None:
        for seen in many.values():
            if seen.clients > 1:
                self.spread.whole.add(seen.last - seen.first)
