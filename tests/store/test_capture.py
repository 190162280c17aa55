"""Captures: what was written is read again, from any place, and nothing else is taken for one."""

from __future__ import annotations

import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sse_inspect.config import Policy, Target
from sse_inspect.errors import CaptureError
from sse_inspect.inputs import Asked, Chunk, Connected, Ended, Input, Opened, ResponseHead, Started, Tick
from sse_inspect.recorder import Recorder
from sse_inspect.records import (
    KINDS,
    Comment,
    Disconnect,
    Event,
    Gap,
    Open,
    Record,
    Stall,
    Summary,
    json_pieces,
)
from sse_inspect.store.capture import schema
from sse_inspect.store.capture.facts import Facts
from sse_inspect.store.capture.reader import NO_LONGER_HELD, CaptureReader
from sse_inspect.store.capture.spelling import read_chunks, read_input, read_record, spelled
from sse_inspect.store.capture.writer import RUN_BYTES, CaptureWriter
from sse_inspect.store.filter import parse_filter
from sse_inspect.store.record_log import is_mark
from tests.store.captures import SEED, STORY, UNIX_US, Written, events, inspection, opened, write

KEPT = {"keep_secrets": True}


def handled_again(reader: CaptureReader) -> list[Record]:
    facts = reader.facts
    again = inspection(facts.target, facts.policy)
    records: list[Record] = []
    again.tap(records.extend)
    for _, happened in reader.inputs():
        again.handle(happened)
    return records


@pytest.mark.parametrize("each", [1, 3, 1000])
def test_records_come_back_from_the_index_and_from_the_inputs(tmp_path: Path, each: int) -> None:
    written = write(tmp_path / "x.sse", each=each, **KEPT)
    kinds = {record.kind for record in written.records}
    assert {"gap", "gap_filled", "stall", "disconnect", "recovered", "comment", "retry", "summary"} <= kinds
    reader = written.reader()
    assert len(reader) == len(written.records)
    assert reader.slice(0, 10_000) == written.records
    assert handled_again(reader) == written.records
    assert [happened for _, happened in reader.inputs()] == list(STORY)
    assert reader.origin.unix_us == UNIX_US
    assert reader.end == 36.0
    assert reader.is_complete
    assert reader.is_current
    assert (reader.facts.version, reader.facts.seed) == ("9.9", 7)


@pytest.mark.parametrize("each", [1, 1000])
def test_every_slice_and_every_mark(tmp_path: Path, each: int) -> None:
    written = write(tmp_path / "x.sse", each=each, **KEPT)
    records, reader = written.records, written.reader()
    count = len(records)
    for start in range(count + 2):
        for stop in (start, start + 1, start + 2, start + 7, count, count + 9):
            assert reader.slice(start, stop) == records[start:stop], (start, stop)
    marks = [ordinal for ordinal, record in enumerate(records) if is_mark(record)]
    assert {type(records[mark]) for mark in marks} == {Gap, Event, Disconnect, Stall}
    for ordinal in range(-1, count + 1):
        assert reader.next_mark(ordinal) == next((mark for mark in marks if mark > ordinal), None)
        assert reader.previous_mark(ordinal) == next((mark for mark in reversed(marks) if mark < ordinal), None)


def test_how_much_was_known_at_a_moment(tmp_path: Path) -> None:
    written = write(tmp_path / "x.sse")
    reader = written.reader()
    moments = sorted({record.t for record in written.records})
    for t in [-1.0, *moments, *(t + 0.001 for t in moments), 99.0]:
        assert reader.count_until(t) == sum(record.t <= t for record in written.records)


def test_inputs_from_any_row(tmp_path: Path) -> None:
    reader = write(tmp_path / "x.sse", each=1000).reader()
    rows = list(reader.inputs())
    for after in range(rows[-1][0] + 1):
        assert list(reader.inputs(after)) == [(row, happened) for row, happened in rows if row > after]


def test_many_rows_of_both_tables_come_in_order(tmp_path: Path) -> None:
    inputs: list[Input] = [Started(0.0, UNIX_US), Connected(0.0, "p"), opened(0.0)]
    for n in range(1, 700):
        inputs += [Chunk(n / 10, events(n), 1), *([Tick(n / 10)] * (n % 3))]
    reader = write(tmp_path / "x.sse", inputs, each=1).reader()
    assert [happened for _, happened in reader.inputs()] == inputs


