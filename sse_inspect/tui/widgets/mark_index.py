"""Where the marks of a log are: for the keys that go to them, and for the scroll bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sse_inspect.inspected import Log


class MarkIndex:
    """The marks of a log, which knows itself where they are: it is asked for those alone that are needed."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._shown_for = (0, 0)
        self._shown: list[int] = []

    def shown(self, total: int, height: int) -> Sequence[int]:
        """What a bar of `height` cells for the first `total` records has to show: the first mark in each cell."""
        if self._shown_for != (total, height):
            self._shown_for = (total, height)
            self._shown = list(self._first_in_cells(total, height))
        return self._shown

    def _first_in_cells(self, total: int, height: int) -> Iterator[int]:
        cell = -1
        mark = self._log.next_mark(-1)
        while mark is not None and mark < total and cell < height - 1:
            yield mark
            cell = mark * height // total
            mark = self._log.next_mark(max(-(-(cell + 1) * total // height) - 1, mark))

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
