"""Signs of life: heartbeats, and stalls that are noticed."""

from __future__ import annotations

from sse_inspect.check.expectations.base import FAIL, PASS, Seen, expectation, failed, judged, passed, unknown
from sse_inspect.check.observation import Observation
from sse_inspect.check.result import Measure, Result
from sse_inspect.faults import parse
from sse_inspect.present.units import counted
from sse_inspect.records import Comment, Disconnect, Fault, Record, Stall

SHOWN_WITHIN = 1.0
"""Seconds within which an outage or a stall must show, from when it could be detected."""
LATE = 1.1
"""Times the limit that a silence may last: a heartbeat sent on time comes a little late."""
HOLDING = frozenset({"stall", "handoff"})
"""Faults that cut nothing: they show as a silence."""
CUTTING = frozenset({"disconnect", "reset", "offline", "off-on", "dns", "status", "slow-start"})
"""Faults that end the connection as they begin."""


@expectation("alive")
def alive(seen: Seen, *, seconds: float | None = None) -> Result:
    """No silence is longer than a heartbeat may be apart; an event is a sign of life as good as a comment."""
    run = seen.run
    limit = seen.limits.max_heartbeat if seconds is None else seconds
    longest = run.byte_silence
    quiet = run.event_silence
    measures: dict[str, Measure] = {
        "longest_silence_seconds": round(longest.length, 3),
        "longest_without_event_seconds": round(quiet.length, 3),
        "comments": run.comments,
        "watched_seconds": round(run.watched, 3),
    }
    comments = tuple(run.of(Comment)[:3])
    evidence = [f"The longest time without an event was {quiet.length:.1f} s."]
    if run.comments:
        apart = f", at most {run.comment_interval:.1f} s apart" if run.comment_interval is not None else ""
        evidence.append(f"{counted(run.comments, 'heartbeat comment')} came{apart}.")
    else:
        evidence.append("No heartbeat comment came: what a pause of the events would look like was not seen.")
    advice = f"Send a comment such as ': heartbeat' every {min(limit, 10.0):g} s while there are no events."
    if longest.length > limit * LATE:
        sentence = f"Not a byte came for {longest.length:.1f} s; at most {limit:g} s are allowed."
        return failed(sentence, evidence=tuple(evidence), records=comments, advice=advice, measures=measures)
    if run.watched < limit and not (run.events + run.comments > 2 and longest.length < run.watched / 3):
        sentence = f"It was watched for {run.watched:.1f} s only: too short to see a silence of {limit:g} s."
        return unknown(
            sentence, evidence=tuple(evidence), records=comments, advice="Check without --fast.", measures=measures
        )
    sentence = (
        f"The longest silence was {longest.length:.1f} s in {run.watched:.0f} s; at most {limit:g} s are allowed."
    )
    return passed(sentence, evidence=tuple(evidence), records=comments, measures=measures)


@expectation("stall-noticed")
def stall_noticed(seen: Seen) -> Result:
    """A connection that is open but silent is noticed in time, and left."""
    run = seen.run
    begun = next((each for each in run.of(Fault) if each.state == "begun"), None)
    if begun is None:
        return unknown(_never(run))
    stall = next((each for each in run.of(Stall) if each.t >= begun.t), None)
    if stall is None:
        return unknown("The connection ended before its silence counted as a stall.", records=(begun,))
    late = stall.silence - run.stall_after
    left = next((each for each in run.of(Disconnect) if each.t >= stall.t), None)
    records: tuple[Record, ...] = (begun, stall) if left is None else (begun, stall, left)
    measures: dict[str, Measure] = {"noticed_after_seconds": round(stall.silence, 3)}
    late_by = max(late, 0.0)
    sentence = (
        f"A silence of {stall.silence:.1f} s was noticed {late_by:.2f} s after the limit of {run.stall_after:g} s."
    )
    verdict = PASS if late <= SHOWN_WITHIN else FAIL
    return judged(verdict, sentence, records=records, measures=measures)


@expectation("no-silent-failure", opened=False)
def no_silent_failure(seen: Seen) -> Result:
    """Every injected fault showed within a second of being detectable, over all runs."""
    injected = 0
    missed: list[str] = []
    records: list[Fault] = []
    for run in seen.runs:
        silent = run.summary.silent_failures if run.summary is not None else 0
        for fault in run.of(Fault):
            if fault.state != "begun":
                continue
            injected += 1
            if not _showed(run, fault):
                silent = max(silent or 0, 1)
                records.append(fault)
        if silent:
            missed.append(f"{run.name}: {counted(silent, 'failure')} showed late or not at all")
    measures: dict[str, Measure] = {"faults": injected, "silent_failures": len(missed)}
    if missed:
        sentence = f"{counted(len(missed), 'run')} had a failure that did not show within {SHOWN_WITHIN:g} s."
        advice = "Check again on a machine that is less busy; if it stays, please report it."
        return failed(sentence, evidence=tuple(missed), records=tuple(records[:5]), advice=advice, measures=measures)
    if not injected:
        return unknown("No fault was injected, so none could show.", measures=measures)
    sentence = f"Each of {counted(injected, 'injected fault')} showed within {SHOWN_WITHIN:g} s of being detectable."
    return passed(sentence, measures=measures)


def _showed(run: Observation, fault: Fault) -> bool:
    name = parse(fault.fault).kind.name
    until = fault.t + SHOWN_WITHIN
    times = [*(each.t for each in run.of(Disconnect)), *(each.t for each in run.of(Stall))]
    shown = [t for t in times if t >= fault.t - SHOWN_WITHIN]
    if name in CUTTING:
        return not run.is_open_at(fault.t) or any(t <= until for t in shown)
    if name in HOLDING and run.stall_after:
        ended = run.ended.t if run.ended is not None else fault.t
        due = fault.t + run.stall_after + SHOWN_WITHIN
        return due > ended or any(t <= due for t in shown)
    return True


def _never(run: Observation) -> str:
    if run.ended is not None and run.outages:
        return f"The stream ended by itself before the fault was due, after {run.watched:.1f} s."
    return "The fault was never due."
