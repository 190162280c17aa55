"""What a result says in words, whatever it is written as."""

from __future__ import annotations

from collections.abc import Iterator

from sse_inspect.analysis.distribution import Distribution
from sse_inspect.load.lateness import Late
from sse_inspect.load.result import Result
from sse_inspect.load.tally import Seen
from sse_inspect.present.units import UNKNOWN, count, counted, seconds, size

STARVED = 0.5
"""The part of its lateness from which on this program says that it was for want of a processor."""
QUANTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))


def times(result: Result) -> list[tuple[str, Distribution]]:
    """What was timed, in the order in which it happens, where anything was."""
    totals, spread = result.totals, result.spread
    named = (
        ("connected", totals.connect),
        ("first byte after that", totals.first_byte),
        ("first event after the start", totals.first_event),
        ("event behind the first client", spread.behind),
        ("event from first to last client", spread.whole),
        ("event since its timestamp", spread.age),
        ("reconnected after an end", totals.reconnect),
        ("this program late", result.late.found),
    )
    return [(name, found) for name, found in named if found.count]


def quantiles(found: Distribution) -> list[str]:
    """Its quantiles, spelled."""
    return [seconds(found.max if q == 1.0 else found.quantile(q)) for _, q in QUANTILES]


def verdict(result: Result) -> str:
    """The outcome in one sentence."""
    if result.hindered:
        return f"Not done: {result.hindered}."
    if not result.connected:
        return f"None of {counted(len(result.clients), 'client')} got the stream."
    if result.is_good:
        return f"All {counted(len(result.clients), 'client')} had their streams to the end{_none_missing(result)}."
    wrong = []
    if result.failed:
        wrong.append(f"{result.failed:,} of {counted(len(result.clients), 'client')} had no stream in the end")
    if result.lost:
        losers = sum(seen.lost > 0 for seen in result.clients)
        wrong.append(f"{counted(result.lost, 'event')} missing in the end, at {counted(losers, 'client')}")
    if result.notes:
        wrong.append("the result is not whole")
    return f"{'; '.join(wrong).capitalize() if not wrong[0][:1].isdigit() else '; '.join(wrong)}."


def _none_missing(result: Result) -> str:
    if not result.events:
        return ", and no event came"
    if all(seen.counted for seen in result.clients if seen.events):
        return ", and no event is missing"
    return "; what the IDs do not tell is whether any event is missing"


def facts(result: Result) -> Iterator[tuple[str, str]]:
    """Names and values, of what is counted."""
    seen, plan = result.clients, result.plan
    whole = f"{count(len(seen))} at {plan.ramp:g} a second, for {seconds(result.duration)}"
    yield "clients", f"{whole}; {count(result.connected)} connected, {count(result.failed)} failed"
    received = sum(each.size for each in seen)
    rates = result.rates
    yield (
        "events",
        f"{count(result.events)}, {size(received)}"
        + (
            f"; a second and client {rates[0]:.4g} at least, {rates[1]:.4g} median, {rates[2]:.4g} at most"
            if rates
            else ""
        ),
    )
    gaps, noticed = sum(each.gaps for each in seen), sum(each.noticed for each in seen)
    filled = sum(each.filled for each in seen)
    yield (
        "gaps",
        f"{count(gaps)}, of {counted(noticed, 'event')}; {count(filled)} came later, {count(result.lost)} lost"
        if noticed or any(each.counted for each in seen)
        else "the IDs tell of none",
    )
    duplicates, disorder = sum(each.duplicates for each in seen), sum(each.out_of_order for each in seen)
    yield "duplicates", f"{count(duplicates)}; {count(disorder)} out of order"
    yield "disconnects", _counts(result.totals.reasons.most_common()) or "none"
    if result.totals.refusals:
        yield "failed attempts", _counts(result.totals.refusals.most_common(6))
    if stalls := sum(each.stalls for each in seen):
        yield "stalls", count(stalls)
    if result.totals.diagnoses:
        yield "findings", _counts(result.totals.diagnoses.most_common())


def _counts(counts: list[tuple[str, int]]) -> str:
    return ", ".join(f"{name} × {number:,}" for name, number in counts)


def fan_out(result: Result) -> str:
    """What the fan-out rests on, in a sentence."""
    spread = result.spread
    if not spread.deliveries:
        return "The events have no IDs by which one could be recognised at another client: their spread is not known."
    text = f"Fan-out: {counted(spread.deliveries, 'delivery', 'deliveries')} of {counted(spread.events, 'event')}"
    if spread.across > 1:
        text += f", in each of {spread.across} processes by itself"
    if result.plan.timestamp is not None:
        path = result.plan.timestamp.text
        if not spread.age.count:
            return f"{text}; no event had a time in {path}."
        if spread.ahead:
            text += f"; {spread.ahead:,} came before their time in {path}: the clocks differ"
    return f"{text}."


def own(result: Result) -> str:
    """How this program kept up, and what it took, in a sentence."""
    late = result.late
    cpu, wall = sum(cost.cpu for cost in result.costs), max((cost.wall for cost in result.costs), default=0.0)
    took = (
        f"{100 * cpu / wall if wall else 0:.0f} % of a processor"
        f"{f' in {len(result.costs)} processes' if len(result.costs) > 1 else ''}, "
        f"{size(sum(cost.memory for cost in result.costs))} of memory"
    )
    if not late.found.count:
        return f"This program took {took}."
    figures = f"{seconds(late.found.quantile(0.99))} (p99), {seconds(late.found.max)} at most"
    if late.was_in_time:
        return (
            f"This program was in time: late by {figures}, for which clients waited, and up to which the times here "
            f"may be its own. It took {took}."
        )
    return (
        f"This program was LATE itself, by {figures}: the times here are its own as much as the server's. "
        f"{_why_late(late)} It took {took}."
    )


def _why_late(late: Late) -> str:
    if late.starved > STARVED:
        return f"For {100 * late.starved:.0f} % of that the machine, busy with other work, gave it no processor."
    return "It was busy all that time: fewer clients, or more --workers where there are processors, would tell more."


def herd(result: Result) -> str:
    """The largest herd, in a sentence."""
    width = result.plan.width
    reconnects = result.totals.herd["reconnecting"]
    if not reconnects:
        return "No client had to reconnect."
    column, most = max(reconnects.items(), key=lambda item: (item[1], -item[0]))
    return (
        f"{counted(reconnects.total(), 'attempt')} to reconnect; the largest herd {most:,} within {width:g} s, "
        f"{seconds(column * width)} after the start."
    )


COLUMNS = ("client", "streams", "events", "lost", "gaps", "duplicates", "disconnects", "connected", "why it ended")


def row(seen: Seen) -> tuple[str, ...]:
    """A client, in these columns."""
    return (
        count(seen.number + 1),
        count(seen.opens),
        count(seen.events),
        count(seen.lost) if seen.counted or seen.noticed else UNKNOWN,
        count(seen.gaps),
        count(seen.duplicates),
        _counts(seen.disconnects.most_common()) or "none",
        seconds(seen.connect),
        seen.ended if seen.without is None else f"no stream for {seconds(seen.without)}",
    )
