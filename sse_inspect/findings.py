"""The catalogue of diagnosis codes: what each means and what to do about it.

A code never changes its meaning. `records.Diagnosis` carries a code of this table; whoever recognises a fault
brings the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

from sse_inspect.records import Diagnosis, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnosis code."""

    code: str
    severity: Severity
    title: str
    fix: str


CODES: dict[str, Finding] = {
    finding.code: finding
    for finding in (
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
}


def diagnosis(code: str, evidence: str, t: float, connection: int) -> Diagnosis:
    """The record that says `code` was recognised, with its evidence."""
    finding = CODES[code]
    return Diagnosis(t, connection, code, finding.severity, finding.title, evidence, finding.fix)
