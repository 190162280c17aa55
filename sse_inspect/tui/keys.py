"""The only key table: what each key does, how the footer and the help call it, and what it is bound to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

Kind = Literal["live", "capture"]
LIFT = "lift"
"""The action that ends faults instead of injecting one."""


@dataclass(frozen=True, slots=True)
class Key:
    """`keys` as Textual spells them; `{}` in the action is the place of the key among them.

    `rank` is the footer's order of giving way, the lowest last; 0 for keys the footer does not show. `of` names the
    kind of screen that has it, if not both do.
    """

    keys: tuple[str, ...]
    action: str
    label: str
    sentence: str
    group: str
    rank: int = 0
    of: Kind | None = None

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
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "colon": ":",
    "left": "←",
    "right": "→",
    "shift+left": "Shift-←",
    "shift+right": "Shift-→",
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

PLAY = "Play"
BREAK = "Break it"
CONNECTION = "Connection"
LIST = "List"
FIND = "Find"
VIEW = "View"
SESSION = "Keep and leave"

KEYS: tuple[Key, ...] = (
    Key(("space",), "play", "play", "move the cursor as time did, or stand still", PLAY, 3, of="capture"),
    Key(("greater_than_sign",), "speed(1)", "faster", "1×, 10×, as fast as possible", PLAY, 10, of="capture"),
    Key(("less_than_sign",), "speed(-1)", "slower", "the speed before", PLAY, of="capture"),
    Key(("left", "h"), "step(-1)", "earlier", "the cursor back by a column of the timeline", PLAY, 11, of="capture"),
    Key(("right", "l"), "step(1)", "later", "the cursor on by a column of the timeline", PLAY, 12, of="capture"),
    Key(("shift+left",), "step(-10)", "much earlier", "back by ten columns", PLAY, of="capture"),
    Key(("shift+right",), "step(10)", "much later", "on by ten columns", PLAY, of="capture"),
    Key(("colon", "T"), "moment", "go to", "a moment: 12.5, 1:23, 12:03:11 or -30", PLAY, 5, of="capture"),
    Key(("d",), "fault('disconnect')", "disconnect", "cut the connection cleanly (FIN)", BREAK, 5, of="live"),
    Key(("D",), "fault('reset')", "reset", "abort the connection with a TCP reset", BREAK, of="live"),
    Key(("o",), "prompt('offline')", "offline", "no network for some seconds; asks how many", BREAK, of="live"),
    Key(("O",), "fault('off-on')", "OFF–ON ×3", "three quick OFF–ON, a second each", BREAK, of="live"),
    Key(("s",), "fault('stall')", "freeze network", "hold the bytes back, keep the connection", BREAK, of="live"),
    Key(("L",), LIFT, "lift faults", "end every fault under way", BREAK, of="live"),
    Key(("f",), "faults", "faults", "all faults, each with what it does", BREAK, 3, of="live"),
    Key(("r",), "reconnect", "reconnect now", "wait no longer; drop an open connection", CONNECTION, 7, of="live"),
    Key(("P",), "probe", "probe", "ask in other ways, over new connections", CONNECTION, of="live"),
    Key(("up", "k"), "move(-1)", "up", "the record before", LIST),
    Key(("down", "j"), "move(1)", "down", "the next record", LIST),
    Key(("pageup",), "page(-1)", "page up", "a page towards the beginning", LIST),
    Key(("pagedown",), "page(1)", "page down", "a page towards the end", LIST),
    Key(("home", "g"), "home", "first", "the first record", LIST),
    Key(("F", "end", "G"), "follow", "follow", "the newest record, and follow", LIST, of="live"),
    Key(("end", "G", "F"), "follow", "last", "the last record, the end of the session", LIST, of="capture"),
    Key(("space",), "freeze", "freeze", "hold the view still; the session goes on", LIST, 4, of="live"),
    Key(("slash",), "ask('filter')", "filter", "show only what matches; empty shows all", FIND, 6),
    Key(("n",), "mark(1)", "next mark", "the next gap, duplicate, disconnect or stall", LIST, 8),
    Key(("N", "p"), "mark(-1)", "earlier mark", "the mark before", LIST, 8),
    Key(("ctrl+f",), "ask('search')", "search", "go to the newest record that matches", FIND),
    Key(("left_square_bracket", "f3"), "match(1)", "older match", "the next older match", FIND),
    Key(("right_square_bracket", "shift+f3"), "match(-1)", "newer match", "the next newer match", FIND),
    Key(("escape",), "clear", "clear", "end the filter, cancel the probes", FIND),
    Key(("enter",), "open", "open", "the event, and its next page; the finding", VIEW),
    Key(("v",), "view", "view", "the event as JSON, text, bytes, headers", VIEW),
    Key(("tab",), "tab(1)", "next pane", "the next pane; if all are in sight, the event", VIEW),
    Key(("shift+tab",), "tab(-1)", "previous pane", "the pane before, or back to the list", VIEW),
    Key(("1", "2", "3", "4", "5", "6"), "pane({})", "panes", "that pane, where panes are tabs", VIEW),
    Key(("w",), "why", "findings", "why: each finding with evidence and settings", VIEW, 13),
    Key(("C",), "others", "other clients", "what httpx-sse and a browser would make of it", VIEW),
    Key(("t",), "theme", "theme", "the next theme", VIEW),
    Key(("c",), "copy", "copy", "the page on show to the clipboard (OSC 52)", SESSION),
    Key(("e",), "export", "export", "save the session as NDJSON, here", SESSION, 9),
    Key(("R",), "report", "report", "save a report for a ticket, here", SESSION),
    Key(("S", "ctrl+s"), "picture", "screenshot", "save the screen as SVG, here", SESSION),
    Key(("question_mark", "f1"), "help", "help", "this page", SESSION, 1),
    Key(("q", "ctrl+c"), "quit", "quit", "end the session and leave", SESSION, 2, of="live"),
    Key(("q", "ctrl+c"), "quit", "quit", "leave; the capture stays as it is", SESSION, 2, of="capture"),
)


def of(kind: Kind) -> tuple[Key, ...]:
    """The keys of that kind of screen."""
    return tuple(key for key in KEYS if key.of in (None, kind))


def footer(kind: Kind, *, backwards: bool = False) -> tuple[Key, ...]:
    """Those that its footer shows; of the two keys that go to marks the one that leads on, or `backwards` the other."""
    other = "mark(1)" if backwards else "mark(-1)"
    return tuple(key for key in of(kind) if key.rank and key.action != other)


def bindings(kind: Kind) -> list[BindingType]:
    """The table as Textual takes it; on a capture what only a live session can do stays bound, to be told why."""
    own = [*of("live"), *of("capture")] if kind == "capture" else of(kind)
    actions = {name: key.action.format(place) for key in own for place, name in enumerate(key.keys)}
    return [Binding(name, action, show=False) for name, action in actions.items()]
