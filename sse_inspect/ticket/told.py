"""How a report spells what its parts have in common."""

from __future__ import annotations

from sse_inspect.present.units import UNKNOWN, hms
from sse_inspect.ticket.content import Session


def request(session: Session) -> str:
    """What was asked for."""
    return "unknown request" if session.url is None else f"{session.method or UNKNOWN} {session.url}"


def at(t: float | None) -> str:
    """A time since the session began, to the millisecond."""
    return UNKNOWN if t is None else f"{hms(t)}.{int(t * 1000) % 1000:03d}"
