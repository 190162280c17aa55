"""Event IDs: present, unique, monotonic."""

from __future__ import annotations

from collections.abc import Sequence

from sse_inspect.check.expectations.base import Seen, expectation, failed, passed, quoted, spans, unknown, warned
from sse_inspect.check.observation import Observation
from sse_inspect.check.result import Measure, Result
from sse_inspect.findings.session import IDS_REUSED
from sse_inspect.present.units import counted
from sse_inspect.records import Diagnosis, Gap

_NONE = "No event came in {0:.0f} s."
FEW = 5
"""IDs that may be too few to show whether they count."""
NEVER_AGAIN = "Never use an ID again for another event; begin IDs with an epoch such as a start time."
_SEND = "Send an id field with every event, such as 'id: 42', counting up over all connections."


@expectation("ids-present")
def present(seen: Seen) -> Result:
    """Every event carries an ID, without which no reconnect can resume."""
    run = seen.run
    if not run.events:
        return unknown(_NONE.format(run.watched), advice="Check while the stream has events.")
    missing = run.count_marked("no-id") + run.count_marked("empty-id")
    measures: dict[str, Measure] = {"events": run.events, "without_id": missing}
    if not missing:
        return passed(f"All of {counted(run.events, 'event')} carry an ID.", measures=measures)
    records = tuple((*run.marked("no-id"), *run.marked("empty-id"))[:3])
    if not run.with_id:
        sentence = (
            f"None of {counted(run.events, 'event')} carries an ID: what is missed in an outage cannot be brought back."
        )
        return failed(sentence, records=records, advice=_SEND, measures=measures)
    sentence = f"{missing:,} of {counted(run.events, 'event')} carry no ID: a loss of these cannot be seen."
    return warned(sentence, records=records, advice=_SEND, measures=measures)


@expectation("ids-unique")
def unique(seen: Seen) -> Result:
    """No ID stands for two events of one connection."""
    run = seen.run
    if not run.with_id:
        return unknown("No event came that carries an ID.")
    repeated = run.count_marked("duplicate")
    restart = next((each for each in run.of(Diagnosis) if each.code in IDS_REUSED), None)
    measures: dict[str, Measure] = {"events_with_id": run.with_id, "repeated": repeated}
    if restart is not None:
        return failed(
            "An ID came again with other data.",
            evidence=(restart.evidence,),
            records=(restart,),
            advice=NEVER_AGAIN,
            measures=measures,
        )
    if repeated:
        first = run.marked("duplicate")[:3]
        which = ", ".join(quoted(each.id or "") for each in first)
        sentence = f"{counted(repeated, 'event')} came twice on one connection: {which}."
        advice = "Send every event once: look for two subscriptions of one connection to the same source."
        return failed(sentence, records=tuple(first), advice=advice, measures=measures)
    return passed(f"{counted(run.with_id, 'ID')}, no two alike.", measures=measures)


@expectation("ids-monotonic")
def monotonic(seen: Seen) -> Result:
    """IDs that can be counted go up, without gaps, so that a resumption can rely on their order."""
    run = seen.run
    if not run.with_id:
        return unknown("No event came that carries an ID.")
    back = run.count_marked("out-of-order")
    gaps = run.of(Gap)
    lost = run.summary.messages_lost if run.summary is not None else 0
    measures: dict[str, Measure] = {"out_of_order": back, "missing": lost}
    if back:
        first = run.marked("out-of-order")[:3]
        which = ", ".join(quoted(each.id or "") for each in first)
        sentence = f"{counted(back, 'ID')} went backwards: {which}."
        advice = (
            "Assign IDs where events are put in order, and send them in that order: a client resumes from the last one."
        )
        return failed(sentence, records=tuple(first), advice=advice, measures=measures)
    if lost:
        sentence = f"{counted(lost, 'ID')} missing though the connection stood: {spans(gaps)}."
        advice = (
            "If IDs are left out on purpose (a filter, numbers shared with other streams), say --ids opaque; else "
            "events are lost before they are sent."
        )
        told = tuple(each.evidence for each in run.of(Diagnosis) if each.code == "ids-jump")
        return failed(sentence, evidence=told[-1:], records=tuple(gaps[:3]), advice=advice, measures=measures)
    if run.summary is None or run.summary.completion_rate is None:
        found = tuple(each for each in run.of(Diagnosis) if each.code == "ids-not-countable")
        why, advice = uncounted(run, found)
        sentence = f"{why}: whether events are missing cannot be known."
        return unknown(
            sentence, evidence=tuple(each.evidence for each in found), records=found, advice=advice, measures=measures
        )
    return passed(f"{counted(run.with_id, 'ID')} in order, none missing.", measures=measures)


def uncounted(run: Observation, found: Sequence[Diagnosis]) -> tuple[str, str]:
    """Why a loss cannot be known from the IDs, and what to do; `found` may say what does not count about them."""
    if found or run.with_id > FEW:
        advice = "Count IDs up by 1 (42, 43 …), or, if they are one sequence, say so with --ids integer."
        return "The IDs cannot be counted", advice
    why = f"Only {counted(run.with_id, 'event')} with an ID came, too few to show that the IDs count"
    return why, "Check while the stream has more events, or, if the IDs count up by 1, say so with --ids integer."
