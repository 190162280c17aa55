"""The walls ahead: time limits of well-known servers, proxies and platforms that a stream may run into.

They are defaults, told before they strike as a hint: what stands between is seldom known, and may be set otherwise. An
idle wall counts from the last byte, comments included; an age wall from the head of the response.
"""

from __future__ import annotations

from sse_inspect.analysis.limits import WALLS, Clock, Learned, Wall
from sse_inspect.analysis.liveness import SHORTEST, silence
from sse_inspect.analysis.snapshot import Snapshot
from sse_inspect.config import is_loopback

__all__ = ["WALLS", "Clock", "Wall", "elapsed", "is_named", "learned_ahead", "walls_ahead"]

_SERVERS = ("server", "x-powered-by")
_TELLING = (*_SERVERS, "via")
_OUTLIVED = 1.1
"""Times a wall that a connection must have lasted to have outlived it: who is cut there is cut a little later."""


def walls_ahead(snapshot: Snapshot, clock: Clock) -> tuple[Wall, ...]:
    """The walls that come next on this clock, all of the same seconds; none where none can be near.

    Where the response names somebody who has a wall, only theirs count, on either clock; where it names another server,
    no server's. Where the session shows a limit itself, nobody counts who is not named. Those that it has outlived do
    not, nor does an idle wall as long as silence is no longer than usual, or a heartbeat is due before it.
    """
    is_told = snapshot.origin.has_silences if clock == "idle" else snapshot.origin.has_openings
    if snapshot.state != "open" or snapshot.opened_at is None or not is_told:
        return ()
    now = elapsed(snapshot, clock)
    known = [wall for wall in _possible(snapshot) if wall.clock == clock]
    if clock == "idle":
        known = [wall for wall in known if _may_strike(wall, snapshot)]
    outlived = snapshot.rhythm.outlived if clock == "idle" else _oldest(snapshot) / _OUTLIVED
    ahead = [wall for wall in known if wall.seconds > max(now, outlived)]
    return tuple(wall for wall in ahead if wall.seconds == ahead[0].seconds)


def learned_ahead(snapshot: Snapshot, clock: Clock) -> Learned | None:
    """The limit that earlier ends of this session show, as long as it lies ahead on this clock."""
    limit = next((each for each in snapshot.learned if each.clock == clock), None)
    if limit is None or snapshot.state != "open" or snapshot.opened_at is None:
        return None
    return limit if elapsed(snapshot, clock) < limit.seconds else None


def elapsed(snapshot: Snapshot, clock: Clock) -> float:
    """How far this clock of the open connection has come, in seconds."""
    return silence(snapshot) if clock == "idle" else snapshot.now - (snapshot.opened_at or 0.0)


def is_named(wall: Wall, head: tuple[tuple[str, str], ...]) -> bool:
    """Whether the head of a response names who has the wall; that it does not proves nothing."""
    return any(
        sign == name or (name in _TELLING and sign in value.lower())
        for name, value in ((name.lower(), value) for name, value in head)
        for sign in wall.signs
    )


def _possible(snapshot: Snapshot) -> list[Wall]:
    """The walls of those who can stand between, as far as the response tells, and the session shows no limit itself."""
    here = is_loopback(snapshot.url)
    known = [wall for wall in WALLS if not (wall.is_platform and here)]
    named = [wall for wall in known if is_named(wall, snapshot.head)]
    if named or snapshot.learned:
        return named
    tells = any(name.lower() in _SERVERS and value.strip() for name, value in snapshot.head)
    return [wall for wall in known if not (wall.is_server and tells)]


def _may_strike(wall: Wall, snapshot: Snapshot) -> bool:
    """Whether an idle wall can be near: silence is longer than it usually is, and no heartbeat is due before it."""
    beat, pause, now = snapshot.heartbeat, snapshot.rhythm.pause, silence(snapshot)
    if now <= max(SHORTEST, pause or 0.0):
        return False
    due = beat.period + beat.jitter if beat else 0.0
    return now > due or wall.seconds <= due


def _oldest(snapshot: Snapshot) -> float:
    """The longest that a connection of the session has lasted."""
    lasted = (
        row.ended - row.opened for row in snapshot.connections if row.opened is not None and row.ended is not None
    )
    return max(lasted, default=0.0)
