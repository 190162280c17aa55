"""What a screen sees of a session, live or captured: protocols alone, and the types that a snapshot is made of.

`Inspected` is all of it; `Control` is what stands on its other side and runs the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sse_inspect.analysis.snapshot import Bucket, ConnectionRow, FaultOver, GapRow, Link, Mark, Snapshot, Timeline, Wait
from sse_inspect.config import Target
from sse_inspect.faults import Fault
from sse_inspect.inputs import Input, Verb
from sse_inspect.records import Open, Origin, Record
from sse_inspect.store.stretch import Piece, Wish

__all__ = [
    "LOOKING",
    "Bucket",
    "ConnectionRow",
    "Control",
    "FaultOver",
    "GapRow",
    "Inspected",
    "Link",
    "Log",
    "Mark",
    "Player",
    "Snapshot",
    "Timeline",
    "Told",
    "Wait",
]


LOOKING = "looking for this moment …"
"""Stands among the notes of a snapshot that is not yet that of the cursor's moment."""


class Control(Protocol):
    """Whoever runs the session; any thread may come to it, and what it brings happens soon, elsewhere."""

    def ask(self, verb: Verb, argument: str = "") -> None:
        """Ask for something."""
        ...

    def tell(self, happened: Input) -> None:
        """Say that something happened."""
        ...


class Player(Protocol):
    """Moves through a session that is over; times are seconds since it began."""

    @property
    def cursor(self) -> float:
        """The moment that is looked at."""
        ...

    @property
    def end(self) -> float:
        """The last moment there is."""
        ...

    @property
    def speed(self) -> float:
        """How fast the cursor moves: 0 stands still, 1 is as it was, infinity what the machine can do."""
        ...

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def damage(self) -> str:
        """Why not all of it can be read, in a sentence; empty while it can."""
        ...

    @property
    def progress(self) -> float:
        """The part of the session that is known, 0 to 1."""
        ...

    @property
    def whole(self) -> Timeline:
        """The whole session at a glance, as far as it is known."""
        ...

    def seek(self, t: float) -> None:
        """Move the cursor."""
        ...

    def play(self, speed: float) -> None:
        """Let the cursor move; from the beginning if it stands at the end."""
        ...

    def ordinal_at(self, t: float) -> int:
        """The ordinal of the last record known at `t`."""
        ...


class Log(Protocol):
    """All records by ordinal, of a live session or of a capture."""

    def __len__(self) -> int: ...

    def __getitem__(self, ordinal: int) -> Record: ...

    def slice(self, start: int, stop: int, *, data: bool = True) -> Sequence[Record]:
        """The records from `start` up to, not including, `stop`; without `data` that of events may be missing."""
        ...

    def candidates(self, start: int, stop: int, wish: Wish) -> Sequence[Piece]:
        """The records from `start` up to, not including, `stop`; events that `wish` rules out may be missing."""
        ...

    def next_mark(self, after: int) -> int | None:
        """The ordinal of the first mark behind `after`, or None."""
        ...

    def previous_mark(self, before: int) -> int | None:
        """The ordinal of the last mark in front of `before`, or None."""
        ...


class Told(Protocol):
    """What is known of a session, live or captured: all that a report needs."""

    @property
    def target(self) -> Target:
        """What is asked for."""
        ...

    @property
    def log(self) -> Log:
        """The records."""
        ...

    @property
    def origin(self) -> Origin:
        """The wall clock at the session's begin."""
        ...

    @property
    def player(self) -> Player | None:
        """What moves through a session that is over."""
        ...

    def snapshot(self) -> Snapshot:
        """What is true now, or at the moment that is looked at."""
        ...

    def body(self, connection: int, offset: int, size: int) -> bytes | None:
        """Bytes of a connection's decoded body, or None where they are not held."""
        ...

    def opened(self, connection: int) -> Open | None:
        """The `open` record of a connection, or None."""
        ...


class Inspected(Told, Protocol):
    """What a screen shows: an `Inspection`, or a capture with a `player`; each method is as it is there."""

    def now(self) -> float:
        """Seconds since the session began, or the moment that is looked at."""
        ...

    def painted(self, t: float) -> None:
        """The screen showed all there was at `t`."""
        ...

    def reconnect(self) -> None:
        """Ask for an attempt now."""
        ...

    def inject(self, fault: Fault) -> None:
        """Ask for a fault."""
        ...

    def lift(self) -> None:
        """Ask for every fault under way to end."""
        ...
