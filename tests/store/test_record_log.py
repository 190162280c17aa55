"""The log of records: what goes in comes out, wherever it is kept meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import RLock, Thread

import pytest

from sse_inspect.errors import CaptureError
from sse_inspect.records import (
    Comment,
    Diagnosis,
    Disconnect,
    Event,
    Fault,
    Gap,
    Record,
    Stall,
)
from sse_inspect.store.record_log import SEGMENT_BYTES, SEGMENT_RECORDS, RecordLog, is_mark


def event(n: int, data: str = "x", *, duplicate: bool = False) -> Event:
    return Event(n / 10, 1, n, "message", data, str(n), str(n), 0, 1, duplicate, False, False, False)


class Kept:
    """Where a log reads older records again: all that were put down, but for what `written` does not yet tell."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.behind = 0
        self.failure = ""
        self.asked: list[tuple[int, int]] = []

    @property
    def written(self) -> int:
        return len(self.records) - self.behind

    def slice(self, start: int, stop: int, *, data: bool = True) -> list[Record]:
        if self.failure:
            raise CaptureError(self.failure)
        self.asked.append((start, stop))
        records = self.records[start:stop]
        return records if data else [replace(each, data="") if isinstance(each, Event) else each for each in records]


class KeepingLog(RecordLog):
    """A log that keeps only its newest segment in memory, and puts every record down before it has it itself."""

    def __init__(self, memory_bytes: int = 0) -> None:
        self.kept = Kept()
        super().__init__(memory_bytes=memory_bytes, backing=self.kept, locks=RLock)

    def append(self, records: Sequence[Record]) -> None:
        self.kept.records += records
        super().append(records)


@pytest.fixture
def spilling() -> KeepingLog:
    return KeepingLog()


@pytest.fixture
def roomy() -> RecordLog:
    return RecordLog()


def test_without_data_only_what_is_asked_for_is_read_and_nothing_kept(spilling: KeepingLog) -> None:
    spilling.append([event(n) for n in range(5 * SEGMENT_RECORDS)])
    first = spilling.slice(SEGMENT_RECORDS - 2, SEGMENT_RECORDS + 3, data=False)
    assert [(record.n, record.data) for record in first if isinstance(record, Event)] == [
        (SEGMENT_RECORDS + place, "") for place in range(-2, 3)
    ]
    assert spilling.kept.asked == [
        (SEGMENT_RECORDS - 2, SEGMENT_RECORDS),
        (SEGMENT_RECORDS, SEGMENT_RECORDS + 3),
    ]
    assert spilling[SEGMENT_RECORDS] == event(SEGMENT_RECORDS)


def test_an_empty_log(roomy: RecordLog) -> None:
    assert len(roomy) == 0
    assert roomy.slice(0, 10) == []
    assert roomy.next_mark(-1) is None
    assert roomy.previous_mark(5) is None
    for ordinal in (0, -1):
        with pytest.raises(IndexError):
            roomy[ordinal]


@pytest.mark.parametrize("name", ["roomy", "spilling"])
def test_slices_and_items_over_the_bounds_of_segments(name: str, request: pytest.FixtureRequest) -> None:
    log: RecordLog = request.getfixturevalue(name)
    count = 4 * SEGMENT_RECORDS + 5
    records: list[Record] = [event(n) for n in range(count)]
    for start in range(0, count, 100):
        log.append(records[start : start + 100])
    assert len(log) == count
    bounds = [0, 1, SEGMENT_RECORDS - 1, SEGMENT_RECORDS, SEGMENT_RECORDS + 1, 3 * SEGMENT_RECORDS, count - 1, count]
    for start in bounds:
        for stop in bounds:
            assert log.slice(start, stop) == records[start:stop]
    assert log.slice(-5, count + 99) == records
    for ordinal in bounds[:-1]:
        assert log[ordinal] == records[ordinal]
    with pytest.raises(IndexError):
        log[count]


def test_old_segments_leave_memory(spilling: KeepingLog) -> None:
    spilling.append([event(n) for n in range(10 * SEGMENT_RECORDS)])
    assert sum(segment.held is not None for segment in spilling._segments) <= 2
    for ordinal in range(0, len(spilling), SEGMENT_RECORDS):
        spilling[ordinal]
    assert len(spilling._loaded) <= 4


