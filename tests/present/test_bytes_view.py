from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_inspect.present.bytes_view import BytesView
from sse_inspect.present.safe import cells
from sse_inspect.present.styles import STYLES


def rows(data: bytes, width: int = 80, offset: int = 0) -> list[str]:
    view = BytesView(data, width, offset)
    assert view.extend(len(data))
    return ["".join(part for part, _ in view.line(number)) for number in range(len(view))]


def test_each_stream_line_has_rows_of_its_own_and_its_end_is_named() -> None:
    assert rows(b"id: 1\r\nevent: tick\rdata: hello, world\n\n", offset=0x3E8) == [
        "000003e8  69 64 3a 20 31                       id: 1        CRLF",
        "000003ef  65 76 65 6e 74 3a 20 74 69 63 6b     event: tick  CR",
        "000003fb  64 61 74 61 3a 20 68 65 6c 6c 6f 2c  data: hello,",
        "00000407  20 77 6f 72 6c 64                     world       LF",
        "0000040e                                                    LF blank line",
    ]


def test_a_line_that_fills_its_row_keeps_its_end_beside_it() -> None:
    assert rows(b"123456789012\n1") == [
        "00000000  31 32 33 34 35 36 37 38 39 30 31 32  123456789012 LF",
        "0000000d  31                                   1",
    ]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b"data: x", "data:"),
        (b"data", "data"),
        (b": ping", ":"),
        (b"\xef\xbb\xbfid: 1", "···id:"),
        (b"datum: x", ""),
        (b"", ""),
    ],
)
def test_the_field_name_is_marked_at_the_begin_of_a_line(line: bytes, field: str) -> None:
    view = BytesView(line + b"\n", 200)
    view.extend(100)
    assert "".join(text for text, style in view.line(0) if style == "bytes.field") == field


def test_a_field_name_in_the_middle_of_a_line_is_none() -> None:
    view = BytesView(b"x" * 12 + b"data: x", 80)
    view.extend(100)
    assert "bytes.field" not in [style for _, style in view.line(1)]


@given(st.binary(max_size=300) | st.text("\r\n:d", max_size=60).map(str.encode), st.integers(0, 200))
def test_every_byte_stands_in_exactly_one_row(data: bytes, width: int) -> None:
    whole = "".join(row[10 : 10 + 3 * BytesView(data, 400).per_row].replace(" ", "") for row in rows(data, 400))
    assert whole == data.replace(b"\r", b"").replace(b"\n", b"").hex()
    for row in rows(data, width):
        assert cells(row) <= width
        assert row.isprintable()


@given(st.text("\r\nab", max_size=400).map(str.encode), st.integers(1, 50))
def test_bit_by_bit_gives_the_same_rows(data: bytes, step: int) -> None:
    view = BytesView(data, 40)
    while not view.extend(step):
        assert len(view) > 0
    assert [view.line(number) for number in range(len(view))] == [
        [*spans] for spans in (_whole(data).line(number) for number in range(len(view)))
    ]
    assert len(view) == len(_whole(data))
    assert {style for number in range(len(view)) for _, style in view.line(number)} <= set(STYLES)


def _whole(data: bytes) -> BytesView:
    view = BytesView(data, 40)
    view.extend(len(data))
    return view


def test_rows_not_known_yet_are_no_rows() -> None:
    view = BytesView(b"x" * 10_000, 80)
    with pytest.raises(IndexError):
        view.line(0)
    assert not view.extend(100)
    with pytest.raises(IndexError):
        view.line(len(view))
    assert BytesView(b"", 80).extend(1)


def test_a_screen_of_a_big_event_costs_little() -> None:
    view = BytesView(b"data: " + b"x" * 5_000_000 + b"\n" * 1000, 80)
    while not view.extend(1 << 20):
        pass
    start = time.process_time()
    for number in range(200_000, 200_100):
        view.line(number)
    assert time.process_time() - start < 0.25
