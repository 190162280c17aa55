"""A session fed by hand, in virtual time, and an app with one widget on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from sse_inspect.config import Policy, Target
from sse_inspect.inputs import Chunk, Connected, Ended, Opened, ResponseHead, Started, Tick, Timings
from sse_inspect.inspection import Inspection

HEAD = ResponseHead(200, "1.1", (("content-type", "text/event-stream"), ("x-\u202eodd", "\x1b[31m")))

# What must never stand in a segment: controls, bidi, zero-width, tags, fillers, a lone surrogate's escape aside.
HOSTILE = (
    "\x1b[31m \x07 \x7f \x9b31m \x9d0; \u202e \u2066 \u200b \u200d \ufeff \U000e0041 \u2028 \x85 [bold]x[/nope] e\u0301"
)


class Feed:
    """An inspection and the hand that feeds it."""

    def __init__(self) -> None:
        self.t = 0.0
        self.n = 0
        self.inspection = Inspection(
            Target("http://127.0.0.1:1/feed"), Policy(), clock=lambda: self.t, random=lambda: 0.5, version="0.1.0"
        )
        self.inspection.handle(Started(0.0, 1_790_000_000_000_000))
        self.connect()

    def connect(self) -> None:
        while self.inspection.session.state.value != "connecting":
            self.t += 0.1
            self.inspection.handle(Tick(self.t))
        self.inspection.handle(Connected(self.t, "127.0.0.1:1"))
        self.inspection.handle(Opened(self.t, HEAD, Timings(0.001, 0.002, None, 0.012), "127.0.0.1:1"))

    def event(self, data: str = "", *, kind: str = "tick", n: int | None = None) -> int:
        """An event, and its ordinal in the log; one line of data for each line of `data`."""
        if n is None:
            self.n += 1
        lines = "".join(f"data: {line}\n" for line in (data or f"event {self.n}").split("\n"))
        self.chunk(f"id: {self.n if n is None else n}\nevent: {kind}\n{lines}\n".encode())
        return len(self.inspection.log) - 1

    def events(self, count: int) -> None:
        for _ in range(count):
            self.event()

    def chunk(self, data: bytes) -> None:
        self.t += 0.1
        self.inspection.handle(Chunk(self.t, data))

    def drop(self) -> None:
        self.t += 0.1
        self.inspection.handle(Ended(self.t, "reset", "gone \x1b]0;x\x07", True))


class One(App[None]):
    """An app with one widget on it."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


def drive(
    widget: Widget, script: Callable[[Pilot[None]], Awaitable[None]], *, size: tuple[int, int] = (80, 12)
) -> list[Message]:
    """Run `script` with `widget` on a screen of that size; returns the widget's own messages."""
    posted: list[Message] = []

    def keep(message: Message) -> None:
        if type(message).__qualname__.startswith(f"{type(widget).__name__}.") and message not in posted:
            posted.append(message)

    async def run() -> None:
        async with One(widget).run_test(size=size, message_hook=keep) as pilot:
            await pilot.pause()
            await script(pilot)

    asyncio.run(run())
    return posted


def lines(widget: Widget) -> list[str]:
    """What the widget shows, line by line."""
    return [strip.text.rstrip() for strip in widget.render_lines(widget.size.region)]
