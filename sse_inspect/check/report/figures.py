"""Figures in words: those of a result, and the worst of a check against the thresholds."""

from __future__ import annotations

from dataclasses import dataclass

from sse_inspect.check.report.words import SIGNS
from sse_inspect.check.result import Measure, Report, Result, Verdict
from sse_inspect.present.documents.text import line
from sse_inspect.present.signs import Sign
from sse_inspect.present.units import UNKNOWN, percent, seconds, size


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the whole check against its threshold; `met` is None where it was not measured."""

    title: str
    value: str
    expected: str
    met: bool | None

    @property
    def sign(self) -> Sign:
        """How it came out."""
        return SIGNS[Verdict.UNKNOWN if self.met is None else Verdict.PASS if self.met else Verdict.FAIL]


_FIGURES = (
    ("Worst completion", "completion_rate", "min_completion_rate", "{} at least"),
    ("Reconnect p95", "reconnect_p95_seconds", "max_reconnect_p95_seconds", "below {}"),
    ("Longest silence", "longest_silence_seconds", "max_heartbeat_seconds", "{} at most"),
)


def figures(report: Report) -> list[Figure]:
    """The worst of each figure there is a threshold for."""
    found = []
    for title, measure, limit, expected in _FIGURES:
        if limit not in report.limits:
            continue
        bound = report.limits[limit]
        least = limit.startswith("min_")
        values = [
            float(value)
            for outcome in report.outcomes
            for result in outcome.results
            for name, value in result.measures.items()
            if name == measure and isinstance(value, float | int)
        ]
        worst = (min(values) if least else max(values)) if values else None
        strict = expected.startswith("below")
        met = None if worst is None else worst >= bound if least else worst < bound if strict else worst <= bound
        found.append(Figure(title, _said(measure, worst), expected.format(_bound(limit, bound)), met))
    return found


def _bound(name: str, bound: float) -> str:
    return f"{bound:g} s" if name.endswith("_seconds") else f"{100 * bound:.6g} %"


def measures(result: Result) -> list[tuple[str, str]]:
    """The figures of a result: name and value with its unit."""
    return [(_title(name), _said(name, value)) for name, value in result.measures.items()]


def _title(name: str) -> str:
    for unit in ("_seconds", "_bytes", "_rate"):
        name = name.removesuffix(unit)
    return line(name.replace("_", " "))


def _said(name: str, value: Measure) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, str):
        return line(value)
    if name.endswith("_seconds"):
        return seconds(float(value))
    if name.endswith("_bytes"):
        return size(int(value))
    if name.endswith("_rate"):
        return percent(float(value))
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
