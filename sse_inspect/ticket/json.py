"""The report as JSON: the names are those of `content`, and change only by being added to."""

from __future__ import annotations

from dataclasses import asdict, replace

from sse_inspect.present.documents.values import timeline_values, to_json
from sse_inspect.ticket.content import Ticket


def written(ticket: Ticket) -> str:
    """The report as a text with a line end at its end."""
    values = asdict(replace(ticket, timeline=None))
    if ticket.timeline is not None:
        values["timeline"] = timeline_values(ticket.timeline)
    return to_json(values)
