"""Outages: whether and how soon the stream is back, and what a bad line does to it."""

from __future__ import annotations

from sse_inspect.analysis.distribution import Distribution
from sse_inspect.check.expectations.base import (
    Seen,
    expectation,
    failed,
    not_begun,
    passed,
    unknown,
    warned,
)
from sse_inspect.check.observation import Observation
from sse_inspect.check.result import Measure, Result
from sse_inspect.present.units import counted
from sse_inspect.records import Backoff, Disconnect, Fault, Open, Record, Retry

LONG_RETRY = 30_000
"""Milliseconds from which on a reconnection time keeps clients away for long."""
EARLY = 0.01
"""Seconds that a clock may be off."""


@expectation("reconnects")
def reconnects(seen: Seen, *, seconds: float | None = None) -> Result:
    """After every outage the stream is open again, soon after the network is."""
    run = seen.run
    if (early := not_begun(seen)) is not None:
        return early
    limit = seen.limits.max_reconnect_p95 if seconds is None else seconds
    outages = run.outages
    if not outages:
        return unknown("No connection ended, so none had to be made again.", records=tuple(run.of(Fault)[:2]))
    took = Distribution()
    is_later = False
    records: list[Record] = []
    for outage in outages:
        reopened = run.reopened(outage)
        if reopened is None:
            return _never_again(run, outage, limit)
        possible = _possible_from(run, outage, reopened)
        is_later |= possible > outage.t
        took.add(reopened.t - possible)
        records += [outage, reopened]
    p95 = took.quantile(0.95) or 0.0
    measures: dict[str, Measure] = {
        "outages": len(outages),
        "reconnect_p95_seconds": round(p95, 3),
        "reconnect_max_seconds": round(took.max, 3),
    }
    retries = [each.reconnection_time for each in run.of(Retry)]
    evidence = [f"The server's retry field asks clients to wait {retries[-1]:,} ms."] if retries else []
    times = counted(len(outages), "outage") + _meanwhile(run, outages)
    if p95 >= limit:
        tries = [each for each in run.of(Disconnect) if each.reason in ("status", "timeout", "protocol")]
        advice = (
            "Accept connections while others of the same client are still closing, and ask for a shorter wait by retry."
        )
        evidence += dict.fromkeys(f"An attempt failed: {each.detail}." for each in tries[:3])
        sentence = (
            f"After {times} it took up to {took.max:.2f} s (p95 {p95:.2f} s) to be open again; below {limit:g} s is "
            "expected."
        )
        return failed(sentence, evidence=evidence, records=tuple(records[:6]), advice=advice, measures=measures)
    since = ", counted from when the fault was over" if is_later else ""
    sentence = f"Open again {p95:.2f} s (p95) after {times}{since}; below {limit:g} s is expected."
    return passed(sentence, evidence=evidence, records=tuple(records[:6]), measures=measures)


def _possible_from(run: Observation, outage: Disconnect, reopened: Open) -> float:
    """When a reconnect could succeed: once the network is back, and nobody waits because the fault asks for it."""
    ends = [each.t for each in run.of(Fault) if each.state == "ended" and outage.t <= each.t <= reopened.t]
    return max(outage.t, *ends) if ends else outage.t


def _meanwhile(run: Observation, outages: list[Disconnect]) -> str:
    """Why there may be fewer outages than the fault had cuts: an attempt that meets one of them begins no other."""
    attempts = {attempt.connection for outage in outages for attempt in run.attempts_after(outage)}
    cut = sum(
        end.reason == "forced" and end not in outages and end.connection in attempts for end in run.of(Disconnect)
    )
    return f" in which {counted(cut, 'attempt')} met the fault again" if cut else ""


def _never_again(run: Observation, outage: Disconnect, limit: float) -> Result:
    attempts = run.attempts_after(outage)
    tries = [each for each in run.of(Disconnect) if each.connection > outage.connection]
    waits = [each for each in run.of(Backoff) if each.connection >= outage.connection]
    records: tuple[Record, ...] = (outage, *tries[:3])
    if tries:
        sentence = f"It did not open again after {counted(len(attempts), 'attempt')}: {tries[-1].detail}."
        return failed(sentence, records=records, advice="Accept a client that comes back at once.")
    if run.ended is not None and run.ended.reason == "no-content":
        sentence = "The reconnect was answered with 204: the stream is over for this client."
        return failed(sentence, records=records, advice="Answer 204 only when the stream is complete.")
    if waits and waits[-1].source != "exponential" and waits[-1].delay >= limit:
        wait = waits[-1]
        sentence = (
            f"The server asks clients to wait before they reconnect, this time {wait.delay:.1f} s ({wait.source}), and "
            f"below {limit:g} s is expected; the run was over before that."
        )
        return failed(sentence, records=(outage, wait), advice="Ask for a shorter wait by retry.")
    asked = f" ({waits[-1].delay:.1f} s, {waits[-1].source})" if waits else ""
    sentence = f"The time allowed was over before the wait for the next attempt was{asked}."
    return unknown(sentence, records=(outage, *waits[-1:]), advice="Ask for a shorter wait by retry.")


