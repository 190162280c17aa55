"""The whole screen on a story: keys in, what is seen out."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from textual.pilot import Pilot

from sse_inspect.inspected import Inspected
from sse_inspect.replay import LOOKING
from sse_inspect.tui.app import InspectorApp

Script = Callable[[Pilot[None]], Awaitable[None]]


class Shown(Protocol):
    """What a screen is made of."""

    @property
    def inspection(self) -> Inspected: ...


class Screen:
    """An app under test and the hand that drives it."""

    def __init__(self, app: InspectorApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        self.inspector = app._inspector

    async def frame(self) -> None:
        """One frame, painted; `pause` would also wait for the processor to be idle, which takes most of a second."""
        await self.pilot._wait_for_screen()
        self.app.frame()
        await self.pilot._wait_for_screen()

    async def settled(self) -> None:
        """Until the state of a capture is found, and all of it was looked at."""
        player = self.app._inspection.player
        while player is not None and (player.progress < 1 or LOOKING in self.app._inspection.snapshot().notes):
            self.app.frame()
            await asyncio.sleep(0.001)
        await self.frame()

    async def press(self, *keys: str) -> None:
        """Keys, and the frame after each."""
        for key in keys:
            await self.pilot.press(key)
            await self.frame()

    def rows(self) -> list[str]:
        """What stands on the terminal, row by row."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.rows())

    def focused_id(self) -> str | None:
        """The region that has the keys."""
        return self.app.focused.id if self.app.focused else None

    @property
    def note(self) -> str:
        """The answer to the last key."""
        return self.inspector.status.note


def play(
    story: Shown,
    script: Callable[[Screen], Awaitable[None]],
    size: tuple[int, int] = (120, 30),
    banner: Callable[[float], str] | None = None,
) -> int | None:
    """Run `script` on the screen of a story; returns the exit status."""

    async def run() -> int | None:
        app = InspectorApp(story.inspection, banner=banner)
        async with app.run_test(size=size) as pilot:
            screen = Screen(app, pilot)
            await screen.frame()
            await script(screen)
        return app.return_code

    return asyncio.run(run())


def picture(story: Shown, size: tuple[int, int], *keys: str) -> str:
    """The screen of a story as SVG, the same on every machine: in UTC, without the ids that Rich makes up."""
    pictures: list[str] = []

    async def script(screen: Screen) -> None:
        await screen.press(*keys)
        await screen.settled()
        await screen.frame()
        pictures.append(screen.app.export_screenshot(title="sse-inspect", simplify=True))

    zone = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        play(story, script, size)
    finally:
        if zone is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = zone
        time.tzset()
    return re.sub(r"terminal-\d+", "terminal", pictures[0])
