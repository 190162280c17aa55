"""A report as lines for people, for a terminal of 80 columns and for the screen alike."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from textwrap import TextWrapper

from sse_inspect.present.safe import fit, preview, visible
from sse_inspect.present.styles import Span, StyleName
from sse_inspect.present.units import UNKNOWN, count, counted, seconds
from sse_inspect.probing.finding import Finding, told
from sse_inspect.probing.hop import delayed
from sse_inspect.probing.report import Report
from sse_inspect.probing.seen import Seen
from sse_inspect.probing.sides import A, B, Sides

Line = list[Span]
WIDTH = 79
"""Cells that are filled at most, unless fewer are there."""
LEAST = 40
_NAME = 12
_COLUMNS = (("answer", 8), ("HTTP", 6), ("coding", 9), ("head", 9), ("1st byte", 10), ("1st event", 11), ("events", 8))
_CERTAINTY = 9


def lines(report: Report, width: int = WIDTH) -> list[Line]:
    """The whole report: the findings, then what each probe gave."""
    width = max(min(width, WIDTH), LEAST)
    return [*_findings(report, width), [], *_table(report, width)]


def _findings(report: Report, width: int) -> Iterator[Line]:
    yield [("What the probes show", "header")]
    findings = report.findings
    advised: set[str] = set()
    for finding in findings:
        advice = finding.advice if finding.advice not in advised else ""
        advised.add(advice)
        yield from _finding(finding, advice, width)
    if not findings:
        yield from _indented("Nothing that the numbers support: too few events came, or nothing differs.", 2, width)
    silence = report.longest_silence
    if silence is not None:
        text = f"No silence was longer than {seconds(silence)}: an idle limit beyond that would not have shown."
        yield from _indented(text, 2, width, "dim")
    if report.interrupted:
        yield from _indented("It was ended before all was done.", 2, width)


def _finding(finding: Finding, advice: str, width: int) -> Iterator[Line]:
    indent = _CERTAINTY + 4
    first, *rest = _wrapped(visible(finding.sentence), width - indent)
    sign: Span = ("! ", "warn") if finding.trouble else ("· ", "dim")
    yield [("  ", ""), sign, (fit(finding.certainty.value, _CERTAINTY), "dim"), (first, "")]
    for line in rest:
        yield [(" " * indent + line, "")]
    for line in _wrapped(visible(advice), width - indent):
        yield [(" " * indent + line, "dim")]


def _table(report: Report, width: int) -> Iterator[Line]:
    heads = "".join(fit(name, size) for name, size in _COLUMNS)
    yield [(_cut(f"{'probe':<{_NAME}}{heads}", width), "header")]
    for probe in report.probes:
        seen = report.seen.get(probe.name)
        if seen is None:
            why = _wrapped(f"not made: {report.why_not.get(probe.name, 'interrupted')}", width - _NAME)
            for name, line in zip_longest([probe.name], why, fillvalue=""):
                yield [(fit(name, _NAME), ""), (line, "dim")]
        else:
            yield from _row(probe.name, seen, width)
    if report.sides is not None:
        yield from _side(A, report.sides.a, width)
        yield from _side(B, report.sides.b, width)
        yield from _between(report.sides, width)


def _side(name: str, seen: Seen, width: int) -> Iterator[Line]:
    yield from _row(f"{name} {'direct' if name == B else ''}".rstrip(), seen, width)


def _row(name: str, seen: Seen, width: int) -> Iterator[Line]:
    cells = (
        str(seen.status or UNKNOWN),
        UNKNOWN if seen.head is None else seen.head.http_version,
        preview(seen.coding, 8) or "none",
        *(seconds(seen.since_connected(t)) for t in (seen.answered, seen.first_byte, seen.first_event)),
        count(seen.count),
    )
    sized = "".join(fit(cell, size) for cell, (_, size) in zip(cells, _COLUMNS, strict=True))
    yield [(fit(name, _NAME), ""), (_cut(sized, width - _NAME), "" if seen.opened else "warn")]
    yield from _indented(_details(seen), _NAME, width, "dim")


def _details(seen: Seen) -> str:
    """What does not fit the columns, in a line: the type, the spacing, the end."""
    kind = seen.field("content-type")
    parts = [preview(kind, 40)] if kind and not seen.opened else []
    pace = seen.pace
    if seen.opened and pace.is_known:
        parts.append(told(pace))
    elif seen.opened:
        parts.append(f"{counted(seen.count, 'event')}: too few to tell a spacing")
    if seen.end == "open":
        parts.append(f"open for {seconds(seen.watched)}")
    else:
        detail = seen.disconnect.detail if seen.disconnect is not None else ""
        parts.append(f"{seen.end} after {seconds(seen.watched)}{f': {preview(detail, 60)}' if detail else ''}")
    return " · ".join(parts)


def _between(found: Sides, width: int) -> Iterator[Line]:
    if not found.pairs:
        return
    least, middle, high, longest = (delayed(found.delay(q)) for q in (0.0, 0.5, 0.95, 1.0))
    yield [(fit("A − B", _NAME), ""), (f"{counted(found.pairs, 'event')} paired by {found.by}", "")]
    text = (
        f"delay least {least} · median {middle} · p95 {high} · max {longest} · only on A {found.only_a} · "
        f"only on B {found.only_b} · not yet on A {found.held}"
    )
    yield from _indented(text, _NAME, width, "dim")


def _indented(text: str, indent: int, width: int, style: StyleName = "") -> Iterator[Line]:
    for line in _wrapped(visible(text), width - indent):
        yield [(" " * indent, ""), (line, style)]


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most so many characters; names of header fields stay whole."""
    return TextWrapper(width, break_on_hyphens=False).wrap(text)


def _cut(text: str, width: int) -> str:
    return fit(text, width).rstrip()
