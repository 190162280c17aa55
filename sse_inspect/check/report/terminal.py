"""The report for a terminal: a table of the scenarios, the reasons of all that did not pass, the verdict at the end."""

from __future__ import annotations

from collections.abc import Iterator

from sse_inspect.check.report.figures import figures, measures
from sse_inspect.check.report.words import (
    SIGNS,
    captures,
    opening,
    reasons,
    record_spans,
    seen,
    verdict_sentence,
    without_secrets,
    worst_first,
)
from sse_inspect.check.result import Outcome, Report, Result, Verdict
from sse_inspect.present.ansi import painted
from sse_inspect.present.documents.text import line
from sse_inspect.present.rows import clip_spans
from sse_inspect.present.safe import ELLIPSIS, cells, clip, fit
from sse_inspect.present.styles import Span, StyleName

NARROWEST, WIDEST = 40, 120
"""Cells of a line."""
_VERDICT, _TITLE, _LABEL = 9, 27, 8
_OPENED = 3
"""Captures that are named."""

Line = list[Span]


def summary_lines(report: Report, width: int, colour: bool) -> str:
    """The report in lines of at most `width` cells, with escape sequences for `colour`; a line end at its end."""
    width = min(max(width, NARROWEST), WIDEST)
    lines = _lines(without_secrets(report), width)
    shown = (painted(spans) if colour else "".join(text for text, _ in spans) for spans in lines)
    return "".join(f"{text.rstrip()}\n" for text in shown)


def _lines(report: Report, width: int) -> Iterator[Line]:
    title = min(max((cells(line(each.title)) for each in report.outcomes), default=0), _TITLE, width // 3 + 1)
    shared = reasons(report)
    of_many = {outcome.scenario for said, outcomes in shared if said for outcome in outcomes}
    for outcome in report.outcomes:
        yield from _row(outcome, title, width, in_short=outcome.scenario in of_many)
    for said, outcomes in shared:
        yield []
        yield from _shared(said, outcomes, width) if said else _details(outcomes[0], width)
    yield []
    yield from _conclusion(report, width)


def _row(outcome: Outcome, title: int, width: int, *, in_short: bool) -> Iterator[Line]:
    sign = SIGNS[outcome.verdict]
    lead = _VERDICT + 2 + title + 2
    first = True
    for sentence in seen(outcome):
        for text in [clip(sentence, width - lead)] if in_short else wrapped(sentence, width - lead):
            if first:
                yield [
                    (fit(f"{sign.sign} {sign.word}", _VERDICT) + "  ", sign.style),
                    (fit(line(outcome.title), title) + "  ", ""),
                    (text, ""),
                ]
            else:
                yield [(" " * lead, ""), (text, "")]
            first = False


def _shared(said: str, outcomes: list[Outcome], width: int) -> Iterator[Line]:
    sign = SIGNS[Verdict.UNKNOWN]
    for number, text in enumerate(wrapped(", ".join(line(each.title) for each in outcomes), width - 2)):
        yield [(f"{sign.sign if not number else ' '} {text}", sign.style)]
    yield from _labelled(sign.word, line(said), width, sign.style)


def _details(outcome: Outcome, width: int) -> Iterator[Line]:
    sign = SIGNS[outcome.verdict]
    head: Line = [(f"{sign.sign} {line(outcome.title)}", sign.style), (f"  {line(outcome.scenario)}", "dim")]
    yield clip_spans(head, width)
    yield from _labelled("did", line(outcome.did), width)
    for result in worst_first(outcome.results):
        if result.verdict is not Verdict.PASS:
            yield from _result(result, width)


def _result(result: Result, width: int) -> Iterator[Line]:
    sign = SIGNS[result.verdict]
    yield from _labelled(sign.word, line(result.sentence), width, sign.style)
    for evidence in result.evidence:
        yield from _labelled("because", line(evidence), width)
    said = ", ".join(f"{name} {value}" for name, value in measures(result))
    if said:
        yield from _labelled("measured", said, width)
    for record in result.records:
        yield [("  ", ""), *record_spans(record, width - 2)]
    if result.advice:
        yield from _labelled("advice", line(result.advice), width, "good")


def _labelled(label: str, text: str, width: int, style: StyleName = "dim") -> Iterator[Line]:
    """Text behind a label, its further lines below its first."""
    lead = 2 + _LABEL + 2
    for number, part in enumerate(wrapped(text, width - lead)):
        label_part = fit("" if number else label, _LABEL)
        yield [(f"  {label_part}  ", style), (part, "")]


def _conclusion(report: Report, width: int) -> Iterator[Line]:
    sign = SIGNS[report.verdict]
    for figure in figures(report):
        yield [
            (fit(f"{figure.sign.sign} {figure.sign.word}", _VERDICT) + "  ", figure.sign.style),
            (fit(figure.title, 16) + "  ", ""),
            (fit(figure.value, 10) + "  ", ""),
            (clip(f"({figure.expected})", width - _VERDICT - 32), "dim"),
        ]
    for text in wrapped(f"{sign.sign} {verdict_sentence(report)}", width):
        yield [(text, sign.style)]
    kept = captures(report)
    if kept:
        yield [("To look further:", "dim")]
        for run in kept[:_OPENED]:
            yield [(f"  {opening(run)}", "")]
        if len(kept) > _OPENED:
            yield [(f"  and {len(kept) - _OPENED} more beside it", "dim")]


def wrapped(text: str, width: int) -> list[str]:
    """Visible text in lines of at most `width` cells, broken between words; a word that is longer is cut up."""
    lines: list[str] = []
    current = ""
    for word in text.split(" "):
        joined = f"{current} {word}" if current else word
        if cells(joined) <= width:
            current = joined
            continue
        if current:
            lines.append(current)
        current = word
        while cells(current) > width:
            head = clip(f"{current}  ", width + 1).removesuffix(ELLIPSIS) or current[0]
            lines.append(head)
            current = current[len(head) :]
    return [*lines, current]
