"""What an outage costs, from the end of a connection to the first new event after it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sse_inspect.records import Recovered
from sse_inspect.session.event_ids import MissingRange


@dataclass(slots=True)
class Outage:
    """`last_byte` came last before it, at `noticed` the disconnect was known; seconds since the session began.

    `gaps` are those that it led to, filled up as time goes on.
    """

    last_byte: float
    noticed: float
    opened: float | None = None
    attempts: int = 0
    replayed: int = 0
    duplicates: int = 0
    gaps: list[MissingRange] = field(default_factory=list)

    def over(self, t: float, connection: int) -> Recovered:
        """The record of its cost; the first byte after it is that of the response that opened."""
        opened = t if self.opened is None else self.opened
        return Recovered(
            t=t,
            connection=connection,
            outage=opened - self.last_byte,
            reconnect=opened - self.noticed,
            attempts=self.attempts,
            replayed=self.replayed,
            duplicates=self.duplicates,
            lost=sum(gap.remaining for gap in self.gaps),
        )
