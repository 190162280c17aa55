"""An app with the list, the detail pane and the filter bar on a hostile stream; run in a terminal by a test."""

from __future__ import annotations

from textual.app import App, ComposeResult

from sse_inspect.tui.widgets.detail import Detail
from sse_inspect.tui.widgets.event_list import EventList
from sse_inspect.tui.widgets.filter_bar import FilterBar
from tests.tui.feed import HOSTILE, Feed


class HostileScreen(App[None]):
    """Shows every page of every record, then leaves."""

    def __init__(self) -> None:
        super().__init__()
        feed = Feed()
        feed.event(HOSTILE, kind=HOSTILE)
        feed.event(f'{{"{HOSTILE[:3]}": "{HOSTILE}"}}')
        feed.chunk(f": {HOSTILE}\nid: {HOSTILE}\ndata: x\n\n".encode())
        feed.drop()
        feed.connect()
        self.inspection = feed.inspection
        self.events = EventList(feed.inspection)
        self.detail = Detail(feed.inspection)
        self.bar = FilterBar()

    def compose(self) -> ComposeResult:
        yield self.events
        yield self.detail
        yield self.bar

    def on_mount(self) -> None:
        self.bar.open("filter", HOSTILE)
        self.steps = iter(range(len(self.inspection.log) * 4))
        self.step()

    def step(self) -> None:
        at = next(self.steps, None)
        if at is None:
            self.exit()
            return
        self.events.sync(self.inspection.snapshot())
        self.detail.show(at // 4)
        self.detail.next_view()
        self.call_after_refresh(self.step)


if __name__ == "__main__":
    HostileScreen().run()
