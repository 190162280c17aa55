"""What Prometheus wants to know of an endpoint and no summary of a session tells: a histogram, reasons, an outage."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from itertools import accumulate

from sse_inspect.analysis.alerts import MAX_RECONNECT_P95
from sse_inspect.batch import Batch, Item
from sse_inspect.records import Disconnect, End, Open, Recovered

_FINE = 0.25
BUCKETS = tuple(
    sorted(
        {0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 30.0, 60.0}
        | {MAX_RECONNECT_P95 + _FINE * step for step in range(-3, 3)}
    )
)
"""Upper bounds in seconds. The limit of the alert is one, so that a quantile is told from it without error; near it
they lie so close that no quantile is off by more than 0.25 s."""

BROKEN = frozenset({"fatal", "max-retries"})
"""Ends of a session that leave an outage behind; after the others nobody waits for a stream."""


class Tally:
    """Counts over all sessions of one endpoint; `take` is a tap. `clock` gives seconds, on any scale."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts = [0] * (len(BUCKETS) + 1)
        self._since: float | None = clock()
        self._reason = ""
        self.seconds = 0.0
        """Seconds that all reconnects took together."""
        self.opens = 0
        """Connections that opened, the first one included."""
        self.reconnects: Counter[str] = Counter()
        """Connections that opened after one that had ended, by the reason why that had."""

    def take(self, batch: Batch) -> None:
        """Take in the records of a batch."""
        for item in batch:
            if type(item) in _TAKEN:
                self._take(item)

    def _take(self, record: Item) -> None:
        match record:
            case Open():
                self.opens += 1
                if self._reason:
                    self.reconnects[self._reason] += 1
                self._since, self._reason = None, ""
            case Disconnect(reason=reason) if self._since is None:
                self._since, self._reason = self._clock(), reason
            case Recovered(reconnect=seconds) if seconds is not None:
                self._counts[bisect_left(BUCKETS, seconds)] += 1
                self.seconds += seconds
            case End(reason=reason) if reason not in BROKEN:
                self._since = None

    @property
    def outage(self) -> float:
        """Seconds since the connection was lost, or since the begin where there was none yet; 0 while there is one."""
        since = self._since
        return 0.0 if since is None else self._clock() - since

    @property
    def buckets(self) -> list[tuple[float, int]]:
        """Upper bounds, the last one infinite, and how many reconnects took that long at most."""
        return list(zip((*BUCKETS, float("inf")), accumulate(tuple(self._counts)), strict=True))


_TAKEN = frozenset({Open, Disconnect, Recovered, End})
