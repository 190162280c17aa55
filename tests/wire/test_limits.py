"""Whatever arrives, memory stays about the limit, and work grows with the bytes only."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from sse_inspect.wire import held
from sse_inspect.wire.held import Held
from sse_inspect.wire.parser import Parser
from sse_inspect.wire.tokens import CommentToken, CutToken, EventToken, RetryToken, Token

LIMIT = 25_000
CHUNK = 1 << 13
TOTAL = 250_000
PIECE = 1 << 12


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces as small against the limit as they are in earnest."""
    monkeypatch.setattr(held, "PIECE", PIECE)


def endless(beginning: bytes, more: bytes) -> Iterator[bytes]:
    """`beginning`, then `more` again and again, in chunks, until TOTAL bytes."""
    yield beginning
    chunk = more * (CHUNK // len(more))
    for _ in range(TOTAL // len(chunk)):
        yield chunk


ENDLESS = {
    "a line without colon": (b"", b"x"),
    "a data line": (b"data: ", b"x"),
    "a data line of stray bytes": (b"data: ", b"\xff"),
    "a data line after data": (b"data: " + LIMIT * b"x" + b"\ndata: ", b"x"),
    "a comment": (b": ", b"x"),
    "an event type": (b"event: ", b"x"),
    "an id": (b"id: ", b"x"),
    "retry": (b"retry: ", b"9"),
    "an unknown field": (b"unknown: ", b"x"),
    "data lines": (b"", b"data: x\n"),
    "data lines, crlf": (b"", b"data: x\r\n"),
    "data lines without space": (b"", b"data:x\n"),
    "empty data lines": (b"", b"data\n"),
    "data lines with line ends in turn": (b"", b"data: x\rdata: y\ndata: z\r\n"),
    "comment lines in a block": (b"data: x\n", b":\n"),
    "unknown lines in a block": (b"data: x\n", b"x\n"),
    "event lines": (b"", b"event: x\n"),
    "id lines": (b"", b"id: x\r"),
    "blank lines": (b"", b"\n"),
    "blank lines, cr": (b"", b"\r"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_memory_is_bounded(name: str) -> None:
    chunks = list(endless(*ENDLESS[name]))
    parser = Parser(max_event_bytes=LIMIT)
    parser.feed(b"\n")
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for chunk in chunks:
            parser.feed(chunk)  # the tokens go to whoever keeps them
        kept = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.reset_peak()
        parser.feed(b"\n\n")
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert kept < 2.5 * LIMIT  # at most the data and one line
    # What is held goes while its text grows; U+FFFD takes three bytes for one in the piece that is being decoded.
    assert peak < 3 * LIMIT + (12 if "stray" in name else 1) * PIECE


def test_memory_while_feeding_does_not_grow_with_the_chunk() -> None:
    parser = Parser(max_event_bytes=LIMIT)
    huge = b"data: x\n" * 500_000
    tracemalloc.start()
    try:
        parser.feed(huge)
        assert tracemalloc.get_traced_memory()[1] < len(huge) / 2
    finally:
        tracemalloc.stop()


def tokens_of(beginning: bytes, more: bytes) -> list[Token]:
    parser = Parser(max_event_bytes=LIMIT)
    tokens: list[Token] = []
    for chunk in endless(beginning, more):
        tokens += parser.feed(chunk)
    return tokens + parser.feed(b"\ndata: end\n\n")


@pytest.mark.parametrize(
    ("beginning", "what"), [(b": ", "comment"), (b"event: ", "event type"), (b"id: ", "id"), (b"x", "line")]
)
def test_an_endless_line_is_told_once(beginning: bytes, what: str) -> None:
    tokens = tokens_of(beginning, b"x")
    assert [token for token in tokens if isinstance(token, CutToken)] == [CutToken(what, 0)]  # type: ignore[arg-type]  # a str from the table
    (event,) = (token for token in tokens if isinstance(token, EventToken))
    assert (event.data, event.truncated, event.id) == ("end", False, None)
    assert event.event == ("x" * LIMIT if what == "event type" else "message")
    assert [len(token.text) for token in tokens if isinstance(token, CommentToken)] == (
        [LIMIT] if what == "comment" else []
    )


def test_endless_data_is_cut_and_told() -> None:
    beginning = b"data: "
    (event,) = tokens_of(beginning, "é".encode())
    assert isinstance(event, EventToken)
    assert event.data == "é" * (LIMIT // 2)
    assert event.truncated
    assert event.size == len(beginning) + TOTAL // CHUNK * CHUNK + len(b"\ndata: end\n\n")


def test_many_short_data_lines_are_cut_and_told() -> None:
    event, end = tokens_of(b"", b"data: x\n")
    assert isinstance(end, EventToken)
    assert (end.data, end.truncated) == ("end", False)
    assert isinstance(event, EventToken)
    assert event.data == ("x\n" * LIMIT)[:LIMIT]
    assert event.truncated


def test_digits_beyond_what_int_takes() -> None:
    body = b"retry: " + b"9" * 500_000 + b"\nretry: " + b"0" * 500_000 + b"5\n"
    assert Parser().feed(body) == [RetryToken(2**53 - 1, 0), RetryToken(5, 500_008)]


def work(function: Callable[[], Any]) -> int:
    """How many lines of Python the function runs: the same on every machine."""
    count = 0

    def trace(_frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(previous)
    return count


@pytest.mark.parametrize("line", [b"data: " + b"x" * 3000 + b"\n\n", b"data: x\n" * 400 + b"\n", b":\n" * 1500])
def test_work_grows_with_the_bytes(line: bytes) -> None:
    def feed(body: bytes) -> None:
        parser = Parser()
        for index in range(len(body)):
            parser.feed(body[index : index + 1])

    short, long = line, line[:-2] * 2 + line[-2:]
    assert work(lambda: feed(long)) < 2.2 * work(lambda: feed(short))


def test_an_unfinished_line_is_not_copied_for_every_chunk() -> None:
    """A line in 100,000 pieces: copying what is held each time would move five gigabytes."""
    parser = Parser()
    parser.feed(b"data: ")
    first = parser._block._line.first
    for _ in range(100_000):
        parser.feed(b"x")
    assert parser._block._line.first is first
    assert len(first) == PIECE
    (event,) = parser.feed(b"\n\n")
    assert isinstance(event, EventToken)
    assert event.data == "x" * 100_000


def test_a_torn_line_that_decoding_makes_too_long_is_told_at_its_end() -> None:
    """Six invalid bytes are eighteen of U+FFFD: the line is no longer than the limit, its text is."""
    parser = Parser(max_event_bytes=14)
    assert parser.feed(b"event: \xff\xff\xff\xff\xff\xff\n") == [CutToken("event type", 0)]
    (event,) = parser.feed(b"data: x\n\n")
    assert isinstance(event, EventToken)
    assert event.event == "\N{REPLACEMENT CHARACTER}" * 4


TEXTS = {
    "one astral at the end": b"a" * (LIMIT - 4) + "\N{GRINNING FACE}".encode(),
    "one astral at the start": "\N{GRINNING FACE}".encode() + b"a" * (LIMIT - 4),
    "all sizes of a character": b"a" * (LIMIT // 2) + "中".encode() + b"a" * (LIMIT // 2 - 7) + "😀".encode(),
}


@pytest.mark.parametrize("name", TEXTS)
def test_wide_text_is_not_in_memory_twice(name: str) -> None:
    """Four bytes a character, and beside them, for a moment, two of the text so far, and the bytes still to come."""
    value = Held(LIMIT)
    tracemalloc.start()
    try:
        for start in range(0, LIMIT, CHUNK):
            value.add(TEXTS[name][start : start + CHUNK])
        tracemalloc.reset_peak()
        text, cut = value.text(LIMIT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (text, cut) == (TEXTS[name].decode(), False)
    assert peak < 7.5 * LIMIT


@pytest.mark.parametrize("step", [1, 7, 1000, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
@pytest.mark.parametrize("limit", [1, 2, 3, PIECE, 2 * PIECE - 1, 2 * PIECE, 5 * PIECE, 20 * PIECE])
def test_text_in_pieces_is_that_of_the_whole(limit: int, step: int) -> None:
    unit = "é中😀".encode() + b"\xff\xe2\x82\xf0\x9f\x98\xed\xa0\x80x"
    whole = unit * (3 * PIECE // len(unit)) + b"\xf0\x9f"
    value = Held(len(whole))
    for start in range(0, len(whole), step):
        value.add(whole[start : start + step])
    assert len(value) == len(whole)
    encoded = whole.decode("utf-8", "replace").encode()
    assert value.text(limit) == (encoded[:limit].decode("utf-8", "ignore"), len(encoded) > limit)
    assert len(value) == 0


def test_fields_longer_than_a_piece() -> None:
    long = "xé" * PIECE
    stream = f"event: {long}\nid:{long}\ndata: {long}\ndata\ndata:{long}\n: {long}\n\n".encode()
    tokens = []
    parser = Parser()
    for start in range(0, len(stream), 1000):
        tokens += parser.feed(stream[start : start + 1000])
    comment, event = tokens
    assert isinstance(comment, CommentToken)
    assert isinstance(event, EventToken)
    assert comment.text == event.event == event.id == long
    assert event.data == f"{long}\n\n{long}"
