"""Records by their log ordinal → rows of the event list, with what only the records before them tell."""

from __future__ import annotations

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

    def fit(self, width: int, events: int) -> bool:
        """Choose columns for `width` cells and event numbers up to `events`; True if they are others than before."""
        before, self._columns = self._columns, layout(width, events)
        return self._columns != before

    def header(self) -> list[Span]:
        """The names of the columns."""
        return header(self._columns)

    def row(self, ordinal: int) -> list[Span]:
        """The row of a record; an event's Δ counts from the event before it, whatever a filter hides."""
        record = self._inspection.log[ordinal]
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
        log = self._inspection.log
        for at in range(ordinal - 1, max(-1, ordinal - LOOK_BACK), -1):
            record = log[at]
            if isinstance(record, kind):
                return record
        return None
