"""What one frame costs the thread of the screen, in a terminal, while a list follows a stream and every row changes.

    python -m tests.bench.screen.frame inspector|idiomatic|stock FILE [--frames N]

Prints nothing (there is a screen): leaves the median of the frames, in seconds of a processor, in FILE. `stock` is the
Line API's list and one line of text, alone on the screen.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

EVENTS_PER_FRAME = 667
"""10,000 events a second at 15 frames."""
KNOWN = 20_000
SETTLED_SECONDS = 0.04
"""What a frame leads to is painted by then."""


async def measured(feed: Callable[[int], object], frame: Callable[[], object], frames: int) -> float:
    """The median processor time of this thread from one frame to the next, without what feeding costs."""
    costs: list[float] = []
    feed(KNOWN)
    for _ in range(frames):
        feed(EVENTS_PER_FRAME)
        began = time.thread_time()
        frame()
        await asyncio.sleep(SETTLED_SECONDS)
        costs.append(time.thread_time() - began)
    return median(costs[3:])


def inspector(measure: Callable[[Callable[[int], object], Callable[[], object]], Awaitable[None]]) -> None:
    """Run the inspector on a session that is fed by hand."""
    from sse_inspect import tui
    from sse_inspect.config import Policy, Target
    from sse_inspect.inputs import Chunk, Connected, Opened, ResponseHead, Started, Timings
    from sse_inspect.inspection import Inspection
    from sse_inspect.tui import pace
    from sse_inspect.tui.app import InspectorApp

    began = time.monotonic()

    def clock() -> float:
        return time.monotonic() - began

    inspection = Inspection(Target("http://h/"), Policy(), clock=clock, random=lambda: 0.5)
    head = ResponseHead(200, "1.1", (("content-type", "text/event-stream"),))
    inspection.handle(Started(0.0, time.time_ns() // 1000))
    inspection.handle(Connected(0.0, "127.0.0.1:80"))
    inspection.handle(Opened(0.0, head, Timings(None, 0.001, None, 0.01), "127.0.0.1:80"))
    sent = 0

    def feed(count: int) -> None:
        nonlocal sent
        data = b"".join(
            b'id: %d\nevent: tick\ndata: {"n": %d, "symbol": "ABC", "pad": "%s"}\n\n' % (n, n, b"x" * 60)
            for n in range(sent, sent + count)
        )
        sent += count
        inspection.handle(Chunk(clock(), data, len(data)))

    class Measured(InspectorApp):
        CSS_PATH = str(Path(tui.__file__).with_name("inspect.tcss"))

        def on_ready(self) -> None:  # beside the one of the base class, as Textual has it
            self.run_worker(self._measure())

        def frame(self) -> None:
            """None by the clock."""

        async def _measure(self) -> None:
            await measure(feed, super().frame)
            self.exit()

    with pace.hurried() as housekeeping:
        app = Measured(inspection, housekeeping=housekeeping)
        app.run()
    if app.crash is not None:
        raise app.crash


def idiomatic(
    measure: Callable[[Callable[[int], object], Callable[[], object]], Awaitable[None]], *, only_list: bool
) -> None:
    """Run the idiomatic app, or no more than its list, fed by hand."""
    from httpx_sse import ServerSentEvent
    from textual.app import ComposeResult
    from textual.widgets import Static

    from tests.bench.screen.idiomatic import IdiomaticApp

    class Measured(IdiomaticApp):
        def compose(self) -> ComposeResult:
            if only_list:
                yield Static(id="head", markup=False)
                yield self.rows
            else:
                yield from super().compose()

        def on_mount(self) -> None:
            self.run_worker(self._measure())

        def frame(self) -> None:
            if only_list:
                self.rows.show(following=True)
                self.query_one("#head", Static).update(f"following · {self.count:,}", layout=False)
            else:
                super().frame()

        async def _measure(self) -> None:
            await asyncio.sleep(0.5)
            await measure(self._feed, self.frame)
            self.exit()

        def _feed(self, count: int) -> None:
            for n in range(self.count, self.count + count):
                data = f'{{"n": {n}, "symbol": "ABC", "pad": "{"x" * 60}"}}'
                self.take(ServerSentEvent("tick", data, str(n)), time.time_ns())

    Measured("").run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("inspector", "idiomatic", "stock"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--frames", type=int, default=60)
    given = parser.parse_args()

    async def measure(feed: Callable[[int], object], frame: Callable[[], object]) -> None:
        given.file.write_text(str(await measured(feed, frame, given.frames)))

    if given.what == "inspector":
        inspector(measure)
    else:
        idiomatic(measure, only_list=given.what == "stock")


if __name__ == "__main__":
    main()
