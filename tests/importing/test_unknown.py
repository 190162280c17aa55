"""What a source does not tell is nowhere: not in the records, not in what is exported, not in what that is read as."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.importing.lines import Line, read_lines
from sse_inspect.importing.source import File
from sse_inspect.inspection import Inspection
from sse_inspect.records import KINDS, Origin, Record, to_dict, to_json
from sse_inspect.unknown import Unknown
from tests.importing.telling import told
from tests.importing.test_har import entry, har, message

BODY = b"id: 1\ndata: one\n\n: still here\n\nretry: 50\n\nid: 2\ndata: two\n\ndata: unfin"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
FOUND_ANEW = {"gap", "gap_filled", "recovered"}


def file(tmp_path: Path, content: bytes, name: str = "saved.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def source(tmp_path: Path, name: str) -> Path:
    """A file that tells of times nothing, or something, or all but how it ended."""
    body = entry()
    body["response"]["content"]["text"] = BODY.decode()
    timeless = entry(startedDateTime="", time=0, timings={}, _eventSourceMessages=[{"data": "x"}])
    timed = entry(_eventSourceMessages=[message(1, "a", "1"), message(2, "b", "4")])
    match name:
        case "body":
            return file(tmp_path, BODY)
        case "curl -i":
            return file(tmp_path, HEAD + BODY)
        case "a HAR with a body":
            return har(tmp_path, body)
        case "a HAR without times":
            return har(tmp_path, timeless)
    return har(tmp_path, timed)


SOURCES = ("body", "curl -i", "a HAR with a body", "a HAR without times", "a HAR with times")
WITHOUT_TIMES = ("body", "curl -i", "a HAR without times")


def written(inspection: Inspection, records: list[Record], tmp_path: Path) -> Path:
    """The records as `tail` and `export` write them."""
    path = tmp_path / "written.ndjson"
    path.write_text("".join(f"{to_json(record, inspection.origin)}\n" for record in records))
    return path


def said(inspection: Inspection, records: list[Record]) -> list[dict[str, Any]]:
    return [to_dict(record, inspection.origin) for record in records]


@pytest.mark.parametrize("name", WITHOUT_TIMES)
def test_nothing_has_a_time_where_none_is_told(name: str, tmp_path: Path) -> None:
    inspection, records = told(source(tmp_path, name))
    lasting = {"duration", "outage", "reconnect"}
    for record in said(inspection, records):
        assert (record["t"], record["time"]) == (None, None)
        assert {value for key, value in record.items() if key in lasting} <= {None}
    assert inspection.snapshot().origin.unknown == inspection.origin.unknown


@pytest.mark.parametrize("name", SOURCES)
def test_no_silence_is_denied_that_nobody_could_have_seen(name: str, tmp_path: Path) -> None:
    inspection, records = told(source(tmp_path, name))
    summary = said(inspection, records)[-1]
    assert summary["stalls"] == {"count": None, "longest": None}
    assert summary["silent_failures"] is None
    assert [alert.value for alert in inspection.snapshot().alerts if alert.name == "StreamStalled"] == [None]


@pytest.mark.parametrize("name", SOURCES)
def test_no_end_is_made_up(name: str, tmp_path: Path) -> None:
    inspection, records = told(source(tmp_path, name))
    reasons = {record["kind"]: record["reason"] for record in said(inspection, records) if "reason" in record}
    assert reasons == {"disconnect": "unknown", "end": "unknown"}


def test_what_a_har_tells_keeps_its_time(tmp_path: Path) -> None:
    inspection, records = told(source(tmp_path, "a HAR with a body"))
    times = {record["kind"]: record["t"] for record in said(inspection, records)}
    untimed = dict.fromkeys(("event", "comment", "retry"))
    timed = {"session": 0.0, "connecting": 0.0, "open": 0.0455, "disconnect": 5.0, "end": 5.0, "summary": 5.0}
    assert times == untimed | timed


def test_a_request_that_is_not_told_has_no_method(tmp_path: Path) -> None:
    inspection, records = told(source(tmp_path, "body"))
    (session,) = (record for record in said(inspection, records) if record["kind"] == "session")
    assert (session["method"], session["url"]) == ("", "(unknown)")


def test_a_head_that_is_not_told_has_no_status(tmp_path: Path) -> None:
    inspection, records = told(source(tmp_path, "body"))
    (opened,) = (record for record in said(inspection, records) if record["kind"] == "open")
    assert (opened["status"], opened["http_version"], opened["headers"]) == (None, "", {})


@pytest.mark.parametrize("name", SOURCES)
def test_what_was_unknown_stays_so_when_it_is_written_and_read_again(name: str, tmp_path: Path) -> None:
    inspection, records = told(source(tmp_path, name))
    again = told(written(inspection, records, tmp_path))
    assert inspection.origin.unknown <= again[0].origin.unknown
    assert again[0].origin.unknown - inspection.origin.unknown <= {Unknown.BYTES, Unknown.CHUNKS, Unknown.SILENT}
    first, second = said(inspection, records), said(*again)
    for record in (*first, *second):
        for untold in ("unknown", "offset", "size", "bytes", "partial", "version"):
            record.pop(untold, None)
    assert first == second


def test_a_time_that_is_taken_out_is_not_taken_for_another(tmp_path: Path) -> None:
    inspection, records = told(source(tmp_path, "a HAR with times"))
    path = written(inspection, records, tmp_path)
    rows = [json.loads(row) for row in path.read_text().split("\n") if row]
    for row in rows:
        if row["kind"] == "event":
            row["t"] = row["time"] = None
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    again, found = told(path)
    assert Unknown.ARRIVALS in again.origin.unknown
    assert {again.origin.time_of(record) for record in found if record.kind == "event"} == {None}


def test_a_file_that_is_cut_off_does_not_say_when_it_ended(tmp_path: Path) -> None:
    inspection, records = told(source(tmp_path, "a HAR with times"))
    path = written(inspection, records[:4], tmp_path)
    again, found = told(path)
    assert [again.origin.time_of(record) for record in found[-3:]] == [None, None, None]
    assert [again.origin.time_of(record) for record in found[:4]] == [record.t for record in records[:4]]


def test_silent_failures_are_told_by_the_summary(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"kind": "session", "schema": 1, "version": "1", "url": "http://h/", "method": "GET"},
        {"kind": "connecting", "attempt": 1, "last_event_id": None},
        {"kind": "end", "reason": "interrupted", "detail": ""},
        {"kind": "summary", "silent_failures": 2},
    ]
    rows = [{"t": 0.0, "time": "2026-11-23T10:00:00Z", "connection": 1} | row for row in rows]
    inspection, records = told(file(tmp_path, "".join(f"{json.dumps(row)}\n" for row in rows).encode()))
    assert said(inspection, records)[-1]["silent_failures"] == 2


def test_every_kind_is_read_or_found_anew() -> None:
    """Kinds have one list; what an import reads of a line are fields of such a record."""
    read = {cls.kind(): cls for cls in Line.__subclasses__()}
    assert set(read) | FOUND_ANEW == set(KINDS)
    assert not set(read) & FOUND_ANEW
    common = set(Line.__struct_fields__)
    for kind, cls in read.items():
        own = set(cls.__struct_fields__) - common - {"time"}
        assert own <= {field.name for field in fields(KINDS[kind])}, kind


def test_a_line_cannot_set_what_the_reader_counts(tmp_path: Path) -> None:
    told_of = {"schema": 1, "version": "", "url": "", "method": "", "time": None}
    session = json.dumps({"kind": "session", "t": 1, "_t": 9, "number": 7, "before": 5} | told_of)
    (line,) = read_lines(File(file(tmp_path, f"{session}\n".encode())))
    assert (line.t, line.number, line.before) == (1.0, 1, 0.0)


@pytest.mark.parametrize("unknown", [frozenset[Unknown](), frozenset({Unknown.COMMENTS, Unknown.CHUNKS})])
def test_what_is_watched_is_known(unknown: frozenset[Unknown]) -> None:
    origin = Origin(1, unknown)
    assert origin.has_times
    assert origin.has_arrivals
    assert origin.has_ends
    assert origin.has_silences is (not unknown)
