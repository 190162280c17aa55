"""The application: themes, the last line of defence, and the one timer; what is seen is the inspector's screen."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen
from textual.worker import WorkerFailed

from sse_inspect.inspected import Inspected
from sse_inspect.tui import pace, terminal
from sse_inspect.tui.safety import PrintableOnly
from sse_inspect.tui.screens.capture import CaptureScreen
from sse_inspect.tui.screens.inspector import InspectorScreen
from sse_inspect.tui.themes import ANSI, DARK, LIGHT, THEMES

if TYPE_CHECKING:
    from sse_inspect.tui.screens.probes import Probes

SIGNALLED = 128
_IDLE_SECONDS = 5.0
_RESTING = 3
"""Ticks from one frame to the next while only clocks change: one sees them run."""
_RESTED_SECONDS = 1.0
"""How long ago a key or the mouse was used by then."""


class InspectorApp(App[None]):
    """Shows an inspection: `FRAMES` times a second one snapshot is pulled and handed to every region."""

    TITLE = "sse-inspect"
    CSS_PATH = "inspect.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "interrupt", "interrupt", show=False, priority=True)]

    def __init__(
        self,
        inspection: Inspected,
        *,
        banner: Callable[[float], str] | None = None,
        probes: Callable[[], Probes] | None = None,
        housekeeping: pace.Housekeeping | None = None,
    ) -> None:
        self._safety = PrintableOnly()
        self._no_colour = NoColor()
        self._inspection = inspection
        self._housekeeping = housekeeping
        self.crash: BaseException | None = None
        self.touched_at = -1.0
        self._ticks = 0
        self._shown = -1
        super().__init__()
        player = inspection.player
        self._inspector = (
            InspectorScreen(inspection, banner, probes) if player is None else CaptureScreen(inspection, player)
        )
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = ANSI if self.no_color else DARK.name

    def get_default_screen(self) -> Screen[None]:
        """The inspector itself."""
        return self._inspector

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and the last line of defence."""
        filters = list(super().get_line_filters())
        if self.no_color:
            # Textual chose before it knew the theme: shades of grey, which are black on black with the terminal's own.
            filters = [self._no_colour if isinstance(one, Monochrome) else one for one in filters]
        return [*filters, self._safety]

    @property
    def parting(self) -> str:
        """What is still to be said once the screen is gone, or ""."""
        return self._inspector.parting

    def on_mount(self) -> None:
        """Leave in order when a signal says so."""
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # an event loop without signal handlers, as on Windows
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, partial(self.exit, return_code=SIGNALLED + number))

    def on_ready(self) -> None:
        """Show the first frame as soon as it is known where everything goes, and with the second all else begins."""
        self._inspector.sync(self._inspection.snapshot())
        self.set_interval(1 / pace.FRAMES, self.tick)

    async def on_event(self, event: events.Event) -> None:
        """Note when the user did something."""
        if isinstance(event, events.InputEvent):
            self.touched_at = perf_counter()
        await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """Nobody took this key: it may have been on its way before the filter line was there to take it."""
        if self._inspector.type_on(event):
            event.prevent_default()

    def tick(self) -> None:
        """Make a frame; one in `_RESTING` is enough where nothing came and nobody is at anything."""
        records = len(self._inspection.log)
        self._ticks += 1
        if (
            records != self._shown
            or self._ticks >= _RESTING
            or not self._inspector.is_still
            or perf_counter() - self.touched_at < _RESTED_SECONDS
        ):
            self._ticks, self._shown = 0, records
            self.frame()

    def frame(self) -> None:
        """Show what is true now, unless the terminal has not yet taken what was shown before."""
        if not self.is_headless and terminal.is_gone():
            self.exit(return_code=SIGNALLED + signal.SIGHUP)
        if pace.is_behind(self._driver):
            return
        snapshot = self._inspection.snapshot()
        self._inspector.sync(snapshot)
        self._inspection.painted(snapshot.now)
        if self._housekeeping is not None:
            quiet = snapshot.last_event is None or snapshot.now - snapshot.last_event > _IDLE_SECONDS
            self._housekeeping.tidy(perf_counter(), idle=quiet or snapshot.state == "closed")

    def action_interrupt(self) -> None:
        """Leave as a program does that Ctrl-C ends."""
        self.exit(return_code=SIGNALLED + signal.SIGINT)

    def action_next_theme(self) -> None:
        """Take the next theme."""
        names = list(THEMES)
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0]

    def _handle_exception(self, error: Exception) -> None:
        # A person wants a sentence, not forty frames of locals with what came from the wire in them; under test the
        # exception itself is raised again. Only the first tells: what follows on the way out may come of it.
        if self.crash is None:
            self.crash = error.error if isinstance(error, WorkerFailed) else error
            super()._handle_exception(error)
            self._exit_renderables.clear()
