"""What can be made to happen to a stream at a moment, as data: actions, and scripts of them.

Times are seconds since the stream was created, which is the first request for its path.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Close:
    """Every open connection ends cleanly."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Every open connection is reset (TCP RST)."""


@dataclass(frozen=True, slots=True)
class Tear:
    """Every open connection ends inside an event; `truncated` leaves the chunked body without its last chunk."""

    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """Open connections send no event for so many seconds, then what was held back; new connections do."""

    seconds: float = inf
    heartbeats: bool = False


@dataclass(frozen=True, slots=True)
class Repeat:
    """The last `count` events are sent once more."""

    count: int


@dataclass(frozen=True, slots=True)
class Drop:
    """The next `count` events are never sent as they fall due; replay brings them back, or with `forever` does not."""

    count: int
    forever: bool = False


@dataclass(frozen=True, slots=True)
class Refuse:
    """The next `attempts` requests are answered with `status`; `retry_after` in seconds."""

    attempts: int
    status: int = 503
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Rewind:
    """The next replay begins `count` events before the one after the ID the client names."""

    count: int


ConnectionAction = Close | Reset | Tear | Silence | Repeat
Action = ConnectionAction | Drop | Refuse | Rewind


@dataclass(frozen=True, slots=True)
class Step:
    """An action and its time."""

    at: float
    action: Action


@dataclass(frozen=True)
class Script:
    """A scenario by time: `steps` for the server, `banners` (seconds, text) for whoever shows it to people."""

    steps: tuple[Step, ...] = ()
    banners: tuple[tuple[float, str], ...] = ()

    def __post_init__(self) -> None:
        for name, times in (("steps", [s.at for s in self.steps]), ("banners", [at for at, _ in self.banners])):
            if times != sorted(times):
                raise ValueError(f"The {name} of a script must be in the order of their times.")

    def banner(self, t: float) -> str:
        """What is going on `t` seconds into the scenario; empty before the first banner."""
        begun = [text for at, text in self.banners if at <= t]
        return begun[-1] if begun else ""
