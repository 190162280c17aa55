"""The log of records: append-only, addressed by ordinal, bounded in memory.

Records live in segments. The newest segments stay in memory up to a budget; older ones come back, one segment at a
time, from where they were written down meanwhile. One thread appends; another may read where locks are given.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from sys import getsizeof
from typing import Protocol

from sse_inspect.errors import CaptureError
from sse_inspect.findings import diagnosis
from sse_inspect.records import Comment, Diagnosis, Disconnect, Event, Gap, Record, Stall

SEGMENT_RECORDS = 1024
SEGMENT_BYTES = 4 << 20
MEMORY_BYTES = 24 << 20
LOADED_SEGMENTS = 4
_RECORD_OVERHEAD = 300
_MARKS = frozenset({Gap, Disconnect, Stall})


def is_mark(record: Record) -> bool:
    """Whether a record is one a reader jumps to: a gap, a duplicate, a disconnect or a stall."""
    return record.duplicate if isinstance(record, Event) else type(record) in _MARKS


class Backing(Protocol):
    """Where records are written down as they come, and read again."""

    @property
    def written(self) -> int:
        """Records that can be read again, counted from the first."""
        ...

    def slice(self, start: int, stop: int, *, data: bool = True) -> list[Record]:
        """The records from ordinal `start` up to, not including, `stop`; without `data` that of events is empty.

        Raises CaptureError if they cannot be read.
        """
        ...

    def body(self, connection: int, offset: int, size: int) -> bytes | None:
        """Bytes of a connection's decoded body, or None if they are not there; raises CaptureError as `slice` does."""
        ...


@dataclass(slots=True)
class _Segment:
    start: int
    records: list[Record] | None
    count: int = 0
    weight: int = 0
    marks: int = 0
    lost: Diagnosis | None = None


class RecordLog:
    """All records of a session, in order; `memory_bytes` is the budget for those kept in memory.

    Older ones are read from `backing`; without one they are given up, and a `records-dropped` stands for each of
    them. `locks` makes what keeps threads out of each other's way; it need not be given for one alone.
    """

    def __init__(
        self,
        *,
        memory_bytes: int = MEMORY_BYTES,
        backing: Backing | None = None,
        locks: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._newest: list[Record] = []
        self._segments = [_Segment(0, self._newest)]
        self._starts = [0]
        self._length = 0
        self._memory_bytes = memory_bytes
        self.backing = backing
        self._held = 0
        self._oldest_held = 0
        self._loaded: OrderedDict[int, list[Record]] = OrderedDict()
        self._lock = locks()
        # Reading what is written down takes long: who appends must not wait for it.
        self._reading = locks()

    def __len__(self) -> int:
        return self._length

    def append(self, records: Sequence[Record]) -> None:
        """Add a batch at the end."""
        with self._lock:
            segment = self._segments[-1]
            for record in records:
                if segment.count >= SEGMENT_RECORDS or segment.weight >= SEGMENT_BYTES:
                    segment = self._next_segment()
                self._newest.append(record)
                segment.count += 1
                segment.weight += _weight(record)
                segment.marks += is_mark(record)
                self._length += 1

    def __getitem__(self, ordinal: int) -> Record:
        if not 0 <= ordinal < self._length:
            raise IndexError(ordinal)
        return self.slice(ordinal, ordinal + 1)[0]

    def slice(self, start: int, stop: int, *, data: bool = True) -> list[Record]:
        """The records from ordinal `start` up to, not including, `stop`; what lies outside is left out.

        Without `data` that of events is empty where it would have to be read for it.
        """
        start, stop = max(0, start), min(stop, self._length)
        result: list[Record] = []
        while start < stop:
            with self._lock:
                index = bisect_right(self._starts, start) - 1
                segment = self._segments[index]
                records = segment.records
            end = min(stop, segment.start + segment.count)
            if records is None and not data and index not in self._loaded:
                part = self._load(segment, start, end, data=False)
            else:
                records = self._older(index, segment) if records is None else records
                part = records[start - segment.start : end - segment.start]
            result += part
            start += len(part)
        return result

    def next_mark(self, after: int) -> int | None:
        """The ordinal of the first mark behind `after`, or None."""
        index = max(0, bisect_right(self._starts, max(after, 0)) - 1)
        for segment in self._segments[index:]:
            if segment.marks:
                for ordinal, record in enumerate(
                    self.slice(segment.start, segment.start + segment.count), segment.start
                ):
                    if ordinal > after and is_mark(record):
                        return ordinal
        return None

    def previous_mark(self, before: int) -> int | None:
        """The ordinal of the last mark in front of `before`, or None."""
        index = bisect_right(self._starts, max(before, 0)) - 1
        for segment in reversed(self._segments[: index + 1]):
            if segment.marks:
                records = self.slice(segment.start, segment.start + segment.count)
                for position in range(len(records) - 1, -1, -1):
                    if segment.start + position < before and is_mark(records[position]):
                        return segment.start + position
        return None

    def _next_segment(self) -> _Segment:
        self._held += self._segments[-1].weight
        while self._held > self._memory_bytes and self._oldest_held < len(self._segments) - 1:
            segment = self._segments[self._oldest_held]
            if self.backing is None:
                segment.lost = self._lost(segment, "there was no file to keep them in")
            elif self.backing.written < segment.start + segment.count:
                break
            segment.records = None
            self._held -= segment.weight
            self._oldest_held += 1
        self._newest = []
        segment = _Segment(self._length, self._newest)
        self._segments.append(segment)
        self._starts.append(self._length)
        return segment

    def _older(self, index: int, segment: _Segment) -> list[Record]:
        with self._reading:
            records = self._loaded.get(index)
            if records is None:
                records = self._loaded[index] = self._load(segment, segment.start, segment.start + segment.count)
                while len(self._loaded) > LOADED_SEGMENTS:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(index)
            return records

    def _load(self, segment: _Segment, start: int, stop: int, *, data: bool = True) -> list[Record]:
        """Records of a segment that is not in memory."""
        if self.backing is None or segment.lost is not None:
            return [segment.lost or self._lost(segment, "there is no file")] * (stop - start)
        try:
            records = self.backing.slice(start, stop, data=data)
        except CaptureError as error:
            records = []
            segment.lost = self._lost(segment, str(error))
        missing = stop - start - len(records)
        return records + [segment.lost or self._lost(segment, "they are not in the file")] * missing

    def _lost(self, segment: _Segment, why: str) -> Diagnosis:
        first = segment.records[0] if segment.records else None
        evidence = f"{segment.count:,} records were given up: {why}."
        t, connection = (first.t, first.connection) if first else (0.0, 0)
        return diagnosis("records-dropped", evidence, t, connection)


def _weight(record: Record) -> int:
    """Bytes a record takes, roughly: what came from the wire can be of any length."""
    if isinstance(record, Event):
        texts = getsizeof(record.data) + getsizeof(record.event) + getsizeof(record.last_event_id)
    else:
        texts = getsizeof(record.text) if isinstance(record, Comment) else 0
    return _RECORD_OVERHEAD + texts
