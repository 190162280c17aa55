"""The same screen as one would write it by the book: Textual's widgets, and httpx-sse in a worker on the same loop.

    python -m tests.bench.screen.idiomatic URL [--list lines|table] [--detail static|syntax] [--stamps FILE]

`lines` is a `ScrollView` on the Line API, which stays usable with a million rows; `table` is a `DataTable`, which an
ordinary developer would take first. It says what `sse-inspect` says, in the same words, so that the same keys can be
timed. `--stamps` leaves the pairs (sent, arrived) of all events there, in nanoseconds, as 64-bit integers.
"""

from __future__ import annotations

import argparse
import json
import time
from array import array
from pathlib import Path
from typing import ClassVar

import httpx
from httpx_sse import ServerSentEvent, aconnect_sse
from rich.segment import Segment
from rich.style import Style
from rich.syntax import Syntax
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import DataTable, Footer, Static

FRAMES = 30
STAMP = slice(10, 29)
_COLUMNS = ("n", "time", "id", "type", "size", "data")
_WIDTHS = (9, 13, 10, 8, 6)
_DIM = Style(dim=True)
_BLUE = Style(color="blue")
_CURSOR = Style(reverse=True)

Row = tuple[str, ...]


class Lines(ScrollView):
    """Rows drawn one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.cursor = -1

    def add(self, row: Row) -> None:
        """Add a row at the end."""
        self.rows.append(row)

    def show(self, *, following: bool) -> None:
        """Show what is new."""
        self.virtual_size = Size(self.size.width, len(self.rows))
        if following:
            self.cursor = len(self.rows) - 1
            self.scroll_end(animate=False)
        self.refresh()

    def point(self, row: int) -> None:
        """Put the cursor there."""
        self.cursor = max(0, min(row, len(self.rows) - 1))
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= self.cursor < top + height:
            self.scroll_to(y=min(self.cursor, max(0, self.cursor - height + 1)), animate=False)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row."""
        at = self.scroll_offset.y + y
        if at >= len(self.rows):
            return Strip.blank(self.size.width)
        row = self.rows[at]
        styles = (_DIM, _DIM, _BLUE, _BLUE, _DIM)
        parts = [Segment(text.ljust(width), style) for text, width, style in zip(row, _WIDTHS, styles, strict=False)]
        strip = Strip([*parts, Segment(row[-1])]).adjust_cell_length(self.size.width)
        return strip.apply_style(_CURSOR) if at == self.cursor else strip


class Table(DataTable[str]):
    """The same as a table."""

    def on_mount(self) -> None:
        """Columns once and for all."""
        self.cursor_type = "row"
        self.add_columns(*_COLUMNS)

    @property
    def cursor(self) -> int:
        """Where the cursor stands."""
        return self.cursor_row

    def add(self, row: Row) -> None:
        """Add a row at the end."""
        self.add_row(*row)

    def show(self, *, following: bool) -> None:
        """Show what is new."""
        if following and self.row_count:
            self.move_cursor(row=self.row_count - 1)

    def point(self, row: int) -> None:
        """Put the cursor there."""
        self.move_cursor(row=row)


class IdiomaticApp(App[None]):
    """Everything on one loop; what is new is shown `FRAMES` times a second."""

    CSS = """
    #head { height: 1; } #left { width: 2fr; } #right { width: 1fr; }
    Lines, Table { height: 2fr; } #detail { height: 1fr; border: round $primary; }
    #metrics { height: 1fr; border: round $primary; } #connections { height: 1fr; border: round $primary; }
    #status { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", "go(0)", "first", priority=True),
        Binding("down", "step(1)", "down", priority=True),
        Binding("up", "step(-1)", "up", priority=True),
        Binding("n", "say('No later mark.')", "next mark"),
        Binding("G", "follow", "follow"),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, url: str, *, kind: str = "lines", detail: str = "static", stamps: Path | None = None) -> None:
        super().__init__()
        self.rows: Lines | Table = Lines() if kind == "lines" else Table()
        self.following = True
        self._url = url
        self._detail = detail
        self._stamps = stamps
        self._arrivals = array("q")
        self._received: list[ServerSentEvent] = []
        self._bytes = 0

    @property
    def count(self) -> int:
        """How many events came."""
        return len(self._received)

    def compose(self) -> ComposeResult:
        """The same regions, roughly."""
        yield Static(id="head", markup=False)
        with Horizontal():
            with Vertical(id="left"):
                yield self.rows
                with VerticalScroll(id="detail"):
                    yield Static(id="json", markup=False)
            with Vertical(id="right"):
                yield Static(id="metrics", markup=False)
                yield Static(id="connections", markup=False)
        yield Static(id="status", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Begin."""
        if self._url:
            self.receive()
            self.set_interval(1 / FRAMES, self.frame)

    @work
    async def receive(self) -> None:
        """Take what comes."""
        async with (
            httpx.AsyncClient(timeout=None) as client,
            aconnect_sse(client, "GET", self._url) as source,
        ):
            async for event in source.aiter_sse():
                self.take(event, time.time_ns())

    def take(self, event: ServerSentEvent, now: int) -> None:
        """One event came."""
        if self._stamps is not None:
            self._arrivals.append(int(event.data[STAMP]))
            self._arrivals.append(now)
        self._received.append(event)
        self._bytes += len(event.data)
        seconds = now // 1_000_000_000 % 86400
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{now // 1_000_000 % 1000:03}"
        self.rows.add((str(len(self._received)), clock, event.id, event.event, str(len(event.data)), event.data[:120]))

    def frame(self) -> None:
        """Show what is new."""
        self.rows.show(following=self.following)
        total = len(self._received)
        place = f"following · {total:,}" if self.following else f"row {self.rows.cursor + 1:,} of {total:,}"
        self.query_one("#head", Static).update(f"idiomatic  {self._url}  OPEN  {time.strftime('%X')}  {place}")
        self.query_one("#metrics", Static).update(f"events {total:,}\nbytes {self._bytes:,}\nlost 0\nduplicates 0")
        self.query_one("#connections", Static).update(f"1 open {total:,} ev")

    def action_go(self, row: int) -> None:
        """Put the cursor on a row."""
        self.following = False
        self.rows.point(row)
        pretty = json.dumps(json.loads(self._received[self.rows.cursor].data), indent=2) if self._received else ""
        shown = Syntax(pretty, "json") if self._detail == "syntax" else Content(pretty)
        self.query_one("#json", Static).update(shown)
        place = f"row {self.rows.cursor + 1:,} of {len(self._received):,}"
        self.query_one("#status", Static).update(place)

    def action_step(self, rows: int) -> None:
        """Move the cursor."""
        self.action_go(self.rows.cursor + rows)

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self.following = True
        self.action_say("Following the newest record.")

    def action_say(self, text: str) -> None:
        """Answer in the status line."""
        self.query_one("#status", Static).update(text)

    def on_unmount(self) -> None:
        """Leave the stamps."""
        if self._stamps is not None:
            self._stamps.write_bytes(self._arrivals.tobytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--list", choices=("lines", "table"), default="lines")
    parser.add_argument("--detail", choices=("static", "syntax"), default="static")
    parser.add_argument("--stamps", type=Path)
    given = parser.parse_args()
    IdiomaticApp(given.url, kind=given.list, detail=given.detail, stamps=given.stamps).run()


if __name__ == "__main__":
    main()
