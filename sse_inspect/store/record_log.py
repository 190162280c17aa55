"""The log of records: append-only, addressed by ordinal, bounded in memory.

Records live in segments. The newest segments stay in memory up to a budget; older ones come back, one segment at a
time, from where they were written down meanwhile. One thread appends; another may read where locks are given.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from sys import getsizeof
from typing import Protocol

from sse_inspect.batch import Batch, Events, Item
from sse_inspect.errors import CaptureError
from sse_inspect.findings import diagnosis
from sse_inspect.records import Comment, Diagnosis, Disconnect, Event, Gap, Record, Stall
from sse_inspect.store.stretch import Piece, Wish, pieces, stretch_of

SEGMENT_RECORDS = 1024
SEGMENT_BYTES = 4 << 20
MEMORY_BYTES = 24 << 20
LOADED_SEGMENTS = 4
UNFOLDED_RUNS = 8
"""Runs of events in older segments whose columns are kept, those asked for last."""
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

    def candidates(self, start: int, stop: int, wish: Wish) -> list[Piece]:
        """The records from `start` up to, not including, `stop`, but for events that `wish` rules out.

        Raises CaptureError as `slice` does.
        """
        ...

    def body(self, connection: int, offset: int, size: int) -> bytes | None:
        """Bytes of a connection's decoded body, or None if they are not there; raises CaptureError as `slice` does."""
        ...


