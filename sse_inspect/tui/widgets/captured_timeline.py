"""The timeline of a capture: the whole session, and where in it the cursor is."""

from __future__ import annotations

from textwrap import wrap

from textual.events import Click
from textual.message import Message

from sse_inspect.inspected import Player, Snapshot, Timeline
from sse_inspect.present import units
from sse_inspect.present.safe import cells as width_of
from sse_inspect.present.safe import preview
from sse_inspect.tui.widgets.pane import Line, cells
from sse_inspect.tui.widgets.timeline import LABEL, TimelinePane, labelled, lanes, rate

PLAYHEAD = "▼"
NO_ARRIVALS = "unknown: nothing tells when events came"
_SHAFT = "│"
_LONGEST = 1000


class CapturedTimeline(TimelinePane):
    """A click goes to that moment."""

    class Went(Message):
        """A moment was clicked."""

        def __init__(self, t: float) -> None:
            super().__init__()
            self.t = t

    def __init__(self, player: Player, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self._player = player
        self._drawn: tuple[Timeline | None, int, list[Line], float] = (None, 0, [], 0.0)

    @property
    def columns(self) -> int:
        """How many columns the session has."""
        return max(self.content_size.width - LABEL, 1)

    @property
    def seconds(self) -> float:
        """The time that a column stands for; 0 where the capture has no times."""
        return self._player.end / self.columns

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """The three lanes with the cursor across them."""
        columns = max(width - LABEL, 1)
        origin = snapshot.origin
        if not origin.has_times:
            self.title, self.subtitle = "Timeline", units.counted(snapshot.events, "event")
            return untimed(snapshot, width, height)
        whole = self._player.whole
        if self._drawn[:2] != (whole, columns):  # the picture is the same for every cursor
            self._drawn = (whole, columns, *lanes(whole, columns, self._player.end))
        _, _, drawn, peak = self._drawn
        if not origin.has_arrivals:
            drawn = [drawn[0], [(NO_ARRIVALS[:columns].ljust(columns), "dim")], [(" " * columns, "")]]
        at = _column(self._player.cursor, self._player.end, columns)
        until = f"{units.counted(snapshot.events, 'event')} until {PLAYHEAD}"
        peaked = f"  peak {rate(peak)}" if origin.has_arrivals else ""
        self.subtitle = f"{until}{peaked}  end {units.hms(self._player.end)}"
        return labelled([_crossed(lane, at, PLAYHEAD if number == 0 else "") for number, lane in enumerate(drawn)])

    def on_click(self, event: Click) -> None:
        """Go to the end of the column that was clicked: what happened in it has happened."""
        column = event.x - self.styles.gutter.left - LABEL
        if 0 <= column < self.columns:
            event.stop()
            self.post_message(self.Went(self._player.end * (column + 1 - 1e-6) / self.columns))


def untimed(snapshot: Snapshot, width: int, height: int) -> list[Line]:
    """What stands in the place of the lanes where there is no time to draw them by: all that is unknown."""
    said = preview(f"Unknown: {', '.join(snapshot.unknown)}.", _LONGEST)
    lines: list[Line] = [[("There are no times: what came is shown in its order.", "")]]
    return [*lines, *([(row, "dim")] for row in wrap(said, max(width, 1)))][:height]


def _column(t: float, end: float, columns: int) -> int:
    return min(int(t / end * columns), columns - 1) if end else 0


def _crossed(lane: Line, at: int, sign: str) -> Line:
    """The lane with the cursor in column `at`: `sign`, or what stands there, turned round."""
    crossed: Line = []
    x = 0
    for text, style in lane:
        stop = x + width_of(text)
        if x <= at < stop:
            under = text[at - x]
            crossed += [
                (text[: at - x], style),
                (sign or (_SHAFT if under == " " else under), "playhead"),
                (text[at - x + 1 :], style),
            ]
        else:
            crossed.append((text, style))
        x = stop
    if x <= at:
        crossed += [(" " * (at - cells(crossed)), ""), (sign or _SHAFT, "playhead")]
    return crossed
