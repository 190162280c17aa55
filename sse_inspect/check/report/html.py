"""The report as one HTML page that needs nothing else: no script, no resource from anywhere, nothing from the wire as
markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from sse_inspect.check.report.figures import figures, measures
from sse_inspect.check.report.timeline import watched
from sse_inspect.check.report.words import (
    SIGNS,
    opening,
    record_line,
    run_facts,
    run_of,
    seen,
    verdict_sentence,
    without_secrets,
    worst_first,
)
from sse_inspect.check.result import Outcome, Report, Result, Verdict
from sse_inspect.present.documents.page import page
from sse_inspect.present.documents.svg import BARS, LANE, bar
from sse_inspect.present.documents.svg import figure as timeline_figure
from sse_inspect.present.documents.text import html, line
from sse_inspect.present.documents.timeline import LINKS, MARKS
from sse_inspect.present.units import clock, counted, date, duration, seconds
from sse_inspect.records import Origin

WIDTH = 300
"""Cells of a record."""


def to_html(report: Report) -> str:
    """The report as a page, with a line end at its end."""
    report = without_secrets(report)
    title = f"{SIGNS[report.verdict].word}: {line(report.url)}"
    return page(f"sse-inspect check · {title}", "".join(_page(report)))


def _page(report: Report) -> Iterator[str]:
    yield from _head(report)
    yield from _overview(report)
    yield "<h2>Scenarios</h2>\n"
    yield _legend()
    for number, outcome in enumerate(report.outcomes, 1):
        yield from _scenario(report, outcome, number)
    yield from _environment(report)


def _badge(verdict: Verdict) -> str:
    sign = SIGNS[verdict]
    return f'<span class="badge {verdict.value}">{sign.sign} {sign.word}</span>'


def _head(report: Report) -> Iterator[str]:
    sign, began = SIGNS[report.verdict], Origin(report.began_unix_us)
    yield f"<header>\n<h1>sse-inspect check · {html(report.url)}</h1>\n"
    yield f'<div class="verdict {report.verdict.value}"><span class="word">{sign.sign} {sign.word}</span>'
    yield f"<p>{html(verdict_sentence(report))}</p></div>\n"
    yield f'<p class="dim">{date(0.0, began)} at {clock(0.0, began)[:8]}, took {duration(report.duration)}</p>\n'
    yield "</header>\n"


def _overview(report: Report) -> Iterator[str]:
    yield "<h2>What was seen</h2>\n"
    yield '<div class="card"><table class="seen"><thead><tr><th>Verdict</th><th>Scenario</th><th>Seen</th></tr></thead>'
    yield "<tbody>\n"
    for number, outcome in enumerate(report.outcomes, 1):
        yield f'<tr><td>{_badge(outcome.verdict)}</td><td class="name"><a href="#s{number}">{html(outcome.title)}</a>'
        yield f"</td><td>{escape(' '.join(seen(outcome)))}</td></tr>\n"
    yield "</tbody></table></div>\n"


def _legend() -> str:
    """What the signs and bars of the timelines mean, in words."""
    bars = "".join(
        f'<span><svg width="26" height="{LANE}" aria-hidden="true">{bar(link, 1, 24)}</svg>{LINKS[link]}</span>'
        for link in BARS
    )
    signs = "".join(f"<span>{sort.sign} {sort.title}</span>" for sort in MARKS.values())
    return f'<p class="legend">{bars}{signs}</p>\n'


def _scenario(report: Report, outcome: Outcome, number: int) -> Iterator[str]:
    run = run_of(report, outcome)
    yield f'<section class="card" id="s{number}">\n<h3>{_badge(outcome.verdict)} {html(outcome.title)}</h3>\n'
    yield f'<p>{html(outcome.did)} <span class="dim">({html(outcome.scenario)})</span></p>\n'
    if run is not None:
        yield f'<p class="dim">Run {html(run.name)}: {escape(run_facts(run))}</p>\n'
        name = f"Timeline of the run {line(run.name)}"
        yield timeline_figure(watched(run.timeline), run.duration, f"t{number}", name)
    for result in worst_first(outcome.results):
        yield from _result(result)
    if run is not None and run.capture:
        yield f'<p class="dim">To look further:</p><pre>{escape(opening(run))}</pre>\n'
    yield "</section>\n"


def _result(result: Result) -> Iterator[str]:
    yield f'<div class="result"><p>{_badge(result.verdict)} <strong>{html(result.sentence)}</strong> '
    yield f'<span class="dim">{html(result.expectation)}</span></p>\n'
    if result.evidence:
        yield f"<ul>{''.join(f'<li>{html(evidence)}</li>' for evidence in result.evidence)}</ul>\n"
    if result.measures:
        said = " · ".join(f"{escape(name)} {escape(value)}" for name, value in measures(result))
        yield f'<p class="measures">{said}</p>\n'
    if result.records:
        records = "".join(f"<span>{escape(record_line(record, WIDTH).strip())}</span>" for record in result.records)
        yield f'<pre class="records">{records}</pre>\n'
    if result.advice:
        yield f'<p class="advice"><strong>What to do:</strong> {html(result.advice)}</p>\n'
    yield "</div>\n"


def _environment(report: Report) -> Iterator[str]:
    yield '<h2>Thresholds</h2>\n<div class="card"><table><thead><tr><th>Figure</th><th>Measured</th><th>Expected</th>'
    yield "<th></th></tr></thead><tbody>\n"
    for figure in figures(report):
        badge = f'<span class="badge {_class(figure.met)}">{figure.sign.sign} {figure.sign.word}</span>'
        yield f"<tr><td>{figure.title}</td><td>{escape(figure.value)}</td><td>{escape(figure.expected)}</td>"
        yield f"<td>{badge}</td></tr>\n"
    yield "</tbody></table></div>\n"
    yield '<h2>Environment</h2>\n<div class="card"><dl>'
    for name, value in (
        ("Endpoint", report.url),
        ("Program", f"sse-inspect {report.version}"),
        ("Began", Origin(report.began_unix_us).rfc3339(0.0) or ""),
        ("Took", duration(report.duration)),
        ("Sessions", counted(len(report.runs), "session") + ", one connection at a time"),
    ):
        yield f"<dt>{name}</dt><dd>{html(value)}</dd>"
    yield "</dl>\n"
    for run in report.runs:
        kept = f" · {html(run.capture)}" if run.capture else ""
        yield f'<p><strong>{html(run.name)}</strong> <span class="dim">began after {seconds(run.began)} · '
        yield f"{escape(run_facts(run))}{kept}</span></p>\n"
    yield "</div>\n"


def _class(met: bool | None) -> str:
    return (Verdict.UNKNOWN if met is None else Verdict.PASS if met else Verdict.FAIL).value
