"""The page of other clients: what stands on it, that it keeps up, and which moment of a capture it is about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.tui.captured import captured
from tests.tui.screen import Screen, play
from tests.tui.states import Story

PHANTOM = b"id: 1\ndata: x\n\n: ping\n\n"
PATIENCE = 1000


def odd(count: int) -> Story:
    """An event and a phantom a second."""
    story = Story().open()
    for _ in range(count):
        story.chunk(PHANTOM).wait(1.0)
    return story


async def seen(screen: Screen, words: str) -> None:
    """Frames until these words are in sight; the thread that reads takes its time."""
    for _ in range(PATIENCE):
        if words in screen.text():
            return
        await asyncio.sleep(0.005)
        await screen.frame()
    raise AssertionError(f"{words!r} never came:\n{screen.text()}")


def test_it_says_what_others_would_have_made_of_it_and_keeps_up() -> None:
    story = odd(4)

    async def script(screen: Screen) -> None:
        await screen.press("C")
        await seen(screen, "8 events delivered there, 4 here.")
        await seen(screen, "! 4 × an httpx-sse client gets an empty event here")
        await seen(screen, "first in connection 1 at byte 15, behind event 1")
        await seen(screen, "! It goes on with connection 1, but not all is as here.")
        story.chunk(PHANTOM)
        await seen(screen, "! 5 × an httpx-sse client gets an empty event here")
        await screen.press("escape")
        assert "httpx-sse" not in screen.text()
        story.chunk(PHANTOM)
        await screen.press("C")
        await seen(screen, "12 events delivered there, 6 here.")

    play(story, script)


def test_keys_scroll_copy_and_close() -> None:
    async def script(screen: Screen) -> None:
        await screen.press("C")
        await seen(screen, "1 event delivered there")
        await screen.press("end")
        await seen(screen, "It does with connection 1")
        await screen.press("home", "c")
        assert "Copied: the page" in screen.text()
        assert "The same bytes through httpx-sse" in screen.app.clipboard
        assert "EventSource in a browser, by rule" in screen.app.clipboard
        await screen.press("down", "pagedown", "j", "k", "q")
        assert "Other clients" not in screen.text()

    play(Story().open().event(), script, (60, 16))


def test_the_program_can_be_left_from_it() -> None:
    async def script(screen: Screen) -> None:
        await screen.press("C")
        await screen.press("ctrl+c")

    assert play(odd(2), script) == 130


def of_capture(folder: Path, script: Callable[[Screen], object], count: int = 10) -> None:
    story = odd(count)
    story.ask("stop")
    with captured(story, folder) as shown:
        play(shown, script)  # type: ignore[arg-type]  # a coroutine function


def test_on_a_capture_it_says_of_which_moment(tmp_path: Path) -> None:
    async def script(screen: Screen) -> None:
        await screen.settled()
        await screen.press("C")
        await seen(screen, "Of the whole capture.")
        await seen(screen, "20 events delivered there, 10 here.")
        await screen.press("escape", "colon", "4", "enter")
        await screen.settled()
        await screen.press("C")
        await seen(screen, "Of the capture until the cursor: 00:00:04 of 00:00:10.")
        await seen(screen, "8 events delivered there, 4 here.")

    of_capture(tmp_path, script)
