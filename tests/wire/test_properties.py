"""Random streams in random chunks: the parser against the one by the letter of the standard."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sse_inspect.wire import EventRun
from sse_inspect.wire import block as block_module
from sse_inspect.wire import parser as parser_module
from sse_inspect.wire.parser import Parser
from sse_inspect.wire.run import each
from tests.wire.cutting import cut, run
from tests.wire.reference_parser import parse, utf8_decode

EXAMPLES = int(os.environ.get("SSE_INSPECT_FUZZ_EXAMPLES", "500"))
fuzz = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

LINE_ENDS = [b"\n", b"\r", b"\r\n"]
NAMES = [b"data", b"event", b"id", b"retry", b"", b"dat", b"datax", b"Data", b"\xef\xbb\xbfdata", b" data", b"x"]
VALUES = [
    b"",
    b"x",
    b" ",
    b" x",
    b"a:b",
    b"12",
    b"007",
    b"1\x002",
    b"\x00",
    b"-5",
    b"data: y",
    "é".encode(),
    "日本".encode(),
    "😀".encode(),
    b"\xff",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xed\xa0\x80",
    b"\xc3",
    "\u2028\u0085".encode(),
    b"\x0b\x0c\x1c",
    b"9" * 20,
]
values = st.sampled_from(VALUES)
line_ends = st.sampled_from(LINE_ENDS)
anything = st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"\xef\xbb\xbf", b":", b" ", b"\x00", b"id"])


@st.composite
def lines(draw: st.DrawFn, end: bytes | None = None) -> bytes:
    name = draw(st.sampled_from(NAMES))
    colon = draw(st.sampled_from([b":", b": ", b": ", b""]))
    return name + colon + draw(values) + (end or draw(line_ends))


@st.composite
def ordinary_blocks(draw: st.DrawFn) -> list[bytes]:
    """Blocks of one look, as a server writes them, now and then with something else among them."""
    end = draw(line_ends)
    look = draw(st.permutations([b"id", b"event", b"data"]))[draw(st.integers(0, 2)) :]
    colon = draw(st.sampled_from([b":", b": "]))
    blocks = []
    for _ in range(draw(st.integers(1, 8))):
        block = b""
        for name in look:
            for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3])) if name == b"data" else 1):
                block += name + colon + draw(values) + end
        odd = draw(st.sampled_from([b"", b"", b"", b"", b":", b": ping" + end, b"\xff", b"\r", b"\n", b"x", b" "]))
        place = draw(st.sampled_from([0, len(block), draw(st.integers(0, len(block)))]))
        blocks.append(block[:place] + odd + block[place:] + draw(st.sampled_from([end, end, end, b"", end + end])))
    return blocks


ordinary_streams = ordinary_blocks().map(b"".join)


@st.composite
def blocks_of_many_lines(draw: st.DrawFn) -> bytes:
    """Blocks longer than what is beside them in a chunk, of lines of data, now and then with something else."""
    end = draw(line_ends)
    blocks = []
    for _ in range(draw(st.integers(1, 4))):
        lines = [b"data: " + draw(values) for _ in range(draw(st.sampled_from([1, 2, 12])))]
        odd = draw(st.sampled_from([b"", b"", b"", b"\r", b"\n", end, b"id: 1" + end, b": c" + end, b"data:" + end]))
        place = draw(st.integers(0, len(lines)))
        blocks.append(end.join([*lines[:place], *([odd] if odd else []), *lines[place:]]) + end + end)
    return b"".join(blocks)


long_streams = blocks_of_many_lines()
wild_streams = st.lists(st.one_of(lines(), lines(b"\n"), values, anything, line_ends), max_size=25).map(b"".join)
streams = st.one_of(
    wild_streams,
    ordinary_streams,
    st.builds(lambda bom, stream: bom + stream, st.sampled_from([b"\xef\xbb\xbf", b"\xef\xbb", b"\xef"]), wild_streams),
)


@st.composite
def cuttings(draw: st.DrawFn, bodies: st.SearchStrategy[bytes] = streams) -> list[bytes]:
    body = draw(bodies)
    if draw(st.booleans()):
        size = draw(st.sampled_from([1, 2, 3, 7, 1000]))
        return [body[start : start + size] for start in range(0, len(body), size)]
    return cut(body, draw(st.lists(st.integers(0, len(body)), max_size=6)))


@fuzz
@given(cuttings(), st.sampled_from(["", "before"]))
def test_any_cutting_tells_what_the_reference_tells(chunks: list[bytes], last_event_id: str) -> None:
    expected = parse(b"".join(chunks), last_event_id=last_event_id)
    found = run(chunks, last_event_id=last_event_id)
    assert found == (expected.tokens, expected.partial, expected.last_event_id)


@fuzz
@given(cuttings(), st.integers(0, 12))
def test_any_limit_cuts_as_the_reference_cuts(chunks: list[bytes], limit: int) -> None:
    expected = parse(b"".join(chunks), limit=limit)
    assert run(chunks, max_event_bytes=limit) == (expected.tokens, expected.partial, expected.last_event_id)


@fuzz
@given(cuttings())
def test_everything_is_told_as_soon_as_it_is_known(chunks: list[bytes]) -> None:
    parser = Parser()
    received, tokens = b"", []
    for chunk in chunks:
        received += chunk
        tokens += parser.feed(chunk)
        expected = parse(received)
        assert (tokens, parser.last_event_id) == (expected.tokens, expected.last_event_id)


@fuzz
@given(cuttings(), st.integers(0, 60))
def test_what_is_cut_is_told_as_soon_as_it_is_known(chunks: list[bytes], limit: int) -> None:
    parser = Parser(max_event_bytes=limit)
    received, tokens = b"", []
    for chunk in chunks:
        received += chunk
        tokens += parser.feed(chunk)
        expected = parse(received, limit=limit)
        assert (tokens, parser.last_event_id) == (expected.tokens, expected.last_event_id)


@fuzz
@given(cuttings(st.one_of(streams, long_streams)), st.sampled_from([0, 1, 5, 20]), st.sampled_from([0, 1, 5, 20]))
def test_what_is_torn_and_too_long_to_be_looked_at_again(chunks: list[bytes], block_most: int, line_most: int) -> None:
    expected = parse(b"".join(chunks))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser_module, "_TORN", block_most)
        patch.setattr(block_module, "_SHORT", line_most)
        assert run(chunks) == (expected.tokens, expected.partial, expected.last_event_id)


@fuzz
@given(cuttings(st.one_of(ordinary_streams, long_streams)))
def test_runs_are_what_is_told_one_by_one(chunks: list[bytes]) -> None:
    taking, feeding = Parser(), Parser()
    for chunk in chunks:
        items = taking.take(chunk)
        tokens = each(items)
        assert tokens == feeding.feed(chunk)
        for item in items:
            if isinstance(item, EventRun):
                item.fold()
        assert each(items) == tokens


@fuzz
@given(ordinary_blocks(), st.sampled_from([1000, 1000, 3, 12]))
def test_a_block_in_each_chunk(blocks: list[bytes], limit: int) -> None:
    expected = parse(b"".join(blocks), limit=limit)
    assert run(blocks, max_event_bytes=limit) == (expected.tokens, expected.partial, expected.last_event_id)


@fuzz
@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(0, 20))
def test_arbitrary_bytes_never_raise(chunks: list[bytes], limit: int) -> None:
    expected = parse(b"".join(chunks), limit=limit)
    assert run(chunks, max_event_bytes=limit) == (expected.tokens, expected.partial, expected.last_event_id)


@fuzz
@given(st.binary(max_size=12), st.binary(max_size=3))
def test_python_decodes_as_the_encoding_standard_says(data: bytes, tail: bytes) -> None:
    body = (data + bytes(byte | 0x80 for byte in tail)).replace(b"\r", b"").replace(b"\n", b"")
    assert body.decode("utf-8", "replace") == utf8_decode(body)


def test_python_decodes_every_lead_and_second_byte_as_the_encoding_standard_says() -> None:
    for lead in range(0x80, 0x100):
        for second in range(0x100):
            for tail in (b"", b"\x80", b"\x80\x80", b"\x80x", b"\xc3\xa9", b"\xf0\x90"):
                body = bytes([lead, second]) + tail
                assert body.decode("utf-8", "replace") == utf8_decode(body), body
