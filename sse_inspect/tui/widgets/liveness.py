"""Signs of life: two clocks, the learned heartbeat, the stall limit, the limits of others, and the next attempt."""

from __future__ import annotations

from typing import Literal

from sse_inspect.inspected import Snapshot, Wait
from sse_inspect.present import clocks, units, words
from sse_inspect.present.clocks import since
from sse_inspect.present.safe import clip, preview_end
from sse_inspect.present.words import BACKOFF_SOURCES
from sse_inspect.tui.widgets.pane import Line, Pane, bar

_LABEL = 14
_VALUE = 12


class LivenessPane(Pane):
    """Both clocks are always in sight: a heartbeat resets one, not the other."""

    title = "Liveness"

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """Five lines: clocks, stall, next attempt or the next limit of age, the next of silence or what came in all."""
        room = max(width - _LABEL - _VALUE - 2, 0)
        spelled, style = clocks.heartbeat(snapshot)
        rhythm = next((words for words in spelled if len(words) <= room), spelled[-1])
        last_id = snapshot.last_event_id
        self.subtitle = clocks.told(snapshot)
        return [
            [*_clock("last byte", *clocks.byte_clock(snapshot)), (rhythm, style)],
            [
                *_clock("last event", *clocks.event_clock(snapshot)),
                *([("last event ID ", "dim"), (preview_end(last_id, max(room - 14, 1)), "")] if last_id else []),
            ],
            _stall(snapshot, room),
            _limit(snapshot, "age", room) or _attempt(snapshot, room),
            _backoff(snapshot.wait, room) if snapshot.wait else _limit(snapshot, "idle", room) or _received(snapshot),
        ]


def _clock(label: str, value: str, style: str) -> Line:
    return [(label.ljust(_LABEL), "dim"), (value.rjust(_VALUE - 2), style), ("    ", "")]


def _limit(snapshot: Snapshot, clock: Literal["idle", "age"], room: int) -> Line:
    """The next known limit of somebody between, before it strikes; nothing where none is near."""
    limit = clocks.limit(snapshot, clock)
    if limit is None:
        return []
    left, whose = limit
    return [*_clock(f"{clock} limit in", left, "dim"), (clip(whose, room), "dim")]


def _stall(snapshot: Snapshot, room: int) -> Line:
    if snapshot.stalled and snapshot.state == "open":
        return [*_clock("stalled for", since(snapshot, snapshot.last_byte), "bad"), *bar(0.0, room, "bad")]
    if not snapshot.origin.has_silences:
        return [*_clock("stall in", units.UNKNOWN, "dim"), ("silences not told", "dim")]
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
    events, comments = units.counted(snapshot.events, "event"), words.comments(snapshot.summary.comments)
    sizes = units.transferred(snapshot.bytes, snapshot.summary.wire_bytes)
    return [("received".ljust(_LABEL), "dim"), (f"  {events}, {comments}, {sizes}", "")]


def _not_needed(snapshot: Snapshot) -> Line:
    if snapshot.state == "closed":
        is_told = snapshot.ended is None or snapshot.ended.reason != "unknown"
        return [("the session is over" if is_told else "no more is told", "dim")]
    return [("connected", "dim")] if snapshot.state == "open" else []
