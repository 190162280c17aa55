"""No stream makes the program large: the peak of its resident memory, as the kernel counts it, under floods.

The server makes the flood as it sends, so that only the program could hold it. Figures are those of the whole process,
some 45 MB of which are Python and its libraries.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from tests.conformance.program import ROOT
from tests.conformance.server import read_request

pytestmark = pytest.mark.slow

MEGABYTE = 1_000_000
MOST = 150 * MEGABYTE
"""Bytes a process may have at its peak, at the default limit of an event."""
MOST_WITH_TWO_IDS = 215 * MEGABYTE
"""The same where an ID as long as the limit, four bytes a character in memory, comes while another such is the last."""
LONGEST = 16 << 20
"""Bytes of an event that are not cut, at the default limit."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"

Flood = Callable[[], Iterator[bytes]]


def endless(begin: bytes, size: int) -> Iterator[bytes]:
    """`begin`, and then so many bytes without the end of a line."""
    yield begin
    for _ in range(size // MEGABYTE):
        yield b"a" * MEGABYTE


def endless_line() -> Iterator[bytes]:
    yield HEAD + b"\r\n"
    yield from endless(b"data: ", 400 * MEGABYTE)
    yield b"\n\ndata: last\n\n"


def endless_comment() -> Iterator[bytes]:
    yield HEAD + b"\r\n"
    yield from endless(b": ", 400 * MEGABYTE)
    yield b"\n\ndata: last\n\n"


def endless_block() -> Iterator[bytes]:
    """Lines without end in one block: unknown fields and comments."""
    yield HEAD + b"\r\n"
    for _ in range(5):
        yield b"unknown: field\n:\n" * (MEGABYTE // 17)
    yield b"data: last\n\n"


def endless_header() -> Iterator[bytes]:
    yield from endless(HEAD + b"X-Endless: ", 400 * MEGABYTE)


def zeros_in_gzip(begin: bytes = b"") -> Iterator[bytes]:
    """400 MB of zeros in members of 10 MB, each some 10 kB on the wire."""
    yield HEAD + b"Content-Encoding: gzip\r\n\r\n"
    yield gzip.compress(begin)
    member = gzip.compress(b"\0" * 10 * MEGABYTE)
    for _ in range(40):
        yield member
    yield gzip.compress(b"\n\ndata: last\n\n")


def data_of_zeros_in_gzip() -> Iterator[bytes]:
    return zeros_in_gzip(b"data: ")


def tiny_events() -> Iterator[bytes]:
    yield HEAD + b"\r\n"
    for _ in range(100):
        yield b"data: x\n\n" * 10_000
    yield b"data: last\n\n"


def tiny_events_with_ids() -> Iterator[bytes]:
    yield HEAD + b"\r\n"
    for begin in range(0, 500_000, 1000):
        yield b"".join(b"id: %d\ndata: x\n\n" % number for number in range(begin, begin + 1000))
    yield b"data: last\n\n"


def opaque_ids() -> Iterator[bytes]:
    yield HEAD + b"\r\n"
    for begin in range(0, 300_000, 1000):
        yield b"".join(b"id: %040x-\ndata: x\n\n" % number for number in range(begin, begin + 1000))
    yield b"data: last\n\n"


def large_events() -> Iterator[bytes]:
    yield HEAD + b"\r\n"
    for number in range(40):
        yield b"id: %d\ndata: " % number + b"a" * 5 * MEGABYTE + b"\n\n"
    yield b"data: last\n\n"


ASTRAL = "😀".encode()
VALUES: dict[str, tuple[bytes, bytes, bytes]] = {
    "nul": (b"", b"\0", b""),
    "backslash": (b"", b"\\", b""),
    "astral-first": (ASTRAL, b"a", b""),
    "astral-last": (b"", b"a", ASTRAL),
    "cjk-then-astral": ("中".encode(), b"a", ASTRAL),
    "all-astral": (b"", ASTRAL, b""),
    "cjk": (b"", "中".encode(), b""),
    "line-separator": (b"", "\u2028".encode(), b""),
    "invalid": (b"", b"\xff", b""),
}
"""Values as long as the limit: how they begin, what they repeat, how they end."""


def repeated(unit: bytes, size: int) -> Iterator[bytes]:
    """`unit` again and again, at most `size` bytes, in chunks."""
    whole = unit * (65536 // len(unit))
    for _ in range(size // len(whole)):
        yield whole
    yield whole[: size % len(whole) // len(unit) * len(unit)]


def longest(field: str, value: str, times: int) -> Flood:
    """Events with a field as long as the limit, one after the other."""

    def flood() -> Iterator[bytes]:
        begin, unit, end = VALUES[value]
        yield HEAD + b"\r\n"
        for _ in range(times):
            yield f"{field}: ".encode() + begin
            yield from repeated(unit, LONGEST - len(begin) - len(end))
            yield end + b"\n" + b"data: x\n" * (field != "data") + b"\n"
        yield b"id\ndata: last\n\n"

    return named(flood, f"{times}-{field or 'comment'}-{value}")


def short_lines(line_end: bytes) -> Flood:
    """Events as long as the limit of data lines of one byte."""

    def flood() -> Iterator[bytes]:
        yield HEAD + b"\r\n"
        for _ in range(2):
            line = b"data: x" + line_end
            yield from repeated(line, LONGEST // 2 * len(line))
            yield line_end
        yield b"data: last\n\n"

    return named(flood, f"short-lines-{len(line_end)}")


def events_in_gzip() -> Iterator[bytes]:
    """A bomb of events of NUL as long as the limit, sent in one go."""
    yield HEAD + b"Content-Encoding: gzip\r\n\r\n"
    yield gzip.compress((b"data: " + b"\0" * LONGEST + b"\n\n") * 2 + b"data: last\n\n")


def named(flood: Flood, name: str) -> Flood:
    flood.__name__ = name
    return flood


FLOODS: list[tuple[Flood, str, int]] = [
    *((longest("data", value, 2), "ndjson", MOST) for value in VALUES),
    *((longest("data", "cjk-then-astral", 2), form, MOST) for form in ("pretty", "data", "raw")),
    *((longest(field, value, 2), "ndjson", MOST) for field in ("", "event") for value in ("nul", "cjk-then-astral")),
    (longest("id", "cjk-then-astral", 1), "ndjson", MOST),
    (longest("id", "cjk-then-astral", 2), "ndjson", MOST_WITH_TWO_IDS),
    (longest("id", "line-separator", 2), "ndjson", MOST),
    (short_lines(b"\n"), "ndjson", MOST),
    (short_lines(b"\r\n"), "data", MOST),
    (events_in_gzip, "ndjson", MOST),
    (endless_line, "ndjson", MOST),
    (endless_comment, "ndjson", MOST),
    (endless_block, "ndjson", MOST),
    (endless_header, "ndjson", MOST),
    (zeros_in_gzip, "ndjson", MOST),
    (data_of_zeros_in_gzip, "raw", MOST),
    (data_of_zeros_in_gzip, "ndjson", MOST),
    (tiny_events, "ndjson", MOST),
    (tiny_events_with_ids, "ndjson", MOST),
    (opaque_ids, "ndjson", MOST),
    (large_events, "ndjson", MOST),
    (large_events, "data", MOST),
]


def serve(listening: socket.socket, flood: Flood) -> None:
    """Answer one request with the flood, as far as the client takes it."""
    client, _ = listening.accept()
    with closing(client), suppress(OSError):
        read_request(client)
        for piece in flood():
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass


MEASURE = """
import os, sys
fd = int(sys.argv[1])
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, fd)])
_, status, usage = os.wait4(pid, 0)
os.write(fd, b"%d %d" % (os.waitstatus_to_exitcode(status), usage.ru_maxrss))
"""
"""Runs a program and tells its exit status and peak.

In between, because a process begins with the peak of the one that started it, and that of a test may be anything.
"""


def peak(flood: Flood, form: str) -> tuple[int, int, list[dict[str, Any]]]:
    """Exit status, bytes at the peak, and the last records (none but in NDJSON)."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening, flood))
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        arguments = ["tail", "-f", form, "--max-retries", "0", "-x", "", url]
        told, telling = os.pipe()
        program = subprocess.Popen(
            [sys.executable, "-S", "-c", MEASURE, str(telling), sys.executable, "-m", "sse_inspect", *arguments],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            pass_fds=[telling],
        )
        os.close(telling)
        assert program.stdout is not None
        last = b""
        while more := os.read(program.stdout.fileno(), 1 << 20):
            last = last[-4096:] + more
        program.stdout.close()
        with os.fdopen(told) as measured:
            status, most = map(int, measured.read().split())
        program.wait()
        thread.join()
    lines = last.split(b"\n")[1:-1] if form == "ndjson" else []
    unit = 1 if sys.platform == "darwin" else 1024
    return status, most * unit, [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("flood", "form", "most"), FLOODS, ids=[f"{flood.__name__}-{form}" for flood, form, _ in FLOODS]
)
def test_peak_stays_below(flood: Flood, form: str, most: int) -> None:
    status, size, records = peak(flood, form)
    print(f"{flood.__name__} {form}: {size / MEGABYTE:.0f} MB")
    assert size < most, f"{size / MEGABYTE:.0f} MB"
    assert status == (1 if flood is endless_header else 0)
    if records and flood is not endless_header:
        assert [record["data"] for record in records if record["kind"] == "event"][-1] == "last"
