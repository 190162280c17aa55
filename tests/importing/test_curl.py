"""What curl saved: bodies alone, and bodies with the heads in front of them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from sse_inspect.errors import CaptureError
from sse_inspect.records import Diagnosis, Disconnect, End, Event, Open
from tests.importing.telling import kinds, told

STREAM = b"content-type: text/event-stream\r\n"
BODY = b"id: 1\ndata: one\n\n: still here\n\nid: 4\ndata: four\n\ndata: unfin"


def saved(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "saved.txt"
    path.write_bytes(content)
    return path


def test_a_body_is_one_connection_of_which_only_the_bytes_are_known(tmp_path: Path) -> None:
    inspection, records = told(saved(tmp_path, BODY))
    assert kinds(records) == [
        *("session", "connecting", "open", "event", "comment", "diagnosis", "event"),
        *("disconnect", "end", "summary"),
    ]
    assert {record.t for record in records} == {0.0}
    assert not inspection.origin.is_known
    disconnect, end = records[-3:-1]
    assert isinstance(disconnect, Disconnect)
    assert isinstance(end, End)
    assert (disconnect.bytes, disconnect.partial) == (len(BODY), len(b"data: unfin"))
    assert (disconnect.reason, end.reason, end.detail) == ("unknown", "unknown", "the file ends here")
    imported, hint = inspection.snapshot().notes
    assert imported == "imported from body; unknown: times, request, response head, chunk boundaries, how it ended"
    assert hint.startswith("not told how it ended: ask for curl's exit status (18 is a cut), for a HAR, or")


@pytest.mark.parametrize(
    ("head", "is_asked"),
    [(b"HTTP/1.1 200 OK\r\n" + STREAM, True), (b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n", False)],
)
def test_what_to_ask_for_is_said_of_a_stream_alone(head: bytes, is_asked: bool, tmp_path: Path) -> None:
    inspection, _ = told(saved(tmp_path, head + b"\r\n" + BODY))
    assert any(note.startswith("not told how it ended") for note in inspection.snapshot().notes) == is_asked


def test_an_answer_without_times_took_no_time_that_is_told(tmp_path: Path) -> None:
    _, records = told(saved(tmp_path, b"HTTP/1.1 503 Busy\r\n\r\n"))
    (found,) = (record for record in records if isinstance(record, Diagnosis))
    assert found.code == "upstream-unavailable"
    assert found.evidence.startswith("Attempt 1 was answered with 503.")


@pytest.mark.parametrize("size", [0, 1, 1 << 16, (1 << 16) + 1, 1 << 18])
def test_where_the_file_is_cut_into_pieces_does_not_matter(size: int, tmp_path: Path) -> None:
    body = b":" + b"x" * size + b"\n\ndata: " + b"y" * size + b"\n\n"
    _, records = told(saved(tmp_path, body))
    assert [record.data for record in records if isinstance(record, Event)] == ["y" * size]


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 Connection established\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\nHTTP/2 103 \r\nlink: </x>\r\n\r\n",
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest\r\n\r\n",
    ],
)
def test_the_last_head_is_that_of_the_body(before: bytes, end: bytes, tmp_path: Path) -> None:
    heads = before + b"HTTP/2 200 \r\nContent-Type: text/event-stream\r\nX-A: 1\r\nx-a: \xc3\xa9,\r\n folded\r\n\r\n"
    _, records = told(saved(tmp_path, heads.replace(b"\r\n", end) + BODY))
    opened = next(record for record in records if isinstance(record, Open))
    assert (opened.status, opened.http_version, opened.headers["x-a"]) == (200, "2", "1, é, folded")
    assert set(opened.timings.values()) == {None}
    assert kinds(records).count("event") == 2


def test_a_body_may_begin_like_a_head(tmp_path: Path) -> None:
    path = saved(tmp_path, b"HTTP/1.1 200 OK\r\n" + STREAM + b"\r\nHTTP/1.1 200 OK\n\ndata: x\n\n")
    _, records = told(path)
    assert kinds(records).count("event") == 1


@pytest.mark.parametrize(
    ("head", "reason", "end"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "status", "fatal"),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 5\r\n\r\n", "status", "unknown"),
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n", "content-type", "fatal"),
    ],
)
def test_a_response_that_was_no_stream_tells_so(head: bytes, reason: str, end: str, tmp_path: Path) -> None:
    _, records = told(saved(tmp_path, head + b"<p>sorry</p>"))
    records = [record for record in records if not isinstance(record, Diagnosis)]
    assert kinds(records) == ["session", "connecting", "disconnect", "end", "summary"]
    assert [getattr(record, "reason", "") for record in records[2:4]] == [reason, end]


def framed(*chunks: bytes, last: bytes = b"0\r\n\r\n") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + STREAM + b"\r\n"
    return head + b"".join(b"%x;x=y\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + last


@pytest.mark.parametrize(
    ("last", "reason"),
    [(b"0\r\n\r\n", "eof"), (b"0\r\nTrailer: x\r\n\r\n", "eof"), (b"", "unknown"), (b"5\r", "unknown")],
)
def test_raw_framing_is_taken_off_and_gives_the_chunks(last: bytes, reason: str, tmp_path: Path) -> None:
    parts = (b"id: 1\ndata: o", b"ne\n\n", b":" + b"x" * 200_000 + b"\n", b"data: two\n\n")
    inspection, records = told(saved(tmp_path, framed(*parts, last=last)))
    assert [record.data for record in records if isinstance(record, Event)] == ["one", "two"]
    disconnect = next(record for record in records if isinstance(record, Disconnect))
    assert (disconnect.reason, disconnect.bytes) == (reason, len(b"".join(parts)))
    (note,) = inspection.snapshot().notes
    assert "chunk boundaries" not in note


@pytest.mark.parametrize("broken", [b"zz\r\n\r\n", b"5\r\nabcdefgh\r\n", b"\r\n", b"-1\r\n"])
def test_framing_that_breaks_is_told(broken: bytes, tmp_path: Path) -> None:
    _, records = told(saved(tmp_path, framed(b"data: one\n\n", last=broken + b"data: two\n\n")))
    disconnect = next(record for record in records if isinstance(record, Disconnect))
    assert (disconnect.reason, disconnect.events) == ("protocol", 1)


def test_a_body_whose_framing_curl_took_off_is_left_alone(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + STREAM + b"\r\n"
    for body in (b"data: x\n\n", b"5\n\ndata: x\n\n", b"3\r\ndata: x\n\n"):
        inspection, records = told(saved(tmp_path, head + body))
        assert kinds(records).count("event") == 1, body
        assert "chunk boundaries" in inspection.snapshot().notes[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"HTTP/1.1 200 OK\r\n" + STREAM, "the head of the response is cut off"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "a line of the response head has no colon"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * (1 << 20) + b"\r\n\r\n", "longer than 1 MiB"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + STREAM + b"\r\n" + gzip.compress(BODY),
            "still compressed .gzip.*--compressed",
        ),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=message):
        told(saved(tmp_path, content))


def test_a_coding_that_curl_has_undone_is_no_obstacle(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + STREAM + b"\r\n"
    for body in (BODY, "data: {}\n\n".format("é" * 2000).encode(), "data:  {}\n\n".format("é" * 2000).encode()):
        _, records = told(saved(tmp_path, head + body))
        assert "event" in kinds(records)
