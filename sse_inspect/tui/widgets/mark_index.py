"""Where the marks of a log are: for the keys that go to them, and for the scroll bar."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from sse_inspect.inspected import Log
from sse_inspect.store.record_log import is_mark


class MarkIndex:
    """Ordinals of the marks among the records looked at so far, ascending: of a log that grows, as it does."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._looked = 0
        self.ordinals: array[int] = array("Q")

    def look(self, limit: int) -> None:
        """Look at up to `limit` further records."""
        records = self._log.slice(self._looked, self._looked + limit)
        self.ordinals.extend(ordinal for ordinal, record in enumerate(records, self._looked) if is_mark(record))
        self._looked += len(records)

    def shown(self, total: int, height: int) -> Sequence[int]:
        """What a bar of `height` cells for `total` records has to show."""
        return self.ordinals

    def after(self, ordinal: int | None) -> Iterator[int]:
        """Marks behind `ordinal`, the nearest first; all of them where it is None."""
        start = 0 if ordinal is None else bisect_right(self.ordinals, ordinal)
        return (self.ordinals[at] for at in range(start, len(self.ordinals)))

    def before(self, ordinal: int | None) -> Iterator[int]:
        """Marks in front of `ordinal`, the nearest first; all of them where it is None."""
        stop = len(self.ordinals) if ordinal is None else bisect_left(self.ordinals, ordinal)
        return (self.ordinals[at] for at in range(stop - 1, -1, -1))


class CapturedMarks(MarkIndex):
    """The same of a log that is complete and has an index of its own: nothing is looked at that is not asked for."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self._shown_for = (0, 0)

    def look(self, limit: int) -> None:
        """There is nothing to look at."""

    def shown(self, total: int, height: int) -> Sequence[int]:
        """The first mark in each cell."""
        if self._shown_for != (total, height):
            self._shown_for = (total, height)
            self.ordinals = array("Q")
            cell = -1
            mark = self._log.next_mark(-1)
            while mark is not None and cell < height - 1:
                self.ordinals.append(mark)
                cell = mark * height // total
                mark = self._log.next_mark(max(-(-(cell + 1) * total // height) - 1, mark))
        return self.ordinals

    def after(self, ordinal: int | None) -> Iterator[int]:
        """Marks behind `ordinal`, the nearest first; all of them where it is None."""
        mark = self._log.next_mark(-1 if ordinal is None else ordinal)
        while mark is not None:
            yield mark
            mark = self._log.next_mark(mark)

    def before(self, ordinal: int | None) -> Iterator[int]:
        """Marks in front of `ordinal`, the nearest first; all of them where it is None."""
        mark = self._log.previous_mark(len(self._log) if ordinal is None else ordinal)
        while mark is not None:
            yield mark
            mark = self._log.previous_mark(mark)
