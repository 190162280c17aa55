"""Where the marks of a log are, for the scroll bar."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from sse_inspect.store.record_log import RecordLog, is_mark


class MarkIndex:
    """Ordinals of the marks among the records looked at so far, ascending."""

    def __init__(self, log: RecordLog) -> None:
        self._log = log
        self._looked = 0
        self.ordinals: array[int] = array("Q")

    def look(self, limit: int) -> None:
        """Look at up to `limit` further records."""
        records = self._log.slice(self._looked, self._looked + limit)
        self.ordinals.extend(ordinal for ordinal, record in enumerate(records, self._looked) if is_mark(record))
        self._looked += len(records)

    def after(self, ordinal: int | None) -> Iterator[int]:
        """Marks behind `ordinal`, the nearest first; all of them where it is None."""
        start = 0 if ordinal is None else bisect_right(self.ordinals, ordinal)
        return (self.ordinals[at] for at in range(start, len(self.ordinals)))

    def before(self, ordinal: int | None) -> Iterator[int]:
        """Marks in front of `ordinal`, the nearest first; all of them where it is None."""
        stop = len(self.ordinals) if ordinal is None else bisect_left(self.ordinals, ordinal)
        return (self.ordinals[at] for at in range(stop - 1, -1, -1))
