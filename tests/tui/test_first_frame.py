"""What stands between the start of the program and its first frame: nothing that is not part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sse_inspect.server import ServerThread
from tests.tui.captured import captured
from tests.tui.states import STATES
from tests.tui.test_terminal import COLUMNS, ROWS, Terminal

RUN = """
import sys
from sse_inspect.cli import main
status = main({arguments!r})
with open({loaded!r}, "w") as file:
    file.write(" ".join(sys.modules))
sys.exit(status)
"""
LATER = (
    "pydantic",  # typer imports it for every value that is not a flag, if it may
    "sse_inspect.analysis.browser",
    "sse_inspect.cli.checkup",
    "sse_inspect.exporting",
    "sse_inspect.present.documents",
    "sse_inspect.second_opinion",
    "sse_inspect.server",
    "sse_inspect.ticket",
    "sse_inspect.tui.crash",
    "sse_inspect.tui.screens.fault_menu",
    "sse_inspect.tui.screens.help",
    "sse_inspect.tui.screens.moment",
    "sse_inspect.tui.screens.prompt",
)
"""What is imported when it is used."""
ONLINE = ("h11", "httpx", "sse_inspect.live", "sse_inspect.net")
"""What a file does not need."""


def shown(folder: Path, *arguments: str) -> tuple[Terminal, set[str]]:
    """The program run until its first frame and left; and the names of the modules it had by then."""
    loaded = folder / "loaded"
    size = {"COLUMNS": str(COLUMNS), "LINES": str(ROWS)}  # pytest's workers have others in their environment
    with Terminal(RUN.format(arguments=arguments, loaded=str(loaded)), **size) as terminal:
        terminal.until("quit")
        terminal.press("q")
        assert terminal.rest() == 0
        return terminal, set(loaded.read_text().split())


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> tuple[Terminal, set[str]]:
    folder = tmp_path_factory.mktemp("first")
    with captured(STATES["live"](), folder):
        return shown(folder, "open", str(folder / "story.sse"))


def test_a_capture_is_shown_without_what_it_does_not_need(capture: tuple[Terminal, set[str]]) -> None:
    _, loaded = capture
    assert "sse_inspect.tui.app" in loaded
    assert not loaded & {*LATER, *ONLINE}


def test_a_stream_is_shown_without_what_it_does_not_need(tmp_path: Path) -> None:
    with ServerThread() as server:
        _, loaded = shown(tmp_path, server.url("/events"))
    assert {"sse_inspect.tui.app", "sse_inspect.live"} <= loaded
    assert not loaded & {*LATER}


def test_the_first_that_is_painted_is_a_frame(capture: tuple[Terminal, set[str]]) -> None:
    terminal, _ = capture
    before, found, _ = terminal.printed().partition("capture story.sse")
    assert found, terminal.text()
    assert before.split() == ["sse-inspect"]
    assert len(before) < 20, "a whole screen of nothing was painted first"
