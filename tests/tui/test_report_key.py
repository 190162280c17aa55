"""R: a report for a ticket, from the screen of a live session and of a capture."""

from __future__ import annotations

from pathlib import Path

import pytest

from sse_inspect.inspected import LOOKING
from sse_inspect.server import ServerThread
from sse_inspect.tui import save
from tests.tui.captured import captured
from tests.tui.screen import Screen, play
from tests.tui.states import Story, live, with_gap
from tests.tui.test_first_frame import shown


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of the test."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def asked(screen: Screen) -> None:
    await screen.press("R")
    await screen.app.workers.wait_for_complete()
    await screen.frame()


def test_it_is_saved_here_and_told(here: Path) -> None:
    async def script(screen: Screen) -> None:
        await asked(screen)
        (file,) = files(here)
        assert file.name.startswith("sse-inspect-report-")
        assert file.suffix == ".md"
        assert screen.note == f"Report saved, secrets redacted: {file}"
        assert "still open" in file.read_text()
        await asked(screen)
        assert len(files(here)) == 2

    play(live(), script)


def test_of_a_capture_it_ends_where_the_cursor_is(here: Path, tmp_path: Path) -> None:
    async def script(screen: Screen) -> None:
        await screen.settled()
        await asked(screen)
        (whole,) = files(here)
        text = whole.read_text()
        assert "sse-inspect open story.sse" in text
        assert "2 connections" in text
        whole.unlink()
        screen.inspector._go(5.0)  # type: ignore[attr-defined]  # the screen of a capture has it
        await screen.settled()
        await asked(screen)
        (part,) = files(here)
        text = part.read_text()
        assert "6 events over 1 connection in 5.0 s; still open." in text
        assert "disconnected" not in text

    with captured(with_gap(), tmp_path) as capture:
        play(capture, script)


def test_while_the_moment_is_looked_for_it_waits(here: Path, tmp_path: Path) -> None:
    async def script(screen: Screen) -> None:
        snapshot = screen.app._inspection.snapshot()
        screen.inspector._snapshot = type(snapshot)(
            **{name: getattr(snapshot, name) for name in snapshot.__slots__ if name != "notes"}, notes=(LOOKING,)
        )
        screen.inspector.action_report()
        assert screen.note.startswith("This moment is still being looked for")
        assert not files(here)

    with captured(with_gap(), tmp_path) as capture:
        play(capture, script)


def test_leaving_ends_it_and_leaves_no_file(here: Path) -> None:
    inspection = Story(ids=False).open().chunk(b"data: x\n\n" * 5_000).inspection
    wanted = iter([True, True, False])
    with pytest.raises(save.LeftError):
        save.report(inspection, lambda: next(wanted))
    assert files(here) == []


def test_on_a_terminal_it_is_written_when_the_screen_is_left(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    with ServerThread() as server:
        terminal, _ = shown(tmp_path, server.url("/events"), "--report", str(report))
    assert report.read_text().startswith("# sse-inspect: `GET http://")
    assert "Traceback" not in terminal.text()
