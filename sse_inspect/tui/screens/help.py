"""All keys, from the key table, and the signs and words of the screen."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.content import Content

from sse_inspect.present import signs
from sse_inspect.present.safe import fit
from sse_inspect.tui import keys
from sse_inspect.tui.screens.dialog import Dialog
from sse_inspect.tui.strips import segments
from sse_inspect.tui.styles import Palette
from sse_inspect.tui.widgets.line_view import Key, LineView
from sse_inspect.tui.widgets.pane import Line

_WORDS = (
    ("event", "a dispatched one: a block with data and its blank line"),
    ("comment", "a line that begins with a colon: a sign of life, no event"),
    ("silence", "seconds without a byte; a stall is one beyond the limit"),
    ("gap", "IDs jumped over; filled when they arrive after all"),
    ("duplicate", "an event whose ID was received before (DUP)"),
    ("replayed", "received before, or fills a gap, after a reconnect (RPL)"),
    ("delivered", "duplicates passed on as if they were new: should be none"),
    ("╺", "in the scroll bar: gap, duplicate, disconnect or stall"),
    ("attempt", "a try to connect, counted since the last open"),
    ("fault", "broken on purpose; what breaks by itself is a diagnosis"),
    ("silent failure", "an outage or stall that nothing showed within 1 s"),
)
_KEYS_WIDTH = 13
_NAME_WIDTH = 15
WIDTH = 75
"""Cells of a line that a terminal of 80 columns shows in full."""


class HelpText(LineView):
    """The page itself."""

    def __init__(self, page: list[Line]) -> None:
        super().__init__()
        self._page = page

    @property
    def total(self) -> int:
        """Lines of the page."""
        return len(self._page)

    def line_key(self, y: int) -> Key:
        """The line's number."""
        return self.top + y, 0

    def draw(self, key: Key, width: int, palette: Palette) -> list[Segment]:
        """One line."""
        line = key[0]
        return segments(self._page[line] if line < len(self._page) else [], palette, width)


class Help(Dialog[None]):
    """Arrow keys and the wheel scroll, any other key closes."""

    def __init__(self, kind: keys.Kind) -> None:
        super().__init__()
        self._kind = kind

    def compose(self) -> ComposeResult:
        """The page in a frame."""
        text = HelpText(page(self._kind))
        text.add_class("sheet")
        text.border_title = Content("Keys and words")
        text.border_subtitle = Content("↑ ↓ scroll · any other key closes")
        yield text

    def on_key(self, event: events.Key) -> None:
        """Scroll or close."""
        event.stop()
        text = self.query_one(HelpText)
        window = max(text.window - 1, 1)
        steps = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -window, "pagedown": window}
        steps |= {"home": -text.total, "end": text.total}
        if event.key in steps:
            text.scroll_rows(text.top + steps[event.key])
        else:
            self.dismiss()


def page(kind: keys.Kind) -> list[Line]:
    """The page for that kind of screen."""
    own = keys.of(kind)
    lines: list[Line] = []
    for group in dict.fromkeys(key.group for key in own):
        lines += [*([[]] if lines else []), [(group, "bold")]]
        lines += [
            [
                (f"  {fit(key.shown, _KEYS_WIDTH)}", "accent"),
                (fit(key.label, _NAME_WIDTH), ""),
                (key.sentence, "dim"),
            ]
            for key in own
            if key.group == group
        ]
    lines += [[], [("Signs", "bold")]]
    table = dict.fromkeys([*signs.KINDS.values(), *signs.STATES.values(), *signs.VERDICTS.values()])
    lines += [[(f"  {sign.sign}  ", sign.style), (sign.word, "")] for sign in table]
    lines += [[], [("Words", "bold")]]
    lines += [[(f"  {fit(word, _NAME_WIDTH)}", ""), (meaning, "dim")] for word, meaning in _WORDS]
    return lines
