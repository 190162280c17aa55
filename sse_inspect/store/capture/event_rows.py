"""How events stand in a capture: one by one in `single_events`, or many in a row of `event_runs`, a column a value."""

from __future__ import annotations

from typing import Any

import msgspec

from sse_inspect.batch import Events
from sse_inspect.records import Event

COUNT = 1
"""The place in the row of a run of the number of its events."""
Row = tuple[Any, ...]
_spelled = msgspec.json.Encoder().encode


def event_row(event: Event) -> Row:
    """The row of one event."""
    same = event.last_event_id == event.id
    return (
        event.n,
        event.t,
        event.connection,
        event.offset,
        event.size,
        event.event,
        event.id,
        None if same else event.last_event_id,
        event.duplicate | event.replayed << 1 | event.out_of_order << 2 | event.truncated << 3,
    )


def run_row(events: Events) -> Row:
    """The row of events that came together: what they all have alike is told once."""
    run = events.run
    ids, types, _, _ = run.columns
    kind: str | None = "message" if types is None else types[0]
    if types is not None and types.count(kind) < len(types):
        kind = None
    prefix, first = events.numbered or (None, None)
    return (
        events.n,
        len(run),
        events.t,
        events.connection,
        run.offset,
        _spelled(run.places()).decode(),
        run.beyond,
        kind,
        _spelled(types).decode() if kind is None else None,
        prefix,
        first,
        None if ids is None or first is not None else _spelled(ids).decode(),
        run.last_event_id if ids is None else None,
    )
