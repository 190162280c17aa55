"""How the bytes of a body arrived: what points at somebody on the way who collects them before handing them on.

Events that are made in bursts arrive in bursts too: only what no sender of events does by chance is a sign. Those are
pieces of exactly 4,096 bytes or a multiple, which is the size of a buffer that was full, and a response head that comes
no earlier than the first events, long after the request.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

BLOCK = 4096
APART = 0.2
"""Seconds without a byte that set one piece apart from the next."""
LATE_HEAD = 1.0
"""Seconds after the connection stood from which on a head is late."""
TOGETHER = 0.02
"""Seconds within which head and first event came as one."""


@dataclass(slots=True)
class Arrivals:
    """Folds arrivals; a piece is what came without a pause of `APART` in it.

    `full_blocks` counts pieces whose size is a multiple of 4,096 bytes, by size; `bursts` those that held several
    events; `late_heads` are the seconds a head took that came together with the first event.
    """

    pieces: int = 0
    full_blocks: Counter[int] = field(default_factory=Counter)
    bursts: int = 0
    events_in_bursts: int = 0
    late_heads: list[float] = field(default_factory=list)
    _opened: float = 0.0
    _connected: float | None = None
    _first: bool = True
    _last: float = 0.0
    _size: int = 0
    _events: int = 0

    def open(self, t: float, connected: float | None) -> None:
        """A response opened, on a connection that stood since `connected`."""
        self._opened, self._connected, self._first = t, connected, True

    def take(self, t: float, size: int, events: int) -> None:
        """Bytes came, with so many events in them."""
        if self._first:
            self._first = False
            waited = t - self._connected if self._connected is not None else 0.0
            if events and waited > LATE_HEAD and t - self._opened < TOGETHER and len(self.late_heads) < 16:
                self.late_heads.append(waited)
        elif t - self._last > APART:
            self._end_piece()
        self._last = t
        self._size += size
        self._events += events

    def close(self) -> None:
        """The connection ended."""
        self._end_piece()

    def _end_piece(self) -> None:
        if self._size:
            self.pieces += 1
            if self._size % BLOCK == 0 and len(self.full_blocks) < 16:
                self.full_blocks[self._size] += 1
            if self._events > 1:
                self.bursts += 1
                self.events_in_bursts += self._events
        self._size = self._events = 0
