from __future__ import annotations

import re

import pytest

from sse_inspect.findings import CODES, diagnosis
from sse_inspect.present.ansi import SGR, painted
from sse_inspect.present.pretty import pretty, pretty_line, report
from sse_inspect.present.safe import cells
from sse_inspect.present.styles import STYLES
from sse_inspect.present.units import clock
from sse_inspect.records import Disconnect, Summary
from tests.present.samples import HOSTILE, ORIGIN, event, one_of_each


@pytest.mark.parametrize("foreign", ["x", HOSTILE, "x" * 100_000, "a\nb\r\nc\u2028d"])
def test_every_record_is_one_safe_line(foreign: str) -> None:
    for record in one_of_each(foreign):
        line = pretty(record, ORIGIN)
        assert line.isprintable()
        assert cells(line) < 2500
        assert line.startswith(f"{clock(record.t, ORIGIN)}  {record.kind}")
        spans = pretty_line(record, ORIGIN)
        assert {style for _, style in spans} <= set(STYLES)
        assert re.sub(r"\x1b\[\d+m", "", painted(spans)).rstrip() == line


def test_colours_are_of_styles_that_there_are() -> None:
    assert set(SGR) <= set(STYLES)
    assert painted([("ok", "good"), (" ", ""), ("", "bad"), ("{", "json.punct")]) == "\x1b[32mok\x1b[0m {"


def test_events_are_aligned() -> None:
    at = clock(1.0, ORIGIN)
    assert pretty(event(), ORIGIN) == at + '  event       1042    tick         121 B        {"price": 101.3}'
    assert pretty(event("a\nb", id=None, size=5300, duplicate=True), ORIGIN) == (
        at + "  event               tick        5.3 kB  DUP   a␊b"
    )
    flags = ({}, {"duplicate": True}, {"replayed": True}, {"late": True}, {"cut": True})
    assert len({pretty(event("here", **flag), ORIGIN).index("here") for flag in flags}) == 1


def test_no_line_says_its_kind_twice() -> None:
    for record in one_of_each():
        _, kind, said = pretty(record, ORIGIN).split(maxsplit=2)
        assert kind == record.kind
        stems = {"disconnect": "disconnect", "gap_filled": "filled", "connecting": "connect"}
        assert not said.lower().startswith(stems.get(kind, kind))


def test_the_session_tells_the_date_that_the_clock_of_the_other_lines_lacks() -> None:
    said = pretty(one_of_each()[0], ORIGIN)
    at = ORIGIN.at(0.0).astimezone()
    assert f"session     {at:%Y-%m-%d} (UTC{at:%z}"[:-2] in said
    assert said.endswith(") · GET https://api.example.com/x · sse-inspect 0.1.0")


def test_a_diagnosis_says_how_bad_it_is_and_what_to_do() -> None:
    said = next(pretty(record, ORIGIN) for record in one_of_each() if record.kind == "diagnosis")
    assert said.endswith("diagnosis   warning · id-restart: The event IDs have begun again · x — fix: fix")


@pytest.mark.parametrize("code", CODES)
def test_the_fix_of_a_diagnosis_stands_whole_on_its_line(code: str) -> None:
    record = diagnosis(code, "4 of 4.", 1.0, 1)
    assert pretty(record, ORIGIN).endswith(f" — fix: {record.fix}")
    assert "\n" not in record.fix


def test_a_width_is_kept() -> None:
    for record in one_of_each("日本" * 100):
        assert cells(pretty(record, ORIGIN, 60)) <= 60


def test_a_disconnect_in_words() -> None:
    record = Disconnect(10.0, 1, "reset", "connection reset by peer", 44.2, 1, 5300, 0)
    assert pretty(record, ORIGIN).endswith("disconnect  reset · 1 event · 5.3 kB · 44.2 s · connection reset by peer")
    never_open = Disconnect(10.0, 1, "refused", "Connection refused", 0.002, 0, 0, 0)
    assert pretty(never_open, ORIGIN).endswith("disconnect  attempt failed: refused · 2 ms · Connection refused")


def lines_of(record: Summary) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in report(record, ORIGIN)]


def test_the_report_has_a_verdict_on_each_metric() -> None:
    record = one_of_each()[-1]
    assert isinstance(record, Summary)
    assert lines_of(record)[1:] == [
        "  ✔ completion rate  99.71 % (1,030 received)",
        "  ✔ reconnect time   p95 1.04 s, max 1.04 s (1 reconnect)",
        "  ✖ messages lost    3",
        "  ✔ duplicates       12 received, 0 delivered as new",
        "  ✖ stalls           1, longest 31.0 s",
        "  ✔ silent failures  0",
        "    traffic          1.0 MB, 10 comments",
        "    connections      2, ended by: forced 1",
    ]


def summary(events: int, received: int, stalls: int = 0) -> list[str]:
    """The lines below the first, of a summary without a gap."""
    nothing = dict.fromkeys(("mean", "p50", "p95", "p99", "max"), None)
    none = {"received": 0, "delivered": 0}
    record = Summary(
        1.0,
        1,
        completion_rate=1.0 if received else None,
        reconnect_seconds={"count": 0, **nothing},
        messages_lost=0,
        duplicates=none,
        stalls={"count": stalls, "longest": 31.0 * stalls},
        silent_failures=0,
        events=events,
        received=received,
        comments=0,
        connections=1,
        disconnects={},
        bytes=0,
        duration=1.0,
    )
    return lines_of(record)[1:]


def test_a_summary_of_nothing_has_no_verdicts() -> None:
    assert summary(events=0, received=0) == [
        "    completion rate  –",
        "    reconnect time   –",
        "    messages lost    0",
        "    duplicates       0 received, 0 delivered as new",
        "    stalls           0",
        "    silent failures  0",
        "    traffic          0 B, 0 comments",
        "    connections      1",
    ]


def test_what_went_wrong_is_told_though_no_event_came() -> None:
    assert summary(events=0, received=0, stalls=1)[4] == "  ✖ stalls           1, longest 31.0 s"


def test_without_ids_loss_and_duplicates_have_no_verdict() -> None:
    lines = summary(events=20, received=0)
    assert lines[0] == "    completion rate  – (no IDs to count by)"
    assert [line[2] for line in lines[:6]] == [" ", " ", " ", " ", "✔", "✔"]
    assert [line[2] for line in summary(events=20, received=20)[:6]] == ["✔", " ", "✔", "✔", "✔", "✔"]
