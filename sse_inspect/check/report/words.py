"""What all reports say in the same words: signs of verdicts, the verdict in one sentence, records and runs.

All of it is visible text: what came from the wire has passed `present.safe` here.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace

from sse_inspect.check.result import ORDER, Outcome, Report, Result, Run, Verdict
from sse_inspect.config import shown_url
from sse_inspect.present.documents.text import line
from sse_inspect.present.pretty import pretty_line
from sse_inspect.present.rows import clip_spans
from sse_inspect.present.signs import Sign
from sse_inspect.present.styles import Span
from sse_inspect.present.units import counted, seconds
from sse_inspect.records import Origin, Record
from sse_inspect.store.capture.facts import redacted_record, redacted_text

SIGNS: dict[Verdict, Sign] = {
    Verdict.PASS: Sign("✔", "pass", "good"),
    Verdict.WARNING: Sign("!", "warning", "warn"),
    Verdict.UNKNOWN: Sign("?", "unknown", "warn"),
    Verdict.FAIL: Sign("✖", "FAIL", "bad"),
}
"""By verdict; the word always stands beside the sign."""

_COUNTED = {
    Verdict.FAIL: "{} failed",
    Verdict.UNKNOWN: "{} cannot be known",
    Verdict.WARNING: "{} with a warning",
    Verdict.PASS: "{} passed",
}


def without_secrets(report: Report) -> Report:
    """The report as it may be handed on: no secrets in URLs and header fields, wherever they are quoted."""
    return replace(
        report,
        url=shown_url(report.url),
        runs=tuple(replace(run, url=shown_url(run.url)) for run in report.runs),
        outcomes=tuple(
            replace(outcome, results=tuple(_without_secrets(result) for result in outcome.results))
            for outcome in report.outcomes
        ),
    )


def _without_secrets(result: Result) -> Result:
    return replace(
        result,
        sentence=redacted_text(result.sentence),
        evidence=tuple(redacted_text(each) for each in result.evidence),
        records=tuple(redacted_record(each) for each in result.records),
    )


def verdict_sentence(report: Report) -> str:
    """How the check came out, with how many scenarios came out how."""
    counts = [(verdict, report.count(verdict)) for verdict in reversed(ORDER)]
    said = ", ".join(_COUNTED[verdict].format(f"{count:,}") for verdict, count in counts if count)
    total = counted(len(report.outcomes), "scenario")
    if report.interrupted:
        head = f"Interrupted after {total}" if report.outcomes else "Interrupted before a scenario was judged"
    elif not report.connected:
        head = f"Not reached: no request was answered; {total}"
    elif not report.opened:
        head = f"Not opened: no request was answered with an event stream; {total}"
    else:
        head = f"{HEADS[report.verdict]} {total}"
    return f"{head}: {said}." if said else f"{head}."


HEADS = {
    Verdict.PASS: "Passed.",
    Verdict.WARNING: "Passed with warnings.",
    Verdict.UNKNOWN: "Not certified: not everything can be known here.",
    Verdict.FAIL: "Failed.",
}


def record_spans(record: Record, width: int) -> list[Span]:
    """A record as a line of at most `width` cells, in the words of `tail`; its time is that in the run."""
    words = pretty_line(record, _UNDATED)[1:]
    return clip_spans([(f"{record.t:6.2f} s  ", "time"), *words], width)


_UNDATED = Origin(0)


def record_line(record: Record, width: int) -> str:
    """The same as plain text."""
    return "".join(text for text, _ in record_spans(record, width)).rstrip()


def worst_first(results: Iterable[Result]) -> list[Result]:
    """The results, the worst in front; what several expectations say in the same words stands once, for all of them."""
    merged: list[Result] = []
    for result in sorted(results, key=lambda result: -ORDER.index(result.verdict)):
        if merged and result == replace(merged[-1], expectation=result.expectation):
            merged[-1] = replace(merged[-1], expectation=f"{merged[-1].expectation}, {result.expectation}")
        else:
            merged.append(result)
    return merged


def seen(outcome: Outcome) -> list[str]:
    """What was seen, in short: what made the verdict."""
    return [line(result.sentence) for result in worst_first(outcome.results) if result.verdict is outcome.verdict]


def reasons(report: Report) -> list[tuple[str, list[Outcome]]]:
    """The scenarios that did not pass, those beside each other of which the same one thing is to be said.

    The text is that one thing; it is empty where a scenario has its own to say.
    """
    grouped: dict[str, list[Outcome]] = {}
    for outcome in report.outcomes:
        if outcome.verdict is not Verdict.PASS:
            said = {result.sentence for result in outcome.results if result.verdict is not Verdict.PASS}
            alone = outcome.verdict is Verdict.UNKNOWN and len(said) == 1
            grouped.setdefault(said.pop() if alone else f"\0{outcome.scenario}", []).append(outcome)
    return [(said if len(outcomes) > 1 else "", outcomes) for said, outcomes in grouped.items()]


def run_of(report: Report, outcome: Outcome) -> Run | None:
    """The run a scenario rests on; None where it rests on several, or was not made."""
    return next((run for run in report.runs if run.name == outcome.run), None) if outcome.run else None


def run_facts(run: Run) -> str:
    """A run in one line."""
    faults = f"faults {', '.join(map(line, run.faults))}" if run.faults else "no fault"
    return f"{faults} · {seconds(run.duration)} · {counted(run.events, 'event')} · {counted(run.records, 'record')}"


def opening(run: Run) -> str:
    """The command that shows a run that was kept."""
    return line(f"sse-inspect open {shlex.quote(run.capture)}")


def captures(report: Report) -> list[Run]:
    """The runs that were kept, the most telling first: those of scenarios that failed."""
    failed = {outcome.run for outcome in report.outcomes if outcome.verdict is Verdict.FAIL}
    return sorted((run for run in report.runs if run.capture), key=lambda run: run.name not in failed)
