"""Asks for a moment of the session."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from sse_inspect.errors import UsageError
from sse_inspect.inspected import Player
from sse_inspect.present import units
from sse_inspect.records import Origin
from sse_inspect.tui.screens.dialog import Dialog

_SPELLED = re.compile(r"(-?)(?:([0-9]{1,6}):)?(?:([0-9]{1,6}):)?([0-9]{1,9}(?:\.[0-9]{1,6})?)")
_DAY = 86_400.0


def parse_moment(text: str, end: float, origin: Origin) -> float:
    """The moment, in seconds since the begin of a session that ended at `end`; raises UsageError.

    `12.5`, `1:23` and `0:01:23` count from the begin, with a minus from the end; `12:03:11` is that time of day,
    here, if the session has it, and counts from the begin if not.
    """
    match = _SPELLED.fullmatch(text.strip())
    if match is None:
        raise UsageError("moment", "expected seconds (12.5), 1:23, a time of day (12:03:11), or -30 from the end.")
    minus, first, second, last = match.groups()
    hours, minutes = (first, second) if second else (None, first)
    seconds = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(last)
    t = end - seconds if minus else seconds
    if hours and not minus and t < _DAY:
        t = next((at for at in _times_of_day(t, origin, end) if at <= end), t)
    if not 0 <= t <= end:
        raise UsageError("moment", f"the session is {units.hms(end)} long, from {units.clock(0.0, origin)} on.")
    return t


def _times_of_day(seconds: float, origin: Origin, end: float) -> list[float]:
    """When it was so late, in the first two days of the session, in seconds since its begin."""
    began: datetime = origin.at(0.0).astimezone()
    midnight = began.replace(hour=0, minute=0, second=0, microsecond=0)
    times = [(midnight + timedelta(days=day, seconds=seconds) - began).total_seconds() for day in (0, 1)]
    # Whoever types whole seconds means the second, not its first instant, which may lie before the begin.
    return [max(at, 0.0) for at in times if -1.0 < at <= end]


class MomentPrompt(Dialog[float | None]):
    """Enter goes there, escape does not."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "cancel")]

    def __init__(self, player: Player, origin: Origin) -> None:
        super().__init__()
        self._end = player.end
        self._origin = origin

    def compose(self) -> ComposeResult:
        """A question, an input, and room for what the answer means."""
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = Content("Go to")
            sheet.border_subtitle = Content("Enter goes · Esc cancels")
            yield Static(Content("To which moment? 12.5   1:23   12:03:11   -30 (from the end)"))
            yield Input(compact=True, restrict=r"[-0-9:.]*", max_length=24)
            ends = units.clock(self._end, self._origin)
            yield Static(Content(f"from {units.clock(0.0, self._origin)} to {ends}"), id="said")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        t, said = self._read(event.value)
        self.query_one("#said", Static).update(Content(said))
        self.query_one("#said", Static).set_class(t is None and bool(event.value), "-wrong")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        t, _ = self._read(event.value)
        if t is not None:
            self.dismiss(t)

    def _read(self, text: str) -> tuple[float | None, str]:
        """The moment and how it is written, or what is wrong."""
        try:
            t = parse_moment(text, self._end, self._origin)
        except UsageError as error:
            return None, error.message
        return t, f"{units.hms(t)} ({units.clock(t, self._origin)})"
