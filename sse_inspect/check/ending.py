"""When a run is over: what was planned has happened, and what came of it had time to show."""

from __future__ import annotations

from collections.abc import Sequence

from sse_inspect.check.scenario import Plan
from sse_inspect.faults import parse
from sse_inspect.records import Disconnect, End, Event, Fault, Open, Record, Recovered

GIVEN_UP_AFTER = 3
"""Attempts after which an endpoint that never opened is left alone."""
BUSY_FOR = 3.0
"""Seconds in which an endpoint that answers with a status may still be busy with the connection before."""
PATIENCE = 3.0
"""Times `settle` that a stream without events is waited for after an outage."""


class Ending:
    """Folds the records of a run; `expected` events are those a resumption waits for."""

    def __init__(self, plan: Plan, *, expected: int = 0) -> None:
        self._plan = plan
        self._planned = len(plan.faults)
        self._expected = expected
        self._opened: float | None = None
        self._is_open = False
        self._calm_since = 0.0
        self._awaits_event = False
        self._is_back = self._is_recovered = False
        self._begun = 0
        self._active: set[str] = set()
        self._failed = 0
        self._is_busy = False
        self._left_early = False
        self._events = 0
        self._ended = False

    def fold(self, records: Sequence[Record]) -> None:
        """Take in what became known."""
        for record in records:
            match record:
                case Event():
                    self._events += 1
                    self._awaits_event = False
                case Open():
                    self._open(record)
                case Disconnect():
                    self._disconnect(record)
                case Fault():
                    self._fault(record)
                case Recovered() if not self._is_recovered:
                    self._is_recovered = True
                    self._calm_since = max(self._calm_since, record.t)
                case End():
                    self._ended = True

    def _open(self, record: Open) -> None:
        self._awaits_event = self._opened is not None
        if self._opened is None:
            self._opened = record.t
        self._is_open = True
        if not self._is_back:  # an endpoint that ends its responses by itself later is not waited for again
            self._is_back = True
            self._calm_since = record.t

    def _disconnect(self, record: Disconnect) -> None:
        if not self._is_open:
            self._failed += 1
            self._is_busy = record.reason == "status"
            return
        self._is_open = False
        self._left_early |= self._plan.one_connection or (bool(self._planned) and not self._begun)

    def _fault(self, record: Fault) -> None:
        self._is_back = self._is_recovered = False
        self._calm_since = max(self._calm_since, record.t)
        if record.state == "ended":
            self._active.discard(record.fault)
            return
        self._begun += 1
        if parse(record.fault).kind.lasts != "blow":
            self._active.add(record.fault)

    def is_over(self, t: float) -> bool:
        """Whether the run has shown what it can."""
        if self._ended or self._left_early:
            return True
        if self._opened is None:
            return self._failed >= GIVEN_UP_AFTER and (t >= BUSY_FOR or not self._is_busy)
        plan = self._plan
        if self._planned:
            waited = t - self._calm_since
            settled = waited >= plan.settle * (PATIENCE if self._awaits_event else 1.0)
            return self._begun >= self._planned and not self._active and self._is_open and settled
        if self._expected and self._events >= self._expected:
            return True
        if plan.events is not None and self._events >= plan.events:
            return True
        return plan.seconds is not None and t - self._opened >= plan.seconds
