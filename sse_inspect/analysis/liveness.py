"""What both clocks say of a connection: one word, from what is learned of its heartbeat and of its events.

An open connection that has not stalled is one of four, the first that holds:

- *half-open*: a heartbeat is learned, and not a byte came for more than two periods and its spread. The other end, or
  the way to it, is likely gone without a word.
- *quiet*: only heartbeats come. Since the last event there was one, and that is longer ago than twice the usual pause
  between events; where no such pause is learned, there were two, and ten seconds have gone by.
- *live*: no event is overdue, or a heartbeat is learned and keeps its time.
- *open*: nothing tells: not a byte of the body came, or events are overdue and no heartbeat is learned.

A stall goes before: its limit is the user's word, not a guess. Nothing is told of a session whose silences are unknown.
"""

from __future__ import annotations

from typing import Literal

from sse_inspect.analysis.snapshot import Heartbeat, Rhythm, Snapshot

Liveness = Literal["idle", "connecting", "open", "live", "quiet", "half-open", "stalled", "waiting", "closed"]

MISSED = 2
"""Periods of the heartbeat without a byte, beyond which a connection is half-open."""
OVERDUE = 2.0
"""Usual pauses between events after which the next one is overdue."""
SHORTEST = 2.0
"""Seconds that no pause is remarkable before, however fast the stream is."""
PATIENCE = 10.0
"""Seconds after which an event is overdue where no rhythm is learned."""
BEATS = 2
"""Heartbeats without an event that make a connection quiet where no rhythm is learned."""


def liveness(snapshot: Snapshot) -> Liveness:
    """The state of a session at the moment of the snapshot."""
    if snapshot.state != "open":
        return snapshot.state
    if snapshot.stalled:
        return "stalled"
    if not snapshot.origin.has_silences:
        return "open"
    if is_half_open(snapshot):
        return "half-open"
    rhythm, opened = snapshot.rhythm, snapshot.opened_at or 0.0
    if is_quiet(rhythm, snapshot.now, opened):
        return "quiet"
    if rhythm.news is None and not rhythm.beats:
        return "open"
    is_live = snapshot.heartbeat is not None or snapshot.now - (rhythm.news or opened) <= patience(rhythm)
    return "live" if is_live else "open"


def is_quiet(rhythm: Rhythm, now: float, opened: float) -> bool:
    """Whether nothing but heartbeats came for longer than is usual."""
    since = opened if rhythm.news is None else rhythm.news
    return rhythm.beats >= (BEATS if rhythm.pause is None else 1) and now - since > patience(rhythm)


def patience(rhythm: Rhythm) -> float:
    """Seconds after an event from which on the next one is overdue."""
    return PATIENCE if rhythm.pause is None else max(SHORTEST, OVERDUE * rhythm.pause)


def is_half_open(snapshot: Snapshot) -> bool:
    """Whether a heartbeat is learned, and silence lasts for more than twice its period and its spread."""
    beat = snapshot.heartbeat
    return beat is not None and snapshot.now > half_open_at(beat, snapshot.now - silence(snapshot))


def half_open_at(beat: Heartbeat, last_byte: float) -> float:
    """When a connection becomes half-open if nothing comes after this byte."""
    return last_byte + MISSED * beat.period + beat.jitter


def missed(snapshot: Snapshot) -> int:
    """The heartbeats of an open connection that should have come and did not."""
    beat = snapshot.heartbeat
    if beat is None or snapshot.state != "open" or not snapshot.origin.has_silences:
        return 0
    return max(int((silence(snapshot) - beat.jitter) / beat.period), 0)


def silence(snapshot: Snapshot) -> float:
    """Seconds without a byte on the open connection; the head of its response counts as one."""
    opened = snapshot.now if snapshot.opened_at is None else snapshot.opened_at
    return snapshot.now - (opened if snapshot.last_byte is None else max(snapshot.last_byte, opened))
