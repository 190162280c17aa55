"""What the first probe shows by itself, without another beside it."""

from __future__ import annotations

from collections.abc import Iterator

from sse_inspect.present.units import counted, seconds
from sse_inspect.probing.contrast import UNBUFFER
from sse_inspect.probing.finding import Certainty, Finding, figures, told
from sse_inspect.probing.seen import Seen

LATE = 1.0
"""Seconds from the connection to a head that is late."""
METHOD_NOT_ALLOWED = 405
TOGETHER = 0.02
"""Seconds within which head and first event came as one."""


def _other_method(seen: Seen) -> str:
    """How to ask by another method, where the server refuses this one (RFC 9110, 15.5.6); empty where it does not."""
    allowed = {method.strip().upper() for method in seen.field("allow").split(",")}
    if seen.status != METHOD_NOT_ALLOWED or not allowed & {"GET", "POST"}:
        return ""
    if "GET" in allowed:
        return "The server allows GET here: ask with -X GET, without -d."
    return "The server allows POST here: ask with -X POST, or with the body that it expects: -d TEXT, -d @FILE."


def alone(seen: Seen, *, has_direct: bool) -> Iterator[Finding]:
    """Findings of one session; `has_direct`: it is known how events come on the direct way."""
    here = (seen.name,)
    if not seen.opened:
        why = seen.disconnect.detail if seen.disconnect is not None else ""
        sentence = f"No stream opened: {seen.answer}{f' ({why})' if why else ''}."
        yield Finding(
            "no-stream", Certainty.CERTAIN, sentence, here, True, _other_method(seen), {"status": seen.status}
        )
        return
    if not seen.count:
        sentence = (
            f"No event came in {seconds(seen.watched)} ({counted(seen.bytes, 'byte')}): there is nothing to compare."
        )
        yield Finding("no-events", Certainty.CERTAIN, sentence, here, measures={"watched_seconds": seen.watched})
        return
    head, event = seen.since_connected(seen.answered), seen.since_connected(seen.first_event)
    if head is not None and event is not None and head >= LATE and event - head <= TOGETHER:
        sentence = (
            f"The head came only with the first event, {seconds(head)} after the connection stood: it is held back, "
            "or not sent before there is an event."
        )
        advice = "Send the head at once, with a comment as its first bytes; behind nginx switch buffering off."
        yield Finding("late-head", Certainty.LIKELY, sentence, here, True, advice, {"head_seconds": head})
    pace = seen.pace
    if pace.is_bursty and pace.held:
        sentence = (
            f"Without compression the events come {told(pace)}: a buffer that is handed on when it is full."
            f"{'' if has_direct else ' Give --direct to see whether a hop has it.'}"
        )
        yield Finding("full-buffers", Certainty.LIKELY, sentence, here, True, UNBUFFER, figures(seen.name, pace))
    elif pace.is_bursty and not has_direct:
        sentence = (
            f"Without compression the events come {told(pace)}: they may be made so, or held back. Give --direct to "
            "tell the two apart."
        )
        yield Finding("bursts", Certainty.CERTAIN, sentence, here, measures=figures(seen.name, pace))
