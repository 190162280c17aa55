"""What a load is to be: how many clients, how fast they come, for how long; and what is too much of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sse_inspect.errors import UsageError
from sse_inspect.load.timestamp import Timestamp

MOST_CLIENTS = 10_000
LONGEST = 3600.0
"""Seconds."""
MOST_WORKERS = 64
FINEST = 0.1
"""Seconds of the finest chart."""
COLUMNS = 120
"""Columns of a chart, at most."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`clients` that begin at `ramp` a second, and all end after `seconds`, the ramp included.

    `workers` are processes that share them out; this one's are those numbered `first`, `first + workers`, and so on.
    With `owned` the target may be another machine. Raises UsageError.
    """

    clients: int = 100
    ramp: float = 100.0
    seconds: float = 60.0
    workers: int = 1
    owned: bool = False
    timestamp: Timestamp | None = None
    first: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.clients <= MOST_CLIENTS:
            raise UsageError("--clients", f"{self.clients:,} is out of range; expected 1 to {MOST_CLIENTS:,}.")
        if not self.ramp > 0:
            raise UsageError("--ramp", f"{self.ramp:g} clients a second never come; expected such as 100/s.")
        if not 0 < self.seconds <= LONGEST:
            raise UsageError("--for", f"{self.seconds:g} s is out of range; expected up to an hour.")
        if self.ramp_seconds >= self.seconds:
            raise UsageError(
                "--for",
                f"{self.clients:,} clients at {self.ramp:g} a second have come after {self.ramp_seconds:g} s only, and "
                f"{self.seconds:g} s include that; give more time, or a higher --ramp.",
            )
        if not 1 <= self.workers <= min(MOST_WORKERS, self.clients):
            raise UsageError(
                "--workers", f"{self.workers} is out of range; expected 1 to {MOST_WORKERS}, no more than clients."
            )

    @property
    def ramp_seconds(self) -> float:
        """Seconds until the last client has begun."""
        return (self.clients - 1) / self.ramp

    @property
    def numbers(self) -> range:
        """The clients of this process, counted from 0 over all."""
        return range(self.first, self.clients, self.workers)

    @property
    def width(self) -> float:
        """Seconds of a column in the chart: a round number."""
        return next(width for width in _ROUND if width * COLUMNS >= self.seconds)

    def shares(self) -> list[Plan]:
        """What each worker does of it."""
        return [replace(self, first=number) for number in range(self.workers)]


_ROUND = [FINEST * 10.0**power * step for power in range(4) for step in (1, 2, 5)]
