"""Standard output in the background, with real pipes."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from sse_inspect.cli.output import Output
from sse_inspect.cli.tail import waited as tell_waited
from sse_inspect.config import Policy, Target
from sse_inspect.errors import SseInspectError
from sse_inspect.inputs import HeldUp, Input
from sse_inspect.live import Live


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for fd in ends:
        with suppress(OSError):  # the test closed it
            os.close(fd)


def test_all_is_written_in_order_when_closed(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    read: list[bytes] = []

    def drain() -> None:
        while chunk := os.read(reader, 1000):
            read.append(chunk)

    thread = threading.Thread(target=drain)
    thread.start()
    lines = [b"%d\n" % number for number in range(50_000)]
    with Output(writer, on_gone=pytest.fail) as output:
        for line in lines:
            output.write(line)
    os.close(writer)
    thread.join()
    assert b"".join(read) == b"".join(lines)


def test_a_slow_reader_makes_nobody_wait(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    output = Output(writer, on_gone=pytest.fail)
    total = 1 << 20  # more than a pipe holds, and nobody reads
    output.write(b"x" * total)
    output.write(b"y")
    read = b""
    while len(read) < total + 1:
        read += os.read(reader, 1 << 16)
    output.close()
    assert read.endswith(b"xy")


def test_beyond_the_limit_the_writer_waits(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    output = Output(writer, on_gone=pytest.fail, limit=1 << 18)
    output.write(b"x" * (1 << 20))
    done = threading.Event()
    thread = threading.Thread(target=lambda: (output.write(b"y"), done.set()))
    thread.start()
    assert not done.wait(0.05)
    left = (1 << 20) + 1
    while left:
        left -= len(os.read(reader, 1 << 16))
    thread.join()
    assert done.is_set()
    output.close()


def test_for_how_long_the_writer_waited_is_told(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    waited: list[float] = []
    output = Output(writer, on_gone=pytest.fail, limit=1 << 18, on_waited=waited.append)
    output.write(b"x" * (1 << 20))
    assert waited == []

    def read_late() -> None:
        released.wait(0.1)
        left = (1 << 20) + 1
        while left:
            left -= len(os.read(reader, 1 << 16))

    released = threading.Event()
    thread = threading.Thread(target=read_late)
    thread.start()
    output.write(b"y")
    thread.join()
    output.close()
    assert len(waited) == 1
    assert 0.05 < waited[0] < 5


def test_a_reader_that_leaves_is_told_once_and_is_no_error(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    told = []
    gone = threading.Event()
    output = Output(writer, on_gone=lambda: (told.append(1), gone.set()))
    os.close(reader)
    output.write(b"x")
    assert gone.wait(5)
    output.write(b"y" * 10)
    output.close()
    assert told == [1]


def test_a_reader_that_leaves_is_noticed_while_there_is_nothing_to_write(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    gone = threading.Event()
    output = Output(writer, on_gone=gone.set)
    os.close(reader)
    assert gone.wait(5)
    output.close()


def test_a_descriptor_somebody_made_non_blocking(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.set_blocking(writer, False)
    output = Output(writer, on_gone=pytest.fail)
    total = 1 << 20
    output.write(b"x" * total)
    while total:
        total -= len(os.read(reader, 1 << 16))
    output.close()


def test_a_full_disk_is_an_error() -> None:
    gone = threading.Event()
    with open("/dev/full", "wb", buffering=0) as full:
        output = Output(full.fileno(), on_gone=gone.set)
        output.write(b"x")
        assert gone.wait(5)
        with pytest.raises(SseInspectError, match=r"^stdout: it cannot be written to \(No space left"):
            output.close()


def test_a_session_hears_that_its_output_was_not_read() -> None:
    live = Live(Target("http://127.0.0.1:1/", proxy=""), Policy())
    inputs: list[Input] = []
    live.inspection.tap_inputs(lambda happened, *_: inputs.append(happened))
    live.inspection.tap(
        lambda records: tell_waited(live, 0.5) if any(each.kind == "connecting" for each in records) else None
    )
    live.inspection.tap(lambda records: live.stop() if any(each.kind == "backoff" for each in records) else None)
    asyncio.run(live.run())
    (held,) = [each for each in inputs if isinstance(each, HeldUp) and each.by_output]
    assert held.t - held.since == pytest.approx(0.5)
