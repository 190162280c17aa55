"""What an outage costs: events that are lost, and events that come twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import groupby

from sse_inspect.check.expectations.base import (
    FAIL,
    WARNING,
    Seen,
    expectation,
    failed,
    judged,
    not_begun,
    passed,
    quoted,
    spans,
    unknown,
    warned,
)
from sse_inspect.check.expectations.ids import NEVER_AGAIN, uncounted
from sse_inspect.check.observation import Observation, Row
from sse_inspect.check.result import Measure, Result
from sse_inspect.findings.session import IDS_REUSED
from sse_inspect.present.units import counted, percent
from sse_inspect.records import Diagnosis, Disconnect, Gap, GapFilled, Recovered

FEW = 3
"""Events from which on a repetition of all of them is no mere overlap."""
RESUME = "Read the request header Last-Event-ID and send first, in order, all events with a later ID."
DROPPED = (
    "Look at what the server, or the broker behind it, drops by itself, as for a reader that is slow: resuming has no "
    "part in it. If IDs are left out on purpose, say --ids opaque."
)


@expectation("nothing-lost")
def nothing_lost(seen: Seen) -> Result:
    """Every ID that there is arrived in the end."""
    run = seen.run
    if (early := not_begun(seen)) is not None:
        return early
    summary = run.summary
    if not run.events or summary is None:
        return unknown(
            f"No event came in {run.watched:.0f} s: a loss could not be seen.",
            advice="Check while the stream has events.",
        )
    if not run.with_id:
        sentence = f"{counted(run.events, 'event')} came, none with an ID: whether any was lost cannot be known."
        return unknown(sentence, records=tuple(run.marked("no-id")[:1]), advice="Send an id field with every event.")
    restart = next((each for each in run.of(Diagnosis) if each.code in IDS_REUSED), None)
    if restart is not None:
        sentence = "After the outage the IDs began again with other data: whether anything was lost cannot be known."
        return unknown(sentence, evidence=(restart.evidence,), records=(restart,), advice=RESUME)
    rate, lost = summary.completion_rate, summary.messages_lost
    measures: dict[str, Measure] = {"completion_rate": rate, "lost": lost, "events": run.events}
    if rate is None:
        found = tuple(each for each in run.of(Diagnosis) if each.code == "ids-not-countable")
        why, advice = uncounted(run, found)
        sentence = f"{why}: whether an event was lost cannot be known."
        return unknown(
            sentence, evidence=tuple(each.evidence for each in found), records=found, advice=advice, measures=measures
        )
    replayed = sum(each.replayed for each in run.of(Recovered))
    brought = (f"{counted(replayed, 'event')} came by replay.",) if replayed else ()
    if lost:
        verdict = WARNING if rate >= seen.limits.min_completion else FAIL
        gaps = _left_open(run)
        standing = [gap for gap in gaps if _stood(run, gap)]
        whole = len(standing) == len(gaps)
        how = ", missing though the connection stood" if standing and whole else ""
        share = f"{counted(lost, 'event')} lost of {summary.received + lost:,} ({percent(rate)} arrived)"
        if standing and not whole:
            brought = (*brought, f"Missing though the connection stood: {spans(standing)}.")
        advice = " ".join(([] if standing and whole else [RESUME]) + ([DROPPED] if standing else []))
        return judged(
            verdict,
            f"{share}{how}: {spans(gaps)}.",
            evidence=brought,
            records=gaps[:3],
            advice=advice,
            measures=measures,
        )
    outages = run.outages
    if outages and not _delivered_after(run, outages[-1]):
        sentence = "No event came after the last outage: what was lost in it cannot be known."
        return unknown(
            sentence,
            evidence=brought,
            records=tuple(outages[-1:]),
            advice="Check while the stream has events.",
            measures=measures,
        )
    sentence = f"All of {counted(summary.received, 'event')} arrived, none missing."
    return passed(sentence, evidence=brought, records=tuple(run.of(Recovered)[:3]), measures=measures)


def _left_open(run: Observation) -> list[Gap]:
    """The gaps that were not filled to their end."""
    closed = [each for each in run.of(GapFilled) if not each.remaining]
    return [
        gap
        for gap in run.of(Gap)
        if not any(each.prefix == gap.prefix and gap.first <= each.first and each.last <= gap.last for each in closed)
    ]


def _stood(run: Observation, gap: Gap) -> bool:
    """Whether the IDs went missing on a connection that had nothing to bring back, or had done so."""
    is_first = run.opened is not None and gap.connection == run.opened.connection
    return is_first or any(each.connection == gap.connection and each.t < gap.t for each in run.of(Recovered))


def _delivered_after(run: Observation, outage: Disconnect) -> bool:
    last = run.last_rows[-1] if run.last_rows else None
    return last is not None and last.connection > outage.connection


@expectation("nothing-twice")
def nothing_twice(seen: Seen) -> Result:
    """What had arrived before an outage does not come again, and its IDs do not stand for other events."""
    run = seen.run
    if (early := not_begun(seen)) is not None:
        return early
    if not run.with_id or run.summary is None:
        what = f"{counted(run.events, 'event')} came, none with an ID" if run.events else "No event came"
        return unknown(f"{what}: whether one came twice cannot be known.")
    delivered = run.summary.duplicates["delivered"]
    again = run.count_marked("repeated-on-reconnect")
    measures: dict[str, Measure] = {"received_again": again, "delivered_twice": delivered}
    records = tuple(run.marked("repeated-on-reconnect")[:3])
    if delivered:
        sentence = f"{counted(delivered, 'event')} passed on twice as new."
        return failed(
            sentence,
            records=records,
            advice="This is a mistake of this program's: please report it.",
            measures=measures,
        )
    if reused := _reused(run, lambda row: (row.id, row.event)):
        sentence = (
            f"{counted(len(reused), 'event')} came after the reconnect with the ID of another one: {_named(reused)}; a "
            "client that keeps IDs drops what is new."
        )
        return failed(
            sentence, records=records, advice=NEVER_AGAIN, measures={**measures, "ids_used_again": len(reused)}
        )
    if not again:
        if retyped := _reused(run, lambda row: row.id):
            sentence = (
                f"{counted(len(retyped), 'event')} came after the reconnect with the ID of one of another type: "
                f"{_named(retyped)}; a client that keeps IDs may drop what is new."
            )
            return warned(sentence, advice="Leave the id field out of a snapshot.", measures=measures)
        return passed("Nothing came twice.", measures=measures)
    sentence = (
        f"{counted(again, 'event')} came again after the reconnect; a client that keeps no IDs handles "
        f"{'it' if again == 1 else 'them'} twice."
    )
    advice = "Begin behind the event that Last-Event-ID names."
    verdict = FAIL if _all_again(run) else WARNING
    if verdict is FAIL:
        sentence = (
            f"Everything came again after the reconnect ({counted(again, 'event')}): Last-Event-ID is not looked at."
        )
    return judged(verdict, sentence, records=records, advice=advice, measures=measures)


def _reused(run: Observation, key: Callable[[Row], Hashable]) -> list[Row]:
    """The events whose key stood for other data on an earlier connection."""
    known: dict[Hashable, dict[int, int]] = {}
    found = []
    for row in run.rows:
        digests = known.setdefault(key(row), {})
        first = next(iter(digests.values()), row.connection)
        if row.digest not in digests and first < row.connection:
            found.append(row)
        digests.setdefault(row.digest, row.connection)
    return found


def _all_again(run: Observation) -> bool:
    """Whether a connection brought all that had been seen before it, or began where the run had begun."""
    rows = run.rows
    known: set[tuple[str, int]] = set()
    for _, group in groupby(rows, key=lambda row: row.connection):
        came = [(row.id, row.digest) for row in group]
        if len(known) >= FEW and (known.issubset(came) or came[0] == (rows[0].id, rows[0].digest)):
            return True
        known.update(came)
    return False


def _named(rows: list[Row]) -> str:
    return ", ".join(quoted(row.id) for row in rows[:3]) + (" …" if len(rows) > 3 else "")
