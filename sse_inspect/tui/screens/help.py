"""All keys, from the key table, and the signs and words of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.content import Content

from sse_inspect.inspected import Link, Mark
from sse_inspect.present import signs
from sse_inspect.present.safe import fit, visible
from sse_inspect.tui import keys
from sse_inspect.tui.screens.dialog import Dialog, Result
from sse_inspect.tui.strips import segments
from sse_inspect.tui.styles import Palette
from sse_inspect.tui.widgets.line_view import Key, LineView
from sse_inspect.tui.widgets.pane import Line
from sse_inspect.tui.widgets.timeline import LINKS, MARKS

_WORDS = (
    ("event", "a dispatched one: a block with data and its blank line"),
    ("comment", "a line that begins with a colon: a sign of life, no event"),
    ("heartbeat", "what only says that it lives; its rhythm is learned"),
    ("silence", "seconds without a byte; a stall is one beyond the limit"),
    ("limit in", "where some cut by default, what is between perhaps not"),
    ("gap", "IDs jumped over; filled when they arrive after all"),
    ("duplicate", "an event whose ID was received before (DUP)"),
    ("replayed", "received before, or fills a gap, after a reconnect (RPL)"),
    ("delivered", "duplicates passed on as if they were new: should be none"),
    ("✔ ✖", "whether a metric meets its target"),
    ("╺", "in the scroll bar: gap, duplicate, disconnect or stall"),
    ("attempt", "a try to connect, counted since the last open"),
    ("fault", "broken on purpose; what breaks by itself is a diagnosis"),
    ("silent failure", "an outage or stall that nothing showed within 1 s"),
)
_STATES = {
    "live": "events come as usual",
    "quiet": "only heartbeats come: comments, or events like ping",
    "open": "connected, and nothing tells whether it lives",
    "half-open": "not a byte for more than two heartbeats: likely gone",
    "stalled": "not a byte for as long as --stall-after says",
    "connecting": "an attempt is under way: no response yet",
    "waiting": "no connection; the next attempt comes by itself",
    "closed": "the session is over, no attempt will come",
    "idle": "nothing was asked for yet",
}
_KINDS = {
    "session": "the session begins",
    "connecting": "an attempt begins",
    "open": "a response was accepted, and what was sent with it",
    "comment": "a comment came: a sign of life, no event",
    "retry": "the server set the time to wait before a reconnect",
    "gap": "IDs were jumped over",
    "gap_filled": "missing IDs came after all",
    "stall": "not a byte for as long as --stall-after says",
    "resumed": "bytes come again after a stall",
    "disconnect": "a connection or an attempt ended, and how",
    "backoff": "the wait before the next attempt, and who set it",
    "recovered": "what an outage has cost",
    "alert": "a rule fires; ▽ it has ceased to",
    "fault": "broken on purpose, by a key or --fault",
    "end": "the session is over, and why",
    "summary": "the figures of the session",
}
_SEVERITIES = {
    "info": "a finding, harmless or not likely; Enter opens it",
    "warning": "a finding that asks for trouble",
    "error": "a finding that breaks clients",
}
_BADGES = {
    "truncated": "the event is longer than --max-event-bytes",
    "duplicate": "its ID was received before",
    "replayed": "sent again after a reconnect, or fills a gap",
    "out_of_order": "its ID is lower than one before it",
}
_LINKS = {
    "open": "connected",
    "connecting": "an attempt is under way",
    "waiting": "no connection, waiting for the next attempt",
    "stalled": "connected, but silent for too long",
    "half-open": "connected, but two heartbeats are missed",
}
_MARKS = {Mark.QUIET: "from here on only heartbeats came"}
_WORD_WIDTH = 17
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

    def line_keys(self, height: int) -> list[Key]:
        """The lines' numbers."""
        return [(self.top + y, 0) for y in range(height)]

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
    lines += [[], [("States, in the first line", "bold")]]
    lines += [_signed(signs.STATES[name], meaning) for name, meaning in _STATES.items()]
    lines += [[], [("Signs of the list", "bold")]]
    lines += [_signed(signs.KINDS[kind], meaning) for kind, meaning in _KINDS.items()]
    lines += [_signed(sign, _SEVERITIES[name]) for name, sign in signs.SEVERITIES.items()]
    lines += [_signed(sign, _BADGES[name]) for name, sign in signs.BADGES.items()]
    lines += [[], [("Signs of the timeline", "bold")]]
    lines += [_row(*LINKS[link], _named(link), _LINKS.get(_named(link), "")) for link in Link if link is not Link.NONE]
    lines += [_row("▁█", "accent", "events", "in each stretch of time; the highest bar is the peak")]
    lines += [_signed(sign, _MARKS[mark]) for mark, sign in MARKS if mark in _MARKS]
    lines += [[("  ", ""), *_as_in_the_list(), (" as in the list; cause before effect", "dim")]]
    lines += [[], [("Words", "bold")]]
    lines += [[(f"  {fit(word, _NAME_WIDTH)}", ""), (meaning, "dim")] for word, meaning in _WORDS]
    lines += [[], [("sse-inspect handbook", "bold"), (" has guides, and what to do about each finding", "dim")]]
    return lines


def _signed(sign: signs.Sign, meaning: str) -> Line:
    return _row(sign.sign, sign.style, sign.word, meaning)


def _row(sign: str, style: str, word: str, meaning: str) -> Line:
    return [(f"  {fit(sign, 3)}", style), (fit(word, _WORD_WIDTH), ""), (meaning, "dim")]


def _as_in_the_list() -> Line:
    return [(f"{sign.sign} ", sign.style) for mark, sign in MARKS if mark not in _MARKS]


def _named(link: Link) -> str:
    return link.name.lower().replace("_", "-")
