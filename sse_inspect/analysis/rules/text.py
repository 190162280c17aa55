"""The text of the stream: what `lint` noticed, and data that never becomes an event."""

from __future__ import annotations

from collections.abc import Callable

from sse_inspect.analysis.evidence import Evidence
from sse_inspect.analysis.lint import RULES as NOTICED
from sse_inspect.analysis.rules.base import CERTAIN, Rule, Suspicion, sure
from sse_inspect.unknown import Unknown

LINES = 3
"""Lines of data without a complete event from which on the blank line is missed."""
PATIENCE = 10.0
LONGEST_RETRY = 3_600_000
"""Milliseconds; a client that obeys a longer `retry` has in effect gone for good."""
_STRAYS = ("unknown-field", "no-colon")
"""What has more than one likely cause."""
_OUTDONE_BY = {**dict.fromkeys(_STRAYS, ("heartbeat-in-data",)), "unfinished": ("cut-inside-event", "length-wrong")}


def _noticed(code: str) -> Callable[[Evidence], Suspicion | None]:
    certainty = 0.7 if code in (*_STRAYS, "unfinished") else CERTAIN

    def predicate(evidence: Evidence) -> Suspicion | None:
        if not evidence.lint.count(code):
            return None
        issue = next(each for each in evidence.lint.issues() if each.code == code)
        times = "once" if issue.count == 1 else f"{issue.count:,} times"
        example = f": {issue.example}" if issue.example else ""
        return Suspicion(
            certainty,
            f"Seen {times}, first at byte {issue.offset:,} of the {_ordinal(issue.connection)} response{example}.",
        )

    return predicate


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")


def incomplete(evidence: Evidence) -> Suspicion | None:
    """Lines of data, at the end or for long, and never an event."""
    found = [
        each
        for each in evidence.connections
        if not each.events
        and not each.spoiled
        and each.data_lines >= LINES
        and each.first_byte is not None
        and (each.partial if each.ended is not None else evidence.now - each.first_byte >= PATIENCE)
    ]
    if not found or evidence.events:
        return None
    return Suspicion(
        sure(0.5 + 0.1 * len(found), (found[-1].data_lines >= 10, 0.2), most=0.9),
        f"{found[-1].data_lines:,} lines of data and {found[-1].bytes:,} bytes came on connection {found[-1].ordinal}, "
        f"but no event was complete.",
    )


def retry_too_long(evidence: Evidence) -> Suspicion | None:
    """The server sends clients away for more than an hour."""
    asked = evidence.longest_retry
    if asked <= LONGEST_RETRY:
        return None
    return Suspicion(CERTAIN, f"A retry field asks clients to wait {asked / 1000:,.0f} s before they reconnect.")


TEXT = (
    *(
        Rule(
            code,
            _noticed(code),
            frozenset({Unknown.BYTES}),
            live=True,
            yields_to=_OUTDONE_BY.get(code, ()),
        )
        for code in NOTICED
    ),
    Rule("blank-line-missing", incomplete, frozenset({Unknown.BYTES}), live=True),
    Rule("retry-too-long", retry_too_long, frozenset({Unknown.RETRIES}), live=True),
)
