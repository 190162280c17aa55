"""Each of the five rules fires and resolves."""

from __future__ import annotations

from typing import Any

import pytest

from sse_inspect.analysis.alerts import EVERY, RULES, Alerts
from sse_inspect.analysis.metrics import Metrics
from sse_inspect.records import Alert, Comment, Gap, Summary


def summary(t: float = 1.0, **values: Any) -> Summary:
    made = Metrics().summary(t, 3, received=0, missing=0, gaps_known=False, silent_failures=0, size=0, wire_size=0)
    for name, value in values.items():
        setattr(made, name, value)
    return made


def p95(seconds: float | None) -> dict[str, float | None]:
    return {"count": 1, "mean": seconds, "p50": seconds, "p95": seconds, "p99": seconds, "max": seconds}


@pytest.mark.parametrize(
    ("name", "threshold", "good", "bad"),
    [
        ("LowCompletionRate", 0.995, {"completion_rate": 0.995}, {"completion_rate": 0.9949}),
        ("SlowReconnect", 5.0, {"reconnect_seconds": p95(4.99)}, {"reconnect_seconds": p95(5.0)}),
        ("MessageLoss", 0, {"messages_lost": 0}, {"messages_lost": 1}),
        (
            "DuplicateDelivery",
            0,
            {"duplicates": {"received": 9, "delivered": 0}},
            {"duplicates": {"received": 9, "delivered": 1}},
        ),
        ("StreamStalled", 0, {"silent_failures": 0}, {"silent_failures": 1}),
    ],
)
def test_a_rule_fires_once_and_resolves_once(
    name: str, threshold: float, good: dict[str, Any], bad: dict[str, Any]
) -> None:
    alerts = Alerts()
    assert alerts.evaluate(summary(**good), stalled=False) == []
    (fired,) = alerts.evaluate(summary(2.0, **bad), stalled=False)
    assert isinstance(fired, Alert)
    assert (fired.t, fired.connection, fired.name, fired.state, fired.threshold) == (2.0, 3, name, "firing", threshold)
    assert alerts.evaluate(summary(3.0, **bad), stalled=False) == []
    assert [view.firing for view in alerts.views(summary(**bad), stalled=False)] == [
        rule.name == name for rule in RULES
    ]
    (resolved,) = alerts.evaluate(summary(4.0, **good), stalled=False)
    assert (resolved.name, resolved.state) == (name, "resolved")


def test_stream_stalled_fires_while_the_stream_is_stalled() -> None:
    alerts = Alerts()
    assert [alert.name for alert in alerts.evaluate(summary(), stalled=True)] == ["StreamStalled"]
    assert [alert.state for alert in alerts.evaluate(summary(), stalled=False)] == ["resolved"]


def test_what_is_not_known_fires_nothing() -> None:
    assert Alerts().evaluate(summary(completion_rate=None, reconnect_seconds=p95(None)), stalled=False) == []


def test_routine_is_looked_at_now_and_then_and_anything_else_at_once() -> None:
    alerts = Alerts()
    alerts.evaluate(summary(1.0), stalled=False)
    assert not alerts.concerned([Comment(1.1, 1, "")])
    assert alerts.concerned([Comment(1.1, 1, ""), Gap(1.1, 1, 2, 3, 2, "", "")])
    assert alerts.concerned([Comment(1.0 + EVERY, 1, "")])
