"""Hundreds of outages through the default policy, and the figures they give: computed, never written down."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from sse_inspect.config import Policy
from tests.streaming.ranks import nearest_rank
from tests.streaming.virtual import Recovery, World
from tests.streaming.ways import WAYS, Outage, Way

SHORTEST, LONGEST = 0.1, 60.0
"""Seconds of an outage."""
SESSIONS, OUTAGES = 20, 30

SPREADS: dict[str, Callable[[random.Random], float]] = {
    "uniform": lambda dice: dice.uniform(SHORTEST, LONGEST),
    "log-uniform": lambda dice: math.exp(dice.uniform(math.log(SHORTEST), math.log(LONGEST))),
}


@dataclass(frozen=True, slots=True)
class Truth:
    """What the server sent into the world against what the session passed on as new."""

    expected: int
    received: int
    lost: int
    delivered_twice: int


@dataclass(frozen=True, slots=True)
class Figures:
    """`outages` simulated, of which `survived` needed no reconnect; seconds of recovery of the others."""

    outages: int
    survived: int
    recoveries: tuple[Recovery, ...]
    expected: int
    lost: int
    duplicates: int
    silent: int

    @property
    def seconds(self) -> list[float]:
        """All recoveries, sorted."""
        return sorted(one.seconds for one in self.recoveries if one.seconds is not None)

    @property
    def completion(self) -> float:
        """The share of the events that arrived."""
        return 1 - self.lost / self.expected

    @property
    def mean(self) -> float:
        """The arithmetic mean of the recoveries."""
        return fmean(self.seconds)

    def quantile(self, q: float) -> float:
        """By nearest rank."""
        return nearest_rank(self.seconds, q)

    def of(self, way: Way) -> list[float]:
        """The recoveries of one way, sorted."""
        return sorted(one.seconds for one in self.recoveries if one.outage.way is way and one.seconds is not None)

    def told(self, spread: str) -> dict[str, Any]:
        """All of it as plain data, for the results."""
        return {
            "spread": spread,
            "outages": self.outages,
            "survived": self.survived,
            "seconds": self.seconds,
            "expected": self.expected,
            "lost": self.lost,
            "duplicates": self.duplicates,
            "silent": self.silent,
        }


def truth(world: World) -> Truth:
    """Compare by ID: all that fell due from the first event received until a second ago should be there, once."""
    passed = world.passed_on
    feed = world.stream.feed
    expected = set(range(min(passed), feed.number_of(feed.passed(world.now - 1.0))))
    return Truth(len(expected), len(passed), len(expected - set(passed)), len(passed) - len(set(passed)))


def simulated(spread: str, ways: tuple[Way, ...] = WAYS, sessions: int = SESSIONS) -> Figures:
    """Sessions with so many outages each, every way equally likely, each after some quiet seconds."""
    recoveries: list[Recovery] = []
    expected = lost = duplicates = silent = 0
    for seed in range(sessions):
        dice = random.Random(f"{spread} {seed}")
        world = World(seed=seed, policy=Policy(), rate=0.2, heartbeat=0)
        world.opens()
        for _ in range(OUTAGES):
            world.run(dice.uniform(2.0, 8.0))
            recoveries.append(world.suffer(Outage(dice.choice(ways), SPREADS[spread](dice))))
        summary = world.finish()
        found = truth(world)
        expected += found.expected
        lost += max(found.lost, summary.messages_lost)
        duplicates += max(found.delivered_twice, summary.duplicates["delivered"])
        assert summary.silent_failures is not None
        silent += summary.silent_failures
    silent += sum(one.was_silent for one in recoveries)
    survived = sum(one.seconds is None for one in recoveries)
    return Figures(len(recoveries), survived, tuple(recoveries), expected, lost, duplicates, silent)
