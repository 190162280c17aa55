"""What is being waited for, in words: one line for every state a session can be in, empty while events flow."""

from __future__ import annotations

from sse_inspect.analysis.liveness import is_half_open, missed
from sse_inspect.analysis.snapshot import FaultView, Snapshot
from sse_inspect.present.safe import preview
from sse_inspect.present.units import counted, duration
from sse_inspect.present.words import BACKOFF_SOURCES, END_REASONS, inside
from sse_inspect.records import Disconnect

FLOWING = 2.0
"""Seconds after an event in which nothing is said to be waited for, however fast the stream is."""

NOTE = "Note"
"""The line begins with this where nothing is waited for, and only a fault is under way."""

_PATIENCE = 10.0
"""The most seconds a slow stream's own rhythm may stretch that to."""

_AT_ONCE = 0.05
"""Seconds between the last event and the last byte that make no difference to a reader."""

_DETAIL = 120


def waiting(snapshot: Snapshot) -> str:
    """What the session waits for, such as `Waiting: attempt 3 in 4.2 s (refused)`; "" while events flow.

    Faults under way are named, so that their doing is not taken for the server's.
    """
    faults = [_fault(fault, snapshot.now) for fault in snapshot.faults]
    if snapshot.state == "closed":
        return _closed(snapshot)
    is_timed = snapshot.state != "open" or snapshot.origin.has_arrivals
    said = _STATES[snapshot.state](snapshot) if is_timed else ""
    if not said and not faults:
        return ""
    lead = _lead(snapshot) if said else NOTE
    return f"{lead}: {'; '.join([*faults, *([said] if said else [])])}"


def _lead(snapshot: Snapshot) -> str:
    if snapshot.state != "open":
        return "Waiting"
    if snapshot.stalled:
        return "Stalled"
    return "Half-open" if is_half_open(snapshot) else "Waiting"


def _idle(snapshot: Snapshot) -> str:
    return "the session has not begun"


def _connecting(snapshot: Snapshot) -> str:
    started = snapshot.now if snapshot.attempt_started is None else snapshot.attempt_started
    connected = snapshot.connected_at
    if connected is None or connected < started:
        return f"connecting for {_ago(snapshot, started)}, attempt {snapshot.attempt}"
    peer = preview(snapshot.peer, _DETAIL)
    # Silence before the head of the response counts against the limit of a stall, and is a timeout.
    limit = _left("timeout", snapshot, connected + snapshot.stall_after if snapshot.stall_after else None)
    return f"connected{' to ' + peer if peer else ''}, no response for {_ago(snapshot, connected)}{limit}"


def _open(snapshot: Snapshot) -> str:
    opened = snapshot.now if snapshot.opened_at is None else snapshot.opened_at
    # The head of the response counts as a byte: one of the body is later.
    byte = opened if snapshot.last_byte is None else max(snapshot.last_byte, opened)
    if snapshot.stalled:
        then = "" if snapshot.on_stall == "reconnect" else ", the connection is kept"
        return f"no byte for {_ago(snapshot, byte)}{then}"
    event = snapshot.last_event
    stall = _left("stall", snapshot, snapshot.stall_at)
    if event is not None and event < opened:
        event = None
    if byte == opened and event is None:
        return f"connected, no bytes for {_ago(snapshot, opened)}{stall}"
    if event is not None and snapshot.now - event <= _rhythm(snapshot, opened, event):
        return ""
    if event is not None and byte - event < _AT_ONCE:
        return f"no bytes for {_ago(snapshot, byte)}{_pulse(snapshot)}{stall}"
    return f"{_quiet(snapshot, event)}{_pulse(snapshot)}, last byte {_ago(snapshot, byte)} ago{stall}"


def _quiet(snapshot: Snapshot, event: float | None) -> str:
    """Since when there is no event; `event` is the time of the last one of this connection."""
    if event is not None:
        return f"no event for {_ago(snapshot, event)}"
    if snapshot.last_event is None:
        return "no event yet"
    return f"no event since the reconnect, the last {_ago(snapshot, snapshot.last_event)} ago"


def _pulse(snapshot: Snapshot) -> str:
    """Whether the server is heard, once its heartbeat is known: then a stream without events is alive."""
    if snapshot.heartbeat is None or not snapshot.origin.has_silences:
        return ""
    if count := missed(snapshot):
        return f", {counted(count, 'heartbeat')} missed"
    return ", heartbeats go on" if snapshot.rhythm.beats else ""


def _waiting(snapshot: Snapshot) -> str:
    ended = snapshot.disconnect
    # A fault under way is named before: that it also ended the connection need not be said again.
    cause = "" if snapshot.faults and ended and ended.reason == "forced" else _cause(ended)
    wait = snapshot.wait
    if wait is None:
        return f"the next attempt{cause}"
    left = wait.until - snapshot.now
    when = f"in {duration(left)}" if left > 0 else "now"
    asked = "" if wait.source == "exponential" else f", delay from {BACKOFF_SOURCES[wait.source]}"
    return f"attempt {wait.attempt} {when}{cause}{asked}"


_STATES = {"idle": _idle, "connecting": _connecting, "open": _open, "waiting": _waiting}


def _closed(snapshot: Snapshot) -> str:
    end = snapshot.ended
    if end is None:
        return "Ended"
    cause = "" if end.reason in ("completed", "no-content", "limit", "interrupted") else _cause(snapshot.disconnect)
    detail = preview(end.detail, _DETAIL) if end.detail else ""
    return f"Ended: {END_REASONS[end.reason]}{', ' + detail if detail else cause}"


def _fault(fault: FaultView, now: float) -> str:
    title = inside(preview(fault.title, _DETAIL))
    if fault.until is None:
        return f"{title} on purpose {fault.ends or 'until lifted'}"
    return f"{title} on purpose for {duration(fault.until - now)} more"


def _cause(disconnect: Disconnect | None) -> str:
    if disconnect is None:
        return ""
    detail = preview(disconnect.detail, _DETAIL)
    reason = END_REASONS["unknown"] if disconnect.reason == "unknown" else disconnect.reason
    return f" ({reason}{': ' + detail if detail else ''})"


def _rhythm(snapshot: Snapshot, opened: float, event: float) -> float:
    events = next((row.events for row in snapshot.connections if row.connection == snapshot.connection), 0)
    typical = (event - opened) / events if events > 1 else 0.0
    return max(FLOWING, min(1.5 * typical, _PATIENCE))


def _ago(snapshot: Snapshot, t: float) -> str:
    return duration(snapshot.now - t)


def _left(what: str, snapshot: Snapshot, at: float | None) -> str:
    return "" if at is None else f", {what} in {duration(at - snapshot.now)}"
