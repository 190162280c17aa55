from __future__ import annotations

import pytest

from sse_inspect.present.pretty import pretty, pretty_lines
from sse_inspect.present.safe import cells
from sse_inspect.present.styles import STYLES
from sse_inspect.present.units import clock
from sse_inspect.records import Disconnect, Summary
from tests.present.samples import HOSTILE, ORIGIN, event, one_of_each


@pytest.mark.parametrize("foreign", ["x", HOSTILE, "x" * 100_000, "a\nb\r\nc\u2028d"])
def test_every_record_but_the_summary_is_one_safe_line(foreign: str) -> None:
    for record in one_of_each(foreign):
        lines = pretty(record, ORIGIN).split("\n")
        assert (len(lines) > 1) == isinstance(record, Summary)
        for line in lines:
            assert line.isprintable()
            assert cells(line) < 2500
        assert lines[0].startswith(f"{clock(record.t, ORIGIN)}  {record.kind}")
        styles = {style for line in pretty_lines(record, ORIGIN) for _, style in line}
        assert styles <= set(STYLES)


def test_events_are_aligned() -> None:
    at = clock(1.0, ORIGIN)
    assert pretty(event(), ORIGIN) == at + '  event       1042    tick         121 B  {"price": 101.3}'
    assert pretty(event("a\nb", id=None, size=5300, duplicate=True), ORIGIN) == (
        at + "  event               tick        5.3 kB  DUP  a␊b"
    )


def test_a_width_is_kept() -> None:
    for record in one_of_each("日本" * 100):
        for line in pretty(record, ORIGIN, 60).split("\n"):
            assert cells(line) <= 60


def test_a_disconnect_in_words() -> None:
    record = Disconnect(10.0, 1, "reset", "connection reset by peer", 44.2, 1, 5300, 0)
    assert pretty(record, ORIGIN).endswith("disconnected: reset · 1 event · 5.3 kB · 44.2 s · connection reset by peer")


def test_the_summary_is_a_block_with_a_verdict_on_each_metric() -> None:
    assert pretty(one_of_each()[-1], ORIGIN).split("\n")[1:] == [
        "  ✔ completion rate  99.71 % (1,030 received)",
        "  ✔ reconnect time   p95 1.04 s, max 1.04 s (1 reconnect)",
        "  ✖ messages lost    3",
        "  ✔ duplicates       12 received, 0 delivered as new",
        "  ✖ stalls           1, longest 31.0 s",
        "  ✔ silent failures  0",
        "    traffic          1.0 MB, 10 comments",
        "    connections      2, ended by: forced 1",
    ]


def test_a_summary_of_nothing_says_what_is_unknown() -> None:
    nothing = dict.fromkeys(("mean", "p50", "p95", "p99", "max"), None)
    none = {"received": 0, "delivered": 0}
    record = Summary(
        1.0, 1, None, {"count": 0, **nothing}, 0, none, {"count": 0, "longest": 0}, 0, 0, 0, 0, 1, {}, 0, 1.0
    )
    lines = pretty(record, ORIGIN).split("\n")
    assert lines[1] == "    completion rate  – (0 received)"
    assert lines[2] == "    reconnect time   p95 –, max – (0 reconnects)"
    assert lines[-1] == "    connections      1"
