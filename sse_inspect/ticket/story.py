"""What happened, as a fold over the records: the first and the last of it in words, the events between counted."""

from __future__ import annotations

from collections import deque

from sse_inspect.present import words
from sse_inspect.records import Comment, Event, Origin, Record, Retry, Session, Summary
from sse_inspect.store.capture.facts import redacted_record
from sse_inspect.ticket.content import Happening, Story

FIRST, LAST = 30, 60
"""Happenings that are told, from the begin and from the end."""

_ROUTINE = frozenset({Session, Summary, Retry})
"""Kinds that a report tells elsewhere, or that tell nothing of what happened."""


class StoryFold:
    """Folds records into a story."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._first: list[Happening] = []
        self._last: deque[Happening] = deque(maxlen=LAST)
        self._told = 0
        self._events = self._duplicates = self._comments = 0

    def fold(self, record: Record) -> None:
        """Take in one record."""
        if isinstance(record, Event):
            self._events += 1
            self._duplicates += record.duplicate
        elif isinstance(record, Comment):
            self._comments += 1
        elif type(record) not in _ROUTINE:
            self._tell(record)

    def _tell(self, record: Record) -> None:
        t = self._origin.time_of(record)
        said = Happening(
            None if t is None else round(t, 3),
            self._origin.rfc3339(t),
            record.connection,
            record.kind,
            " · ".join(words.parts(redacted_record(record))),
            self._events,
            self._duplicates,
            self._comments,
        )
        (self._first if self._told < FIRST else self._last).append(said)
        self._told += 1
        self._events = self._duplicates = self._comments = 0

    def story(self) -> Story:
        """What it came to."""
        omitted = self._told - len(self._first) - len(self._last)
        return Story(tuple(self._first), omitted, tuple(self._last))
