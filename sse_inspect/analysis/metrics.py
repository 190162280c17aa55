"""The six metrics, as a fold over the records."""

from __future__ import annotations

from collections import Counter

from sse_inspect.analysis.distribution import Distribution
from sse_inspect.analysis.passed import Passed
from sse_inspect.batch import Events, Item
from sse_inspect.records import (
    Comment,
    Connecting,
    Diagnosis,
    Disconnect,
    Event,
    Open,
    Record,
    Recovered,
    Resumed,
    Stall,
    Summary,
)
from sse_inspect.stepping import numbered

WATCHED_EVENTS = 65_536
"""Distinct events, at least, that the check on delivered duplicates looks back on."""


class Metrics:
    """Counts what the six metrics rest on; `summary` puts them together.

    That a duplicate was passed on as new is found independently of the session's own book-keeping: an event with an
    ID is remembered with its data, and one that comes again unmarked is a delivered duplicate.
    """

    def __init__(self) -> None:
        self._reconnect = Distribution()
        self._young = Passed()
        self._old = Passed()
        self._disconnects: Counter[str] = Counter()
        self._longest_stall = 0.0
        self._silent_since: float | None = None
        self._stalls = 0
        self._events = 0
        self._connections = 0
        self._constant: str | None = None
        """An ID that several events have, empty where the next event has it: it tells no duplicate."""
        self.stalled = False
        """Whether a stall began and no sign of life came since, on its connection or a later one."""
        self.comments = 0
        self.duplicates_received = 0
        self.duplicates_delivered = 0

    def fold(self, item: Item) -> None:
        """Take in one record, or events that are together."""
        if isinstance(item, Event):
            self._event(item)
        elif isinstance(item, Events):
            self._run(item)
        else:
            self._record(item)

    def _run(self, events: Events) -> None:
        ids, _, data, _ = events.run.columns
        if ids is None:
            self._events += len(data)
            return
        self._events += len(ids)
        self._make_room()
        self.duplicates_delivered += len(ids) - self._young.take_run(events.numbered, ids, data, self._old)

    def _make_room(self) -> None:
        if len(self._young) >= WATCHED_EVENTS:
            self._old, self._young = self._young, Passed()

    def _record(self, record: Record) -> None:
        match record:
            case Comment():
                self.comments += 1
            case Connecting():
                self._connections += 1
            case Disconnect(reason=reason):
                self._disconnects[reason] += 1
                self._end_silence(record.t)
            case Open():
                self.stalled = False
            case Recovered(reconnect=reconnect) if reconnect is not None:
                self._reconnect.add(reconnect)
            case Stall(silence=silence):
                self._stalls += 1
                self._silent_since = record.t - silence
                self.stalled = True
            case Resumed():
                self._end_silence(record.t)
                self.stalled = False
            case Diagnosis(code="id-restart"):
                self._young.clear()
                self._old.clear()
            case Diagnosis(code="id-constant"):
                self._constant = ""

    def _end_silence(self, t: float) -> None:
        self._longest_stall = self._longest_stall_at(t)
        self._silent_since = None

    def _longest_stall_at(self, t: float) -> float:
        present = 0.0 if self._silent_since is None else t - self._silent_since
        return max(self._longest_stall, present)

    def _event(self, event: Event) -> None:
        self._events += 1
        if not event.id:
            return
        if event.duplicate:
            self.duplicates_received += 1
            return
        if self._constant == "":
            self._constant = event.id
        if event.id == self._constant:
            return
        if len(self._young) < WATCHED_EVENTS and self._young.step(event.id, event.data):
            return
        it = event.id, numbered(event.id), event.data
        is_known = self._young.has(*it) or self._old.has(*it)
        self.duplicates_delivered += is_known
        self._make_room()
        if not is_known or not self._young.has(*it):
            self._young.take(*it, self._old)

    def summary(
        self,
        t: float,
        connection: int,
        *,
        received: int,
        missing: int,
        gaps_known: bool,
        silent_failures: int,
        size: int,
        wire_size: int,
    ) -> Summary:
        """The metrics at `t`; what the IDs say and the silent failures are the session's to know."""
        reconnect = self._reconnect
        total = received + missing
        return Summary(
            t=t,
            connection=connection,
            completion_rate=received / total if gaps_known and total else None,
            reconnect_seconds={
                "count": reconnect.count,
                "mean": reconnect.mean,
                "p50": reconnect.quantile(0.50),
                "p95": reconnect.quantile(0.95),
                "p99": reconnect.quantile(0.99),
                "max": reconnect.max if reconnect.count else None,
            },
            messages_lost=missing,
            duplicates={"received": self.duplicates_received, "delivered": self.duplicates_delivered},
            stalls={"count": self._stalls, "longest": self._longest_stall_at(t)},
            silent_failures=silent_failures,
            events=self._events,
            received=received,
            comments=self.comments,
            connections=self._connections,
            disconnects=dict(self._disconnects),
            bytes=size,
            duration=t,
            wire_bytes=wire_size,
        )
