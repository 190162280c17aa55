"""The log of records: what goes in comes out, wherever it is kept meanwhile."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from threading import RLock, Thread

import pytest

from sse_inspect.records import (
    KINDS,
    Comment,
    Diagnosis,
    Disconnect,
    Event,
    Fault,
    Gap,
    Open,
    Record,
    Stall,
    Summary,
)
from sse_inspect.store.record_log import SEGMENT_BYTES, SEGMENT_RECORDS, RecordLog, is_mark


def event(n: int, data: str = "x", *, duplicate: bool = False) -> Event:
    return Event(n / 10, 1, n, "message", data, str(n), str(n), 0, 1, duplicate, False, False, False)


@pytest.fixture
def spilling() -> Iterator[RecordLog]:
    """A log that keeps only its newest segment in memory."""
    log = RecordLog(memory_bytes=0, lock=RLock())
    yield log
    log.close()


@pytest.fixture
def roomy() -> Iterator[RecordLog]:
    log = RecordLog()
    yield log
    log.close()


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


def test_old_segments_leave_memory(spilling: RecordLog) -> None:
    spilling.append([event(n) for n in range(10 * SEGMENT_RECORDS)])
    assert sum(segment.records is not None for segment in spilling._segments) <= 2
    for ordinal in range(0, len(spilling), SEGMENT_RECORDS):
        spilling[ordinal]
    assert len(spilling._loaded) <= 4


def test_huge_records_close_their_segment_and_are_bounded_too() -> None:
    log = RecordLog(memory_bytes=SEGMENT_BYTES)
    for n in range(6):
        log.append(
            [event(n, "x" * SEGMENT_BYTES), Comment(1, 1, "y" * SEGMENT_BYTES), event(n, "𐍈" * (SEGMENT_BYTES // 4))]
        )
    assert sum(segment.weight for segment in log._segments if segment.records is not None) < 4 * SEGMENT_BYTES
    assert log[9] == event(3, "x" * SEGMENT_BYTES)
    log.close()


def test_every_kind_of_record_survives_the_disk(spilling: RecordLog) -> None:
    samples: list[Record] = [
        Open(0.1, 1, 200, "1.1", {"a": "b", "ü": "\udc80"}, {"dns": None, "tcp": 0.1}, ""),
        event(1, "line\nline\0\x1b\u2028\ud800 ü 𐍈"),
        Gap(1, 1, 10**30, 10**30 + 5, 6, "a-", "basis"),
        Summary(
            9, 1, None, {"count": 0, "p50": None}, 10**30, {"received": 1}, {"longest": 0.0}, 0, 1, 1, 1, 1, {}, 1, 9
        ),
    ]
    plain: dict[str, object] = {"float": 1.5, "int": 7, "bool": True}
    for cls in KINDS.values():
        values = [
            plain.get(str(annotation), "text")
            for annotation in cls.__annotations__.values()
            if "ClassVar" not in annotation
        ]
        samples.append(cls(*values))  # type: ignore[arg-type]
    spilling.append(samples)
    spilling.append([event(n) for n in range(2 * SEGMENT_RECORDS)])
    assert spilling._segments[0].records is None
    assert spilling.slice(0, len(samples)) == samples


def test_marks_are_gaps_duplicates_disconnects_and_stalls() -> None:
    assert is_mark(Gap(1, 1, 1, 1, 1, "", ""))
    assert is_mark(Stall(1, 1, 1, None))
    assert is_mark(Disconnect(1, 1, "eof", "", 1, 1, 1, 1))
    assert is_mark(event(1, duplicate=True))
    assert not is_mark(event(1))
    assert not is_mark(Comment(1, 1, ""))
    assert not is_mark(Fault(1, 1, "stall", "begun", ""))


def test_marks_are_found_forward_and_backward_over_segments(spilling: RecordLog) -> None:
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


def test_readers_see_whole_records_in_order_while_one_thread_appends(spilling: RecordLog) -> None:
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


def full_disk(fd: int, data: bytes, offset: int) -> int:
    raise OSError(28, "No space left on device")


def test_a_full_disk_is_said_in_place_of_the_records(spilling: RecordLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", full_disk)
    spilling.append([event(n, duplicate=True) for n in range(2 * SEGMENT_RECORDS + 1)])
    lost = spilling[0]
    assert isinstance(lost, Diagnosis)
    assert lost.code == "records-dropped"
    assert "1,024 records" in lost.evidence
    assert "No space left on device" in lost.evidence
    assert len(spilling.slice(0, 2 * SEGMENT_RECORDS)) == 2 * SEGMENT_RECORDS
    assert spilling[2 * SEGMENT_RECORDS - 1] == event(2 * SEGMENT_RECORDS - 1, duplicate=True)
    assert spilling.next_mark(-1) == SEGMENT_RECORDS
    monkeypatch.undo()  # space again: what comes from now on is kept
    spilling.append([event(n) for n in range(3 * SEGMENT_RECORDS)])
    assert spilling._segments[1].records is None
    assert spilling[2 * SEGMENT_RECORDS - 1] == event(2 * SEGMENT_RECORDS - 1, duplicate=True)
    assert isinstance(spilling[5], Diagnosis)


def test_a_write_that_takes_only_a_part_is_continued(spilling: RecordLog, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: whole(fd, data[:1000], offset))
    spilling.append([event(n) for n in range(2 * SEGMENT_RECORDS + 1)])
    assert spilling[7] == event(7)


def test_a_closed_log_still_has_its_newest_records(spilling: RecordLog) -> None:
    spilling.append([event(n) for n in range(2 * SEGMENT_RECORDS + 1)])
    spilling.close()
    assert spilling[2 * SEGMENT_RECORDS] == event(2 * SEGMENT_RECORDS)
    assert isinstance(spilling[0], Diagnosis)