@expectation("undisturbed")
def undisturbed(seen: Seen) -> Result:
    """A line that is slow or loses packets delays events, but ends nothing."""
    run = seen.run
    if (early := not_begun(seen)) is not None:
        return early
    begun = next((each for each in run.of(Fault) if each.state == "begun"), None)
    outages = run.outages
    measures: dict[str, Measure] = {"events": run.events, "disconnects": len(outages)}
    records: tuple[Record, ...] = (*((begun,) if begun else ()), *outages[:2])
    if outages:
        first = outages[0]
        if first.verdict == "finished":
            return passed(f"The stream came to its end: {first.meaning}", records=records, measures=measures)
        if alike := _ends_by_itself(seen, first):
            sentence = (
                f"The stream ended by itself ({first.reason}), as it also did in the run {alike}: what such a line "
                "does to it cannot be known."
            )
            advice = "Check while the stream has events, and where it lasts longer."
            return unknown(sentence, records=records, advice=advice, measures=measures)
        after = first.t - (begun.t if begun else 0.0)
        sentence = f"The connection ended ({first.reason}: {first.detail}) after {after:.1f} s on such a line."
        advice = "Let the server wait longer for a client that reads slowly, and hold what it has not read yet."
        return failed(sentence, records=records, advice=advice, measures=measures)
    came = sum(row.t > begun.t for row in run.last_rows) if begun else run.events
    if not run.events:
        return unknown(
            f"No event came in {run.watched:.0f} s.",
            records=records,
            advice="Check while the stream has events.",
            measures=measures,
        )
    if begun and run.with_id and not came:
        sentence = "No event came while the line was bad."
        return unknown(sentence, records=records, measures=measures)
    return passed(f"The connection stood, and {counted(run.events, 'event')} came.", records=records, measures=measures)


def _ends_by_itself(seen: Seen, end: Disconnect) -> str:
    """The run without a fault in which the stream ended in the same way; empty where it did in none."""
    others = (run for run in seen.runs if run is not seen.run and not run.faults)
    alike = (run.name for run in others if any(each.reason == end.reason for each in run.outages))
    return next(alike, "")


@expectation("half-event-dropped")
def half_event_dropped(seen: Seen) -> Result:
    """An event that was cut in half is not delivered in half, and comes whole after the reconnect."""
    run = seen.run
    if (early := not_begun(seen)) is not None:
        return early
    cut = next((each for each in run.outages if each.partial), None)
    if cut is None:
        return _nothing_cut(run)
    measures: dict[str, Measure] = {"dropped_bytes": cut.partial}
    reopened = run.reopened(cut)
    if reopened is None:
        return unknown("It did not open again.", records=(cut,), measures=measures)
    sentence = f"{cut.partial:,} bytes of an event were cut off and dropped; none of it was delivered."
    return passed(sentence, records=(cut, reopened), measures=measures)


def _nothing_cut(run: Observation) -> Result:
    """Why no bytes of an event were dropped."""
    records, advice = tuple(run.outages[:1]), "Check while the stream has events."
    if not any(each.reason == "forced" for each in run.outages):
        return unknown("No event was cut in half: nothing came that could be.", records=records, advice=advice)
    sentence = "The cut left no part of an event behind"
    if run.opened is not None and run.opened.http_version == "2":
        sentence += ": of a frame of HTTP/2 that did not come whole, nothing is delivered"
        advice = "Check it over HTTP/1.1 too, where half of what is sent arrives."
    return unknown(f"{sentence}.", records=records, advice=advice)


@expectation("retry-kept")
def retry_kept(seen: Seen) -> Result:
    """The reconnection time that the server asks for is kept."""
    run = seen.run
    retries = run.of(Retry)
    if not retries:
        return passed("The server sends no retry field: clients wait as long as they see fit.")
    asked = retries[-1].reconnection_time
    measures: dict[str, Measure] = {"retry_seconds": asked / 1000}
    records: tuple[Record, ...] = (retries[-1],)
    for outage in run.outages:
        known = [each for each in retries if each.t <= outage.t]
        attempts = run.attempts_after(outage)
        if not known or not attempts:
            continue
        waited = attempts[0].t - outage.t
        wanted = known[-1].reconnection_time / 1000
        measures["waited_seconds"] = round(waited, 3)
        records = (known[-1], outage, attempts[0])
        if waited < wanted - EARLY:
            sentence = f"The server asked for {wanted:g} s, but the reconnect came after {waited:.2f} s."
            return failed(
                sentence,
                records=records,
                advice="This is a mistake of this program's: please report it.",
                measures=measures,
            )
    if asked > LONG_RETRY:
        sentence = (
            f"The server asks clients to wait {asked / 1000:g} s before they reconnect: events are missed as long."
        )
        return warned(
            sentence, records=records, advice="Send a retry of a few thousand milliseconds.", measures=measures
        )
    if asked < 100:
        sentence = f"The server asks clients to reconnect after {asked} ms: all of them at once when it restarts."
        return warned(
            sentence, records=records, advice="Send a retry of a few thousand milliseconds.", measures=measures
        )
    if "waited_seconds" not in measures:
        sentence = f"The server asks for {asked / 1000:g} s, but there was no reconnect that could show it."
        return unknown(sentence, records=records, measures=measures)
    sentence = f"The server asks for {asked / 1000:g} s; the reconnect came after {measures['waited_seconds']} s."
    return passed(sentence, records=records, measures=measures)
