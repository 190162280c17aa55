"""The five alert rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sse_inspect.analysis.snapshot import AlertView
from sse_inspect.records import Alert, AlertState, Comment, Event, Record, Retry, Summary

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
        lambda summary, stalled: summary.silent_failures + stalled,
        lambda value, threshold: value > threshold,
        "stalled now, or silent failures above",
    ),
)

_ROUTINE = (Event, Comment, Retry)


class Alerts:
    """The state of each rule; `evaluate` tells the changes."""

    def __init__(self) -> None:
        self._firing: dict[str, bool] = {rule.name: False for rule in RULES}

    def concerned(self, records: Sequence[Record]) -> bool:
        """Whether this batch can change a rule: every one can while a rule fires, else only what is not routine."""
        return any(self._firing.values()) or not all(isinstance(record, _ROUTINE) for record in records)

    def evaluate(self, summary: Summary, *, stalled: bool) -> list[Alert]:
        """The alerts that begin or cease to fire with this summary."""
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
