"""The latest bytes of the bodies, by connection and offset."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_inspect.store.body_window import BYTE_ORDER_MARK, PIECE_OVERHEAD, BodyWindow


def window_of(*pieces: bytes, limit: int = 1 << 20) -> BodyWindow:
    window = BodyWindow(limit)
    for piece in pieces:
        window.append(1, piece)
    return window


@given(st.lists(st.binary(max_size=9)), st.booleans())
def test_any_range_can_be_read_however_the_bytes_came(pieces: list[bytes], mark: bool) -> None:
    pieces = [BYTE_ORDER_MARK, *pieces] if mark else [b"x", *pieces]
    body = b"".join(pieces)[3 if mark else 0 :]
    window = window_of(*pieces)
    for offset in range(0, len(body), 3):
        for size in (1, 5, len(body) - offset):
            expected = body[offset : offset + size]
            assert window.read(1, offset, size) == (expected if len(expected) == size else None)


@pytest.mark.parametrize("cut", [(), (1,), (2,), (3,), (1, 2), (1, 2, 3), (2, 5)])
def test_a_byte_order_mark_is_left_out_however_it_is_cut(cut: tuple[int, ...]) -> None:
    body = BYTE_ORDER_MARK + BYTE_ORDER_MARK + b"data: x\n\n"  # only the first one is a mark
    ends = (0, *cut, len(body))
    window = window_of(*[body[start:stop] for start, stop in pairwise(ends)])
    assert window.read(1, 0, len(body) - 3) == body[3:]


@pytest.mark.parametrize("begin", [b"\xef", b"\xef\xbb"])
def test_the_begin_of_a_mark_that_is_none_stays(begin: bytes) -> None:
    assert window_of(begin, b"data").read(1, 0, len(begin) + 4) == begin + b"data"


def test_each_connection_has_its_own_offsets_and_mark() -> None:
    window = window_of(b"one", b"\xef")
    window.append(2, BYTE_ORDER_MARK + b"two")
    assert window.read(1, 0, 3) == b"one"
    assert window.read(2, 0, 3) == b"two"
    assert window.read(1, 2, 3) is None
    assert window.read(3, 0, 1) is None
    assert window.read(2, 3, 1) is None


def test_only_the_latest_bytes_are_held() -> None:
    window = window_of(*[bytes([n]) * 1000 for n in range(100)], limit=10_000)
    assert window.read(1, 99_000, 1000) == bytes([99]) * 1000
    assert window.read(1, 95_500, 1000) == bytes([95]) * 500 + bytes([96]) * 500
    assert window.read(1, 0, 1000) is None


def test_tiny_pieces_count_what_they_take() -> None:
    window = window_of(*[b"x"] * 10_000, limit=100 * PIECE_OVERHEAD)
    assert len(window._pieces) <= 100


def test_a_piece_larger_than_the_limit_is_held_alone() -> None:
    window = window_of(b"small", b"x" * 500, limit=100)
    assert window.read(1, 5, 500) == b"x" * 500
    assert window.read(1, 0, 5) is None
