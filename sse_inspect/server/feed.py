"""Which event falls due when, and under which ID: arithmetic on positions, no clock and no storage.

A position counts events of a stream from 0. An event is a pure function of its position, so the replay buffer
is a window of positions and holds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf

from sse_inspect.server.behaviour import Behaviour
from sse_inspect.server.payload import Payload, payload


@dataclass(frozen=True, slots=True)
class Feed:
    """Events at a fixed `rate` per second from t = 0 on; `count` of them, 0 for no end."""

    rate: float
    count: int = 0
    first_id: int = 1
    restart_after: int = 0
    seed: int = 1

    @classmethod
    def of(cls, behaviour: Behaviour, seed: int) -> Feed:
        """The feed a request asks for."""
        return cls(behaviour.rate, behaviour.count, behaviour.first_id, behaviour.restart_after, seed)

    def time_of(self, position: int) -> float:
        """When the event falls due, in seconds; infinity if never."""
        return position / self.rate if self.rate and not self.ended(position) else inf

    def ended(self, position: int) -> bool:
        """Whether `position` is beyond the last event."""
        return 0 < self.count <= position

    def passed(self, t: float) -> int:
        """How many events fell due before `t`: the position of the first one at or after it."""
        position = max(0, ceil(t * self.rate))
        while position and (position - 1) / self.rate >= t:  # the product may round up
            position -= 1
        while self.rate and position / self.rate < t:  # or down
            position += 1
        return min(position, self.count) if self.count else position

    def number_of(self, position: int) -> int:
        """The number the event's ID is made of."""
        return self.first_id + (position % self.restart_after if self.restart_after else position)

    def position_of(self, number: int, t: float) -> int | None:
        """The latest position before `t` with this number; -1 (or one lap's) for the one before the first ID.

        None for a number that was not used: another stream's, or one from the future.
        """
        index, latest = number - self.first_id, self.passed(t) - 1
        if index < -1 or (self.restart_after and index >= self.restart_after):
            return None
        if self.restart_after and latest >= 0:
            lap = latest // self.restart_after * self.restart_after
            if lap and lap + index > latest:
                lap -= self.restart_after
            index += lap
        return index if index <= latest else None

    def payload(self, position: int, behaviour: Behaviour) -> Payload:
        """The event's type and data."""
        return payload(
            self.seed,
            position,
            type=behaviour.type,
            size=behaviour.size,
            lines=behaviour.lines,
            text=behaviour.text,
        )
