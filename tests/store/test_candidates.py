"""Filters over events by the column find what they find record by record, in memory and in a capture."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from threading import RLock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sse_inspect.config import Policy
from sse_inspect.errors import CaptureError
from sse_inspect.inputs import Chunk, Connected, Ended, Input
from sse_inspect.records import Record
from sse_inspect.replay import Replay
from sse_inspect.replay.log import CapturedLog
from sse_inspect.store.capture.reader import SCANNED_BYTES, CaptureReader
from sse_inspect.store.filter import Log, both, parse_filter
from sse_inspect.store.patterns import literal
from sse_inspect.store.record_log import RecordLog
from sse_inspect.store.stretch import Stretch
from tests.store.captures import STORY, events, inspection, opened, write

FILTERS = (
    *("", "eins", "EINS zwei", "a1 b", "held", "-a", "-a1 -kind:event", "reset", "ping", "data", "id", '"a\n', "x"),
    *("K", '"two\nlines"', "σ", "Σ", "Ας", "日本", "a 1", "\ufffd", "i̇"),
    *("type:tick", "type:message", "type:MESSAGE,tick x", "-type:tick", "type:ü", "type:k1 -a3", "type:nope"),
    *("id:5..20", "id:7", "-id:1..3", "id:a..b", "n:3..9", "-n:3", "n>5 a", "size>20", "size<30 -x", "size:1..1"),
    *("is:dup", "is:replayed,late", "is:cut", "-is:dup", "kind:event", "kind:comment", "-kind:event", "kind:gap,event"),
    *("kind:gap,event a", "data~a1", "data~^a", "data~1$", r"data~a\d+b?", "data~(?i)A1", "-data~a"),
    *(
        "a17",
        "type:k1 held",
        "id:240..250 a24",
        "data~a19 size>5",
        "data~日",
        "data~a|b",
        r"data~a1\nb",
        r"data~[a]\x31",
    ),
)


def numbered(text: str, count: int = 60) -> list[str]:
    return [text.replace("#", str(n)) for n in range(1, count + 1)]


STREAMS: dict[str, list[str]] = {
    "plain": numbered("id: #\nevent: tick\ndata: a# x\n\n"),
    "many": numbered("id: #\nevent: tick\ndata: a# X\n\n", 300),
    "many types": [f"id: {n}\nevent: k{n % 3}\ndata: a{n} {'Held' if n % 50 < 2 else 'ζ'}\n\n" for n in range(300)],
    "types": [f"id: {n}\nevent: k{n % 3}\ndata: a{n}\n\n" for n in range(1, 60)],
    "no IDs": numbered("data: a#\n\n"),
    "lines": numbered("id: #\ndata: a#\ndata: b\ndata: two\ndata:lines\n\n"),
    "crlf": numbered("id: #\r\nevent: tick\r\ndata: a#\r\n\r\n"),
    "cr": numbered("id: #\rdata: a#\r\r"),
    "comments": numbered(": ping\n\nid: #\ndata: a#\n\n", 30),
    "comments within": numbered(": ping #\nid: #\ndata: a#\n\n", 30),
    "IDs alone": numbered("id: #\n\nid: #\ndata: a#\n\n", 30),
    "more blank lines": numbered("id: #\ndata: a#\n\n\n\n", 30),
    "mixed ends": numbered("id: #\r\rid: #\ndata: a#\r\n\rdata: eins\n\n: a1\n\n: a2\n\n", 20),
    "one block of two": ["data: a1\r\rdata: b\n\n", ": c\n\n", "data: a2\n\n", "data: a3\n\n", "data: a4\n\n"] * 6,
    "unicode": numbered("id: #\nevent: ü\ndata: 日本 a# \u212a\u0130ΑΣ\u2028\x85😀\n\n"),
    "sigma without a space": numbered("id: #\ndata:Σ\n\n"),
    "duplicates": numbered("id: #\ndata: a#\n\n", 20) + numbered("id: #\ndata: a#\n\n", 20),
    "empty": numbered("id\nevent:\ndata\n\n", 20),
    "a BOM in it": numbered("\ufeffdata: a#\n\ndata: \ufeffa#\n\n", 20),
}


def session(stream: Sequence[bytes], each: int) -> list[Input]:
    """Over two connections, the stream in chunks of `each` blocks."""
    inputs: list[Input] = list(STORY[:3])
    parts = [b"".join(stream[at : at + each]) for at in range(0, len(stream), each)]
    half = len(parts) // 2
    inputs += [Chunk(1.0, part, len(part)) for part in parts[:half]]
    inputs += [Ended(2.0, "reset", "by peer"), Connected(5.1, "p"), opened(5.2)]
    inputs += [Chunk(6.0, part, len(part)) for part in parts[half:]]
    return inputs


def held(inputs: Sequence[Input], policy: Policy | None = None) -> RecordLog:
    log = RecordLog()
    handled = inspection(policy=policy)
    handled.tap_batches(log.append)
    for happened in inputs:
        handled.take(happened)
    return log


def agree(log: Log, records: Sequence[Record], filters: Sequence[str] = FILTERS, cut: int = 17) -> None:
    for text in filters:
        wanted = parse_filter(text)
        expected = [ordinal for ordinal, record in enumerate(records) if wanted.matches(record)]
        assert wanted.hits(log, 0, len(records)) == expected, text
        parts = [wanted.hits(log, start, min(start + cut, len(records))) for start in range(0, len(records), cut)]
        assert [hit for part in parts for hit in part] == expected, text


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("each", [1, 13, 60, 1000])
def test_columns_tell_the_same_as_records(tmp_path: Path, name: str, each: int) -> None:
    inputs = session([block.encode() for block in STREAMS[name]], each)
    log = held(inputs)
    agree(log, log.slice(0, len(log)))
    reader = write(tmp_path / "x.sse", inputs).reader()
    agree(reader, reader.slice(0, len(reader)))
    reader.close()


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_the_stream_and_wherever_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(STREAMS)), min_size=1, max_size=3))
    stream = b"".join(block.encode() for name in names for block in STREAMS[name][:20])
    size = data.draw(st.integers(1, 300))
    inputs = session([stream[at : at + size] for at in range(0, len(stream), size)], 1)
    text = " ".join(data.draw(st.lists(st.sampled_from(FILTERS), min_size=1, max_size=3)))
    cut = data.draw(st.integers(1, 90))
    log = held(inputs)
    agree(log, log.slice(0, len(log)), [text], cut)
    reader = write(tmp_path_factory.mktemp("x") / "x.sse", inputs).reader()
    agree(reader, reader.slice(0, len(reader)), [text], cut)
    reader.close()


@pytest.mark.parametrize("broken", [b"\xe6\x97", b"\xff", b"\xf0\x9f\x98"])
def test_bytes_that_are_no_utf_8(tmp_path: Path, broken: bytes) -> None:
    blocks = [b"id: %d\ndata: a%d " % (n, n) + broken + b"\ndata: " + broken + b"b\n\n" for n in range(1, 40)]
    reader = write(tmp_path / "x.sse", session(blocks, 5)).reader()
    agree(reader, reader.slice(0, len(reader)))
    reader.close()


def test_long_events_and_short_ones(tmp_path: Path) -> None:
    """Cut to the limit in the middle of a code point, longer than what is scanned at once, and everything between."""
    data = ["a1", "x" * (SCANNED_BYTES + 5) + " a2", "日" * 700, "a3", "x" * 4000 + "needle", "b", "needle"] * 3
    blocks = [f"id: {n}\ndata: {text}\n\n".encode() for n, text in enumerate(data, 1)]
    for policy in (Policy(), Policy(max_event_bytes=2000)):
        inputs = session(blocks, 3)
        log = held(inputs, policy)
        agree(log, log.slice(0, len(log)), (*FILTERS, "needle", "-needle"))
        reader = write(tmp_path / f"{policy.max_event_bytes}.sse", inputs, policy=policy).reader()
        agree(reader, reader.slice(0, len(reader)), (*FILTERS, "needle", "-needle"))
        reader.close()


def test_what_was_dropped_to_keep_the_limit_is_found_by_what_stands_for_it(tmp_path: Path) -> None:
    inputs = [*STORY[:3], *(Chunk(1.0, events(n, data="a{}" + "x" * 60_000), 1) for n in range(1, 40))]
    reader = write(tmp_path / "x.sse", inputs, limit=1_000_000).reader()
    records = reader.slice(0, len(reader))
    assert parse_filter("held").hits(reader, 0, len(reader))
    agree(reader, records)
    reader.close()


def test_in_a_replay_and_in_a_log_that_reads_again(tmp_path: Path) -> None:
    written = write(tmp_path / "x.sse")
    replay = Replay(written.path)
    agree(replay.log, written.records)
    replay.close()
    reader = written.reader()

    class Kept:
        written = len(reader)
        slice = reader.slice
        body = reader.body
        candidates = reader.candidates

    log = RecordLog(memory_bytes=0, backing=Kept(), locks=RLock)
    log.append(written.records)
    for _ in range(70):
        log.append([])
    agree(log, written.records)
    reader.close()


def test_what_is_damaged_is_looked_through_record_by_record(tmp_path: Path) -> None:
    written = write(tmp_path / "x.sse")
    with closing(sqlite3.connect(written.path)) as database, database:
        database.execute("DELETE FROM single_events WHERE n = 4")
    reader = written.reader()
    with pytest.raises(CaptureError, match="damaged"):
        reader.candidates(0, len(reader), parse_filter("type:tick").wish)
    reader.close()
    log = CapturedLog(written.reader())
    agree(log, log.slice(0, len(log)))
    log.close()


def test_two_filters_are_one() -> None:
    wanted = both(parse_filter("type:tick"), parse_filter("a1"))
    log = held(session([block.encode() for block in STREAMS["plain"]], 9))
    records = log.slice(0, len(log))
    expected = parse_filter("type:tick a1")
    assert wanted.hits(log, 0, len(log)) == [at for at, each in enumerate(records) if expected.matches(each)] != []


def test_parts_of_a_stream_without_the_word_are_not_taken_apart(tmp_path: Path) -> None:
    blocks = [block.encode() for block in STREAMS["plain"]]
    inputs = [*STORY[:3], *(Chunk(1.0, b"".join(part), 1) for part in (blocks[:2], blocks[2:]))]
    log = held(inputs)
    reader: CaptureReader = write(tmp_path / "x.sse", inputs).reader()
    for each in (log, reader):
        for text, count in (("nowhere", 0), ("a7", 1)):
            found = each.candidates(0, len(each), parse_filter(text).wish)
            stretches = [what for _, what in found if isinstance(what, Stretch)]
            assert len(stretches) == count
    assert [len(what.numbers) for what in stretches] == [1]
    reader.close()


@pytest.mark.parametrize(
    ("pattern", "piece"),
    [
        *[("abc", "abc"), ("ab+cd", "cd"), ("ab*c", "a"), ("a{2}bc", "bc"), ("xy.abc", "abc"), (r"a\.b\d", "a.b")],
        *[("abc|d", ""), ("(?i)abc", ""), ("x(?=abc)", ""), ("(abc)de", "de"), ("(abc)?d", "d"), ("[abc]+x", "x")],
        *[("^ab$", "ab"), (r"\bword\b", "word"), ("", ""), (".*", "")],
        *[("a b", "a b"), ("a??bc", "bc"), (r"\d41b", "41b"), (r"\x41b", ""), (r"(a)b\1c", "")],
    ],
)
def test_the_piece_of_text_that_an_expression_cannot_do_without(pattern: str, piece: str) -> None:
    assert literal(pattern) == piece
