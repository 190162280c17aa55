"""The spacing of bytes: runs that came together, and the silences between them.

Chunk boundaries are lost behind most proxies: what counts is that bytes came together, not in how many reads.
"""

from __future__ import annotations

from collections import deque

from sse_inspect.analysis.evidence.connection import Boundary, Run
from sse_inspect.analysis.evidence.stamps import stamp

TOGETHER = 0.015
"""Seconds within which bytes belong to one run."""
QUIET = 0.12
"""A run that comes after a shorter silence is not remembered: it is a part of a flow."""
TAIL = 256
"""Bytes in front of a silence that are looked at, where they came in pieces."""
RUNS = 64
"""Runs that are remembered, the latest ones."""
_LINE_ENDS = b"\r\n"


class Runs:
    """The runs of the connections of a session; `begin` with each connection, then `add` what comes."""

    __slots__ = (
        "_behind_silence",
        "_connection",
        "_events",
        "_first",
        "_flow",
        "_is_first",
        "_is_known",
        "_is_opening",
        "_last",
        "_latest",
        "_silence",
        "_size",
        "_t",
        "_wire",
        "kept",
        "resumed_at_line_end",
    )

    def __init__(self) -> None:
        self.kept: deque[Run] = deque(maxlen=RUNS)
        self._behind_silence = self._flow = 0
        self.resumed_at_line_end = 0
        """How often a block that stopped short of its blank line got it with the next run."""
        self.begin(0)

    def begin(self, connection: int) -> None:
        """A connection opened: its first run has no silence of its own before it, and is not remembered."""
        self._connection = connection
        self._t = self._silence = 0.0
        self._size = self._wire = self._events = 0
        self._first: str | None = None
        self._latest: str | None = None
        self._last = b""
        self._is_known = self._is_first = False
        self._is_opening = True

    @property
    def share(self) -> float:
        """The part of the bytes that came in runs behind a silence, but for those that a connection began with."""
        return self._behind_silence / max(1, self._behind_silence + self._flow)

    def open(self, t: float, silence: float, data: bytes) -> None:
        """Bytes come after a silence longer than `TOGETHER`: a run is over, another begins with them."""
        if not self._is_known:
            self._flow += 0 if self._is_first else self._wire or self._size
        elif self._size + self._wire:
            run = self._run()
            self.kept.append(run)
            self._behind_silence += run.wire
            if run.boundary == "open" and data[:1] in (b"\n", b"\r"):
                self.resumed_at_line_end += 1
        self._is_first = self._is_opening
        self._is_opening = False
        self._is_known = silence >= QUIET
        self._t, self._silence = t, silence
        self._size = self._wire = self._events = 0
        self._first = self._latest = None

    def lose(self) -> None:
        """What came last may have gone on unseen: neither it nor what comes next is to be known as a run."""
        self._is_known = False
        self._is_first = self._is_opening = True

    def end(self) -> None:
        """The connection ended, and its last run with it."""
        self.open(self._t, 0.0, b"")

    def add(self, data: bytes, wire: int, events: int, first: str | None, latest: str | None) -> None:
        """Bytes of the run; `first` and `latest` are the data of the events they completed."""
        self._size += len(data)
        self._wire += wire
        if data:
            self._last = data if len(data) >= TAIL else (self._last + data)[-TAIL:]
        if events:
            self._events += events
            if self._first is None:
                self._first = first
            self._latest = latest

    def _run(self) -> Run:
        made = None
        if self._events > 1 and self._first is not None and self._latest is not None:
            begin, end = stamp(self._first), stamp(self._latest)
            if begin is not None and end is not None:
                made = begin, end
        wire = self._wire or self._size
        return Run(self._connection, self._t, self._silence, self._size, wire, self._events, boundary(self._last), made)


def boundary(data: bytes) -> Boundary:
    """Where these bytes stop; heartbeats are comments, which end with one line end as well."""
    if not data:
        return "whole"
    if data[-1] not in _LINE_ENDS:
        return "line"
    if data.endswith((b"\n\n", b"\r\r", b"\r\n\r\n")):
        return "whole"
    line = data.rstrip(_LINE_ENDS)
    line = line[max(line.rfind(b"\n"), line.rfind(b"\r")) + 1 :]
    return "open" if line.startswith((b"data", b"event:", b"id:")) else "whole"
