"""Signs of life: two clocks, the learned heartbeat, the stall limit and the next attempt."""

from __future__ import annotations

from sse_inspect.inspection import Snapshot, Wait
from sse_inspect.present import signs, units
from sse_inspect.present.safe import clip, preview_end
from sse_inspect.present.words import BACKOFF_SOURCES
from sse_inspect.tui.widgets.pane import Line, Pane, bar

_LABEL = 14
_VALUE = 12


class LivenessPane(Pane):
    """Both clocks are always in sight: a heartbeat resets one, not the other."""

    title = "Liveness"

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """Five lines: clocks, stall, next attempt, and what came in all."""
        room = max(width - _LABEL - _VALUE - 2, 0)
        beat = snapshot.heartbeat
        rhythm = f"every {beat.period:.1f} s ±{beat.jitter:.1f}" if beat else "no heartbeat yet"
        if beat:
            rhythm = f"heartbeat {rhythm}" if room >= len(rhythm) + 10 else f"{signs.KINDS['comment'].sign} {rhythm}"
        style = _freshness(snapshot)
        last_id = snapshot.last_event_id
        return [
            [*_clock("last byte", _since(snapshot, snapshot.last_byte), style), (rhythm, "" if beat else "dim")],
            [
                *_clock("last event", _since(snapshot, snapshot.last_event), ""),
                *([("last event ID ", "dim"), (preview_end(last_id, max(room - 14, 1)), "")] if last_id else []),
            ],
            _stall(snapshot, room),
            _attempt(snapshot, room),
            _received(snapshot) if snapshot.wait is None else _backoff(snapshot.wait, room),
        ]


def _clock(label: str, value: str, style: str) -> Line:
    return [(label.ljust(_LABEL), "dim"), (value.rjust(_VALUE - 2), style), ("    ", "")]


def _since(snapshot: Snapshot, t: float | None) -> str:
    return units.UNKNOWN if t is None else units.duration(snapshot.now - t)


def _freshness(snapshot: Snapshot) -> str:
    """The style of the silence: measured against the stall limit, and only while there is a connection."""
    if snapshot.state != "open" or snapshot.last_byte is None:
        return "dim"
    if snapshot.stalled:
        return "bad"
    half = snapshot.stall_after and snapshot.now - snapshot.last_byte > snapshot.stall_after / 2
    return "warn" if half else "good"


def _stall(snapshot: Snapshot, room: int) -> Line:
    if snapshot.stalled and snapshot.state == "open":
        return [*_clock("stalled for", _since(snapshot, snapshot.last_byte), "bad"), *bar(0.0, room, "bad")]
    if not snapshot.stall_after:
        return [*_clock("stall in", units.UNKNOWN, "dim"), ("no limit set", "dim")]
    if snapshot.stall_at is None:
        limit = f"limit {units.duration(snapshot.stall_after)}"
        return [*_clock("stall in", units.UNKNOWN, "dim"), (limit, "dim")]
    left = max(snapshot.stall_at - snapshot.now, 0.0)
    share = left / snapshot.stall_after
    style = "good" if share > 0.5 else "warn" if share > 0.15 else "bad"
    return [*_clock("stall in", units.duration(left), ""), *bar(share, room, style)]


def _attempt(snapshot: Snapshot, room: int) -> Line:
    wait = snapshot.wait
    if wait is not None:
        left = max(wait.until - snapshot.now, 0.0)
        share = 1 - left / wait.delay if wait.delay else 1.0
        return [*_clock("next attempt", units.duration(left), "warn"), *bar(share, room, "warn")]
    if snapshot.state == "connecting" and snapshot.attempt_started is not None:
        under_way = f"attempt {snapshot.attempt}, for {units.duration(snapshot.now - snapshot.attempt_started)}"
        return [*_clock("next attempt", "now", "warn"), (under_way, "")]
    return [*_clock("next attempt", units.UNKNOWN, "dim"), *_not_needed(snapshot)]


def _backoff(wait: Wait, room: int) -> Line:
    """The delay, and who asked for it."""
    return [
        *_clock(f"attempt {wait.attempt}", units.seconds(wait.delay), ""),
        (clip(BACKOFF_SOURCES[wait.source], room), "dim"),
    ]


def _received(snapshot: Snapshot) -> Line:
    events, comments = units.counted(snapshot.events, "event"), units.counted(snapshot.comments, "comment")
    sizes = units.transferred(snapshot.bytes, snapshot.summary.wire_bytes)
    return [("received".ljust(_LABEL), "dim"), (f"  {events}, {comments}, {sizes}", "")]


def _not_needed(snapshot: Snapshot) -> Line:
    if snapshot.state == "closed":
        return [("the session is over", "dim")]
    return [("connected", "dim")] if snapshot.state == "open" else []
