"""Probes as the screen tells of them: that they were begun, how far they are, that they are over, what they found."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from textual.app import App

from sse_inspect.errors import UsageError
from sse_inspect.present.safe import visible

if TYPE_CHECKING:
    from sse_inspect.tui.screens.probes import Probes


class Shows(Protocol):
    """The screen they are made from."""

    @property
    def app(self) -> App[object]:
        """The application, which can show another screen."""
        ...

    @property
    def is_interruptible(self) -> bool:
        """Whether the user is at nothing that another screen would interrupt."""
        ...

    def say(self, text: str, style: str = "accent") -> None:
        """Answer in the status line."""
        ...


class ProbeRun:
    """One run of probes after the other; `made` gives those that can be made, None where there is nothing to ask."""

    def __init__(self, screen: Shows, made: Callable[[], Probes] | None) -> None:
        self._screen = screen
        self._made = made
        self._began: float | None = None
        self._is_cancelled = False

    @property
    def can_be_made(self) -> bool:
        """Whether the key that starts them leads anywhere."""
        return self._made is not None and not self._made().why_not

    def ask(self) -> None:
        """Make probes, or show what they showed."""
        if self._made is None:
            self._screen.say("Nothing to probe: there is no server that could be asked.", "warn")
            return
        probes = self._made()
        if probes.why_not:
            self._screen.say(probes.why_not, "warn")
        elif probes.running:
            self._screen.say(f"Probing: {visible(probes.progress)}.")
        elif probes.lines:
            self._show(probes)
        else:
            self._start(probes)

    def cancel(self) -> bool:
        """End those under way; False if there are none."""
        if self._made is None or self._began is None:
            return False
        self._is_cancelled = True
        self._made().cancel()
        return True

    def sync(self) -> str:
        """What is being done, for the status line; says once that it is over."""
        if self._made is None or self._began is None:
            return ""
        probes = self._made()
        if not probes.running:
            self._began = None
            self._over(probes)
            return ""
        if self._is_cancelled:
            return "Ending the probes …"
        name = visible(probes.progress).partition(",")[0]
        return f"Probing {name} · {perf_counter() - self._began:.0f} s of {probes.longest:g} s at most · Esc cancels"

    def _start(self, probes: Probes) -> None:
        try:
            probes.start()
        except UsageError as error:
            self._screen.say(f"Nothing was probed: {error.message}", "bad")
        else:
            self._began, self._is_cancelled = perf_counter(), False

    def _over(self, probes: Probes) -> None:
        """Show what they showed, unless the user is at something else or did not wait for it."""
        if self._is_cancelled:
            self._screen.say("The probes were cancelled: P shows what they found until then.")
        elif self._screen.is_interruptible:
            self._screen.say("The probes are done.")
            self._show(probes)
        else:
            self._screen.say("The probes are done: P shows what they found.")

    def _show(self, probes: Probes) -> None:
        from sse_inspect.tui.screens.probes import Findings  # no dialog is part of the first frame

        self._screen.app.push_screen(Findings(probes), lambda again: self._start(probes) if again else None)