def test_bytes_of_a_body_wherever_they_lie(tmp_path: Path) -> None:
    written = write(tmp_path / "x.sse", each=2)
    reader = written.reader()
    body = b"".join(each.data for each in STORY[3:9] if isinstance(each, Chunk))
    for offset in range(len(body)):
        for size in (0, 1, (len(body) - offset) // 2, len(body) - offset):
            assert reader.body(1, offset, size) == body[offset : offset + size]
    assert reader.body(1, 0, len(body) + 1) is None
    assert reader.body(7, 0, 1) is None
    assert reader.opened(4) == next(
        record for record in written.records if record.connection == 4 and record.kind == "open"
    )
    assert reader.opened(9) is None


def test_long_runs_are_broken_up_and_long_events_are_whole(tmp_path: Path) -> None:
    long = "x" * (3 * RUN_BYTES)
    chunks = [Chunk(1.0, events(n, data="y" * 40_000), 1) for n in range(1, 40)]
    inputs = [Started(0.0, UNIX_US), Connected(0.1, "p"), opened(0.2), *chunks, Chunk(2.0, events(41, data=long), 5)]
    written = write(tmp_path / "x.sse", inputs, each=1000)
    reader = written.reader()
    assert reader.slice(0, 999) == written.records
    sizes = [size for (size,) in sqlite3.connect(written.path).execute("SELECT size FROM bodies")]
    assert len(sizes) > 5
    assert max(sizes[:-1]) < RUN_BYTES + 50_000


def test_a_mark_in_the_middle_of_a_stream_is_no_byte_order_mark(tmp_path: Path) -> None:
    body = b"data: a\n\n\xef\xbb\xbfdata: b\n\ndata: c\n\n"
    inputs = [Started(0.0, UNIX_US), Connected(0.1, "p"), opened(0.2), Chunk(1.0, body, 9)]
    written = write(tmp_path / "x.sse", inputs)
    assert [each.data for each in written.records if isinstance(each, Event)] == ["a", "c"]
    assert written.reader().slice(0, 99) == written.records


def test_events_that_were_cut_are_cut_again(tmp_path: Path) -> None:
    policy = Policy(max_event_bytes=10)
    inputs = [Started(0.0, UNIX_US), Connected(0.1, "p"), opened(0.2), Chunk(1.0, events(1, 2, data="ä" * 30), 9)]
    written = write(tmp_path / "x.sse", inputs, policy=policy)
    assert written.reader().slice(0, 99) == written.records
    assert [each.truncated for each in written.records if isinstance(each, Event)] == [True, True]


def test_the_oldest_bytes_are_dropped_to_keep_the_limit(tmp_path: Path) -> None:
    chunks = [Chunk(float(n), events(n, data="z" * 1000), 1) for n in range(1, 101)]
    inputs = [Started(0.0, UNIX_US), Connected(0.1, "p"), opened(0.2), *chunks]
    written = write(tmp_path / "x.sse", inputs, limit=20_000)
    reader = written.reader()
    found = [record for record in reader.slice(0, 999) if isinstance(record, Event)]
    known = [record for record in written.records if isinstance(record, Event)]
    held = [record for record in found if record.data != NO_LONGER_HELD]
    assert 15 <= len(held) <= 20
    assert held == known[-len(held) :]
    assert [replace(record, data="") for record in found] == [replace(record, data="") for record in known]
    assert reader.body(1, 0, 10) is None


SECRETS = (
    *(b"pass", b"abc", b"t0p", b"k3y", b"c00kie", b"w0rd", b"b0dy", b"s3t", b"l0c", b"uR1", b"d3tail"),
    *(b"c0mma", b"p4th", b"q0ted", b"se3ond", b"n0name", b"us3r", b"p4ss", b"fr4g", b"0auth", b"cs4f", b"ch4l"),
    *(b"p4ir", b"b3arer", b"re4son", b"bTpw4ss"),
)


def test_secrets_are_left_out_unless_they_are_asked_for(tmp_path: Path) -> None:
    target = Target(
        "http://me:pass@h/feed?token=abc&x=1",
        headers=(("Authorization", "Bearer t0p"), ("X-Api-Key", "k3y"), ("X-Plain", "plain"), ("Accept", None)),
        user="me:pass",
        cookies=("sid=c00kie",),
        proxy="http://p:w0rd@proxy:1",
        body=b"b0dy",
    )
    head = ResponseHead(
        200,
        "1.1",
        (
            ("content-type", "text/event-stream"),
            ("set-cookie", "sid=s3t,c0mma; Path=/p4th; HttpOnly"),
            ("set-cookie", 'q="q0ted;se3ond"'),
            ("set-cookie", "n0name"),
            ("x-url", "http://us3r:p4ss@h/x#access_token=fr4g"),
            ("location", "/cb?code=0auth&x=1"),
            ("x-csrf-token", "cs4f"),
            ("www-authenticate", 'Bearer realm="x", token="ch4l"'),
            ("location", "http://u:l0c@h/?api_key=l0cation"),
            ("x-plain", "key=p4ir; Bearer b3arer.token"),
        ),
        "http://h/feed?token=uR1",
        reason="Go to http://u:re4son@h/",
        excerpt="see http://u:re4son@h/",
    )
    inputs = [
        Started(0.0, UNIX_US),
        Connected(0.1, "p"),
        Opened(0.2, head),
        Ended(1.0, "redirect", "to /?token=d3tail"),
        Ended(1.1, "protocol", "“Authorization: Basic bTpw4ss= secret=p4irs”"),
    ]
    path = write(tmp_path / "x.sse", inputs, target=target).path
    stored = path.read_bytes()
    for secret in SECRETS:
        assert secret not in stored, secret
    for plain in (b"plain", b"sid=***", b"token=***", b'realm=\\"x\\"', b"x=1"):
        assert plain in stored, plain
    facts = CaptureReader(path).facts
    assert facts.target.url == "http://h/feed?token=***&x=1"
    assert dict(facts.target.headers) == {
        "Authorization": "***",
        "X-Api-Key": "***",
        "X-Plain": "plain",
        "Accept": None,
    }
    kept = CaptureReader(write(tmp_path / "kept.sse", inputs, target=target, **KEPT).path)
    assert kept.facts.keep_secrets
    assert kept.facts.target.url == target.url
    assert (kept.facts.target.headers, kept.facts.target.body) == (target.headers, b"b0dy")


def test_a_capture_is_never_written_over(tmp_path: Path) -> None:
    path = write(tmp_path / "x.sse").path
    before = path.read_bytes()
    with pytest.raises(CaptureError, match=r"exists; a capture is never written over"):
        write(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot be written: no such file or directory"):
        write(tmp_path / "none" / "x.sse")


def test_what_is_finished_is_one_ordinary_file(tmp_path: Path) -> None:
    path = write(tmp_path / "x.sse").path
    assert [each.name for each in tmp_path.iterdir()] == ["x.sse"]
    path.chmod(0o400)
    assert len(CaptureReader(path)) > 20
    assert [each.name for each in tmp_path.iterdir()] == ["x.sse"]


def test_a_capture_that_is_being_written_can_be_read(tmp_path: Path) -> None:
    written = write(tmp_path / "x.sse", STORY[:9], finish=False)
    reader = written.reader()
    assert reader.slice(0, 99) == [
        replace(each, headers={**each.headers, "set-cookie": "sid=***"}) if isinstance(each, Open) else each
        for each in written.records
    ]
    assert not reader.is_complete
    reader = write(tmp_path / "cut.sse", STORY[:15], finish=False).reader()
    assert reader.end == STORY[14].t == 32.0  # a chunk that led to no record


DIES = """
import itertools, os, sys
from pathlib import Path
from tests.store.captures import *
from sse_inspect.recorder import Recorder
recorder = Recorder(Path(sys.argv[1]), Facts(Target("http://h/"), Policy(), "9.9", SEED), on_failure=print)
handled = inspection()
handled.tap_inputs(recorder.take)
for happened in STORY[:3]:
    handled.handle(happened)
for n in itertools.count(1):
    handled.handle(Chunk(1.0 + n, events(n), 1))
    if recorder.written > 20:
        print(n, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 300])
def test_sudden_death_leaves_all_that_was_written(tmp_path: Path, after: int) -> None:
    """What `written` told before the process was killed is in the file, which opens as if nothing had happened."""
    path = tmp_path / "x.sse"
    command = [sys.executable, "-c", DIES, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        for _ in range(after):
            process.stdout.readline()
        process.kill()
    reader = CaptureReader(path)
    count = len(reader)
    assert count > 20
    records = reader.slice(0, count)
    assert [record.n for record in records if isinstance(record, Event)] == list(range(1, count - 2))
    assert handled_again(reader)[:count] == records
    assert not reader.is_complete


def test_a_full_disk_is_told_and_leaves_what_was_written(tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys\n"
        "from tests.store.captures import *\n"
        "from sse_inspect.errors import CaptureError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        "chunks = (Chunk(1.0 + n, events(n, data='x' * 5000), 1) for n in range(1, 1000))\n"
        "try:\n"
        "    write(Path(sys.argv[1]), [*STORY[:3], *chunks])\n"
        "except CaptureError as error:\n"
        "    print(error)\n"
    )
    path = tmp_path / "x.sse"
    result = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert result.stderr == ""
    assert "x.sse cannot be written any more: " in result.stdout
    reader = CaptureReader(path)
    assert len(reader) > 10
    assert [record.n for record in reader.slice(0, len(reader)) if isinstance(record, Event)] == list(
        range(1, len(reader) - 2)
    )


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b""), "is empty: nothing had been recorded"),
        (lambda path: path.write_bytes(b"data: x\n\n"), "is no capture"),
        (lambda path: path.mkdir(), "cannot be read: is a directory"),
        (lambda path: None, "cannot be read: no such file or directory"),
        (
            lambda path: sqlite3.connect(path).executescript("CREATE TABLE a (b)").connection.close(),
            "but no capture of",
        ),
        (lambda path: write(path) and edit(path, "PRAGMA user_version = 3"), r"by a newer sse-inspect \(schema 3\)"),
        (lambda path: path.write_bytes(b"SQLite format 3\0" + b"x" * 1000), "is damaged: file is not a database"),
    ],
)
def test_what_is_no_capture_is_refused_and_not_touched(tmp_path: Path, make: object, says: str) -> None:
    path = tmp_path / "x.sse"
    make(path)  # type: ignore[operator]
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(CaptureError, match=says):
        CaptureReader(path)
    assert (path.read_bytes() if path.is_file() else None) == before


FILTERS = ("data", "data~x", "id:1..5", "type:message", "size>1", "is:dup", "-n:3 eins", "kind:gap")
ENDLESS = "WITH RECURSIVE r(name, value) AS (SELECT '1', 2 UNION ALL SELECT name || 1, 2 FROM r) SELECT * FROM r"
HUGE = "SELECT seq, t, connection, offset, size, chunks, zeroblob(900000000) AS data FROM b"
HOSTILE = (
    f"ALTER TABLE facts RENAME TO f; CREATE VIEW facts AS {ENDLESS}",
    f"ALTER TABLE bodies RENAME TO b; CREATE VIEW bodies AS {HUGE}",
    "ALTER TABLE single_events ADD COLUMN more TEXT",
    "UPDATE inputs SET detail = '{\"t\": 0, \"unix_us\": 9223372036854775807}' WHERE kind = 'started'",
    "UPDATE facts SET value = '{\"url\": 5, \"headers\": []}' WHERE name = 'target'",
    "UPDATE single_events SET size = 9223372036854775807, offset = offset + 100000000000",
    "UPDATE records SET events = 9223372036854775807",
    "UPDATE records SET ordinal = 9223372036854775000 WHERE ordinal = (SELECT max(ordinal) FROM records)",
    "UPDATE single_events SET n = n * 1000000000000",
    "UPDATE single_events SET t = 1e300; UPDATE records SET t = 1e300",
    "UPDATE bodies SET chunks = zeroblob(4800000), data = x''",
    "UPDATE single_events SET type = x'ff', id = 7, last_event_id = 1.5",
    "UPDATE single_events SET offset = 'x'",
    "UPDATE single_events SET type = x'ff'",
    "UPDATE single_events SET id = x'ff'",
    "UPDATE single_events SET last_event_id = x'ff'",
    f"ALTER TABLE event_runs RENAME TO e; CREATE VIEW event_runs AS {ENDLESS}",
    "UPDATE event_runs SET count = 9223372036854775807",
    "UPDATE event_runs SET count = count - 1",
    "UPDATE event_runs SET n = n * 1000000000000",
    "UPDATE event_runs SET n = n - 1",
    "UPDATE event_runs SET t = 1e300",
    "UPDATE event_runs SET t = 'x'",
    "UPDATE event_runs SET beyond = 5",
    "UPDATE event_runs SET offset = offset + 100000000000",
    "UPDATE event_runs SET offset = 'x'",
    "UPDATE event_runs SET places = '[0,100]'",
    "UPDATE event_runs SET places = replace(places, ',', ',-')",
    "UPDATE event_runs SET places = replace(places, ']', '00000000000]')",
    "UPDATE event_runs SET places = replace(places, '[', '[-100000000000')",
    "UPDATE event_runs SET places = x'ff'",
    "UPDATE event_runs SET places = 7",
    f"UPDATE event_runs SET places = '{'[' * 5000}'",
    "UPDATE event_runs SET type = NULL",
    "UPDATE event_runs SET type = x'ff'",
    "UPDATE event_runs SET type = NULL, types = '[1, 2]'",
    "UPDATE event_runs SET type = NULL, types = '[\"a\"]'",
    "UPDATE event_runs SET first_id = -9223372036854775807",
    "UPDATE event_runs SET first_id = 'x'",
    "UPDATE event_runs SET prefix = NULL",
    "UPDATE event_runs SET prefix = x'ff'",
    "UPDATE event_runs SET ids = '[null]'",
    "UPDATE event_runs SET first_id = NULL, last_event_id = x'ff'",
    "DELETE FROM event_runs WHERE n > 20",
    "UPDATE facts SET value = replace(value, '//h/', '//[h/') WHERE name = 'target'",
    "UPDATE inputs SET detail = replace(detail, '\"url\":\"', '\"url\":\"http://[') WHERE kind = 'opened'",
)


TOGETHER = tuple(Chunk(35.5 + n / 1000, events(*range(n, n + 5)), 36) for n in range(12, 62, 5))
"""Events that stand together in a row of the index."""


@pytest.mark.parametrize("statements", HOSTILE)
def test_what_was_made_to_hurt_is_told_as_damage_or_harmless(tmp_path: Path, statements: str) -> None:
    path = write(tmp_path / "x.sse", [*STORY[:-1], *TOGETHER, STORY[-1]]).path
    edit(path, *statements.split("; "))
    with suppress(CaptureError):
        reader = CaptureReader(path)
        assert reader.facts
        assert reader.origin
        assert reader.end < 1e11
        for start in range(0, min(len(reader), 10_000), 7):
            for record in reader.slice(start, start + 7):
                b"".join(piece.encode() for piece in json_pieces(record, reader.origin))
        for text in FILTERS:
            parse_filter(text).hits(reader, 0, min(len(reader), 10_000))
        reader.next_mark(0)
        reader.previous_mark(5)
        handled_again(reader)
        urls = [reader.facts.target.url, *(each.head.url for _, each in reader.inputs() if isinstance(each, Opened))]
        assert all(urlsplit(url) for url in urls)


def test_nothing_is_left_beside_a_capture_that_was_copied_alone(tmp_path: Path) -> None:
    write(tmp_path / "x.sse", finish=False)
    (tmp_path / "desk").mkdir()
    copy = tmp_path / "desk" / "x.sse"
    copy.write_bytes((tmp_path / "x.sse").read_bytes())
    reader = CaptureReader(copy)
    assert len(reader) > 20
    reader.close()
    assert [each.name for each in copy.parent.iterdir()] == ["x.sse"]


def test_a_copy_that_lacks_what_was_written_last_says_where_that_is(tmp_path: Path) -> None:
    writer = CaptureWriter(tmp_path / "x.sse", Facts(Target("http://h/"), Policy(), "9.9", 7))
    writer.take(STORY[0], 0, [])
    writer.flush()
    (tmp_path / "copy.sse").write_bytes((tmp_path / "x.sse").read_bytes())
    with pytest.raises(CaptureError, match=r"is empty: .* is in copy\.sse-wal, which is not"):
        assert CaptureReader(tmp_path / "copy.sse").origin
    writer.close()


LOOKS_IN = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM events').fetchone())"


def test_others_that_look_into_it_take_nothing_away(tmp_path: Path) -> None:
    """Who is the last to close a database takes its log away: somebody who looks in must not seem to be that."""
    path = tmp_path / "x.sse"
    failures: list[str] = []
    recorder = Recorder(path, Facts(Target("http://h/"), Policy(), "9.9", SEED), on_failure=failures.append)
    handled = inspection()
    handled.tap_inputs(recorder.take)
    for happened in (*STORY[:3], Chunk(1.0, events(1, 2), 1)):
        handled.handle(happened)
    while recorder.written_until != 1.0:
        time.sleep(0.001)
    looked = subprocess.run([sys.executable, "-c", LOOKS_IN, str(path)], capture_output=True, text=True, check=True)
    assert looked.stdout == "2\n"
    assert (tmp_path / "x.sse-wal").exists()
    recorder.close({})
    assert not failures


def test_who_still_reads_it_does_not_keep_it_from_being_complete(tmp_path: Path) -> None:
    writer = CaptureWriter(tmp_path / "x.sse", Facts(Target("http://h/"), Policy(), "9.9", SEED))
    writer.take(STORY[0], 0, [])
    writer.flush()
    reader = CaptureReader(tmp_path / "x.sse")
    assert not reader.is_complete
    writer.finish({"completed": "1"})
    (tmp_path / "copy.sse").write_bytes((tmp_path / "x.sse").read_bytes())
    for path in (tmp_path / "x.sse", tmp_path / "copy.sse"):
        assert CaptureReader(path).is_complete
    reader.close()


def test_a_file_that_somebody_took_away_is_told_at_once(tmp_path: Path) -> None:
    writer = CaptureWriter(tmp_path / "x.sse", Facts(Target("http://h/"), Policy(), "9.9", 7))
    writer.take(STORY[0], 0, [])
    writer.flush()
    (tmp_path / "x.sse").unlink()
    writer.take(STORY[0], 0, [])
    with pytest.raises(CaptureError, match="was removed or replaced"):
        writer.flush()
    writer.close()


def test_with_secrets_in_it_a_capture_is_its_owners_alone(tmp_path: Path) -> None:
    assert write(tmp_path / "x.sse", **KEPT).path.stat().st_mode & 0o077 == 0


def edit(path: Path, *statements: str) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        database.execute(statement)
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM facts",
        "UPDATE facts SET value = '[]' WHERE name = 'target'",
        "UPDATE facts SET value = '{\"url\": 1, \"headers\": 7}' WHERE name = 'target'",
        "UPDATE facts SET value = '{\"stall_after\": -1}' WHERE name = 'policy'",
        "UPDATE facts SET value = '{\"until\": \"(\"}' WHERE name = 'policy'",
        "UPDATE facts SET value = 'x' WHERE name = 'seed'",
        "UPDATE inputs SET detail = '{}'",
        "UPDATE inputs SET kind = 'what'",
        "UPDATE inputs SET detail = replace(detail, '200', '\"x\"')",
        "UPDATE bodies SET chunks = x'00'",
        "UPDATE bodies SET data = x'00'",
        "UPDATE records SET detail = '[' WHERE kind = 'open'",
        "DROP TABLE single_events",
        "DROP TABLE event_runs",
        "DELETE FROM inputs",
        "UPDATE facts SET value = CAST(x'0aff0a' AS TEXT)",
    ],
)
def test_what_is_damaged_is_said_in_a_sentence(tmp_path: Path, statement: str) -> None:
    path = write(tmp_path / "x.sse").path
    edit(path, statement)
    with pytest.raises(CaptureError) as raised:  # noqa: PT012 wherever it shows first
        reader = CaptureReader(path)
        assert reader.facts
        assert reader.origin
        handled_again(reader)
        reader.slice(0, 999)
    assert re.search(r"is damaged|damaged: |is empty", str(raised.value))
    assert "\n" not in str(raised.value)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = write(tmp_path_factory.mktemp("damage") / "x.sse", each=1000).path
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(16, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    with suppress(CaptureError):
        reader = CaptureReader(path)
        reader.slice(0, len(reader))
        reader.next_mark(3)
        reader.previous_mark(9)
        reader.count_until(5.0)
        handled_again(reader)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=30), st.integers(0, 2**32))
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], seed: int) -> None:
    pick = random.Random(seed)
    words = [b"id: 1\n", b"data: x\n", b"\n", b"\r\n", b": c\n", b"\xef\xbb\xbf", b"event: e\n", b"id: 2\ndata: y\n\n"]
    t, inputs = 0.3, list(STORY[:3])
    for part in parts:
        t += pick.random()
        inputs.append(Chunk(t, part + b"".join(pick.choices(words, k=pick.randrange(5))), pick.randrange(9)))
        if pick.random() < 0.1:
            inputs += [Ended(t, "eof", ""), Tick(t + 9), Connected(t + 9, "p"), opened(t + 9)]
            t += 9
    written = write(
        tmp_path_factory.mktemp("any") / "x.sse", [*inputs, Asked(t + 1, "stop")], each=pick.randrange(1, 9), **KEPT
    )
    reader = written.reader()
    assert reader.slice(0, len(reader)) == written.records
    assert handled_again(reader) == written.records


def test_every_kind_of_record_is_spelled_and_read() -> None:
    plain: dict[str, object] = {"float": 1.5, "int": 7, "bool": True, "tuple[str, ...]": ("text",)}
    samples: list[Record] = [
        Open(0.1, 1, 200, "1.1", {"a": "b", "ü": "\udc80"}, {"dns": None, "tcp": 0.1}, ""),
        Comment(1.0, 1, "line\nline\0\x1b\u2028\ud800 ü 𐍈"),
        Gap(1.0, 1, 10**29, 10**29 + 5, 6, "a-", "basis"),
        Summary(
            9.0,
            1,
            None,
            {"count": 0, "p50": None},
            10**29,
            {"received": 1},
            {"longest": 0.0},
            0,
            1,
            1,
            1,
            1,
            {},
            1,
            9.0,
        ),
        *(
            cls(*[plain.get(str(kind), "text") for kind in cls.__annotations__.values() if "ClassVar" not in kind])  # type: ignore[arg-type]
            for cls in KINDS.values()
            if cls.kind in ("session", "connecting", "event", "comment", "retry", "gap", "gap_filled", "resumed")
        ),
    ]
    for sample in samples:
        assert read_record(sample.kind, spelled(sample)) == sample


@pytest.mark.parametrize(
    "detail", ["", "[]", "{}", '{"t": "x"}', "[" * 100_000, '{"t": 1, "connection": 1, "text": 1}', "\ud800", "{" * 9]
)
def test_rows_that_cannot_be_read(detail: str) -> None:
    with pytest.raises(CaptureError, match=r"a row of the kind 'comment' cannot be read"):
        read_record("comment", detail)
    with pytest.raises(CaptureError, match="of the unknown kind"):
        read_input("comment", detail)


def test_chunks_that_do_not_add_up() -> None:
    two = schema.CHUNK.pack(1.0, 2, 9) + schema.CHUNK.pack(1.5, 1, 0)
    assert list(read_chunks(two, b"abc")) == [Chunk(1.0, b"ab", 9), Chunk(1.5, b"c", 0)]
    for chunks, data in ((two, b"ab"), (two, b"abcd"), (two[:-1], b"abc")):
        with pytest.raises(CaptureError):
            list(read_chunks(chunks, data))


def test_the_index_can_be_queried(tmp_path: Path) -> None:
    written: Written = write(tmp_path / "x.sse")
    database = sqlite3.connect(f"file:{written.path}?mode=ro", uri=True)
    rows = database.execute("SELECT type, count(*) FROM events WHERE flags & 1 = 0 GROUP BY type ORDER BY 1").fetchall()
    assert rows == [("message", 8), ("tür", 1)]
    ends = database.execute(
        "SELECT detail ->> 'reason' FROM records WHERE kind = 'disconnect' ORDER BY ordinal"
    ).fetchall()
    assert ends == [("stall",), ("reset",), ("refused",), ("forced",)]
    assert os.path.getsize(written.path) < 200_000
