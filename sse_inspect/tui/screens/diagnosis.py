"""The findings one by one, each on a page of its own, the most likely first."""

from __future__ import annotations

from typing import Literal

from textual import events
from textual.app import ComposeResult
from textual.content import Content

from sse_inspect.inspected import Snapshot
from sse_inspect.present import units
from sse_inspect.present.findings import Explained, explained
from sse_inspect.records import Diagnosis
from sse_inspect.tui import finding_page
from sse_inspect.tui.screens.dialog import Dialog
from sse_inspect.tui.widgets.sheet import Sheet

_CLOSING = {"escape", "enter", "q", "w"}


class FindingPages(Dialog[Literal["probe"] | None]):
    """Dismissed with what is to be done next; `code` is the finding to begin with, the first one if it is not there."""

    def __init__(self, snapshot: Snapshot, code: str = "", *, can_probe: bool = False) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._code = code
        self._can_probe = can_probe
        self._setting = 0
        self._shown: tuple[object, ...] = ()
        self._sheet = Sheet()

    def compose(self) -> ComposeResult:
        """One page."""
        self._sheet.add_class("sheet")
        self._show(anew=True)
        yield self._sheet

    def sync(self, snapshot: Snapshot) -> None:
        """Show what is known of the finding now; one that is no more gives way to the first."""
        if snapshot.findings:
            self._snapshot = snapshot
            self._show()

    def on_key(self, event: events.Key) -> None:
        """To another finding, another setting, scroll, copy, probe or close."""
        event.stop()
        sheet = self._sheet
        window = max(sheet.window - 1, 1)
        scrolled = {"up": -1, "down": 1, "pageup": -window, "pagedown": window}
        scrolled |= {"home": -sheet.total, "end": sheet.total}
        match event.key:
            case "j" | "k":
                self._turn(1 if event.key == "j" else -1)
            case "left" | "right":
                self._choose(1 if event.key == "right" else -1)
            case "c":
                self._copy(sheet.text(), "the page")
            case "s":
                self._copy_setting()
            case "P" if self._can_probe:
                self.dismiss("probe")
            case key if key in scrolled:
                sheet.scroll_rows(sheet.top + scrolled[key])
            case key if key in _CLOSING:
                self.dismiss()

    @property
    def _place(self) -> int:
        codes = [found.code for found in self._snapshot.findings]
        return codes.index(self._code) if self._code in codes else 0

    @property
    def _record(self) -> Diagnosis:
        return self._snapshot.findings[self._place]

    @property
    def _explained(self) -> Explained:
        return explained(self._record, self._snapshot.head)

    def _show(self, *, anew: bool = False, reveal: bool = False) -> None:
        record, found = self._record, self._explained
        self._code = record.code
        what = (found, record, self._setting)
        if what != self._shown or anew:
            self._shown = what
            origin = self._snapshot.origin
            lines, chosen = finding_page.page(found, record, origin, self._setting)
            self._sheet.show(lines, anew=anew)
            if reveal and chosen is not None:
                self._sheet.reveal(chosen)
        total = len(self._snapshot.findings)
        self._sheet.border_title = Content(f"Finding {self._place + 1} of {total}")
        if anew or reveal:
            self._say(self._hint(total, found))

    def _hint(self, total: int, found: Explained) -> str:
        hints = ["j k next, previous" if total > 1 else "", "c copy", "← → s copy a setting" if found.settings else ""]
        hints += ["P probe" if self._can_probe else "", "Esc closes"]
        return " · ".join(filter(None, hints))

    def _turn(self, step: int) -> None:
        total = len(self._snapshot.findings)
        self._code = self._snapshot.findings[(self._place + step) % total].code
        self._setting = 0
        self._show(anew=True)

    def _choose(self, step: int) -> None:
        settings = self._explained.settings
        if settings:
            self._setting = (self._setting + step) % len(settings)
            self._show(reveal=True)

    def _copy_setting(self) -> None:
        settings = self._explained.settings
        if settings:
            product, setting = settings[self._setting % len(settings)]
            self._copy(setting, f"the setting for {product}")
        else:
            self._say("No setting is known that mends this.")

    def _copy(self, text: str, what: str) -> None:
        self.app.copy_to_clipboard(text.encode("utf-8", "replace").decode())
        self._say(f"Copied: {what}, {units.size(len(text))}, if the terminal allows it (OSC 52).")

    def _say(self, text: str) -> None:
        self._sheet.border_subtitle = Content(text)
