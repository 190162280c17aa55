"""The list of records: events, and the life of the connection between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.segment import Segment
from textual.message import Message

from sse_inspect.inspected import Inspected, Snapshot
from sse_inspect.present import units
from sse_inspect.present.safe import preview
from sse_inspect.store.filter import Filter, both, parse_filter
from sse_inspect.tui.event_rows import EventRows
from sse_inspect.tui.listing import Listing
from sse_inspect.tui.looking import MOST_RECORDS, Budget, Search
from sse_inspect.tui.strips import segments, tinted
from sse_inspect.tui.styles import Palette
from sse_inspect.tui.widgets.line_view import Key, LineView
from sse_inspect.tui.widgets.mark_index import MarkIndex

_HEADER = -1
_EMPTY = -2
_NOTHING = -3
_BLURRED, _FOCUSED = 1, 2
_WORDS = 40
# A filter that keeps up with the stream is always a few records behind.
_NEARLY = 0.99


class EventList(LineView):
    """Rows pulled from the log at frame rate; a frame costs what is visible, whatever arrived."""

    class Opened(Message):
        """A record was asked for: double click, or `open`."""

        def __init__(self, ordinal: int) -> None:
            super().__init__()
            self.ordinal = ordinal

    class Searched(Message):
        """A search is over: the ordinal `found`, None if nothing matches.

        `newer`: it looked towards newer records; `around`: and went on from the other end.
        """

        def __init__(self, found: int | None, *, newer: bool, around: bool) -> None:
            super().__init__()
            self.found = found
            self.newer = newer
            self.around = around

    def __init__(self, inspection: Inspected, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self._inspection = inspection
        self._listing = Listing(inspection.log)
        self._marks = MarkIndex(inspection.log)
        self._budget = Budget(most=MOST_RECORDS)
        self._search: Search | None = None
        self._wanted: Filter | None = None
        self._events = 0
        self._rows = EventRows(inspection)
        self.following = True
        self.frozen = False
        self.cursor: int | None = None
        self.when_moved: Callable[[int], None] = lambda _: None
        """Called when the cursor comes to another record: a message would get there a frame later."""
        self._scrolled_away = False
        # While a new filter still looks, rows come in above the cursor: how far below the top it is held.
        self._held: int | None = None

    def events_in(self, snapshot: Snapshot) -> int:
        """How many events there are among the rows: the columns have room for so many."""
        return snapshot.events

    # What the app calls.

    def sync(self, snapshot: Snapshot) -> None:
        """Show what is new; frozen, only work that was asked for goes on."""
        if not self.frozen:
            self._events = self.events_in(snapshot)
            self._listing.pull()
        self.keep_working()
        self._settle()

    def follow(self) -> None:
        """Keep the newest row in sight, and the cursor on it."""
        self.following = True
        self._scrolled_away = False
        self._search = None
        self._settle()

    def unfollow(self) -> None:
        """Stay where we are."""
        self.following = False
        self._settle()

    def move(self, delta: int) -> None:
        """Move the cursor by rows; down from the last row follows."""
        count = self._listing.count
        if not count:
            return
        here = self._position()
        if delta > 0 and here >= count - 1:
            self.follow()
        else:
            self._put(here + delta)

    def page(self, delta: int) -> None:
        """Move the cursor by windows."""
        self.move(delta * max(1, self.window - 1))

    def home(self) -> None:
        """Go to the first row."""
        self._put(0)

    def end(self) -> None:
        """Go to the newest row, and follow."""
        self.follow()

    def next_mark(self) -> bool:
        """Go to the next gap, duplicate, disconnect or stall below; False if there is none."""
        return self._to_mark(self._marks.after(self.cursor))

    def previous_mark(self) -> bool:
        """Go to the nearest gap, duplicate, disconnect or stall above; False if there is none."""
        return self._to_mark(self._marks.before(self.cursor))

    @property
    def has_marks(self) -> bool:
        """Whether there is a gap, duplicate, disconnect or stall among the rows."""
        return self._shown_of(self._marks.after(None)) is not None

    @property
    def is_behind_marks(self) -> bool:
        """Whether no gap, duplicate, disconnect or stall of the log is below."""
        return next(iter(self._marks.after(self.cursor)), None) is None

    def open(self) -> None:
        """Ask for the record under the cursor."""
        if self.cursor is not None:
            self.post_message(self.Opened(self.cursor))

    def set_filter(self, wanted: Filter | None) -> None:
        """Show only what `wanted` lets through; None shows all. The cursor stays on its record, or the next shown."""
        self._held = max(0, min(self._position() - self.top, self.window - 1))
        self._listing.restrict(wanted, None if self.following or self.cursor is None else self.cursor + 1)
        self.keep_working()
        self._settle()
        if self._listing.caught_up:
            self._held = None

    def search(self, pattern: str) -> None:
        """Look for the newest record that matches, in the words of a filter; raises UsageError."""
        self._wanted = parse_filter(pattern)
        self._seek(-1, self._listing.known - 1)

    def search_next(self) -> None:
        """Go to the next older match."""
        self._seek(-1, (self.cursor or 0) - 1)

    def search_previous(self) -> None:
        """Go to the next newer match."""
        self._seek(1, (self.cursor or 0) + 1)

    @property
    def filter(self) -> Filter | None:
        """What restricts the rows, or None."""
        return self._listing.filter

    @property
    def title(self) -> str:
        """State of the list in words: "following · 1,042", "frozen · 312 new"."""
        listing = self._listing
        parts = [self._place()]
        if listing.filter is not None:
            looking = None if listing.progress > _NEARLY else listing.progress
            shown = f"{units.count(listing.count)} of {units.count(listing.known)}"
            parts.append(_asked("filter", listing.filter, f" · {shown}", looking))
        if self._wanted is not None and self._search is not None:
            search = self._search
            said = " (none)" if search.done and search.found is None else ""
            parts.append(_asked("search", self._wanted, said, None if search.done else search.progress))
        return " · ".join(parts)

    def _place(self) -> str:
        listing = self._listing
        if self.frozen:
            return f"frozen · {units.count(len(listing.log) - listing.known)} new"
        if self.following:
            return "following" if listing.filter else f"following · {units.count(self._events)}"
        if not listing.count:
            return "no row"
        at = min(self._position() + 1, listing.count)
        return f"row {units.count(at)} of {units.count(listing.count)}"

    # What a frame shows.

    @property
    def heading(self) -> int:
        """The names of the columns have a line where there is room."""
        return 1 if self.size.height >= 5 else 0

    @property
    def total(self) -> int:
        """Rows the filter lets through."""
        return self._listing.count

    def line_keys(self, height: int) -> list[Key]:
        """The records' ordinals, and how the cursor looks there; rows never change once known."""
        listing, cursor = self._listing, self.cursor
        look = _FOCUSED if self.has_focus else _BLURRED
        heading = min(self.heading, height)
        rows = height - heading
        keys: list[Key] = [(_HEADER, 0)] * heading
        for position in range(self.top, min(self.top + rows, listing.count)):
            ordinal = listing.ordinal(position)
            keys.append((ordinal, look if ordinal == cursor else 0))
        if len(keys) == heading and rows and listing.filter is not None and listing.caught_up:
            keys.append((_NOTHING, 0))
        return keys + [(_EMPTY, 0)] * (height - len(keys))

    def prepare(self, keys: Sequence[Key]) -> None:
        """Fetch the records of those lines together."""
        self._rows.fetch([ordinal for ordinal, _ in keys if ordinal >= 0])

    def draw(self, key: Key, width: int, palette: Palette) -> list[Segment]:
        """The row of a record, or the names of the columns."""
        ordinal, cursor = key
        if ordinal == _HEADER:
            return segments(self._rows.header(), palette, width)
        if ordinal == _EMPTY:
            return segments((), palette, width)
        if ordinal == _NOTHING:
            return segments([("No record matches the filter; Esc ends it.", "dim")], palette, width)
        line = segments(self._rows.row(ordinal), palette, width)
        if cursor:
            return tinted(line, palette.cursor if cursor == _FOCUSED else palette.cursor_blurred)
        return line

    def scroll_rows(self, top: int) -> None:
        """Scroll without moving the cursor; at the bottom the list follows again."""
        self._held = None
        self._scrolled_away = True
        self.top = self.clamped(top)
        at_end = self.top >= self._listing.count - self.window
        if at_end and top >= self.top:
            self.follow()
        elif self.following:
            self.unfollow()
        else:
            self.repaint()

    def clicked(self, y: int, x: int, chain: int) -> None:
        """Select the row; a double click opens it."""
        position = self.top + y - self.heading
        if y < self.heading or position >= self._listing.count:
            return
        self._put(position)
        if chain == 2:
            self.open()

    @property
    def marks(self) -> Sequence[int]:
        """Gaps, duplicates, disconnects and stalls; not under a filter, whose positions are others."""
        if self._listing.filter is not None or not self._listing.count:
            return ()
        return self._marks.shown(self._listing.count, self.window)

    def on_resize(self) -> None:
        """Keep the selected row in sight, unless one has scrolled away from it."""
        if not self._scrolled_away and self.cursor is not None:
            self._reveal(min(self._position(), self._listing.count - 1))
        self._settle()

    # The cursor.

    def _position(self) -> int:
        """Where the cursor stands; above the first row if it stands nowhere."""
        return -1 if self.cursor is None else self._listing.position(self.cursor)

    def _jump(self, position: int) -> None:
        """Put the cursor on a row that may be far away, with rows around it in sight."""
        if not self.top <= position < self.top + self.window:
            self.top = position - self.window // 3
        self._put(position)

    def _put(self, position: int) -> None:
        """Put the cursor on the row at `position` or the nearest there is, and bring it into sight."""
        count = self._listing.count
        if not count:
            return
        position = max(0, min(position, count - 1))
        self.following = False
        self._scrolled_away = False
        self._held = None
        self._reveal(position)
        self._point(self._listing.ordinal(position))
        self.repaint()

    def _reveal(self, position: int) -> None:
        """Scroll as little as brings that row into sight."""
        self.top = self.clamped(min(self.top, position))
        self.top = self.clamped(max(self.top, position - self.window + 1))

    def _point(self, ordinal: int) -> None:
        if ordinal != self.cursor:
            self.cursor = ordinal
            self.when_moved(ordinal)

    def _settle(self) -> None:
        """Bring window and cursor to where they belong now, and repaint what that changes."""
        count = self._listing.count
        if self.following and count:
            self.top = max(0, count - self.window)
            self._point(self._listing.ordinal(count - 1))
        elif self._held is not None and self.cursor is not None:
            self.top = self._listing.position(self.cursor) - self._held
        self.top = self.clamped(self.top)
        if self._rows.fit(self.text_width, self._events):
            self.forget()
        self.repaint()

    def _to_mark(self, ordinals: Iterable[int]) -> bool:
        position = self._shown_of(ordinals)
        if position is not None:
            self._jump(position)
        return position is not None

    def _shown_of(self, ordinals: Iterable[int]) -> int | None:
        """The position of the first of them that is among the rows."""
        listing = self._listing
        for ordinal in ordinals:
            position = listing.position(ordinal)
            if position < listing.count and listing.ordinal(position) == ordinal:
                return position
        return None

    # Looking, in slices.

    def _seek(self, direction: int, start: int) -> None:
        listing = self._listing
        if self._wanted is not None and listing.known:
            wanted = self._wanted if listing.filter is None else both(listing.filter, self._wanted)
            self._search = Search(listing.log, wanted, start, direction, listing.known)
            self.keep_working()

    @property
    def is_looking(self) -> bool:
        """Whether filter or search still have something to look at."""
        return not self._listing.caught_up or (self._search is not None and not self._search.done)

    def work(self) -> bool:
        """A slice of what filter and search still have to look at; painted with the next frame, or when done."""
        if not self._listing.caught_up:
            older = self._listing.older
            caught_up = self._budget.spend(self._listing.look)
            if self._held is None and not self.following:
                self.top += self._listing.older - older
            if caught_up:
                self._caught_up()
        elif self._search is not None and not self._search.done:
            search = self._search
            self._budget.spend(search.look)
            if search.found is not None:
                self._jump(self._listing.position(search.found))
            if search.done:
                self.post_message(self.Searched(search.found, newer=search.is_newer, around=search.around))
        return self.is_looking

    def _caught_up(self) -> None:
        """Let go of the cursor's row after a new filter; one that is hidden gives way to the nearest shown."""
        self._settle()
        if self._held is not None:
            self._held = None
            if not self.following and self._position() >= self._listing.count:
                self._put(self._listing.count - 1)


def _asked(kind: str, wanted: Filter, said: str, progress: float | None) -> str:
    looking = "" if progress is None else f" (looking … {progress * 100:.0f} %)"
    return f"{kind} {preview(wanted.text, _WORDS)}{said}{looking}"
