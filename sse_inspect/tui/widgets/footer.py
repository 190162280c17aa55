"""The last line: the keys one needs, as many as fit; each can be clicked."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import Click
from textual.message import Message

from sse_inspect.inspected import Snapshot
from sse_inspect.tui.keys import Key
from sse_inspect.tui.widgets.pane import Line, Pane

_GAP = 2


class Footer(Pane):
    """Those of `keys` with the highest rank go first where it is narrow."""

    class Pressed(Message):
        """A key was clicked."""

        def __init__(self, key: Key) -> None:
            super().__init__()
            self.key = key

    def __init__(self, keys: Sequence[Key], *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self._keys = keys

    def offer(self, keys: Sequence[Key]) -> None:
        """Show these keys from now on."""
        self._keys = keys
        self.redraw()

    def draw(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        """One line of keys and labels."""
        line: Line = []
        for key in fitting(self._keys, width):
            line += [*([(" " * _GAP, "")] if line else []), (key.first, "bold"), (f" {key.label}", "dim")]
        return [line]

    def on_click(self, event: Click) -> None:
        """Do what the key under the mouse does."""
        event.stop()
        x = event.x - self.styles.gutter.left
        end = 0
        for key in fitting(self._keys, self.content_size.width):
            end += _length(key) + _GAP
            if x < end:
                self.post_message(self.Pressed(key))
                return


def fitting(wanted: Sequence[Key], width: int) -> list[Key]:
    """The keys for which there is room."""
    keys = list(wanted)
    while keys and sum(_length(key) + _GAP for key in keys) - _GAP > width:
        keys.remove(max(keys, key=lambda key: key.rank))
    return keys


def _length(key: Key) -> int:
    return len(key.first) + 1 + len(key.label)