@dataclass(slots=True)
class _Held:
    """What a segment in memory holds; `places` says for each item which record of the segment is its first."""

    items: list[Item] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Segment:
    """A bit in `marks` says that a record is a mark."""

    start: int
    held: _Held | None
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
        self._newest = _Held()
        self._segments = [_Segment(0, self._newest)]
        self._starts = [0]
        self._marked: list[int] = []
        self._length = 0
        self._memory_bytes = memory_bytes
        self.backing = backing
        self._held = 0
        self._oldest_held = 0
        self._loaded: OrderedDict[int, list[Record]] = OrderedDict()
        self._unfolded: deque[Events] = deque()
        self._lock = locks()
        # Reading what is written down takes long: who appends must not wait for it.
        self._reading = locks()

    def __len__(self) -> int:
        return self._length

    def append(self, batch: Batch) -> None:
        """Add a batch at the end."""
        with self._lock:
            segment = self._segments[-1]
            for item in batch:
                if segment.count >= SEGMENT_RECORDS or segment.weight >= SEGMENT_BYTES:
                    segment = self._next_segment()
                self._newest.places.append(segment.count)
                self._newest.items.append(item)
                if isinstance(item, Events):
                    count, weight = len(item), _RECORD_OVERHEAD + getsizeof(item.run.text)
                else:
                    count, weight = 1, _weight(item)
                    if is_mark(item):
                        if not segment.marks:
                            self._marked.append(len(self._segments) - 1)
                        segment.marks |= 1 << segment.count
                segment.count += count
                segment.weight += weight
                self._length += count

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
                held = segment.held
            end = min(stop, segment.start + segment.count)
            if held is not None:
                part = self._held_records(held, start - segment.start, end - segment.start)
            elif not data and index not in self._loaded:
                part = self._load(segment, start, end, data=False)
            else:
                part = self._older(index, segment)[start - segment.start : end - segment.start]
            result += part
            start += len(part)
        return result

    def _held_records(self, held: _Held, start: int, stop: int) -> list[Record]:
        """Records of a segment in memory, by their place in it."""
        records: list[Record] = []
        index = bisect_right(held.places, start) - 1
        while start < stop:
            item, place = held.items[index], held.places[index]
            if isinstance(item, Events):
                records += item.slice(start - place, min(stop - place, len(item)))
                if held is not self._newest:
                    self._unfold(item)
            else:
                records.append(item)
            index += 1
            start = place + (len(item) if isinstance(item, Events) else 1)
        return records

    def _unfold(self, events: Events) -> None:
        """What was looked at is likely to be looked at again; only so many are kept ready for it."""
        with self._lock:
            if events not in self._unfolded:
                self._unfolded.append(events)
                if len(self._unfolded) > UNFOLDED_RUNS:
                    self._unfolded.popleft().run.fold()

    def candidates(self, start: int, stop: int, wish: Wish) -> list[Piece]:
        """The records from ordinal `start` up to, not including, `stop`, but for events that `wish` rules out."""
        start, stop = max(0, start), min(stop, self._length)
        found: list[Piece] = []
        while start < stop:
            with self._lock:
                index = bisect_right(self._starts, start) - 1
                segment = self._segments[index]
                held = segment.held
            end = min(stop, segment.start + segment.count)
            if held is not None:
                found += self._held_pieces(segment.start, held, start, end, wish)
            elif self.backing is None or segment.lost is not None or index in self._loaded:
                found += pieces(enumerate(self.slice(start, end), start))
            else:
                end = self._end_of_written(index, stop)
                try:
                    found += self.backing.candidates(start, end, wish)
                except CaptureError:
                    found += pieces(enumerate(self.slice(start, end), start))
            start = end
        return found

    def _end_of_written(self, index: int, stop: int) -> int:
        """The end of the segments from `index` on that are to be read alike, or `stop`."""
        end = 0
        while index < len(self._segments) and end < stop:
            segment = self._segments[index]
            if end and (segment.held is not None or segment.lost is not None or index in self._loaded):
                break
            end = segment.start + segment.count
            index += 1
        return min(end, stop)

    def _held_pieces(self, begin: int, held: _Held, start: int, stop: int, wish: Wish) -> list[Piece]:
        """Records of a segment in memory, by their ordinal."""
        found: list[Piece] = []
        alone: list[tuple[int, Record]] = []
        index = bisect_right(held.places, start - begin) - 1
        while start < stop:
            item, first = held.items[index], begin + held.places[index]
            if isinstance(item, Events):
                end = min(stop, first + len(item))
                stretch = stretch_of(item, start - first, end - first, wish)
                if stretch is not None:
                    found.append(Piece([n + first - item.n for n in stretch.numbers], stretch))
                start = end
            else:
                alone.append((start, item))
                start += 1
            index += 1
        return found + pieces(alone)

    def next_mark(self, after: int) -> int | None:
        """The ordinal of the first mark behind `after`, or None."""
        after = max(after, -1)
        for at in range(bisect_left(self._marked, bisect_right(self._starts, after + 1) - 1), len(self._marked)):
            segment = self._segments[self._marked[at]]
            beyond = max(0, after + 1 - segment.start)
            marks = segment.marks >> beyond
            if marks:
                return segment.start + beyond + (marks & -marks).bit_length() - 1
        return None

    def previous_mark(self, before: int) -> int | None:
        """The ordinal of the last mark in front of `before`, or None."""
        before = min(before, self._length)
        for at in range(bisect_right(self._marked, bisect_right(self._starts, before) - 1) - 1, -1, -1):
            segment = self._segments[self._marked[at]]
            marks = segment.marks & ((1 << max(0, before - segment.start)) - 1)
            if marks:
                return segment.start + marks.bit_length() - 1
        return None

    def _next_segment(self) -> _Segment:
        self._held += self._segments[-1].weight
        for item in self._newest.items:
            if isinstance(item, Events):
                item.run.fold()
        while self._held > self._memory_bytes and self._oldest_held < len(self._segments) - 1:
            segment = self._segments[self._oldest_held]
            if self.backing is None:
                segment.lost = self._lost(segment, "there was no file to keep them in")
            elif self.backing.written < segment.start + segment.count:
                break
            segment.held = None
            self._held -= segment.weight
            self._oldest_held += 1
        self._newest = _Held()
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
        first = segment.held.items[0] if segment.held else None
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
