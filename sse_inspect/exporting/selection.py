"""What of a session is exported: a stretch of time, what a filter lets through, one connection."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from sse_inspect.records import Record
from sse_inspect.store.filter import Filter


@dataclass(frozen=True, slots=True)
class Selection:
    """From `start` to `end` in seconds since the session began, both included; all connections or one of them."""

    start: float = 0.0
    end: float = inf
    filter: Filter | None = None
    connection: int | None = None

    @property
    def takes_parts(self) -> bool:
        """Whether something of a connection's stream may be left out."""
        return self.start > 0 or self.end < inf or self.filter is not None

    def has(self, record: Record) -> bool:
        """Whether the record is among it; its time counts as it is written, in microseconds."""
        return (
            self.start <= round(record.t, 6) <= self.end
            and self.connection in (None, record.connection)
            and (self.filter is None or self.filter.matches(record))
        )
