"""What other clients would make of the session, kept up with while the page is open."""

from __future__ import annotations

from threading import Event, Lock

from textual import events, work
from textual.app import ComposeResult
from textual.content import Content

from sse_inspect.inspected import LOOKING, Inspected, Snapshot
from sse_inspect.present import units
from sse_inspect.ticket.elsewhere import Elsewhere, Following
from sse_inspect.ticket.elsewhere_words import rows
from sse_inspect.tui.pages import Line
from sse_inspect.tui.screens.dialog import Dialog
from sse_inspect.tui.widgets.sheet import Sheet

PAUSE = 0.25
"""Seconds between two looks at what is new."""

_HINT = "↑ ↓ scroll · c copy · any other key closes"


def following(inspection: Inspected) -> Following:
    """What pages of this session share: one that is opened again goes on where another was closed."""
    return Following(inspection, Lock())


class OtherClients(Dialog[None]):
    """One page; a thread reads what is kept, and no longer once the page is closed."""

    def __init__(self, inspection: Inspected, shared: Following) -> None:
        super().__init__()
        self._inspection = inspection
        self._following = shared
        self._left = Event()
        self._shown: tuple[Elsewhere, str] | None = None
        self._sheet = Sheet()

    def compose(self) -> ComposeResult:
        """The page in a frame."""
        self._sheet.add_class("sheet")
        self._sheet.border_title = Content("Other clients")
        self._sheet.border_subtitle = Content(_HINT)
        yield self._sheet

    def on_mount(self) -> None:
        """Show what is known by now, and begin to read on."""
        self.sync(self._inspection.snapshot())
        self._follow()

    def on_unmount(self) -> None:
        """Nobody reads it any more."""
        self._left.set()

    def sync(self, snapshot: Snapshot) -> None:
        """Show what is known now."""
        shown = self._following.view, self._about(snapshot)
        if shown != self._shown:
            anew = self._shown is None
            self._shown = shown
            lines = [Line(spans, words=True, indent=indent) for spans, indent in rows(*shown)]
            self._sheet.show(lines, anew=anew)

    def _about(self, snapshot: Snapshot) -> str:
        """Which part of a capture it is about, in a sentence; empty for a live session."""
        player = self._inspection.player
        if player is None:
            return ""
        if LOOKING in snapshot.notes:
            return "The moment of the cursor is still being looked for: this is of another one."
        if player.cursor >= player.end:
            return "Of the whole capture."
        return f"Of the capture until the cursor: {units.hms(snapshot.now)} of {units.hms(player.end)}."

    @work(thread=True)
    def _follow(self) -> None:
        while not self._left.is_set():
            self._following.follow(lambda: not self._left.is_set())
            self._left.wait(PAUSE)

    def on_key(self, event: events.Key) -> None:
        """Scroll, copy or close."""
        event.stop()
        sheet = self._sheet
        window = max(sheet.window - 1, 1)
        steps = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -window, "pagedown": window}
        steps |= {"home": -sheet.total, "end": sheet.total}
        if event.key in steps:
            sheet.scroll_rows(sheet.top + steps[event.key])
        elif event.key == "c":
            text = sheet.text()
            self.app.copy_to_clipboard(text.encode("utf-8", "replace").decode())
            copied = f"Copied: the page, {units.size(len(text))}, if the terminal allows it (OSC 52)."
            sheet.border_subtitle = Content(copied)
        else:
            self.dismiss()
