"""The only key table: what each key does, how the footer and the help call it, and what it is bound to."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Key:
    """`keys` as Textual spells them; `{}` in the action is the place of the key among them.

    `rank` is the footer's order of giving way, the lowest last; 0 for keys the footer does not show.
    """

    keys: tuple[str, ...]
    action: str
    label: str
    sentence: str
    group: str
    rank: int = 0

    @property
    def first(self) -> str:
        """The first key as people write it."""
        return _NAMES.get(self.keys[0], self.keys[0])

    @property
    def shown(self) -> str:
        """The keys as people write them."""
        return " ".join(_NAMES.get(key, key) for key in self.keys)


_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "ctrl+c": "Ctrl-C",
    "ctrl+f": "Ctrl-F",
    "ctrl+s": "Ctrl-S",
    "shift+tab": "Shift-Tab",
    "tab": "Tab",
    "escape": "Esc",
    "enter": "Enter",
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "f1": "F1",
    "f3": "F3",
    "shift+f3": "Shift-F3",
}

BREAK = "Break it"
CONNECTION = "Connection"
LIST = "List"
FIND = "Find"
VIEW = "View"
SESSION = "Keep and leave"

KEYS: tuple[Key, ...] = (
    Key(("d",), "fault('disconnect')", "disconnect", "cut the connection cleanly (FIN)", BREAK, 5),
    Key(("D",), "fault('reset')", "reset", "abort the connection with a TCP reset", BREAK),
    Key(("o",), "prompt('offline')", "offline", "no network for some seconds; asks how many", BREAK),
    Key(("O",), "fault('off-on')", "OFF–ON ×3", "three quick OFF–ON, a second each", BREAK),
    Key(("s",), "fault('stall')", "freeze network", "hold the bytes back, keep the connection", BREAK),
    Key(("L",), "lift", "lift faults", "end every fault under way", BREAK),
    Key(("f",), "faults", "faults", "all faults, each with what it does", BREAK, 3),
    Key(("r",), "reconnect", "reconnect now", "wait no longer; drop an open connection", CONNECTION, 7),
    Key(("up", "k"), "move(-1)", "up", "the record before", LIST),
    Key(("down", "j"), "move(1)", "down", "the next record", LIST),
    Key(("pageup",), "page(-1)", "page up", "a page towards the beginning", LIST),
    Key(("pagedown",), "page(1)", "page down", "a page towards the end", LIST),
    Key(("home", "g"), "home", "first", "the first record", LIST),
    Key(("F", "end", "G"), "follow", "follow", "the newest record, and follow", LIST),
    Key(("space",), "freeze", "freeze", "hold the view still; the session goes on", LIST, 4),
    Key(("slash",), "ask('filter')", "filter", "show only what matches; empty shows all", FIND, 6),
    Key(("n",), "mark(1)", "next mark", "the next gap, duplicate, disconnect or stall", LIST, 8),
    Key(("N", "p"), "mark(-1)", "previous mark", "the mark before", LIST),
    Key(("ctrl+f",), "ask('search')", "search", "go to the newest record that matches", FIND),
    Key(("left_square_bracket", "f3"), "match(1)", "older match", "the next older match", FIND),
    Key(("right_square_bracket", "shift+f3"), "match(-1)", "newer match", "the next newer match", FIND),
    Key(("escape",), "clear", "clear", "end the filter", FIND),
    Key(("enter", "v"), "view", "view", "the event as JSON, text, bytes, headers", VIEW),
    Key(("tab",), "tab(1)", "next pane", "the next pane; if all are in sight, the event", VIEW),
    Key(("shift+tab",), "tab(-1)", "previous pane", "the pane before, or back to the list", VIEW),
    Key(("1", "2", "3", "4", "5", "6"), "pane({})", "panes", "that pane, where panes are tabs", VIEW),
    Key(("t",), "theme", "theme", "the next theme", VIEW),
    Key(("c",), "copy", "copy", "the page on show to the clipboard (OSC 52)", SESSION),
    Key(("e",), "export", "export", "save the session as NDJSON, here", SESSION, 9),
    Key(("S", "ctrl+s"), "picture", "screenshot", "save the screen as SVG, here", SESSION),
    Key(("question_mark", "f1"), "help", "help", "this page", SESSION, 1),
    Key(("q", "ctrl+c"), "quit", "quit", "end the session and leave", SESSION, 2),
)

FOOTER: tuple[Key, ...] = tuple(key for key in KEYS if key.rank)


def bindings() -> list[BindingType]:
    """The table as Textual takes it."""
    return [
        Binding(name, key.action.format(place), key.label, show=False)
        for key in KEYS
        for place, name in enumerate(key.keys)
    ]
