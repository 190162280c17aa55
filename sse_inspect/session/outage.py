"""What an outage costs, from the end of a connection to the first new event after it."""

from __future__ import annotations

from dataclasses import dataclass

from sse_inspect.records import Recovered


@dataclass(slots=True)
class Outage:
    """`last_byte` came last before it, at `noticed` the disconnect was known; seconds since the session began."""

    last_byte: float
    noticed: float
    opened: float | None = None
    attempts: int = 0
    replayed: int = 0
    duplicates: int = 0
    lost: int = 0

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
            lost=self.lost,
        )
