"""The latest bytes of the bodies, by connection and offset."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sse_inspect.store.body_window import PIECE_OVERHEAD, BodyWindow


def window_of(*pieces: bytes, limit: int = 1 << 20) -> BodyWindow:
    window = BodyWindow(limit)
    for piece in pieces:
        window.append(1, piece)
    return window


@given(st.lists(st.binary(max_size=9)))
def test_any_range_can_be_read_however_the_bytes_came(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    window = window_of(*pieces)
    for offset in range(0, len(body), 3):
        for size in (1, 5, len(body) - offset):
            expected = body[offset : offset + size]
            assert window.read(1, offset, size) == (expected if len(expected) == size else None)


def test_each_connection_has_its_own_offsets() -> None:
    window = window_of(b"one", b"more")
    window.append(2, b"two")
    assert window.read(1, 2, 3) == b"emo"
    assert window.read(2, 0, 3) == b"two"
    assert window.read(1, 6, 3) is None
    assert window.read(3, 0, 1) is None
    assert window.read(2, 3, 1) is None


def test_what_is_not_held_is_asked_for_where_it_was_written_down() -> None:
    window = window_of(b"a" * 1000, b"b" * 1000, limit=1200)
    asked: list[tuple[int, int, int]] = []
    window.older = lambda *place: asked.append(place) or b"older"
    assert window.read(1, 1000, 10) == b"b" * 10
    assert asked == []
    assert window.read(1, 5, 10) == b"older"
    assert asked == [(1, 5, 10)]


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
