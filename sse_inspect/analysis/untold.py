"""Takes out of records what their source does not tell: what is left out is None, and nothing else is changed.

Whoever counts, keeps, shows or exports records comes after this, so that none of them has to ask again.
"""

from __future__ import annotations

from dataclasses import replace

from sse_inspect.records import Connecting, Disconnect, End, Open, Origin, Record, Recovered, Session, Summary
from sse_inspect.unknown import words_of


def as_told(record: Record, origin: Origin) -> Record:
    """The record without what `origin` does not know."""
    match record:
        case Session():
            method = record.method if origin.has_request else ""
            return replace(record, method=method, unknown=words_of(origin.unknown))
        case Connecting() if not origin.has_sent_ids:
            return replace(record, last_event_id=None)
        case Open() if not origin.has_heads:
            return replace(record, status=None, http_version="", headers={})
        case Disconnect() if origin.time_of(record) is None or not origin.has_openings:
            return replace(record, duration=None)
        case Recovered():
            return replace(
                record,
                outage=record.outage if origin.has_silences and origin.has_openings else None,
                reconnect=record.reconnect if origin.has_ends and origin.has_openings else None,
            )
        case End(reason="completed" | "max-retries") if not origin.has_reasons:
            # Nobody reconnected while it was read: that says nothing about who was connected then.
            return replace(record, reason="unknown", detail="nothing tells what came next")
        case Summary():
            return summary_as_told(record, origin)
    return record


def summary_as_told(summary: Summary, origin: Origin) -> Summary:
    """The summary without what `origin` does not know."""
    return replace(
        summary,
        duration=summary.duration if origin.has_ends else None,
        stalls=summary.stalls if origin.has_silences else dict.fromkeys(summary.stalls),
        silent_failures=summary.silent_failures if origin.has_alarms else None,
        comments=summary.comments if origin.has_comments else None,
    )
