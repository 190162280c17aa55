"""Sessions as they would have been seen, made by hand."""

from __future__ import annotations

from collections.abc import Sequence

from sse_inspect.inputs import ResponseHead
from sse_inspect.probing.pacing import Piece
from sse_inspect.probing.seen import Came, Seen
from sse_inspect.records import Disconnect, End

STREAM = (("content-type", "text/event-stream"),)


def seen(
    name: str,
    times: Sequence[float] = (),
    *,
    first: int = 1,
    ids: Sequence[str] | None = None,
    size: int = 100,
    until: float = 10.0,
    status: int = 200,
    fields: Sequence[tuple[str, str]] = STREAM,
    connected: float = 0.0,
    began: float = 0.0,
    version: str = "1.1",
    refused: str = "",
    ended: str = "",
    unanswered: bool = False,
) -> Seen:
    """A session whose n-th event is the same in each that has it."""
    silent = bool(refused) or unanswered
    names = ids if ids is not None else [str(first + place) for place in range(len(times))]
    came = [
        Came(t, name, hash(("message", name or f"{place}")))
        for place, (t, name) in enumerate(zip(times, names, strict=True))
    ]
    opened = status == 200 and ("content-type", "text/event-stream") in fields
    why = refused or ended
    return Seen(
        name,
        began=began,
        connected=connected,
        head=None if silent else ResponseHead(status, version, tuple(fields)),
        answered=None if silent else connected,
        opened=opened and not silent,
        first_byte=times[0] if times else None,
        last_byte=times[-1] if times else None,
        events=came,
        count=len(came),
        bytes=size * len(came),
        wire_bytes=size * len(came),
        disconnect=Disconnect(until, 1, why, "why", 0.0, 0, 0, 0) if why else None,
        ended=End(until, 1, "limit", ""),
        responded=not silent,
        pieces=[Piece(t, size) for t in times],
    )
