"""The session in equal stretches of time, however long it gets."""

from __future__ import annotations

from dataclasses import replace

from sse_inspect.analysis.snapshot import Bucket, Link, Mark, Timeline
from sse_inspect.records import (
    Backoff,
    Connecting,
    Disconnect,
    End,
    Event,
    Fault,
    Gap,
    GapFilled,
    Open,
    Record,
    Resumed,
    Stall,
)

MAX_BUCKETS = 1024
FIRST_WIDTH = 0.125

_LINKS: dict[type[Record], Link] = {
    Connecting: Link.CONNECTING,
    Open: Link.OPEN,
    Resumed: Link.OPEN,
    Stall: Link.STALLED,
    Backoff: Link.WAITING,
    Disconnect: Link.WAITING,
    End: Link.NONE,
}
_MARKS: dict[type[Record], Mark] = {
    Gap: Mark.GAP,
    GapFilled: Mark.FILLED,
    Disconnect: Mark.DISCONNECT,
    Stall: Mark.STALL,
    Fault: Mark.FAULT,
    Open: Mark.OPEN,
}


class TimelineFold:
    """Folds records into at most 1,024 buckets: when they are used up, neighbours are joined and the width doubles."""

    def __init__(self) -> None:
        self._width = FIRST_WIDTH
        self._buckets: list[Bucket] = []
        self._handed_out = 0
        self._link = Link.NONE

    def fold(self, record: Record) -> None:
        """Take in one record."""
        bucket = self._bucket(record.t)
        if isinstance(record, Event):
            bucket.events += 1
            if record.duplicate:
                bucket.marks |= Mark.DUPLICATE
            return
        kind = type(record)
        if kind in _LINKS:
            self._link = _LINKS[kind]
            bucket.link = max(bucket.link, self._link)
        if kind in _MARKS:
            bucket.marks |= _MARKS[kind]

    def events(self, t: float, count: int) -> None:
        """Take in so many ordinary events."""
        self._bucket(t).events += count

    def mark(self, t: float, mark: Mark) -> None:
        """Mark the stretch of the record that was folded last: what no record says of itself."""
        self._buckets[self._reach(t)].marks |= mark

    def was_half_open(self, since: float, until: float) -> None:
        """The open connection was half-open in that time."""
        last = self._reach(until)
        first = int(since / self._width)
        self._buckets[first : last + 1] = [_half_open(bucket) for bucket in self._buckets[first : last + 1]]

    def view(self, now: float, half_open: float | None = None) -> Timeline:
        """The timeline up to `now`, half-open from `half_open` on; it does not change when more is folded."""
        last = self._reach(now)
        self._handed_out = last
        buckets = [*self._buckets[:-1], replace(self._buckets[-1])]
        if half_open is not None and half_open < now:
            first = int(half_open / self._width)
            buckets[first:] = [_half_open(bucket) for bucket in buckets[first:]]
        return Timeline(self._width, tuple(buckets))

    def _bucket(self, t: float) -> Bucket:
        """The stretch of that time, to be changed."""
        index = self._reach(t)
        if index < self._handed_out:  # it is later than the view that held its stretch
            self._buckets[index] = replace(self._buckets[index])
        return self._buckets[index]

    def _reach(self, t: float) -> int:
        index = int(t / self._width)
        while index >= MAX_BUCKETS:
            self._buckets = [_joined(self._buckets[i : i + 2]) for i in range(0, len(self._buckets), 2)]
            self._handed_out = 0
            self._width *= 2
            index = int(t / self._width)
        while len(self._buckets) <= index:
            self._buckets.append(Bucket(self._link))
        return index


def _half_open(bucket: Bucket) -> Bucket:
    return replace(bucket, link=Link.HALF_OPEN) if bucket.link is Link.OPEN else bucket


def _joined(pair: list[Bucket]) -> Bucket:
    first, last = pair[0], pair[-1]
    if first is last:
        return replace(first)
    return Bucket(max(first.link, last.link), first.events + last.events, first.marks | last.marks)
