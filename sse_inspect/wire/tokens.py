"""What the parser finds in an event stream, in the order of the wire (WHATWG HTML 9.2.5 and 9.2.6).

`offset` and `size` are bytes of the decoded body: `offset` is that of the first byte of the first line after the
previous blank line, comments included; `size` runs to the first byte of the blank line's end. A byte order mark counts
as a byte of the body and belongs to no event: the first one begins behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple


class EventToken(NamedTuple):
    """A dispatched event; `id` is the field of its own block, or None."""

    event: str
    data: str
    id: str | None
    last_event_id: str
    offset: int
    size: int
    truncated: bool


@dataclass(slots=True)
class IdToken:
    """A block that set the last event ID string and dispatched nothing, having no data."""

    id: str
    offset: int


@dataclass(slots=True)
class CommentToken:
    """A comment line, without its colon and one leading space."""

    text: str
    offset: int


@dataclass(slots=True)
class RetryToken:
    """A valid `retry` field, in milliseconds."""

    reconnection_time: int
    offset: int


@dataclass(slots=True)
class CutToken:
    """Something was longer than the limit: `what` was cut or dropped. An event's data is told by `truncated`."""

    what: Literal["comment", "event type", "id", "line"]
    offset: int


Token = EventToken | IdToken | CommentToken | RetryToken | CutToken
