"""Events kept together tell the same as one by one: what is known, counted, looked back at, written, printed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sse_inspect.batch import Batch, Events, json_lines, records_of, size_of
from sse_inspect.config import Policy, Target
from sse_inspect.inputs import Chunk, Connected, Input, Opened, ResponseHead, Started
from sse_inspect.inspection import Inspection
from sse_inspect.records import PIECE, Alert, Origin, Record, to_json
from sse_inspect.store.capture.facts import Facts
from sse_inspect.store.capture.writer import CaptureWriter
from sse_inspect.store.record_log import SEGMENT_RECORDS, UNFOLDED_RUNS, RecordLog
from sse_inspect.wire import EventRun, Parser

TARGET = Target(url="http://127.0.0.1/")
HEAD = ResponseHead(200, "1.1", (("content-type", "text/event-stream"),))
ORIGIN = Origin(1_700_000_000_000_000)


def blocks(first: int, count: int, *, kind: str = "tick", prefix: str = "", data: str = "x") -> list[str]:
    return [f"id: {prefix}{n}\nevent: {kind}\ndata: {data}{n}\n\n" for n in range(first, first + count)]


def now_and_then(n: int, line: str) -> str:
    return "" if n % 7 else f"{line}\n\n"


STREAMS = {
    "stepping": blocks(1, 40),
    "with a prefix": blocks(7, 40, prefix="a-"),
    "leading zeros": [f"id: {n:04}\ndata: {n}\n\n" for n in range(40)],
    "a gap": blocks(1, 20) + blocks(25, 20),
    "a gap at first": blocks(1, 1) + blocks(5, 30),
    "duplicates": blocks(1, 20) + blocks(15, 20),
    "duplicates with other data": blocks(1, 20) + blocks(15, 20, data="y"),
    "a restart": blocks(100, 20) + blocks(1, 20),
    "backwards": blocks(1, 20)[::-1],
    "opaque": [f"id: {n * 7919 % 1000:x}-z\ndata: {n}\n\n" for n in range(40)],
    "opaque, one twice": [f"id: {n * 7919 % 30:x}-z\ndata: {n}\n\n" for n in range(40)],
    "no IDs": [f"data: {n}\n\n" for n in range(40)],
    "empty IDs": ["id\ndata: x\n\n"] + ["id: \ndata: x\n\n"] * 20,
    "empty types": ["event: \ndata: x\n\n", "event: y\ndata: x\n\n"] * 20,
    "lines of data": [f"id: {n}\ndata: a{n}\ndata: b\n\n" for n in range(40)],
    "CRLF": [f"id: {n}\r\ndata: {n}\r\n\r\n" for n in range(40)],
    "CRLF, lines of data": [f"id: {n}\r\ndata: a{n}\r\ndata: b\r\n\r\n" for n in range(40)],
    "CR": [f"id: {n}\rdata: {n}\r\r" for n in range(40)],
    "more than ASCII": [f"id: {n}\nevent: ü\ndata: 日本{n}\u2028\x85😀\n\n" for n in range(40)],
    "types that differ": [f"id: {n}\nevent: k{n % 3}\ndata: {n}\n\n" for n in range(40)],
    "heartbeats among them": [f"event: {'ping' if n % 5 == 0 else 'tick'}\ndata: {n}\n\n" for n in range(40)],
    "comments among them": [f"{now_and_then(n, ': hi')}id: {n}\ndata: {n}\n\n" for n in range(40)],
    "IDs alone among them": [f"{now_and_then(n, f'id: {n}')}id: {n}\ndata: {n}\n\n" for n in range(40)],
    "retry among them": [f"{now_and_then(n, 'retry: 5')}id: {n}\ndata: {n}\n\n" for n in range(40)],
    "long IDs": [f"id: {'x' * 300}{n}\ndata: {n}\n\n" for n in range(20)],
}


def chunks(stream: list[str], size: int) -> Iterator[bytes]:
    """Whole blocks, so many at a time."""
    for at in range(0, len(stream), size):
        yield "".join(stream[at : at + size]).encode()


class Watched:
    """A session that takes a stream, `size` blocks a chunk, all within a few milliseconds."""

    def __init__(self, stream: list[str], size: int, policy: Policy | None = None) -> None:
        self.log = RecordLog()
        self.inspection = Inspection(
            TARGET, policy or Policy(), clock=lambda: 2.0, random=lambda: 0.5, version="1", log=self.log
        )
        self.batches: list[Batch] = []
        self.inspection.tap_batches(self.batches.append)
        for happened in (Started(0.0, ORIGIN.unix_us), Connected(0.1, "p"), Opened(0.2, HEAD)):
            self.inspection.take(happened)
        for part in chunks(stream, size):
            self.inspection.take(Chunk(1.0, part, len(part)))

    @property
    def records(self) -> list[Record]:
        return [record for batch in self.batches for record in records_of(batch)]

    @property
    def known(self) -> list[Record]:
        """All but alerts: these are evaluated once a chunk."""
        return [record for record in self.records if not isinstance(record, Alert)]


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS.keys())
@pytest.mark.parametrize("ids", ["auto", "integer", "opaque"])
def test_together_the_same_is_known_as_one_by_one(stream: list[str], ids: str) -> None:
    policy = Policy(ids=ids)  # type: ignore[arg-type]  # the table spells the schemes
    alone = Watched(stream, 1, policy)
    for together in (Watched(stream, 10, policy), Watched(stream, len(stream), policy)):
        assert together.known == alone.known
        assert together.inspection.summary(2.0) == alone.inspection.summary(2.0)
        assert together.inspection.snapshot().timeline == alone.inspection.snapshot().timeline
        assert together.inspection.snapshot().rhythm == alone.inspection.snapshot().rhythm


def test_ordinary_events_are_kept_together() -> None:
    """Else the tests here would show nothing; the first ones begin the sequence."""
    watched = Watched(STREAMS["stepping"], 10)
    kinds = [type(item) for batch in watched.batches for item in batch]
    assert kinds.count(Events) == 3


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_however_the_blocks_are_cut_into_chunks(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(STREAMS)), min_size=1, max_size=3))
    stream = [block for name in names for block in STREAMS[name]]
    sizes = data.draw(st.tuples(st.integers(1, 50), st.integers(1, 50)))
    one, other = (Watched(stream, size) for size in sizes)
    assert one.known == other.known
    assert one.inspection.summary(2.0) == other.inspection.summary(2.0)


def run_of(text: str) -> EventRun:
    (run,) = Parser().take(text.encode())
    assert isinstance(run, EventRun)
    return run


RUNS = {
    name: "".join(STREAMS[name])
    for name in ("stepping", "no IDs", "lines of data", "CRLF", "CRLF, lines of data", "more than ASCII", "empty types")
}


@pytest.mark.parametrize("text", RUNS.values(), ids=RUNS.keys())
def test_a_run_is_its_events_also_after_its_columns_were_let_go(text: str) -> None:
    run = run_of(text)
    tokens = list(run)
    assert tokens == Parser().feed(text.encode())
    run.fold()
    assert list(run) == tokens
    for start, stop in ((0, 1), (3, 9), (39, 40), (0, 40), (5, 5)):
        run.fold()
        assert list(run.tokens(start, stop)) == tokens[start:stop]
    assert run.end == len(text.encode())
    events = Events(1.5, 2, 10, run)
    assert [event.n for event in events] == list(range(10, 50))
    assert events.slice(3, 9) == list(events)[3:9]


@pytest.mark.parametrize("text", RUNS.values(), ids=RUNS.keys())
def test_lines_of_json_are_those_of_the_records(text: str) -> None:
    events = Events(1.5, 2, 10, run_of(text))
    assert "".join(json_lines(events, ORIGIN)) == "".join(to_json(event, ORIGIN) + "\n" for event in events)


def test_lines_of_json_with_long_data_come_in_pieces() -> None:
    events = Events(1.5, 2, 10, run_of(f"data: {'x' * (PIECE // 2)}\n\ndata: {'y' * (PIECE + 1)}\n\n"))
    assert "".join(json_lines(events, ORIGIN)) == "".join(to_json(event, ORIGIN) + "\n" for event in events)
    assert max(map(len, json_lines(events, ORIGIN))) <= PIECE + 200


def test_the_log_gives_back_what_was_put_in_together() -> None:
    watched = Watched(blocks(1, 3 * SEGMENT_RECORDS), 300)
    records = watched.records
    assert len(watched.log) == len(records) == sum(map(size_of, watched.batches))
    for start, stop in ((0, 10), (3, 4), (299, 901), (len(records) - 5, len(records) + 9), (0, len(records))):
        assert watched.log.slice(start, stop) == records[start:stop]
    assert watched.log[len(records) - 1] == records[-1]


def test_of_older_runs_only_those_looked_at_last_are_kept_ready() -> None:
    watched = Watched(blocks(1, 12 * SEGMENT_RECORDS), 200)
    runs = [item.run for batch in watched.batches for item in batch if isinstance(item, Events)]
    newest = SEGMENT_RECORDS // 200 + 2
    assert sum(run.is_folded for run in runs) >= len(runs) - newest
    watched.log.slice(0, len(watched.log))
    assert sum(run.is_folded for run in runs) >= len(runs) - newest - UNFOLDED_RUNS


def rows(folder: Path, stream: list[str], size: int) -> list[tuple[object, ...]]:
    inspection = Inspection(TARGET, Policy(), clock=lambda: 2.0, random=lambda: 0.5, keep=False)
    path = folder / f"{size}.sse"
    writer = CaptureWriter(path, Facts(TARGET, Policy(), "1", 1, False))
    inspection.tap_input_batches(writer.take)
    inputs: list[Input] = [Started(0.0, 1), Connected(0.1, "p"), Opened(0.2, HEAD)]
    for happened in [*inputs, *(Chunk(1.0, part, len(part)) for part in chunks(stream, size))]:
        inspection.take(happened)
    writer.finish({})
    database = sqlite3.connect(path)
    found = database.execute("SELECT *, typeof(id), typeof(offset), typeof(t) FROM events ORDER BY n").fetchall()
    others = database.execute("SELECT t, kind, detail FROM records WHERE kind <> 'alert' ORDER BY ordinal").fetchall()
    database.close()
    return [*found, *others]


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS.keys())
def test_the_capture_holds_the_same_rows(stream: list[str], tmp_path: Path) -> None:
    alone = rows(tmp_path, stream, 1)
    assert rows(tmp_path, stream, 10) == rows(tmp_path, stream, len(stream)) == alone
    assert len(alone) > len(stream)
