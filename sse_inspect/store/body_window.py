"""The bytes of the bodies as they came: the last so many of them in memory, older ones where they were written down."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable

WINDOW_BYTES = 4 << 20
PIECE_OVERHEAD = 128
"""Bytes a piece takes beside its data: streams of tiny chunks are bounded too."""

Older = Callable[[int, int, int], bytes | None]


class BodyWindow:
    """Decoded bodies by connection and offset, the latest `limit` bytes.

    `older`, if it is set, is asked for what is not held: connection, offset, size.
    """

    def __init__(self, limit: int = WINDOW_BYTES) -> None:
        self._limit = limit
        self.older: Older | None = None
        self._held = 0
        self._connection = 0
        self._end = 0
        self._pieces: deque[tuple[int, int, bytes]] = deque()

    def append(self, connection: int, data: bytes) -> None:
        """Add the next bytes of a connection's body."""
        if connection != self._connection:
            self._connection, self._end = connection, 0
        if not data:
            return
        self._pieces.append((connection, self._end, data))
        self._end += len(data)
        self._held += len(data) + PIECE_OVERHEAD
        while self._held > self._limit and len(self._pieces) > 1:
            self._held -= len(self._pieces.popleft()[2]) + PIECE_OVERHEAD

    def read(self, connection: int, offset: int, size: int) -> bytes | None:
        """`size` bytes from `offset` of a connection's body, or None if they are not held, or not any more."""
        held = self._held_bytes(connection, offset, size)
        return held if held is not None or self.older is None else self.older(connection, offset, size)

    def _held_bytes(self, connection: int, offset: int, size: int) -> bytes | None:
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
