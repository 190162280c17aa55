"""The report as JSON, for programs; once released its fields change only by being added to.

    schema                      1
    tool                        name, version
    url                         without secrets
    began, duration_seconds     RFC 3339 UTC; seconds
    verdict                     pass, warning, unknown or fail: the worst of the scenarios
    counts                      how many scenarios came out how, by verdict
    interrupted, connected, opened  ended early; some request was answered; a stream opened
    limits                      the thresholds, by name; units are the ends of names
    scenarios[]                 name, title, did, run (the name of a run, or null), verdict, results[]
      results[]                 expectation, verdict, sentence, evidence[], advice, measures, records[]
        measures                figures by name: ..._seconds, ..._bytes, ..._rate (a part of 1), else a count
        records[]               as `tail --format ndjson` writes them; time is null where no one run is rested on
    runs[]                      name, began, began_seconds (since the check began), duration_seconds, url, faults[],
                                records and events (counts), capture (path or null), timeline
      timeline                  width_seconds, events[] (one count for each width),
                                link[] (from_seconds, to_seconds, state), marks[] (at_seconds, mark)

What is not known is null; there is no NaN and no infinity.
"""

from __future__ import annotations

from typing import Any

from sse_inspect.check.report.words import run_of, without_secrets
from sse_inspect.check.result import ORDER, Outcome, Report, Result, Run
from sse_inspect.present.documents.values import timeline_values
from sse_inspect.present.documents.values import to_json as json_text
from sse_inspect.records import Origin, Record, to_dict

SCHEMA = 1


def to_json(report: Report) -> str:
    """The report as JSON, in ASCII, with a line end at its end."""
    return json_text(_report(without_secrets(report)))


def _report(report: Report) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "tool": {"name": "sse-inspect", "version": report.version},
        "url": report.url,
        "began": Origin(report.began_unix_us).rfc3339(0.0),
        "duration_seconds": report.duration,
        "verdict": report.verdict.value,
        "counts": {verdict.value: report.count(verdict) for verdict in ORDER},
        "interrupted": report.interrupted,
        "connected": report.connected,
        "opened": report.opened,
        "limits": dict(report.limits),
        "scenarios": [_outcome(outcome, run_of(report, outcome)) for outcome in report.outcomes],
        "runs": [_run(run) for run in report.runs],
    }


def _outcome(outcome: Outcome, run: Run | None) -> dict[str, Any]:
    return {
        "name": outcome.scenario,
        "title": outcome.title,
        "did": outcome.did,
        "run": outcome.run or None,
        "verdict": outcome.verdict.value,
        "results": [_result(result, run) for result in outcome.results],
    }


def _result(result: Result, run: Run | None) -> dict[str, Any]:
    return {
        "expectation": result.expectation,
        "verdict": result.verdict.value,
        "sentence": result.sentence,
        "evidence": list(result.evidence),
        "advice": result.advice,
        "measures": dict(result.measures),
        "records": [_record(record, run) for record in result.records],
    }


def _record(record: Record, run: Run | None) -> dict[str, Any]:
    return to_dict(record, Origin(0) if run is None else run.origin)


def _run(run: Run) -> dict[str, Any]:
    return {
        "name": run.name,
        "began": run.origin.rfc3339(0.0),
        "began_seconds": run.began,
        "duration_seconds": run.duration,
        "url": run.url,
        "faults": list(run.faults),
        "records": run.records,
        "events": run.events,
        "capture": run.capture or None,
        "timeline": timeline_values(run.timeline),
    }
