"""Records by their log ordinal → rows of the event list, with what only the records before them tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sse_inspect.inspected import Inspected
from sse_inspect.present.rows import header, layout, row
from sse_inspect.present.styles import Span
from sse_inspect.records import Connecting, Event, Open, Record

LOOK_BACK = 256
"""Records in which the one before is looked for: a row must not cost more, however long the silence was."""

R = TypeVar("R", bound=Record)


class EventRows:
    """Rows for columns that were made to `fit`."""

    def __init__(self, inspection: Inspected) -> None:
        self._inspection = inspection
        self._columns = layout(0)
        self._fetched: Sequence[Record] = ()
        self._first = 0

    def fit(self, width: int, events: int) -> bool:
        """Choose columns for `width` cells and event numbers up to `events`; True if they are others than before."""
        before, self._columns = self._columns, layout(width, events)
        return self._columns != before

    def header(self) -> list[Span]:
        """The names of the columns."""
        return header(self._columns)

    def fetch(self, ordinals: Sequence[int]) -> None:
        """Have the records of rows to come at hand; those that follow on one another come together."""
        self._fetched = ()
        if len(ordinals) > 1 and ordinals[-1] - ordinals[0] < 2 * len(ordinals):
            self._first = max(0, ordinals[0] - 1)
            self._fetched = self._inspection.log.slice(self._first, ordinals[-1] + 1)

    def row(self, ordinal: int) -> list[Span]:
        """The row of a record; an event's Δ counts from the event before it, whatever a filter hides."""
        record = self._record(ordinal)
        before = self._before(ordinal, Event) if isinstance(record, Event) else None
        asked = self._before(ordinal, Connecting) if isinstance(record, Open) else None
        return row(
            record,
            self._inspection.origin,
            before.t if before else None,
            self._columns,
            sent=asked.last_event_id if asked else None,
        )

    def _before(self, ordinal: int, kind: type[R]) -> R | None:
        for at in range(ordinal - 1, max(-1, ordinal - LOOK_BACK), -1):
            record = self._record(at)
            if isinstance(record, kind):
                return record
        return None

    def _record(self, ordinal: int) -> Record:
        at = ordinal - self._first
        return self._fetched[at] if 0 <= at < len(self._fetched) else self._inspection.log[ordinal]
