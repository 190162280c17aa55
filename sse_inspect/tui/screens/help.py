"""All keys, from the key table, and the signs and words of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.content import Content

from sse_inspect.present import signs
from sse_inspect.present.safe import fit, visible
from sse_inspect.tui import keys
from sse_inspect.tui.screens.dialog import Dialog, Result
from sse_inspect.tui.strips import segments
from sse_inspect.tui.styles import Palette
from sse_inspect.tui.widgets.line_view import Key, LineView
from sse_inspect.tui.widgets.pane import Line

_WORDS = (
    ("event", "a dispatched one: a block with data and its blank line"),
    ("comment", "a line that begins with a colon: a sign of life, no event"),
    ("silence", "seconds without a byte; a stall is one beyond the limit"),
    ("quiet but alive", "only heartbeats come: comments, or events such as ping"),
    ("half-open", "silence of more than twice the learned heartbeat"),
    ("limit in", "where some cut by default, what is between perhaps not"),
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


class Page(Dialog[Result]):
    """Lines to read in a frame: arrow keys and the wheel scroll, any other key closes."""

    def __init__(self, title: str, lines: list[Line], hint: str = "↑ ↓ scroll · any other key closes") -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._hint = hint

    def compose(self) -> ComposeResult:
        """The page in a frame."""
        text = HelpText(self._lines)
        text.add_class("sheet")
        text.border_title = Content(self._title)
        text.border_subtitle = Content(self._hint)
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


class Help(Page[None]):
    """All keys of that kind of screen, below what is to be known of the session."""

    def __init__(self, kind: keys.Kind, notes: Sequence[str] = ()) -> None:
        super().__init__("Keys and words", [*remarks(notes), *page(kind)])


def remarks(notes: Sequence[str]) -> list[Line]:
    """What is to be known of this session, in full: the first line of the screen has room for its begin only."""
    if not notes:
        return []
    lines: list[Line] = [[("This session", "bold")]]
    for note in notes:
        lines += [[(f"  {row}", "")] for row in wrap(visible(note), WIDTH - 2)]
    return [*lines, []]


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
