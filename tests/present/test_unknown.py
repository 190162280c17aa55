"""What nothing tells is shown as that: dashes, –, or words, never a number."""

from __future__ import annotations

import re

import pytest

from sse_inspect.analysis.untold import as_told
from sse_inspect.present.pretty import metrics, pretty, report
from sse_inspect.present.rows import layout, row
from sse_inspect.records import Disconnect, End, Origin, Record, Session, Summary
from sse_inspect.unknown import Unknown
from tests.present.samples import event, one_of_each

TIMELESS = Origin(0, frozenset({Unknown.TIMES, Unknown.HEAD, Unknown.END}))
A_TIME = re.compile(r"\d\d:\d\d|\d m?s\b|\d min|\+\d")


def as_shown(record: Record) -> str:
    return "".join(text for text, _ in row(as_told(record, TIMELESS), TIMELESS, 0.5, layout(120)))


def untimed() -> list[Record]:
    """What an import without times leads to: nothing in it is measured."""
    return [each for each in one_of_each() if each.kind not in ("stall", "resumed", "backoff", "retry", "alert")]


@pytest.mark.parametrize("record", untimed(), ids=lambda record: record.kind)
def test_no_row_shows_a_time(record: Record) -> None:
    if record.kind == "open":
        record.timings = {}  # type: ignore[union-attr]  # no source without times has them
    assert A_TIME.search(as_shown(record)) is None
    assert A_TIME.search(pretty(as_told(record, TIMELESS), TIMELESS)) is None


def test_an_event_has_neither_time_nor_distance() -> None:
    assert as_shown(event(t=0.0)).startswith(" 1042  --:--:--.---          1042")


def test_times_of_arrival_alone_may_be_unknown() -> None:
    origin = Origin(1, frozenset({Unknown.ARRIVALS}))
    ended = Disconnect(2.0, 1, "unknown", "", 2.0, 1, 9, 0)
    assert pretty(event(), origin).startswith("--:--:--.---")
    assert not pretty(ended, origin).startswith("--:--:--.---")


def test_an_end_that_is_not_told_has_no_reason() -> None:
    disconnect = Disconnect(0.0, 1, "unknown", "the file ends here", None, 2, 97, 0)
    assert pretty(disconnect, TIMELESS).endswith("not told how · 2 events · 97 B · the file ends here")
    assert "disconnected: not told how · 2 events" in as_shown(disconnect)
    assert pretty(End(0.0, 1, "unknown", ""), TIMELESS).endswith("end         not told how")


def test_the_session_says_what_is_unknown() -> None:
    said = pretty(as_told(Session(0.0, 0, 1, "1", "(unknown)", "GET"), TIMELESS), TIMELESS)
    assert said.endswith("unknown: times, response head, how it ended")


def summary() -> Summary:
    (found,) = (record for record in one_of_each() if isinstance(record, Summary))
    told = as_told(found, TIMELESS)
    assert isinstance(told, Summary)
    return told


def test_metrics_that_rest_on_times_have_no_verdict() -> None:
    shown = {name: (value, verdict) for name, value, verdict in metrics(summary(), TIMELESS)}
    assert shown["stalls"] == shown["silent failures"] == ("–", None)


def test_a_report_without_times_does_not_say_how_long() -> None:
    first = "".join(text for text, _ in report(summary(), TIMELESS)[0])
    assert re.search(r"\d events?$", first)


def test_repeated_ids_that_are_not_told_are_no_merit() -> None:
    (found,) = (record for record in one_of_each() if isinstance(record, Summary))
    found.duplicates = {"received": 0, "delivered": 0}
    verdicts = {
        unknown: {name: verdict for name, _, verdict in metrics(found, Origin(1, unknown))}["duplicates"]
        for unknown in (frozenset[Unknown](), frozenset({Unknown.IDS}))
    }
    assert list(verdicts.values()) == [True, None]
