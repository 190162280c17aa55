"""The bytes of the bodies as they came, the last so many of them."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

WINDOW_BYTES = 16 << 20
PIECE_OVERHEAD = 128
"""Bytes a piece takes beside its data: streams of tiny chunks are bounded too."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class BodyWindow:
    """Decoded bodies by connection and offset, the latest `limit` bytes; offsets leave out a byte order mark."""

    def __init__(self, limit: int = WINDOW_BYTES) -> None:
        self._limit = limit
        self._held = 0
        self._connection = 0
        self._end = 0
        self._head: bytes | None = b""
        self._pieces: deque[tuple[int, int, bytes]] = deque()

    def append(self, connection: int, data: bytes) -> None:
        """Add the next bytes of a connection's body."""
        if connection != self._connection:
            self._connection, self._end, self._head = connection, 0, b""
        if self._head is not None:
            data = self._without_mark(self._head + data)
        if not data:
            return
        self._pieces.append((connection, self._end, data))
        self._end += len(data)
        self._held += len(data) + PIECE_OVERHEAD
        while self._held > self._limit and len(self._pieces) > 1:
            self._held -= len(self._pieces.popleft()[2]) + PIECE_OVERHEAD

    def _without_mark(self, data: bytes) -> bytes:
        """`data`, the body so far, without its mark; what may be the begin of one is kept in `_head`, else None."""
        if data != BYTE_ORDER_MARK and BYTE_ORDER_MARK.startswith(data):
            self._head = data
            return b""
        self._head = None
        return data.removeprefix(BYTE_ORDER_MARK)

    def read(self, connection: int, offset: int, size: int) -> bytes | None:
        """`size` bytes from `offset` of a connection's body, or None if they are not held, or not any more."""
        index = bisect_right(self._pieces, (connection, offset), key=lambda piece: piece[:2]) - 1
        if index < 0:
            return None
        parts: list[bytes] = []
        for position in range(index, len(self._pieces)):
            owner, start, data = self._pieces[position]
            if owner != connection or size <= 0:
                break
            part = data[offset - start : offset - start + size]
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return b"".join(parts) if size == 0 else None
