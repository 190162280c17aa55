"""How a check goes, line by line."""

from __future__ import annotations

from sse_inspect.check.progress import Progress
from sse_inspect.check.report.board import Board
from sse_inspect.check.scenario import load
from sse_inspect.present.safe import cells
from sse_inspect.present.styles import Span
from sse_inspect.records import Disconnect
from tests.check.report.reports import HOSTILE, opened, report


def text(spans: list[Span]) -> str:
    return "".join(part for part, _ in spans).rstrip()


def test_a_scenario_is_told_from_its_begin_to_its_verdict() -> None:
    clock = 10.0
    done: list[str] = []
    board = Board(lambda: clock, lambda spans: done.append(text(spans)))
    progress: Progress = board
    scenario = next(each for each in load() if each.name == "disconnect")
    assert text(board.running(200)) == ""
    progress.begins(scenario, 7, 18)
    assert text(board.running(200)) == (
        "   7/18  … running  Forced disconnect           0.0 s  Closes the connection once and reconnects."
    )
    progress.run("disconnect", 30.0)
    clock = 12.5
    assert text(board.running(200)).endswith("2.5 s  of 30 s at most  disconnect: connecting")
    progress.step("disconnect", opened(0.1, 1))
    assert text(board.running(200)).endswith("disconnect: ● open · 200 after 2 ms · HTTP/1.1 · 127.0.0.1:80")
    progress.step("disconnect", Disconnect(3.0, 1, "forced", HOSTILE, 2.9, 8, 80, 0))
    shown = text(board.running(200))
    assert "✂ disconnected: forced · 8 events" in shown
    assert shown.isprintable()
    assert cells(text(board.running(60))) <= 60
    clock = 16.0
    progress.result(report().outcomes[1])
    assert done == ["   7/18  ✖ FAIL     Outage plain                6.0 s  2 IDs lost: plain"]
    assert text(board.running(200)) == ""
