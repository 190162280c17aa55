"""A world in virtual time: a network that fails, the reference server's feed behind it, and the session under test.

`World` owns the clock. It drives an `Inspection` as `net/driver.py` does: a new attempt for every new connection of the
session, a Tick at its deadline, and nothing from a connection that is over. The server is the reference server's own
pure part (`Stream`, `Delivery`): it assigns the IDs, and replays from Last-Event-ID what its buffer holds.

TCP is as honest as timing needs it. A SYN that vanished is repeated after 1, 2, 4 … s (RFC 6298, 2.1 and 5.5), so that
an attempt begun in an outage succeeds at the first SYN behind it, unless its time ran out before. What was sent and
lost is sent again after 0.2, 0.4, 0.8 … s, in order. What is under way when an outage begins is lost.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from math import inf
from typing import TypeVar

from sse_inspect.config import Policy, Target
from sse_inspect.inputs import Asked, Input, Started, Tick
from sse_inspect.inspection import Inspection
from sse_inspect.records import Disconnect, Event, Open, Record, Stall, Summary
from sse_inspect.server import Behaviour
from sse_inspect.server.feed import Feed
from sse_inspect.server.streams import Stream
from sse_inspect.session import State
from tests.session.script import UNIX_US
from tests.streaming.connection import Connection
from tests.streaming.ways import Outage, Way

Kind = TypeVar("Kind")
SILENT_AFTER = 1.0
"""Seconds within which what can be noticed must have been."""
PATIENCE = 300.0
"""Seconds after an outage in which a session may come back at all."""


@dataclass(frozen=True, slots=True)
class Path:
    """What lies between: seconds there and back, the share of packets lost, bytes per second."""

    rtt: float = 0.06
    loss: float = 0.0
    bandwidth: float = inf
    address: str = "192.0.2.1:80"


@dataclass(frozen=True, slots=True)
class Recovery:
    """How an outage went.

    `seconds` run from the end of the fault to `open`; where the fault is silent, from when it could be detected (the
    stall limit) if that is later. None if the connection survived, infinity if it never came back. `was_silent` if it
    could be noticed, and no record told so within a second.
    """

    outage: Outage
    seconds: float | None
    was_silent: bool


class World:
    """`behaviour` is what the server does, by the names of its parameters; times are seconds since the beginning."""

    def __init__(
        self,
        *,
        seed: int = 1,
        path: Path | None = None,
        policy: Policy | None = None,
        last_event_id: str = "",
        **behaviour: object,
    ) -> None:
        self.now = 0.0
        self.path = path or Path()
        self.fault: Way | None = None
        self.connection: Connection | None = None
        self.requests: list[str | None] = []
        self.states: list[State] = []
        self.records: list[Record] = []
        self.policy = policy or Policy()
        self.random = random.Random(f"network {seed}")
        self.behaviour = Behaviour(**{"rate": 1.0, **behaviour})  # type: ignore[arg-type]  # one table for all values
        self.stream = Stream("/", self.behaviour, Feed.of(self.behaviour, seed), 0.0)
        self.inspection = Inspection(
            Target("http://h/", last_event_id=last_event_id),
            self.policy,
            clock=lambda: self.now,
            random=random.Random(f"jitter {seed}").random,
        )
        self.inspection.tap(self.records.extend)
        self.session = self.inspection.session
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self.give(Started(0.0, UNIX_US))

    def all(self, kind: type[Kind]) -> list[Kind]:
        """The records of a kind."""
        return [record for record in self.records if isinstance(record, kind)]

    @property
    def passed_on(self) -> list[int]:
        """The IDs passed on as new, in order."""
        return [int(event.id) for event in self.all(Event) if event.id and not event.duplicate]

    # Time

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Let `call` happen so much later."""
        heapq.heappush(self._agenda, (self.now + seconds, next(self._order), call))

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let so much time go by, or less once `until` holds; whether it does."""
        end = self.now + seconds
        while not until():
            due = self.session.deadline
            arrival = self._agenda[0][0] if self._agenda else inf
            at = min(arrival, inf if due is None else due)
            if at > end:
                self.now = end
                return until()
            self.now = max(self.now, at)
            if arrival <= at:
                heapq.heappop(self._agenda)[2]()
            else:
                self.give(Tick(self.now))
        return True

    # The driver

    def give(self, happened: Input) -> None:
        """Hand it to the session, and do what the session's state asks for then."""
        self.inspection.handle(happened)
        session, connection = self.session, self.connection
        if not self.states or self.states[-1] is not session.state:
            self.states.append(session.state)
        if session.state in (State.WAITING, State.CLOSED):
            self._abandon()
        elif session.state is State.CONNECTING and (connection is None or connection.ordinal != session.connection):
            self._abandon()
            self.requests.append(session.sent.header)
            self.connection = Connection(self, session.connection, session.sent.header or "")
            self.connection.begin()

    def _abandon(self) -> None:
        if self.connection is not None:
            self.connection.over = True
            self.connection = None

    def loses(self) -> bool:
        """Whether the path loses what is sent now."""
        return self.path.loss > 0 and self.random.random() < self.path.loss

    # What happens to it

    def opens(self) -> None:
        """Run until the session is open and has got an event."""
        assert self.run(PATIENCE, lambda: self.session.state is State.OPEN and self.session.here[0] > 0)

    def begin(self, way: Way) -> None:
        """Let a fault begin."""
        self.fault = way
        connection = self.connection
        if connection is not None and connection.stands:
            if way.cuts is not None:
                self.after(self.path.rtt / 2, lambda: connection.end(way.cuts or "reset"))
            connection.dead = way.lasting

    def end(self) -> None:
        """Let the fault be over."""
        self.fault = None

    def suffer(self, outage: Outage) -> Recovery:
        """Go through an outage until events come again, or patience ends."""
        way, hit, first = outage.way, self.connection, len(self.records)
        assert hit is not None
        assert hit.stands
        shows_at = self.now + self.path.rtt / 2
        self.begin(way)
        self.run(outage.seconds)
        self.end()
        over = since = self.now
        back = self.run(PATIENCE, lambda: self._is_back(since))
        told = self.records[first:]
        noticed = next((record.t for record in told if isinstance(record, (Disconnect, Stall))), inf)
        opened = next((record.t for record in told if isinstance(record, Open)), inf)
        survived = back and self.connection is hit
        if way.is_silent:
            shows_at = hit.heard_at + self.policy.stall_after
            over = max(over, shows_at)
        return Recovery(outage, None if survived else opened - over, not survived and noticed > shows_at + SILENT_AFTER)

    def _is_back(self, since: float) -> bool:
        connection, last = self.connection, self.session.last_event
        return connection is not None and not connection.dead and last is not None and last > since

    def finish(self) -> Summary:
        """Let the last events arrive, stop, and return the summary."""
        self.run(3.0)
        self.give(Asked(self.now, "stop"))
        summary = self.records[-1]
        assert isinstance(summary, Summary)
        return summary
