"""What is painted line by line: on a terminal it comes to the picture that the compositor has of the whole screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import cast

import pyte
import pytest
from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.screen import Screen as TextualScreen

from sse_inspect.tui.app import InspectorApp
from tests.tui.screen import Screen
from tests.tui.states import Story

PATIENCE = 5.0
SIZES = ((160, 45), (80, 24), (60, 15))


class Watched(InspectorApp):
    """An app whose updates reach a terminal, and are known by where they come from."""

    CSS_PATH = "../../sse_inspect/tui/inspect.tcss"

    def __init__(self, story: Story, size: tuple[int, int]) -> None:
        super().__init__(story.inspection)
        self.terminal = pyte.Screen(*size)
        self.updates: list[str] = []
        self._stream = pyte.Stream(self.terminal)

    def _display(self, screen: TextualScreen[object], renderable: object) -> None:
        if isinstance(renderable, CompositorUpdate):
            self.updates.append(type(renderable).__module__)
            self._stream.feed(renderable.render_segments(self.console))
        super()._display(screen, cast("RenderableType | None", renderable))

    @property
    def is_direct(self) -> bool:
        """Whether Textual painted nothing since this was asked last."""
        direct = [name.startswith("sse_inspect.") for name in self.updates]
        self.updates.clear()
        return bool(direct) and all(direct)


def watch(size: tuple[int, int], script: Callable[[Story, Watched, Screen], Awaitable[None]]) -> None:
    story = Story().open().events(60)

    async def run() -> None:
        app = Watched(story, size)
        async with app.run_test(size=size) as pilot:
            screen = Screen(app, pilot)
            await screen.frame()
            await settled(app, screen)
            app.updates.clear()
            await script(story, app, screen)

    asyncio.run(run())


async def settled(app: Watched, screen: Screen) -> None:
    """A frame, until all of it is painted."""
    await screen.frame()
    deadline = time.monotonic() + PATIENCE
    while screen.inspector.stage._changed or not _is_same(app, screen):
        assert time.monotonic() < deadline, "\n".join([*app.terminal.display, *screen.rows()])
        await asyncio.sleep(0.001)


def _is_same(app: Watched, screen: Screen) -> bool:
    return [row.rstrip() for row in app.terminal.display] == [row.rstrip() for row in screen.rows()]


@pytest.mark.parametrize("size", SIZES)
def test_frames_and_keys_are_painted_without_the_compositor(size: tuple[int, int]) -> None:
    async def script(story: Story, app: Watched, screen: Screen) -> None:
        for _ in range(3):
            story.wait(1.0).events(7)
            await settled(app, screen)
            assert app.is_direct
        for key in ("home", "down", "pagedown", "space", "space", "G", "n"):
            await screen.pilot.press(key)
            await settled(app, screen)
            assert app.is_direct, key

    watch(size, script)


@pytest.mark.parametrize("size", SIZES)
def test_what_lies_over_the_regions_stays_in_sight(size: tuple[int, int]) -> None:
    async def script(story: Story, app: Watched, screen: Screen) -> None:
        for key in ("slash", "4", "enter", "escape", "question_mark", "escape", "f", "escape", "tab", "T"):
            await screen.pilot.press(key)
            story.wait(1.0).events(3)
            await settled(app, screen)
        app.updates.clear()
        story.wait(1.0).events(3)
        await settled(app, screen)
        assert app.is_direct

    watch(size, script)


def test_a_key_is_painted_before_textual_would() -> None:
    async def script(story: Story, app: Watched, screen: Screen) -> None:
        screen.inspector.stage._painted_at = 0.0
        screen.inspector.action_home()
        await asyncio.sleep(0)
        assert app.is_direct
        assert "row 1 of" in "".join(app.terminal.display)

    watch((120, 30), script)


def test_a_frame_paints_only_what_changed() -> None:
    async def script(story: Story, app: Watched, screen: Screen) -> None:
        await settled(app, screen)
        app.updates.clear()
        app.frame()
        assert not screen.inspector.stage._changed
        await settled(app, screen)
        assert not app.updates

    watch((120, 30), script)


def test_a_smaller_terminal_is_painted_anew() -> None:
    async def script(story: Story, app: Watched, screen: Screen) -> None:
        app.terminal.resize(25, 90)
        await screen.pilot.resize_terminal(90, 25)
        story.events(5)
        await settled(app, screen)
        story.wait(1.0).events(5)
        await settled(app, screen)

    watch((120, 30), script)
