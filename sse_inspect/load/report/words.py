"""What a result says in words, whatever it is written as."""

from __future__ import annotations

from collections.abc import Iterator

from sse_inspect.analysis.distribution import Distribution
from sse_inspect.load.lateness import TOLERABLE, Late
from sse_inspect.load.result import Result
from sse_inspect.load.tally import Seen
from sse_inspect.present.styles import StyleName
from sse_inspect.present.units import UNKNOWN, count, counted, seconds, size

CAUSES = 3
"""Causes that the verdict names."""
STARVED = 0.5
"""The part of its lateness from which on this program says that it was for want of a processor."""
REFUSALS = 6
"""Kinds of failed attempts that are named, the most frequent ones."""
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


def mark(result: Result) -> tuple[str, StyleName, str]:
    """What stands before the verdict: a sign, its style, and the same in words."""
    if not result.is_good:
        return "✖", "bad", "not all well"
    return ("✔", "good", "done") if result.is_smooth else ("!", "warn", "done, with incidents")


def verdict(result: Result) -> str:
    """The outcome in one sentence."""
    if result.hindered:
        return f"Not done: {result.hindered.removesuffix('.')}."
    if not result.connected:
        return f"None of {counted(len(result.clients), 'client')} got the stream."
    if result.is_good:
        everybody = counted(len(result.clients), "client")
        ends, silence = incidents(result)
        if not ends:
            whole = f"All {everybody} had their streams to the end"
        elif result.returning:
            whole = f"{ends}: none of {everybody} was without its stream for too long"
        else:
            whole = f"{ends}: all {everybody} had their streams in the end"
        return f"{whole}{_none_missing(result)}{f'; but {silence}' if silence else ''}."
    wrong = []
    if result.failed:
        wrong.append(f"{result.failed:,} of {counted(len(result.clients), 'client')} had no stream in the end")
    if result.lost:
        losers = sum(seen.lost > 0 for seen in result.clients)
        wrong.append(f"{counted(result.lost, 'event')} missing in the end, at {counted(losers, 'client')}")
    if result.notes:
        more = len(result.causes) - CAUSES
        causes = [*result.causes[:CAUSES], *([f"and {more:,} more"] if more > 0 else [])]
        wrong.append(": ".join(("the result is not whole", *(["; ".join(causes)] if causes else []))))
    text = "; ".join((*wrong, *filter(None, incidents(result))))
    return f"{text[0].upper()}{text[1:]}."


def incidents(result: Result) -> tuple[str, str]:
    """What came of the streams that ended or stalled, and who heard nothing in the end; "" where there is nothing."""
    return _ends(result), _silence(result)


def _ends(result: Result) -> str:
    reasons = result.totals.reasons
    total, told = reasons.total(), []
    if total:
        back = sum(max(0, seen.opens - 1) for seen in result.clients)
        finished = sum(seen.finished and bool(seen.disconnects) for seen in result.clients)
        after = [
            text
            for number, text in (
                (back, "all recovered" if back == total else f"{back:,} recovered"),
                (finished, f"{finished:,} for good, as the server said"),
                (result.returning, f"{counted(result.returning, 'client')} still on the way back"),
            )
            if number > 0
        ]
        told.append(f"{counted(total, 'disconnect')} ({_counts(reasons.most_common())}), {', '.join(after)}")
    if (stalls := result.stalls - reasons["stall"]) > 0:
        told.append(f"{counted(stalls, 'stall')} that ended no stream")
    return "; ".join(told)


def _silence(result: Result) -> str:
    silent = result.silent
    if not silent:
        return ""
    least = min(seen.final_silence or 0.0 for seen in silent)
    who = "no client" if len(silent) == len(result.clients) else f"{len(silent):,} of {len(result.clients):,} clients"
    told = "got a byte" if len(silent) == len(result.clients) else "got no byte"
    limit = result.stall_after
    stalls = f"a stall is told from {limit:g} s on" if limit else "no silence is told as a stall"
    return f"{who} {told} in the last {seconds(least)} ({stalls}: {result.prefix}stall-after)"


def _none_missing(result: Result) -> str:
    if not result.events:
        received = sum(seen.size for seen in result.clients)
        return f", but no event came: {size(received)} did without a whole one" if received else ", and no event came"
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
        else "the IDs tell of none"
        if result.events
        else "no event came",
    )
    duplicates, disorder = sum(each.duplicates for each in seen), sum(each.out_of_order for each in seen)
    yield "duplicates", f"{count(duplicates)}; {count(disorder)} out of order"
    yield "disconnects", _counts(result.totals.reasons.most_common()) or "none"
    if result.totals.refusals:
        more = len(result.totals.refusals) - REFUSALS
        told = _counts(result.totals.refusals.most_common(REFUSALS))
        yield "failed attempts", told + (f", and {counted(more, 'other kind')}" if more > 0 else "")
    if result.stalls:
        yield "stalls", count(result.stalls)
    if silences := [each.silence for each in seen if each.silence is not None]:
        silent = result.silent
        ended = f"; in the end {counted(len(silent), 'client')} heard nothing any more" if silent else ""
        yield "longest silence", f"{seconds(max(silences))}{ended}"
    if result.totals.diagnoses:
        yield "findings", _counts(result.totals.diagnoses.most_common())


def _counts(counts: list[tuple[str, int]]) -> str:
    return ", ".join(f"{name} × {number:,}" for name, number in counts)


def fan_out(result: Result) -> str:
    """What the fan-out and the ages rest on, in a sentence each."""
    spread = result.spread
    if not result.events:
        return "No event came: there is no fan-out."
    if spread.deliveries:
        text = (
            f"Fan-out: {counted(spread.deliveries, 'delivery', 'deliveries')} after the first, of "
            f"{counted(spread.whole.count, 'event')}"
        )
        if (others := result.events - spread.deliveries - (spread.events - spread.nameless)) > 0:
            text += (
                f"; {others:,} others that were received are not counted: they came again, without an ID, or were "
                "older than the client's connection"
            )
        if spread.across > 1:
            text += f"; each of {spread.across} processes measured and counted for itself"
    elif spread.nameless == spread.events:
        text = "The events have no IDs by which one could be recognised at another client: their spread is not known"
    else:
        text = "No event, told by its ID and data, came to two clients: their spread is not known"
    return f"{text}.{_ages(result)}"


def _ages(result: Result) -> str:
    """What the ages by `--timestamp` leave out or get wrong; "" for nothing."""
    spread, timestamp = result.spread, result.plan.timestamp
    if timestamp is None:
        return ""
    if spread.events and spread.untimed == spread.events:
        return f" No event had a time in {timestamp.text}."
    wrong = []
    if spread.untimed:
        wrong.append(f"{counted(spread.untimed, 'event')} had none")
    if spread.older:
        wrong.append(
            f"{counted(spread.older, 'delivery', 'deliveries')} had one from before the connection, and no age is told "
            "of them: they are history, or the server's clock is behind"
        )
    if spread.ahead:
        wrong.append(f"{counted(spread.ahead, 'delivery', 'deliveries')} came before theirs: the clocks differ")
    return f" Times in {timestamp.text}: {'; '.join(wrong)}." if wrong else ""


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
        how = "was in time" if late.found.max <= TOLERABLE else "was in time but for moments"
        return (
            f"This program {how}: late by {figures}, for which clients waited, and up to which the times here "
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
        _why(seen),
    )


def _why(seen: Seen) -> str:
    if seen.without is not None:
        return f"no stream for {seconds(seen.without)}"
    return seen.ended or ("" if seen.opens else seen.refused)
