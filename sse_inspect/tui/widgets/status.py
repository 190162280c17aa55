"""The line under the list: what is waited for, what the last outage cost, and the answer to the last key."""

from __future__ import annotations

from collections.abc import Callable

from sse_inspect.inspection import Snapshot
from sse_inspect.present import signs, words
from sse_inspect.present.waiting import waiting
from sse_inspect.tui.widgets.pane import Line, Pane, apart, cells, cut

_NOTE_FRAMES = 75
"""How long a note stays: frames, because a session that is over has no seconds."""
_RECOVERED_SECONDS = 30.0
_GAP = 3


class Status(Pane):
    """`say` puts a note there for some seconds; `banner` gives the line for times when nothing else is to be said."""

    def __init__(self, banner: Callable[[float], str] | None = None, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self._banner = banner
        self._note: Line = []
        self._frames = 0

    def say(self, text: str, style: str = "accent") -> None:
        """Answer to what the user did."""
        self._note = [(text, style)]
        self._frames = _NOTE_FRAMES
        self.redraw()

    def sync(self, snapshot: Snapshot) -> None:
        """Show this snapshot, and a note as long as it lasts."""
        if self._frames:
            self._frames -= 1
        else:
            self._note = []
        super().sync(snapshot)

    @property
    def note(self) -> str:
        """The note on show, or ""."""
        return "".join(text for text, _ in self._note)

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """The note first; beside it what is waited for, or the last recovery, or the banner."""
        news = _news(snapshot)
        banner = self._banner(snapshot.now) if self._banner is not None else ""
        parts = [part for part in (self._note, news, [(banner, "dim")] if banner else []) if part]
        while len(parts) > 1 and sum(cells(part) + _GAP for part in parts) - _GAP > width:
            parts.pop()
        if not parts:
            return []
        first, *rest = parts
        right: Line = []
        for part in rest:
            right += [*([(" " * _GAP, "")] if right else []), *part]
        return [apart(cut(first, width), right, width)]


def _news(snapshot: Snapshot) -> Line:
    waited_for = waiting(snapshot)
    if waited_for:
        quiet = snapshot.state == "open" and not snapshot.stalled
        return [(waited_for, "warn" if quiet else signs.state(snapshot.state, snapshot.stalled).style)]
    recovered = snapshot.recovered
    if recovered is None or snapshot.now - recovered.t > _RECOVERED_SECONDS:
        return []
    sign = signs.KINDS["recovered"]
    what, lost, *rest = words.parts(recovered)
    return [
        (f"{sign.sign} {what.capitalize()} · ", "good"),
        (lost, "bad" if recovered.lost else "good"),
        (f" · {' · '.join(rest)}", "good"),
    ]
