"""What a request says of the last event ID (WHATWG 9.2.3): the one function that decides it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sse_inspect.faults import Fault

BENDING = frozenset({"forget-id", "falsify-id"})
"""Names of the faults that change what is sent."""
_NOT_CARRIED = frozenset("\0\r\n\v\f")


@dataclass(frozen=True, slots=True)
class Sent:
    """`header` is the value of the field, `parameter` that of a query parameter; None where there is none."""

    header: str | None = None
    parameter: str | None = None


def sent_last_event_id(last_event_id: str, given: str | None, *, is_set: bool, reconnects: bool) -> Sent:
    """What is sent of `last_event_id`; `given` is the user's own field, which holds until the stream `is_set`.

    A field has no white space around its value and cannot carry every character (RFC 9110, 5.5): an ID of blanks, and
    one with VT or FF in it, is not sent. The parameter is for reconnects, and carries any.
    """
    value = last_event_id if last_event_id or is_set else given or ""
    value = value.strip(" \t")
    return Sent(
        header=value if value and not _NOT_CARRIED.intersection(value) else None,
        parameter=last_event_id if last_event_id and reconnects else None,
    )


def bent(sent: Sent, faults: Iterable[Fault]) -> Sent:
    """What is sent instead while faults are under way; the latest of them has its say, on both ways."""
    for fault in faults:
        match fault.kind.name:
            case "forget-id":
                sent = Sent()
            case "falsify-id":
                sent = Sent(header=fault.text, parameter=fault.text)
    return sent
