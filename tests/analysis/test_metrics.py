"""The six metrics, folded from records of a session and from records made up."""

from __future__ import annotations

from typing import Any

import pytest

from sse_inspect.analysis.metrics import Metrics
from sse_inspect.findings import diagnosis
from sse_inspect.records import Disconnect, Event, Open, Record, Recovered, Resumed, Stall, Summary


def event(n: int, event_id: str | None, data: str = "x", *, duplicate: bool = False) -> Event:
    return Event(1.0, 1, n, "message", data, event_id, event_id or "", 0, 1, duplicate, False, False, False)


def recovered(seconds: float) -> Recovered:
    return Recovered(1, 2, seconds, seconds, 1, 0, 0, 0)


def disconnect(t: float) -> Disconnect:
    return Disconnect(t, 1, "stall", "", 1, 0, 0, 0)


def summary(metrics: Metrics, t: float = 99.0, **known: Any) -> Summary:
    known = {"received": 0, "missing": 0, "gaps_known": True, "silent_failures": 0, "size": 0, "wire_size": 0, **known}
    return metrics.summary(t, 1, **known)


def folded(*records: Record) -> Metrics:
    metrics = Metrics()
    for record in records:
        metrics.fold(record)
    return metrics


def test_of_nothing() -> None:
    nothing = summary(Metrics(), gaps_known=False)
    assert nothing.completion_rate is None
    assert nothing.reconnect_seconds == {
        "count": 0, "mean": None, "p50": None, "p95": None, "p99": None, "max": None,
    }  # fmt: skip
    assert nothing.duplicates == {"received": 0, "delivered": 0}
    assert nothing.stalls == {"count": 0, "longest": 0}
    assert (nothing.messages_lost, nothing.silent_failures, nothing.disconnects) == (0, 0, {})


def test_completion_rate_is_what_came_of_what_came_and_is_missing() -> None:
    assert summary(Metrics(), received=997, missing=3).completion_rate == 0.997
    assert summary(Metrics(), received=997, missing=3).messages_lost == 3
    assert summary(Metrics(), received=997, missing=3, gaps_known=False).completion_rate is None
    assert summary(Metrics(), received=0).completion_rate is None


def test_reconnects() -> None:
    metrics = folded(*[recovered(seconds) for seconds in (4.0, 1.0, 2.0, 3.0)])
    assert summary(metrics).reconnect_seconds == {
        "count": 4, "mean": 2.5, "p50": 2.0, "p95": 4.0, "p99": 4.0, "max": 4.0,
    }  # fmt: skip


def test_duplicates_received_are_the_marked_ones_and_delivered_those_passed_on_as_new() -> None:
    metrics = folded(event(1, "a"), event(2, "a", duplicate=True), event(3, "b"), event(4, None), event(5, None))
    assert summary(metrics).duplicates == {"received": 1, "delivered": 0}
    metrics.fold(event(6, "b"))
    assert summary(metrics).duplicates == {"received": 1, "delivered": 1}
    metrics.fold(event(7, "b", "other data"))
    assert summary(metrics).duplicates["delivered"] == 1


def test_after_a_restart_the_same_ids_are_no_duplicates() -> None:
    metrics = folded(event(1, "a"), diagnosis("id-restart", "", 1, 1), event(2, "a"))
    assert summary(metrics).duplicates["delivered"] == 0


def test_the_watch_for_delivered_duplicates_is_bounded_and_looks_back_far_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sse_inspect.analysis.metrics.WATCHED_EVENTS", 100)
    metrics = folded(*[event(n, f"x{n}") for n in range(350)])
    metrics.fold(event(0, "x250"))
    assert summary(metrics).duplicates["delivered"] == 1
    assert len(metrics._young) + len(metrics._old) <= 200


def test_a_stall_lasts_until_bytes_come_again() -> None:
    metrics = folded(Stall(30, 1, 30, None))
    assert summary(metrics, 30).stalls == {"count": 1, "longest": 30}
    assert summary(metrics, 42).stalls == {"count": 1, "longest": 42}
    metrics.fold(Resumed(50, 1, 50))
    assert summary(metrics, 99).stalls == {"count": 1, "longest": 50}
    assert not metrics.stalled


def test_a_stall_ends_with_its_connection_but_the_stream_is_stalled_until_it_is_open_again() -> None:
    metrics = folded(Stall(30, 1, 30, None), disconnect(33))
    assert summary(metrics, 99).stalls == {"count": 1, "longest": 33}
    assert metrics.stalled
    metrics.fold(Open(40, 2, 200, "1.1", {}, {}, ""))
    assert not metrics.stalled


def test_disconnects_are_counted_by_reason() -> None:
    assert summary(folded(disconnect(1), disconnect(2))).disconnects == {"stall": 2}
