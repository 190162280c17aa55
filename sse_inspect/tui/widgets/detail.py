"""The record under the cursor, in full."""

from __future__ import annotations

from rich.segment import Segment

from sse_inspect.inspected import Inspected, Snapshot
from sse_inspect.present import units
from sse_inspect.present.signs import KINDS
from sse_inspect.records import Event, Record
from sse_inspect.tui.looking import Budget
from sse_inspect.tui.pages import PAGES, LineRows, Rows, pages_of
from sse_inspect.tui.strips import segments, width_of
from sse_inspect.tui.styles import Palette
from sse_inspect.tui.widgets.line_view import Key, LineView
from sse_inspect.tui.wrapping import Span

_TABS = -1
_EMPTY = -2
_BETWEEN = " │ "
_AT_ONCE = 256
_UNWRAPPED = 1 << 30
_COPIED = 1 << 20


class Detail(LineView):
    """Pages of one record: rows are made as far as they are looked at, the rest in slices afterwards."""

    def __init__(self, inspection: Inspected, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self._inspection = inspection
        self._budget = Budget()
        self._record: Record | None = None
        self._ordinal: int | None = None
        self._rows: Rows = LineRows((), 1)
        self._complete = True
        self._page = ""
        self._shown = 0
        self.view = "json"

    # What the app calls.

    @property
    def is_growing(self) -> bool:
        """Whether there are rows still to be made."""
        return not self._complete

    @property
    def has_record(self) -> bool:
        """Whether it shows anything."""
        return self._record is not None

    @property
    def record(self) -> Record | None:
        """What it shows."""
        return self._record

    def show(self, ordinal: int | None) -> None:
        """Show the record with that log ordinal, from its first row."""
        if ordinal == self._ordinal:
            return
        self._ordinal = ordinal
        self._record = None if ordinal is None else self._inspection.log[ordinal]
        self._restart()

    def choose(self, view: str) -> None:
        """Show this page, of this record and of the next ones as far as they have it."""
        self.view = view
        self._restart()

    def next_view(self) -> None:
        """Show the next page of this record."""
        if self._record is not None and self._page:
            names = pages_of(self._record)
            self.choose(names[(names.index(self._page) + 1) % len(names)])

    def sync(self, snapshot: Snapshot) -> None:
        """Go on with rows that are still to be made, and show how far that is."""
        self.keep_working()
        self.repaint()

    def text(self) -> str:
        """What the page says, unwrapped, for copying: as harmless as on the screen; `…` ends it after a megabyte."""
        if self._record is None:
            return ""
        rows = self._open_page(self._record, _UNWRAPPED)
        lines: list[str] = []
        room, complete = _COPIED, False
        while not complete and room > 0:
            complete = rows.extend(_AT_ONCE)
            for number in range(len(lines), len(rows)):
                lines.append("".join(text for text, _ in rows.line(number)).rstrip())
                room -= len(lines[-1])
        said = "\n".join(lines)
        return said if complete and room >= 0 else f"{said[:_COPIED]}…"

    @property
    def title(self) -> str:
        """What is shown: "Event 1042", "Disconnected", and what is remarkable about an event."""
        record = self._record
        if record is None:
            return "Event"
        if not isinstance(record, Event):
            return KINDS[record.kind].word.capitalize()
        flags = ("duplicate", "replayed", "out_of_order", "truncated")
        said = [flag.replace("_", " ") for flag in flags if getattr(record, flag)]
        return " · ".join([f"Event {record.n}", *said])

    @property
    def page_title(self) -> str:
        """The name of the page on show."""
        return PAGES[self._page].title if self._page else ""

    def move(self, delta: int) -> None:
        """Scroll by rows."""
        self.scroll_rows(self.top + delta)

    def page(self, delta: int) -> None:
        """Scroll by windows."""
        self.move(delta * max(1, self.window - 1))

    def home(self) -> None:
        """Go to the first row."""
        self.scroll_rows(0)

    def end(self) -> None:
        """Go to the last row made so far."""
        self.scroll_rows(len(self._rows))

    # What a frame shows.

    @property
    def heading(self) -> int:
        """The names of the pages have a line where there is room."""
        return 1 if self.size.height >= 4 else 0

    @property
    def total(self) -> int:
        """Rows made so far."""
        return len(self._rows)

    def line_keys(self, height: int) -> list[Key]:
        """The rows' numbers, and of which page shown since the beginning they are."""
        heading, total, shown = min(self.heading, height), len(self._rows), self._shown
        rows = range(self.top, self.top + height - heading)
        return [(_TABS, shown)] * heading + [(row, shown) if row < total else (_EMPTY, 0) for row in rows]

    def draw(self, key: Key, width: int, palette: Palette) -> list[Segment]:
        """A row of the page, or the names of the pages."""
        row = key[0]
        if row == _TABS:
            return segments(self._tabs(width), palette, width)
        return segments(() if row == _EMPTY else self._rows.line(row), palette, width)

    def clicked(self, y: int, x: int, chain: int) -> None:
        """Choose the page whose name was clicked."""
        if y >= self.heading or self._record is None:
            return
        end = 0
        for name in pages_of(self._record):
            end += width_of(PAGES[name].title) + len(_BETWEEN)
            if x < end:
                self.choose(name)
                return

    def work(self) -> bool:
        """A slice of the rows still to be made; painted with the next frame, or when done."""
        if not self._complete:
            self._complete = self._budget.spend(self._rows.extend)
            if self._complete:
                self.repaint()
        return not self._complete

    def on_resize(self) -> None:
        """Rows depend on the width."""
        top = self.top
        self._restart()
        self.scroll_rows(top)

    def _tabs(self, width: int) -> list[Span]:
        record = self._record
        if record is None:
            return [("nothing selected", "dim")]
        spans: list[Span] = []
        for name in pages_of(record):
            spans.append((_BETWEEN if spans else "", "rule"))
            spans.append((PAGES[name].title, "tab.active" if name == self._page else "tab"))
        origin = self._inspection.origin
        facts = f"{units.clock(origin.time_of(record), origin)} · connection {record.connection}"
        if isinstance(record, Event):
            facts += f" · {units.size(record.size)}"
        room = width - sum(width_of(text) for text, _ in spans) - width_of(facts)
        return [*spans, (" " * room, ""), (facts, "dim")] if room >= 2 else spans

    def _restart(self) -> None:
        """Begin the page anew, and make the rows in sight at once."""
        self.top = 0
        self._rows = self._open_page(self._record, self.text_width)
        self._complete = False
        self._budget = Budget()
        while not self._complete and len(self._rows) <= self.window:
            self._complete = self._rows.extend(_AT_ONCE)
        self._shown += 1
        self.repaint()
        self.keep_working()

    def _open_page(self, record: Record | None, width: int) -> Rows:
        """The page wished for, or the record's nearest: data that is no JSON is text."""
        if record is not None and width:
            names = pages_of(record)
            for name in (self.view if self.view in names else names[0], "text"):
                rows = PAGES[name].rows(record, self._inspection, width)
                if rows is not None:
                    self._page = name
                    return rows
        return LineRows((), width)