def test_huge_records_close_their_segment_and_are_bounded_too() -> None:
    log = KeepingLog(memory_bytes=SEGMENT_BYTES)
    for n in range(6):
        log.append(
            [event(n, "x" * SEGMENT_BYTES), Comment(1, 1, "y" * SEGMENT_BYTES), event(n, "𐍈" * (SEGMENT_BYTES // 4))]
        )
    assert sum(segment.weight for segment in log._segments if segment.held is not None) < 4 * SEGMENT_BYTES
    assert log[9] == event(3, "x" * SEGMENT_BYTES)


def test_marks_are_gaps_duplicates_disconnects_and_stalls() -> None:
    assert is_mark(Gap(1, 1, 1, 1, 1, "", ""))
    assert is_mark(Stall(1, 1, 1, None))
    assert is_mark(Disconnect(1, 1, "eof", "", 1, 1, 1, 1))
    assert is_mark(event(1, duplicate=True))
    assert not is_mark(event(1))
    assert not is_mark(Comment(1, 1, ""))
    assert not is_mark(Fault(1, 1, "stall", "begun", ""))


def test_marks_are_found_forward_and_backward_over_segments(spilling: KeepingLog) -> None:
    marked = [0, 3, SEGMENT_RECORDS - 1, SEGMENT_RECORDS, 3 * SEGMENT_RECORDS + 7]
    count = 4 * SEGMENT_RECORDS
    spilling.append([event(n, duplicate=n in marked) for n in range(count)])

    def forward(after: int) -> Iterator[int]:
        while (found := spilling.next_mark(after)) is not None:
            yield found
            after = found

    def backward(before: int) -> Iterator[int]:
        while (found := spilling.previous_mark(before)) is not None:
            yield found
            before = found

    assert list(forward(-1)) == marked
    assert list(forward(3)) == marked[2:]
    assert list(backward(count)) == marked[::-1]
    assert list(backward(10**9)) == marked[::-1]
    assert list(backward(3)) == [0]
    assert spilling.next_mark(10**9) is None


def test_readers_see_whole_records_in_order_while_one_thread_appends(spilling: KeepingLog) -> None:
    count = 6 * SEGMENT_RECORDS
    problems: list[object] = []

    def read(seed: int) -> None:
        pick = random.Random(seed)
        try:
            while (length := len(spilling)) < count:
                start = pick.randrange(length + 1)
                part = spilling.slice(start, start + 50)
                ns = [record.n for record in part if isinstance(record, Event)]
                if ns != list(range(start, start + len(part))) or len(part) < min(50, length - start):
                    problems.append((start, ns))
                if length and spilling[length - 1] != event(length - 1):
                    problems.append(length)
        except Exception as error:  # noqa: BLE001 a thread's exception must reach the test
            problems.append(error)

    readers = [Thread(target=read, args=(seed,)) for seed in range(3)]
    for reader in readers:
        reader.start()
    for n in range(0, count, 64):
        spilling.append([event(m) for m in range(n, n + 64)])
    for reader in readers:
        reader.join()
    assert problems == []


def test_what_is_not_yet_written_down_stays_in_memory(spilling: KeepingLog) -> None:
    spilling.kept.behind = 1 << 30
    spilling.append([event(n) for n in range(4 * SEGMENT_RECORDS)])
    assert all(segment.held is not None for segment in spilling._segments)
    spilling.kept.behind = 0
    spilling.append([event(n) for n in range(4 * SEGMENT_RECORDS, 5 * SEGMENT_RECORDS + 1)])
    assert sum(segment.held is not None for segment in spilling._segments) <= 2
    assert spilling[5] == event(5)


def test_a_file_that_cannot_be_read_is_said_in_place_of_the_records(spilling: KeepingLog) -> None:
    spilling.append([event(n, duplicate=True) for n in range(2 * SEGMENT_RECORDS + 1)])
    spilling.kept.failure = "the disk is gone."
    lost = spilling[0]
    assert isinstance(lost, Diagnosis)
    assert lost.code == "records-dropped"
    assert "1,024 records" in lost.evidence
    assert "the disk is gone" in lost.evidence
    assert len(spilling.slice(0, 2 * SEGMENT_RECORDS)) == 2 * SEGMENT_RECORDS
    assert spilling[2 * SEGMENT_RECORDS] == event(2 * SEGMENT_RECORDS, duplicate=True)


def test_records_that_are_missing_in_the_file_leave_no_hole(spilling: KeepingLog) -> None:
    spilling.append([event(n) for n in range(2 * SEGMENT_RECORDS + 1)])
    del spilling.kept.records[SEGMENT_RECORDS - 2 :]
    part = spilling.slice(0, SEGMENT_RECORDS)
    assert part[:-2] == [event(n) for n in range(SEGMENT_RECORDS - 2)]
    assert [type(record) for record in part[-2:]] == [Diagnosis, Diagnosis]


def test_without_a_file_the_oldest_are_given_up_and_that_is_said() -> None:
    log = RecordLog(memory_bytes=0)
    log.append([event(n) for n in range(2 * SEGMENT_RECORDS + 1)])
    assert isinstance(log[0], Diagnosis)
    assert "no file" in log[0].evidence
    assert log[2 * SEGMENT_RECORDS] == event(2 * SEGMENT_RECORDS)
    assert len(log.slice(0, 99)) == 99
