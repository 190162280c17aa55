"""Probes on the screen: what starts them, what is said meanwhile, and what they found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sse_inspect.errors import UsageError
from sse_inspect.tui.app import InspectorApp
from tests.tui.screen import Screen, play
from tests.tui.states import Story


class Made:
    """Probes that take until they are told that they are over."""

    why_not = ""
    longest = 30.0
    progress = "1 of 3: identity"

    def __init__(self) -> None:
        self.running = False
        self.started = 0
        self.lines: list[list[tuple[str, str]]] = []

    def start(self) -> None:
        self.running, self.started, self.lines = True, self.started + 1, []

    def cancel(self) -> None:
        self.running = False

    def over(self) -> None:
        self.running, self.lines = False, [[("What the probes show", "header")], [("! held back", "warn")]]


class Unusable(Made):
    """Probes of what cannot be asked."""

    def start(self) -> None:
        raise UsageError("--cacert", "it is gone.")


def on_screen(made: Made, script: Callable[[Screen], Awaitable[None]], story: Story | None = None) -> None:
    story = story or Story().open().events(3).wait(0.2)

    async def run() -> None:
        app = InspectorApp(story.inspection, probes=lambda: made)
        async with app.run_test(size=(100, 30)) as pilot:
            screen = Screen(app, pilot)
            await screen.frame()
            await script(screen)

    asyncio.run(run())


def test_what_they_found_is_shown_when_they_are_over() -> None:
    made = Made()

    async def script(screen: Screen) -> None:
        await screen.press("P")
        assert screen.note == ""
        assert screen.rows()[-2].strip().startswith("Probing 1 of 3: identity · 0 s of 30 s at most · Esc cancels")
        await screen.press("P")
        assert (screen.note, made.started) == ("Probing: 1 of 3: identity.", 1)
        made.over()
        await screen.frame()
        await screen.frame()
        assert "! held back" in screen.text()
        await screen.press("escape")
        assert "! held back" not in screen.text()
        await screen.press("P")
        assert ("! held back" in screen.text(), made.started) == (True, 1)
        await screen.press("r")
        assert ("! held back" in screen.text(), made.started) == (False, 2)

    on_screen(made, script)


def test_while_they_are_made_it_is_said_which_and_escape_ends_them() -> None:
    made = Made()

    async def script(screen: Screen) -> None:
        await screen.press("P")
        assert "Probing 1 of 3: identity · " in screen.text()
        made.progress = "2 of 3: compressed, Accept-Encoding: gzip"
        for _ in range(80):  # until the note is gone
            screen.app.frame()
        await screen.frame()
        assert screen.note == ""
        status = screen.rows()[-2]
        assert status.strip().startswith("Probing 2 of 3: compressed · ")
        assert "Esc cancels" in status
        await screen.press("escape")
        assert screen.note == "The probes were cancelled: P shows what they found until then."
        assert "Probing" not in screen.text()
        await screen.press("escape")
        assert screen.note == "The probes were cancelled: P shows what they found until then."

    on_screen(made, script)


def test_nobody_is_interrupted_while_typing() -> None:
    made = Made()

    async def script(screen: Screen) -> None:
        await screen.press("P", "slash")
        made.over()
        await screen.frame()
        await screen.frame()
        assert "! held back" not in screen.text()
        assert screen.note == "The probes are done: P shows what they found."

    on_screen(made, script)


def test_why_there_are_none() -> None:
    made = Made()
    made.why_not = "Not with a POST."

    async def refused(screen: Screen) -> None:
        await screen.press("P")
        assert (screen.note, made.started) == ("Not with a POST.", 0)

    async def unusable(screen: Screen) -> None:
        await screen.press("P")
        assert screen.note == "Nothing was probed: it is gone."

    async def without(screen: Screen) -> None:
        await screen.press("P")
        assert screen.note.startswith("Nothing to probe")

    on_screen(made, refused)
    on_screen(Unusable(), unusable)
    play(Story().open(), without)
