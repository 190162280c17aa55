"""The report as GitHub Flavored Markdown, for a ticket.

Nothing from the wire becomes markup, a link or a mention: in sentences all that could is written as a character
reference, and what names people, issues or addresses is broken by a space without width; records stand in code blocks.
"""

from __future__ import annotations

from collections.abc import Iterator

from sse_inspect.check.report.figures import figures, measures
from sse_inspect.check.report.words import (
    SIGNS,
    opening,
    reasons,
    record_line,
    run_facts,
    run_of,
    seen,
    verdict_sentence,
    without_secrets,
    worst_first,
)
from sse_inspect.check.result import Outcome, Report, Result, Verdict
from sse_inspect.present.documents.text import fenced, inline, markdown
from sse_inspect.present.units import date, duration
from sse_inspect.records import Origin

WIDTH = 160
"""Cells of a record."""


def to_markdown(report: Report) -> str:
    """The report as Markdown, with a line end at its end."""
    return "\n".join(_lines(without_secrets(report))) + "\n"


def _lines(report: Report) -> Iterator[str]:
    sign = SIGNS[report.verdict]
    yield f"# {sign.sign} sse-inspect check: {sign.word}"
    yield ""
    yield f"**{markdown(verdict_sentence(report))}**"
    yield ""
    began = Origin(report.began_unix_us)
    yield f"Endpoint {inline(report.url)} · {date(0.0, began)} · took {duration(report.duration)}"
    yield ""
    yield "| Figure | Measured | Expected | |"
    yield "| --- | --- | --- | --- |"
    for figure in figures(report):
        yield f"| {figure.title} | {figure.value} | {figure.expected} | {figure.sign.sign} {figure.sign.word} |"
    yield ""
    yield "| | Scenario | What was seen |"
    yield "| --- | --- | --- |"
    for outcome in report.outcomes:
        sign = SIGNS[outcome.verdict]
        yield f"| {sign.sign} {sign.word} | {markdown(outcome.title)} | {markdown(' '.join(seen(outcome)))} |"
    for said, outcomes in reasons(report):
        yield from _shared(said, outcomes) if said else _details(report, outcomes[0])
    yield ""
    yield f"sse-inspect {markdown(report.version)}"


def _shared(said: str, outcomes: list[Outcome]) -> Iterator[str]:
    sign = SIGNS[Verdict.UNKNOWN]
    yield ""
    yield f"## {sign.sign} {sign.word}: {', '.join(markdown(each.title) for each in outcomes)}"
    yield ""
    yield markdown(said)


def _details(report: Report, outcome: Outcome) -> Iterator[str]:
    sign, run = SIGNS[outcome.verdict], run_of(report, outcome)
    yield ""
    yield f"## {sign.sign} {sign.word}: {markdown(outcome.title)}"
    yield ""
    yield markdown(outcome.did) + (f" Run {markdown(run.name)}: {markdown(run_facts(run))}." if run else "")
    for result in worst_first(outcome.results):
        if result.verdict is not Verdict.PASS:
            yield from _result(result)
    if run is not None and run.capture:
        yield ""
        yield from fenced([opening(run)])


def _result(result: Result) -> Iterator[str]:
    sign = SIGNS[result.verdict]
    yield ""
    yield f"**{sign.sign} {sign.word} {markdown(result.expectation)}**: {markdown(result.sentence)}"
    items = [markdown(evidence) for evidence in result.evidence]
    if result.measures:
        items.append(" · ".join(f"{markdown(name)} {markdown(value)}" for name, value in measures(result)))
    if result.advice:
        items.append(f"**What to do:** {markdown(result.advice)}")
    if items:
        yield ""
    for item in items:
        yield f"- {item}"
    if result.records:
        yield ""
        yield from fenced([record_line(record, WIDTH) for record in result.records])
