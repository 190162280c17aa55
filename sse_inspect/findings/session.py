"""What the session itself finds while it reads."""

from __future__ import annotations

from sse_inspect.findings.base import Finding

IDS_REUSED = frozenset({"id-restart", "id-constant"})
"""Codes that say that an ID stands for several events."""
SESSION = (
    Finding(
        "ids-not-countable",
        "info",
        "Gaps cannot be known from these event IDs",
        "If the IDs are one contiguous sequence, say so with --ids integer; otherwise number events per stream.",
    ),
    Finding(
        "no-ids",
        "info",
        "The events carry no ID: loss cannot be seen and a reconnect cannot resume",
        "Send an id field with every event.",
    ),
    Finding(
        "id-restart",
        "warning",
        "The event IDs have begun again",
        "Keep IDs increasing over restarts of the server, or begin them with an epoch such as a start time.",
    ),
    Finding(
        "id-constant",
        "warning",
        "All events have the same ID",
        "Give each event an ID of its own: with one for all a reconnect cannot resume, and loss cannot be seen.",
    ),
    Finding(
        "event-too-long",
        "warning",
        "An event was longer than the limit and has been cut",
        "Raise --max-event-bytes, or send smaller events.",
    ),
    Finding(
        "field-too-long",
        "warning",
        "A line, comment, event type or ID was longer than the limit and has been cut or dropped",
        "Raise --max-event-bytes, or look for a missing line end in the stream.",
    ),
    Finding(
        "records-dropped",
        "error",
        "Older records could not be kept",
        "Free space in the folder for temporary files (TMPDIR).",
    ),
)
