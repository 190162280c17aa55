"""Events that came again: this program tells them apart by their IDs, other clients take them for new ones."""

from __future__ import annotations

from sse_inspect.analysis.browser import ORDER, Remark
from sse_inspect.records import Event, Record


class Twice:
    """Counts the duplicates among the records that are folded; `count` is how many."""

    def __init__(self) -> None:
        self.count = 0
        self._first = 0.0

    def fold(self, record: Record) -> None:
        """Take in one record."""
        if isinstance(record, Event) and record.duplicate:
            if not self.count:
                self._first = record.t
            self.count += 1

    def among(self, remarks: tuple[Remark, ...]) -> tuple[Remark, ...]:
        """The remarks on a browser with what becomes of the duplicates there, the gravest first."""
        if not self.count:
            return remarks
        sentence = f"EventSource drops no duplicates: it delivers {again(self.count)} to the page a second time."
        remark = Remark("duplicates", "differs", sentence, "here they are told apart by their IDs", 1, self._first)
        return tuple(sorted((*remarks, remark), key=lambda each: ORDER.index(each.outcome)))


def again(count: int) -> str:
    """The events that came again, in words."""
    return "the event that came again" if count == 1 else f"the {count:,} events that came again"
