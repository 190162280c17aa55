"""What of an endpoint is worth a line: all that changes its state, but of an outage little, however long it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, count

from sse_inspect.analysis.alerts import MAX_RECONNECT_P95
from sse_inspect.batch import Batch
from sse_inspect.monitoring.tally import Tally
from sse_inspect.present.safe import preview
from sse_inspect.present.units import counted, duration, seconds
from sse_inspect.present.words import LIMIT
from sse_inspect.records import (
    Alert,
    Diagnosis,
    Disconnect,
    End,
    Fault,
    Open,
    Record,
    Recovered,
    Resumed,
    Session,
    Stall,
)

SLOW = "SlowReconnect"
"""The alert that Prometheus fires for an outage under way as well."""

_TOLD = (Open, Disconnect, Stall, Resumed, Recovered, Alert, Diagnosis, Fault, End)


@dataclass(frozen=True, slots=True)
class Note:
    """A line that is no record of a session: what kind of line, and its visible text."""

    kind: str
    text: str


class Telling:
    """Chooses what is told of one endpoint, over all its sessions.

    Of the attempts that fail in an outage the first one for each reason is told, and at growing intervals how many they
    were. `clock` gives seconds, on any scale; a session that ended as fatal begins anew after `again` seconds,
    if at all.
    """

    def __init__(self, clock: Callable[[], float], again: float | None) -> None:
        self._tally = Tally(clock)
        self._again = again
        self._is_slow = self._is_late = self._fires = False
        self._has_opened = False
        self._is_down = True
        self._begin()

    def _begin(self) -> None:
        """An outage begins."""
        self._attempts, self._last = 0, ""
        self._known: set[tuple[str, str]] = set()
        self._dues = chain((60.0, 300.0, 900.0), count(3600.0, 3600.0))
        self._due = next(self._dues)

    def take(self, batch: Batch) -> Iterator[Record | Note]:
        """What is told of this batch."""
        self._tally.take(batch)
        alert: Alert | None = None
        for item in batch:
            if isinstance(item, Session):
                self._is_slow = self._has_opened = False
            elif isinstance(item, Alert) and item.name == SLOW:
                alert = item
                self._is_slow = item.state == "firing"
            elif isinstance(item, _TOLD):
                yield from self._told(item)
        if note := self._changed():
            yield alert if alert and (alert.state == "firing") == self._fires else note

    def tick(self) -> Iterator[Note]:
        """What is told because time goes by; to be called every second or so."""
        outage = self._tally.outage
        self._is_late = self._is_late or outage >= MAX_RECONNECT_P95
        if note := self._changed():
            yield note
        if outage >= self._due:
            self._due = next(due for due in self._dues if due > outage)
            why = f" ({self._last})" if self._last else ""
            yield Note("outage", f"still down{why} · {counted(self._attempts, 'attempt')} in {duration(outage)}")

    def _told(self, record: Record) -> Iterator[Record | Note]:
        match record:
            case Open():
                self._is_down = False
                self._is_late = self._is_late and self._has_opened  # the first one of a session never is a recovery
                self._has_opened = True
            case Recovered():
                self._is_late = False
            case Disconnect() if not self._is_down:
                self._is_down = True
                self._begin()
            case Disconnect(reason=reason, detail=detail):
                self._attempts += 1
                self._last = preview(detail, LIMIT) if reason == "status" else reason
                if self._is_known(reason, self._last):
                    return
            case Diagnosis(code=code) if self._is_down and self._is_known("diagnosis", code):
                return
            case End(reason="fatal", detail=detail) if self._again is not None:
                if not (self._is_down and self._is_known("fatal", detail)):
                    yield Note("end", f"begins anew in {self._again:g} s · {preview(detail, LIMIT)}")
                return
        yield record

    def _is_known(self, what: str, more: str) -> bool:
        """Whether this was told of the outage already; from now on it was."""
        known = (what, more) in self._known
        self._known.add((what, more))
        return known

    def _changed(self) -> Note | None:
        """The change of SlowReconnect, which fires for what a session says of itself and for an outage under way."""
        fires = self._is_slow or self._is_late
        if fires == self._fires:
            return None
        self._fires = fires
        if not fires:
            return Note("alert", f"resolved: {SLOW}")
        outage = f"outage {seconds(self._tally.outage)} (limit {seconds(MAX_RECONNECT_P95)})"
        return Note("alert", f"firing: {SLOW} · {outage}")
