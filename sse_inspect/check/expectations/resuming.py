"""Continuing behind an event that was seen: by the header Last-Event-ID, or by a query parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sse_inspect.check.expectations.base import (
    FAIL,
    WARNING,
    Seen,
    expectation,
    judged,
    passed,
    quoted,
    unknown,
    warned,
)
from sse_inspect.check.observation import Observation, Resumption, Row
from sse_inspect.check.result import Measure, Result
from sse_inspect.present.units import counted
from sse_inspect.records import Disconnect, Record

_WAYS = {
    "header": "Last-Event-ID",
    "parameter": "a query parameter",
}
_ADVICE = {
    "header": "Read the request header Last-Event-ID and send first, in order, all events with a later ID.",
    "parameter": "If clients that cannot send headers should resume, read the ID from the query as well "
    "(?last_event_id=…); the header wins where both are sent.",
}


@expectation("resumes", opened=False)
def resumes(seen: Seen, *, unsupported: Literal["fail", "warning"] = "fail") -> Result:
    """Exactly the events that followed come first, in order."""
    run = seen.run
    asked = run.resumption
    if asked is None:
        return unknown("This run continued no other one: there is nothing to compare.")
    verdict = FAIL if unsupported == "fail" else WARNING
    advice = _ADVICE[asked.how]
    way = f"{_WAYS[asked.how]} {quoted(asked.last_event_id)}"
    if run.opened is None:
        records: tuple[Record, ...] = tuple(run.of(Disconnect)[-1:])
        return judged(verdict, f"A request that sends {way} is refused: {run.why_not}.", records=records, advice=advice)
    came = [row for row in run.first_rows if row.connection == run.opened.connection]
    measures: dict[str, Measure] = {"expected": len(asked.expected), "came": len(came)}
    if not came:
        followed = counted(len(asked.expected), "event")
        sentence = (
            f"Asked with {way}, no event with an ID came in {run.watched:.1f} s; {followed} had followed that one."
        )
        return judged(verdict, sentence, records=(run.opened,), advice=advice, measures=measures)
    fault, sentence = _compared(asked, came, way)
    if not fault:
        return passed(sentence, records=(run.opened,), measures=measures)
    if fault == "overlap":
        return warned(
            sentence,
            records=(run.opened,),
            advice="Begin behind the event the ID names, not with it.",
            measures=measures,
        )
    if fault == "short":
        advice = "Hold more events for replay: as many as come in the longest outage that clients should survive."
    elif fault == "full":
        advice = f"Do not begin from the start. {advice}"
    return judged(verdict, sentence, records=(run.opened,), advice=advice, measures=measures)


def nothing_to_resume(before: Observation) -> str:
    """Why `resumption` found no event to continue behind."""
    if not before.with_id:
        what = "no event with an ID came" if before.events else "no event came"
        return f"There is nothing to resume from: {what}."
    return f"There is nothing to resume: only {counted(before.with_id, 'event')} with an ID came before."


def _compared(asked: Resumption, came: Sequence[Row], way: str) -> tuple[str, str]:
    """What is wrong, as a word and a sentence; the word is empty where nothing is."""
    keys = [_key(row) for row in came]
    before, wanted = ([_key(row) for row in rows] for rows in (asked.before, asked.expected))
    begins = f"it begins with {quoted(came[0].id)}"
    count = counted(len(wanted), "event")
    early = _early(keys, before, wanted)
    known = {(row.id, row.event) for row in (*asked.before, *asked.expected)}
    story = {*before, *wanted}
    other = next((row for row in came if (row.id, row.event) in known and _key(row) not in story), None)
    if other is not None:
        return "other", f"IDs that had been used come again with other data: {quoted(other.id)}; {begins}."
    if early is not None and early > 0:
        fault = "full" if early >= len(before) else "overlap"
        return fault, f"What had followed comes only behind {counted(early, 'event')} from before; {begins}."
    if early == 0 and len(keys) < len(wanted):
        return "part", f"Of {count} that had followed, only the first {len(keys):,} came."
    if early == 0:
        return "", f"Asked with {way}, exactly the {count} that had followed came first, in order."
    if early is not None:
        gone = "event" if early == -1 else counted(-early, "event")
        why = "It begins too late, as a history that is too short does"
        return "short", f"{why}: the first {gone} of {len(wanted):,} that had followed did not come."
    if set(keys).isdisjoint(wanted):
        why = "it is ignored, or the history is too short for even a moment"
        return "ignored", f"With {way}, none of {count} that had followed came: {why}; {begins}."
    return "order", f"What had followed comes out of order, or not all of it; {begins}."


Key = tuple[str, int]


def _key(row: Row) -> Key:
    return row.id, row.digest


def _early(keys: list[Key], before: list[Key], wanted: list[Key]) -> int | None:
    """How many events too early it begins, below 0 too late; None where it is no stretch of what had been seen."""
    story = before + wanted
    if keys[0] in story:
        place = story.index(keys[0])
        return len(before) - place if keys[: len(story) - place] == story[place : place + len(keys)] else None
    if wanted[0] not in keys:
        return None
    place = keys.index(wanted[0])  # it begins before all that had been seen
    return place if keys[place : place + len(wanted)] == wanted[: len(keys) - place] else None


def resumption(before: Observation, how: str) -> Resumption | None:
    """From where to resume: behind an event with enough others after it; None where there is no such event."""
    rows = list(before.last_rows)
    if len(rows) < 2:
        return None
    followed = max(1, min(20, len(rows) // 2))
    place = len(rows) - followed - 1
    if len({row.id for row in rows[place:]}) <= 1:
        return None
    return Resumption(how, rows[place].id, tuple(rows[: place + 1]), tuple(rows[place + 1 :]))
