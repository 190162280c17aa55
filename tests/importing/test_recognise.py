"""What a file is, by its first bytes, and what is said of one that is nothing."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from sse_inspect.errors import CaptureError, UsageError
from sse_inspect.importing import load, recognise


@pytest.mark.parametrize(
    ("begin", "form"),
    [
        (b"SQLite format 3\0...", "capture"),
        (b'{"kind":"session","t":0.0}\n', "NDJSON"),
        (b'\xef\xbb\xbf{ "kind": "session"}\n', "NDJSON"),
        (b'{"kind":"event","t":0.0}\n', "NDJSON"),
        (b'{"log":{"entries":[]}}', "HAR"),
        (b'\xef\xbb\xbf\r\n {\n  "log": {}}', "HAR"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "curl -i"),
        (b"HTTP/2 200 \r\n\r\n", "curl -i"),
        (b"HTTP/3 200\n\n", "curl -i"),
        (b"data: x\n\n", "body"),
        (b"data\n\n", "body"),
        (b"id", "body"),
        (b"\r\n\r\nretry:5\r\r", "body"),
        (b"\xef\xbb\xbf: a comment\n", "body"),
        (b":\n", "body"),
        (b"event: \xff\xfe\n", "body"),
    ],
)
def test_the_first_bytes_tell(begin: bytes, form: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(begin)
    assert recognise(path) == form


@pytest.mark.parametrize(
    "begin",
    [
        b"\x1f\x8b\x08\0\0",
        b"dates: x\n",
        b"HTTP is a protocol",
        b"[1, 2]",
        b"<html>",
        b"\0\0\0",
        b"\xff\xfed\0a\0",
        b"\n",
    ],
)
def test_what_is_nothing_is_said_to_be(begin: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(begin)
    with pytest.raises(CaptureError, match="neither a capture nor"):
        recognise(path)


def test_what_is_no_file_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    for name, what in (
        ("empty", "is empty"),
        ("", "is a directory"),
        ("missing", "cannot be read: no such file"),
        ("pipe", "is no ordinary file"),
        ("a" * 300, "cannot be read: file name too long"),
        ("a\0b", "cannot be read: embedded null"),
    ):
        with pytest.raises(CaptureError, match=what):
            recognise(tmp_path / name)


def test_a_capture_is_nothing_to_import(tmp_path: Path) -> None:
    path = tmp_path / "x.sse"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE x (y)")
    database.close()
    with pytest.raises(CaptureError, match="is a capture"):
        load(path, version="")


def test_only_a_har_has_entries(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(b"data: x\n\n")
    with pytest.raises(UsageError, match=r"--entry: .* is no HAR"):
        load(path, version="", entry=1)
