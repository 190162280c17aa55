"""The five alert rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sse_inspect.analysis.snapshot import AlertView
from sse_inspect.batch import Batch, Events
from sse_inspect.records import Alert, AlertState, Comment, Event, Retry, Summary

MIN_COMPLETION = 0.995
MAX_RECONNECT_P95 = 5.0


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires while `value`, taken of the summary and whether the stream is stalled now, breaks the threshold."""

    name: str
    threshold: float
    value: Callable[[Summary, bool], float | None]
    breaks: Callable[[float, float], bool]
    what: str


RULES = (
    Rule(
        "LowCompletionRate",
        MIN_COMPLETION,
        lambda summary, stalled: summary.completion_rate,
        lambda value, threshold: value < threshold,
        "completion rate below",
    ),
    Rule(
        "SlowReconnect",
        MAX_RECONNECT_P95,
        lambda summary, stalled: summary.reconnect_seconds["p95"],
        lambda value, threshold: value >= threshold,
        "p95 of the seconds to reconnect at or above",
    ),
    Rule(
        "MessageLoss",
        0,
        lambda summary, stalled: summary.messages_lost,
        lambda value, threshold: value > threshold,
        "messages lost above",
    ),
    Rule(
        "DuplicateDelivery",
        0,
        lambda summary, stalled: summary.duplicates["delivered"],
        lambda value, threshold: value > threshold,
        "duplicates delivered above",
    ),
    Rule(
        "StreamStalled",
        0,
        lambda summary, stalled: None if summary.silent_failures is None else summary.silent_failures + stalled,
        lambda value, threshold: value > threshold,
        "stalled now, or silent failures above",
    ),
)

EVERY = 0.25
"""Seconds of the session after which routine records are looked at again: they alone change values little by little."""
_ROUTINE = frozenset({Event, Events, Comment, Retry})


class Alerts:
    """The state of each rule; `evaluate` tells the changes."""

    def __init__(self) -> None:
        self._firing: dict[str, bool] = {rule.name: False for rule in RULES}
        self._evaluated = 0.0

    def concerned(self, records: Batch) -> bool:
        """Whether this batch should be evaluated: anything but routine at once, and routine now and then."""
        due = self._evaluated + EVERY
        return records[-1].t >= due or not _ROUTINE.issuperset(map(type, records))

    def evaluate(self, summary: Summary, *, stalled: bool) -> list[Alert]:
        """The alerts that begin or cease to fire with this summary."""
        self._evaluated = summary.t
        changes: list[Alert] = []
        for rule in RULES:
            value = rule.value(summary, stalled)
            firing = value is not None and rule.breaks(value, rule.threshold)
            if firing != self._firing[rule.name]:
                self._firing[rule.name] = firing
                state: AlertState = "firing" if firing else "resolved"
                changes.append(Alert(summary.t, summary.connection, rule.name, state, value, rule.threshold))
        return changes

    def views(self, summary: Summary, *, stalled: bool) -> tuple[AlertView, ...]:
        """Every rule with its present value."""
        return tuple(
            AlertView(rule.name, self._firing[rule.name], rule.value(summary, stalled), rule.threshold)
            for rule in RULES
        )
