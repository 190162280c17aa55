"""The result as JSON, for programs; once released its fields change only by being added to.

    schema, tool, url           1; name and version; without secrets
    began, duration_seconds     RFC 3339 UTC; seconds
    asked                       clients, ramp (a second), seconds, workers, timestamp (a path, or null), stall_after
                                (seconds; with 0 no silence is a stall)
    good, interrupted, verdict  whether all went well; ended early; a sentence
    notes[]                     what is missing in the result, in sentences
    warnings[]                  what happened on the way though nothing is missing, in half-sentences
    counts                      clients, connected, failed, events, bytes, gaps, noticed, filled, lost, duplicates,
                                out_of_order, stalls; rate_min, rate_median, rate_max (events a second and client);
                                silent_at_end (clients whose open streams had fallen silent), longest_silence_seconds
    disconnects, refusals, findings  how often, by reason; by reason and detail; by code
    times                       by name: count, mean, p50, p95, p99, max (seconds)
    fan_out                     events (one that came to several processes counts in each), deliveries (after the first
                                of the same event), ahead, older, untimed, processes
    own                         in_time, starved_rate (of its lateness the part for which it had no processor), and of
                                each process[] cpu_seconds, seconds, memory_bytes
    herd                        width_seconds and lanes: counts by column
    clients[]                   what each saw; lost is null where its IDs do not tell

What is not known is null; there is no NaN and no infinity.
"""

from __future__ import annotations

from typing import Any

from sse_inspect.analysis.distribution import Distribution
from sse_inspect.load.report.chart import chart
from sse_inspect.load.report.words import incidents, verdict
from sse_inspect.load.result import Result
from sse_inspect.load.tally import Seen
from sse_inspect.present.documents.values import to_json as json_text
from sse_inspect.records import Origin

SCHEMA = 1
_SUMS = ("gaps", "noticed", "filled", "lost", "duplicates", "out_of_order", "stalls")


def to_json(result: Result) -> str:
    """The result as JSON, in ASCII, with a line end at its end."""
    return json_text(to_values(result))


def to_values(result: Result) -> dict[str, Any]:
    """What is written as JSON."""
    totals, spread, plan = result.totals, result.spread, result.plan
    rates = result.rates or (None, None, None)
    drawn = chart(result)
    silences = (seen.silence for seen in result.clients)
    return {
        "schema": SCHEMA,
        "tool": {"name": "sse-inspect", "version": result.version},
        "url": result.url,
        "began": Origin(result.began_unix_us).rfc3339(0.0),
        "duration_seconds": result.duration,
        "asked": {
            "clients": plan.clients,
            "ramp": plan.ramp,
            "seconds": plan.seconds,
            "workers": plan.workers,
            "timestamp": plan.timestamp and plan.timestamp.text,
            "stall_after": result.stall_after,
        },
        "good": result.is_good,
        "interrupted": result.interrupted,
        "verdict": verdict(result),
        "notes": result.notes,
        "warnings": [told for told in incidents(result) if told],
        "counts": {
            "clients": len(result.clients),
            "connected": result.connected,
            "failed": result.failed,
            "events": result.events,
            "bytes": sum(seen.size for seen in result.clients),
            **{name: sum(getattr(seen, name) for seen in result.clients) for name in _SUMS},
            "silent_at_end": len(result.silent),
            "longest_silence_seconds": max((each for each in silences if each is not None), default=None),
            **dict(zip(("rate_min", "rate_median", "rate_max"), rates, strict=True)),
        },
        "disconnects": totals.reasons,
        "refusals": totals.refusals,
        "findings": totals.diagnoses,
        "times": {
            "connect": _times(totals.connect),
            "first_byte": _times(totals.first_byte),
            "first_event": _times(totals.first_event),
            "behind_first_client": _times(spread.behind),
            "first_to_last_client": _times(spread.whole),
            "since_timestamp": _times(spread.age),
            "reconnect": _times(totals.reconnect),
            "own_lateness": _times(result.late.found),
        },
        "fan_out": {
            "events": spread.events,
            "deliveries": spread.deliveries,
            "ahead": spread.ahead,
            "older": spread.older,
            "untimed": spread.untimed,
            "processes": spread.across,
        },
        "own": {
            "in_time": result.late.was_in_time,
            "starved_rate": result.late.starved,
            "process": [
                {"cpu_seconds": cost.cpu, "seconds": cost.wall, "memory_bytes": cost.memory} for cost in result.costs
            ],
        },
        "herd": {"width_seconds": drawn.width, "lanes": drawn.lanes},
        "clients": [_client(seen) for seen in result.clients],
    }


def _times(found: Distribution) -> dict[str, float | int | None]:
    return {
        "count": found.count,
        "mean": found.mean,
        "p50": found.quantile(0.5),
        "p95": found.quantile(0.95),
        "p99": found.quantile(0.99),
        "max": found.max if found.count else None,
    }


def _client(seen: Seen) -> dict[str, Any]:
    return {
        "client": seen.number + 1,
        "failed": seen.failed,
        "ended": seen.ended or None,
        "opens": seen.opens,
        "failed_attempts": seen.failed_attempts,
        "disconnects": seen.disconnects,
        "connect_seconds": seen.connect,
        "first_event_seconds": seen.first_event,
        "open_seconds": seen.open_for,
        "without_stream_seconds": seen.without,
        "longest_reconnect_seconds": seen.longest_reconnect,
        "events": seen.events,
        "bytes": seen.size,
        "rate": seen.rate,
        "gaps": seen.gaps,
        "noticed": seen.noticed,
        "filled": seen.filled,
        "lost": seen.lost if seen.counted or seen.noticed else None,
        "duplicates": seen.duplicates,
        "out_of_order": seen.out_of_order,
        "stalls": seen.stalls,
        "longest_silence_seconds": seen.silence,
        "silent_at_end_seconds": seen.final_silence,
        "refused": seen.refused or None,
    }
