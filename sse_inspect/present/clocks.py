"""Both clocks of a session and what they say, in words: since any byte, since an event, and the limits ahead."""

from __future__ import annotations

from sse_inspect.analysis.liveness import is_half_open, liveness, missed, silence
from sse_inspect.analysis.snapshot import Snapshot
from sse_inspect.analysis.walls import Clock, elapsed, learned_ahead, walls_ahead
from sse_inspect.present.signs import STATES, Sign
from sse_inspect.present.styles import Span, StyleName
from sse_inspect.present.units import UNKNOWN, counted, duration

_BROKEN = frozenset(("truncated", "reset", "timeout", "tls", "protocol", "encoding"))
"""Reasons of an end that is none in order."""
_CELLS = 6
"""Cells of a clock below a minute: what stands beside it does not move."""


def state(snapshot: Snapshot) -> Sign:
    """The sign and the word of the session's state; that of an open connection is what the clocks say of it."""
    return STATES[liveness(snapshot)]


def since(snapshot: Snapshot, t: float | None) -> str:
    """How long ago `t` was, where that is known."""
    return UNKNOWN if t is None or not snapshot.origin.has_arrivals else duration(snapshot.now - t)


def byte_clock(snapshot: Snapshot) -> tuple[str, StyleName]:
    """The time since any byte, and its style: only an open connection's is good or bad."""
    last = snapshot.last_byte if snapshot.origin.has_silences else None
    return since(snapshot, last), _freshness(snapshot)


def event_clock(snapshot: Snapshot) -> tuple[str, StyleName]:
    """The time since an event, of whatever type, and its style."""
    return since(snapshot, snapshot.last_event), "warn" if liveness(snapshot) == "quiet" else ""


def both(snapshot: Snapshot) -> list[list[Span]]:
    """Both clocks for one line, in ever fewer words."""
    (byte, byte_style), (event, event_style) = byte_clock(snapshot), event_clock(snapshot)
    return [
        [("byte ", "dim"), (clock(byte), byte_style), ("  event ", "dim"), (clock(event), event_style)]
        for clock in (lambda clock: clock.rjust(_CELLS), _short)
    ]


def told(snapshot: Snapshot) -> str:
    """The state with what it rests on: `♥ QUIET BUT ALIVE for 43.5 s`, `◐ HALF-OPEN: 2 heartbeats missed`."""
    sign = state(snapshot)
    because = ""
    match liveness(snapshot):
        case "quiet":
            news = snapshot.rhythm.news
            because = f" for {since(snapshot, snapshot.opened_at if news is None else news)}"
        case "half-open":
            because = f": {counted(missed(snapshot), 'heartbeat')} missed"
        case "stalled" if is_half_open(snapshot):
            because = ", half-open"
    return f"{sign.sign} {sign.word}{because}"


def advice(snapshot: Snapshot) -> str:
    """What tells more where no rule does: of a silent connection, or of one that broke off; else empty."""
    if liveness(snapshot) in ("half-open", "stalled") and snapshot.state == "open":
        return "key r connects again: if the stream is there at once, the old connection was dead"
    broken = sum(row.opened is not None and row.reason in _BROKEN for row in snapshot.connections)
    if not broken:
        return ""
    so_far = f"{'one break names' if broken == 1 else f'{broken:,} breaks name'} no cause so far"
    return so_far if snapshot.ended is not None else f"{so_far}; key P probes for one"


def heartbeat(snapshot: Snapshot) -> tuple[list[str], StyleName]:
    """What is known of the heartbeat, in ever fewer words, and its style."""
    beat = snapshot.heartbeat
    if not snapshot.origin.has_silences:
        return ["heartbeat not told"], "dim"
    if beat is None:
        return ["no heartbeat yet"], "dim"
    if snapshot.state == "open" and silence(snapshot) > beat.period + beat.jitter:
        count = missed(snapshot)
        due = f"{counted(count, 'heartbeat')} missed" if count else "heartbeat due"
        return [f"{due}, every {beat.period:.1f} s", due], "bad" if is_half_open(snapshot) else "warn"
    rhythm = f"every {beat.period:.1f} s ±{beat.jitter:.1f}"
    return [f"heartbeat {rhythm}", f"♥ {rhythm}"], ""


def limit(snapshot: Snapshot, clock: Clock) -> tuple[str, str] | None:
    """The time to the next known limit on this clock, and whose default it is: `12.3 s`, `30 s, if HAProxy`.

    What earlier connections of the session showed goes before: `1.5 s`, `5.0 s, seen 7 times`.
    """
    shown = learned_ahead(snapshot, clock)
    if shown is not None:
        left = shown.seconds - elapsed(snapshot, clock)
        return duration(left), f"{shown.seconds:.1f} s, seen {shown.times} times"
    ahead = walls_ahead(snapshot, clock)
    if not ahead:
        return None
    left = ahead[0].seconds - elapsed(snapshot, clock)
    return duration(left), f"{ahead[0].seconds:g} s, if {', '.join(wall.who for wall in ahead)}"


def _short(clock: str) -> str:
    """A clock in the fewest cells: its largest unit, such as `43s`, `2min`, `1h`."""
    number, _, rest = clock.partition(" ")
    return clock if not rest else f"{number.partition('.')[0]}{rest.split()[0]}"


def _freshness(snapshot: Snapshot) -> StyleName:
    match liveness(snapshot):
        case "stalled" | "half-open":
            return "bad"
        case "open" | "live" | "quiet" if snapshot.last_byte is not None:
            return "warn" if snapshot.stall_after and silence(snapshot) > snapshot.stall_after / 2 else "good"
    return "dim"
