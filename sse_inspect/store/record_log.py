"""The log of records: append-only, addressed by ordinal, bounded in memory.

Records live in segments. The newest segments stay in memory up to a budget; older ones are written to a
temporary file that the system removes with the process, and come back one segment at a time. One thread appends;
another may read where a lock is given.
"""

from __future__ import annotations

import marshal
import os
import tempfile
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields
from operator import attrgetter
from sys import getsizeof
from typing import IO

from sse_inspect.findings import diagnosis
from sse_inspect.records import KINDS, Comment, Disconnect, Event, Gap, Record, Stall

SEGMENT_RECORDS = 1024
SEGMENT_BYTES = 4 << 20
MEMORY_BYTES = 24 << 20
LOADED_SEGMENTS = 4
_RECORD_OVERHEAD = 300
_NOBODY_ELSE = nullcontext()
_MARKS = frozenset({Gap, Disconnect, Stall})
_VALUES = {cls: attrgetter(*(field.name for field in fields(cls))) for cls in KINDS.values()}


def is_mark(record: Record) -> bool:
    """Whether a record is one a reader jumps to: a gap, a duplicate, a disconnect or a stall."""
    return record.duplicate if isinstance(record, Event) else type(record) in _MARKS


@dataclass(slots=True)
class _Segment:
    start: int
    records: list[Record] | None
    count: int = 0
    weight: int = 0
    marks: int = 0
    offset: int = 0
    length: int = 0
    lost: Record | None = None


class RecordLog:
    """All records of a session, in order; `memory_bytes` is the budget for those kept in memory.

    `lock` keeps threads out of each other's way; it need not be there for one alone.
    """

    def __init__(
        self, *, memory_bytes: int = MEMORY_BYTES, lock: AbstractContextManager[object] = _NOBODY_ELSE
    ) -> None:
        self._newest: list[Record] = []
        self._segments = [_Segment(0, self._newest)]
        self._starts = [0]
        self._length = 0
        self._memory_bytes = memory_bytes
        self._held = 0
        self._oldest_held = 0
        self._loaded: OrderedDict[int, list[Record]] = OrderedDict()
        self._file: IO[bytes] | None = None
        self._file_end = 0
        self._lock = lock

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
        with self._lock:
            index = bisect_right(self._starts, ordinal) - 1
            return self._records(index)[ordinal - self._starts[index]]

    def slice(self, start: int, stop: int) -> list[Record]:
        """The records from ordinal `start` up to, not including, `stop`; what lies outside is left out."""
        start, stop = max(0, start), min(stop, self._length)
        result: list[Record] = []
        with self._lock:
            while start < stop:
                index = bisect_right(self._starts, start) - 1
                base = self._starts[index]
                part = self._records(index)[start - base : stop - base]
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

    def close(self) -> None:
        """Give the temporary file back; the newest records can still be read."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _next_segment(self) -> _Segment:
        self._held += self._segments[-1].weight
        while self._held > self._memory_bytes and self._oldest_held < len(self._segments) - 1:
            self._spill(self._segments[self._oldest_held])
            self._oldest_held += 1
        self._newest = []
        segment = _Segment(self._length, self._newest)
        self._segments.append(segment)
        self._starts.append(self._length)
        return segment

    def _spill(self, segment: _Segment) -> None:
        records, segment.records = segment.records or [], None
        self._held -= segment.weight
        data = _packed(records)
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="sse-inspect-")  # noqa: SIM115 lives as long as the log
            written = 0
            while written < len(data):
                written += os.pwrite(self._file.fileno(), data[written:], self._file_end + written)
        except OSError as error:
            evidence = f"{len(records):,} records were given up: the temporary file could not be written ({error})."
            segment.lost = diagnosis("records-dropped", evidence, records[0].t, records[0].connection)
            return
        segment.offset, segment.length = self._file_end, len(data)
        self._file_end += len(data)

    def _records(self, index: int) -> list[Record]:
        segment = self._segments[index]
        if segment.records is not None:
            return segment.records
        records = self._loaded.get(index)
        if records is None:
            records = self._load(segment)
            self._loaded[index] = records
            while len(self._loaded) > LOADED_SEGMENTS:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(index)
        return records

    def _load(self, segment: _Segment) -> list[Record]:
        if segment.lost is not None:
            return [segment.lost] * segment.count
        if self._file is None:
            return [diagnosis("records-dropped", "The log is closed.", 0.0, 0)] * segment.count
        data = os.pread(self._file.fileno(), segment.length, segment.offset)
        return _unpacked(data)


def _weight(record: Record) -> int:
    """Bytes a record takes, roughly: what came from the wire can be of any length."""
    if isinstance(record, Event):
        texts = getsizeof(record.data) + getsizeof(record.event) + getsizeof(record.last_event_id)
    else:
        texts = getsizeof(record.text) if isinstance(record, Comment) else 0
    return _RECORD_OVERHEAD + texts


def _packed(records: list[Record]) -> bytes:
    """As bytes for this process: records are made of plain values, which `marshal` writes several times faster."""
    return marshal.dumps([(record.kind, _VALUES[type(record)](record)) for record in records])


def _unpacked(data: bytes) -> list[Record]:
    # The file is this process's own and has no name: nobody else can have written it.
    return [KINDS[kind](*values) for kind, values in marshal.loads(data)]  # noqa: S302 see above
