"""Which records the event list shows, and at which position: all of them, or those a filter lets through."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from sse_inspect.inspected import Log
from sse_inspect.store.filter import Filter, FilteredView


class Listing:
    """Rows by position; what `pull` took in is all there is, so that a frozen list stays as it was."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.known = 0
        self.count = 0
        self.filter: Filter | None = None
        self.caught_up = True
        self._view: FilteredView | None = None

    def restrict(self, wanted: Filter | None, start: int | None = None) -> None:
        """Show only what `wanted` lets through; None shows all. What stands near `start` is found first, or the newest.

        `start` is the log ordinal from which it looks backwards and forwards.
        """
        self.filter = wanted
        self._view = None if wanted is None else FilteredView(self.log, wanted, self.known if start is None else start)
        self.caught_up = wanted is None
        self._count()

    def pull(self) -> None:
        """Take in what the log has now."""
        self.known = len(self.log)
        self.caught_up = self._view is None or self._view.looked >= self.known
        self._count()

    def look(self, limit: int) -> bool:
        """Let the filter look at up to `limit` further records; True once it has seen them all."""
        if self._view is not None:
            self.caught_up = self._view.extend(limit)
            self._count()
        return self.caught_up

    @property
    def progress(self) -> float:
        """The part of the known records that the filter has looked at, 0 to 1."""
        return 1.0 if self._view is None or not self.known else min(1.0, self._view.looked / self.known)

    @property
    def older(self) -> int:
        """Rows found in front of where the filter began to look: each new one moves the others down."""
        return 0 if self._view is None else self._view.older

    def ordinal(self, position: int) -> int:
        """The log ordinal of the row at `position`."""
        return position if self._view is None else self._view[position]

    def position(self, ordinal: int) -> int:
        """The position of the row with that log ordinal, or of the next shown one; `count` behind the last."""
        if self._view is None:
            return min(max(ordinal, 0), self.count)
        return bisect_left(self._view, ordinal, 0, self.count)

    def _count(self) -> None:
        # Under a filter the view may have looked further than a frozen list shows.
        self.count = self.known if self._view is None else bisect_right(self._view, self.known - 1)
