"""The report on a terminal: readable at any width, in order, and nothing told by colour alone."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sse_inspect.check.report import FORMATS, summary_lines
from sse_inspect.check.report.terminal import wrapped
from sse_inspect.check.result import Outcome, Report, Result, Verdict
from sse_inspect.present.safe import cells
from tests.check.report.reports import HOSTILE, report

SGR = re.compile("\x1b\\[[0-9;]*m")


@pytest.mark.parametrize("width", [10, 40, 60, 80, 120, 400])
@pytest.mark.parametrize("text", ["plain", HOSTILE, "漢字" * 200, "a" * 5000])
def test_no_line_is_wider_than_asked_for(width: int, text: str) -> None:
    lines = summary_lines(report(text), width, False).split("\n")
    assert lines.pop() == ""
    commands = {each for each in lines if each.startswith("  sse-inspect open ")}  # to be copied as they are
    assert max(cells(each) for each in lines if each not in commands) <= min(max(width, 40), 120)
    assert all(each.isprintable() for each in lines)


def test_colour_adds_nothing_but_colour() -> None:
    made = report(HOSTILE)
    plain, coloured = (summary_lines(made, 80, colour) for colour in (False, True))
    assert coloured != plain
    assert [each.rstrip() for each in SGR.sub("", coloured).split("\n")] == plain.split("\n")


def test_the_scenarios_stand_in_order_and_then_the_reasons() -> None:
    lines = summary_lines(report(), 80, False).split("\n")
    assert [each[:20].split()[:3] for each in lines[:4]] == [
        ["✔", "pass", "Heartbeat"],
        ["✖", "FAIL", "Outage"],
        ["!", "warning", "Twice"],
        ["?", "unknown", "Resume"],
    ]
    text = "\n".join(lines)
    assert text.index("✖ Outage plain  outage") < text.index("! Twice  twice") < text.index("? Resume  resume")
    assert "Heartbeat  heartbeat" not in text
    for part in (
        "because   First plain",
        "advice    Resume. plain",
        "lost 2",
        "completion 81.81 %",
        "gap         9–10 · 2 missing",
    ):
        assert part in text
    assert "✖ FAIL     Worst completion  81.81 %     (99.5 % at least)" in lines
    assert "✔ pass     Reconnect p95     1.20 s      (below 5 s)" in lines
    assert "✖ FAIL     Longest silence   12.5 s      (10 s at most)" in lines
    assert lines[-4].startswith("✖ Failed. 4 scenarios: 1 failed, 1 cannot be known, 1 with a warning, 1 passed.")
    assert lines[-2] == "  sse-inspect open 'dir/plain outage.sse'"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"interrupted": True, "outcomes": ()}, "Interrupted before a scenario was judged."),
        ({"connected": False}, "Not reached: no request was answered; 4 scenarios: 1 failed"),
    ],
)
def test_a_check_that_was_none_says_so(changes: dict[str, object], sentence: str) -> None:
    assert sentence in summary_lines(report(**changes), 200, False)


def test_figures_that_were_not_measured_are_unknown() -> None:
    made = report()
    bare: Report = replace(made, outcomes=made.outcomes[3:], runs=())
    assert "? unknown  Worst completion  –           (99.5 % at least)" in summary_lines(bare, 80, False)


def test_words_that_fit_no_line_are_cut_up() -> None:
    assert wrapped("ab cdefghij k", 4) == ["ab", "cdef", "ghij", "k"]
    assert wrapped("漢字漢字", 3) == ["漢", "字", "漢", "字"]
    assert wrapped("", 3) == [""]


def test_what_several_expectations_say_alike_stands_once() -> None:
    alike = tuple(Result(name, Verdict.UNKNOWN, "It did not open.") for name in ("a", "b", "c"))
    made = report(outcomes=(Outcome("ids", "IDs", "Looks.", "", Verdict.UNKNOWN, alike),), opened=False)
    text = summary_lines(made, 80, False)
    assert text.count("It did not open.") == 2  # in the table, and below it
    assert "Not opened: no request was answered with an event stream; 1 scenario:" in text
    assert "a, b, c" in FORMATS["markdown"](made)
