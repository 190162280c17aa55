"""The signs of the screen, in one table: kind or state → sign, word, style.

Each sign is one character, one cell wide and no emoji by default, so that columns stand still in every
terminal. (The lightning ⚡ takes two cells; a fault is ↯.)
"""

from __future__ import annotations

from typing import NamedTuple

from sse_inspect.present.styles import StyleName
from sse_inspect.records import Event


class Sign(NamedTuple):
    """A sign, the word that always goes with it somewhere, and the name of its style."""

    sign: str
    word: str
    style: StyleName


KINDS: dict[str, Sign] = {
    "session": Sign("▷", "session", "mark.session"),
    "connecting": Sign("○", "connecting", "mark.connecting"),
    "open": Sign("●", "open", "mark.open"),
    "event": Sign("·", "event", "event.data"),
    "comment": Sign("♥", "comment", "comment"),
    "retry": Sign("↻", "retry", "retry"),
    "gap": Sign("◇", "gap", "mark.gap"),
    "gap_filled": Sign("◆", "filled", "mark.filled"),
    "stall": Sign("‖", "stall", "mark.stall"),
    "resumed": Sign("▶", "resumed", "mark.resumed"),
    "disconnect": Sign("✂", "disconnected", "mark.disconnect"),
    "backoff": Sign("…", "waiting", "mark.backoff"),
    "recovered": Sign("↺", "recovered", "mark.recovered"),
    "diagnosis": Sign("!", "diagnosis", "finding.warning"),
    "alert": Sign("▲", "alert", "alert.firing"),
    "fault": Sign("↯", "fault", "mark.fault"),
    "end": Sign("■", "end", "mark.end"),
    "summary": Sign("Σ", "summary", "mark.summary"),
}
"""By `Record.kind`."""

STATES: dict[str, Sign] = {
    "idle": Sign("○", "IDLE", "dim"),
    "connecting": Sign("○", "CONNECTING", "warn"),
    "open": Sign("●", "OPEN", "good"),
    "live": Sign("◉", "LIVE", "good"),
    "quiet": Sign("♥", "QUIET BUT ALIVE", "warn"),
    "half-open": Sign("◐", "HALF-OPEN", "bad"),
    "stalled": Sign("‖", "STALLED", "bad"),
    "waiting": Sign("…", "WAITING", "warn"),
    "closed": Sign("■", "CLOSED", "dim"),
}
"""By `analysis.liveness.Liveness`: the states of a session, an open connection's by what its clocks say."""

SEVERITIES: dict[str, Sign] = {
    "info": Sign("i", "info", "finding.info"),
    "warning": Sign("!", "warning", "finding.warning"),
    "error": Sign("✖", "error", "finding.error"),
}
"""By `Diagnosis.severity`."""

ALERTS: dict[str, Sign] = {
    "firing": Sign("▲", "firing", "alert.firing"),
    "resolved": Sign("▽", "resolved", "alert.resolved"),
}
"""By `Alert.state`."""

BADGES: dict[str, Sign] = {
    "truncated": Sign("✁", "CUT", "badge.cut"),
    "duplicate": Sign("=", "DUP", "badge.duplicate"),
    "replayed": Sign("↺", "RPL", "badge.replayed"),
    "out_of_order": Sign("↷", "LATE", "badge.late"),
}
"""By the flag of an event; the word is its badge in the list, at most four cells. The first that holds is shown."""

PAUSED = Sign("▷", "paused", "dim")
PLAYING = Sign("▶", "playing", "good")
"""How a capture is played."""

VERDICTS: dict[bool, Sign] = {True: Sign("✔", "met", "good"), False: Sign("✖", "missed", "bad")}
"""Whether a metric meets its target."""


def met(good: bool, measured: bool) -> bool | None:
    """Which verdict a target gets; None, so no sign, where nothing bad was seen because there was nothing to see."""
    return good if measured or not good else None


def badge(event: Event) -> Sign | None:
    """The badge of an event, or None for an ordinary one."""
    if event.truncated:
        return BADGES["truncated"]
    if event.duplicate:
        return BADGES["duplicate"]
    if event.replayed:
        return BADGES["replayed"]
    return BADGES["out_of_order"] if event.out_of_order else None


def state(name: str, stalled: bool = False) -> Sign:
    """The sign of a session's state (`Snapshot.state` and `Snapshot.stalled`)."""
    return STATES["stalled" if stalled and name == "open" else name]
