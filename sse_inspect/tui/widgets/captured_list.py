"""The list of records on a capture: all of them, and which had happened at the cursor's moment."""

from __future__ import annotations

from rich.segment import Segment

from sse_inspect.inspected import Inspected, Player, Snapshot
from sse_inspect.present import units
from sse_inspect.tui.strips import tinted
from sse_inspect.tui.styles import Palette
from sse_inspect.tui.widgets.event_list import EventList
from sse_inspect.tui.widgets.line_view import Key

_LATER = 4
"""How a row looks that has not happened yet; added to how the cursor looks there."""


class CapturedList(EventList):
    """The player's cursor and the selected row go together: moving one moves the other.

    Several records may have the same time: then the selection may stand on any of them.
    """

    def __init__(self, inspection: Inspected, player: Player, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(inspection, id=id)
        self.following = False
        self._player = player
        self._stands_at: float | None = None
        self._present = -1

    def events_in(self, snapshot: Snapshot) -> int:
        """The rows are those of the whole session, whatever the moment."""
        return len(self._inspection.log)

    def sync(self, snapshot: Snapshot) -> None:
        """Go where the cursor has gone."""
        super().sync(snapshot)
        self._catch_up()

    def _catch_up(self) -> None:
        moment = self._player.cursor
        if moment != self._stands_at and self._listing.known:
            self._stands_at = moment
            self._present = self._player.ordinal_at(moment)
            self._go_along()

    def _go_along(self) -> None:
        """Select the last row that has happened, and keep it in sight with some of what comes next."""
        last = self._listing.position(self._present + 1) - 1
        self._held = None
        if not self._scrolled_away and not self.top <= last < self.top + max(self.window * 3 // 4, 1):
            self.top = self.clamped(last - self.window * 3 // 4 + 1)
        self._point(self._present if last < 0 else self._listing.ordinal(last))
        self.repaint()

    def _put(self, position: int) -> None:
        """Select a row, and go to its moment."""
        super()._put(position)
        if self.cursor is not None:
            self._player.seek(self._inspection.log[self.cursor].t)
            self._stands_at = self._player.cursor
            self._present = max(self.cursor, self._player.ordinal_at(self._stands_at))
            self.repaint()

    def follow(self) -> None:
        """Go to the end of the session."""
        self.come_back()
        self._player.seek(self._player.end)
        self._catch_up()  # not with the next frame only: a key was pressed

    def come_back(self) -> None:
        """Show where the cursor is, wherever one has scrolled."""
        self._scrolled_away = False
        self._stands_at = None

    def scroll_rows(self, top: int) -> None:
        """Scroll without moving the cursor."""
        self._held = None
        self._scrolled_away = True
        self.top = self.clamped(top)
        self.repaint()

    def _place(self) -> str:
        count = self._listing.count
        if not count:
            return "no row"
        return f"row {units.count(min(max(self._position(), 0) + 1, count))} of {units.count(count)}"

    def line_keys(self, height: int) -> list[Key]:
        """As in a live list; and whether the record is later than the cursor."""
        present = self._present
        keys = super().line_keys(height)
        return [(ordinal, look + _LATER if ordinal > present else look) for ordinal, look in keys]

    def draw(self, key: Key, width: int, palette: Palette) -> list[Segment]:
        """The row, dim if it is later than the cursor."""
        ordinal, look = key
        line = super().draw((ordinal, look % _LATER), width, palette)
        return tinted(line, palette.later) if look >= _LATER else line
