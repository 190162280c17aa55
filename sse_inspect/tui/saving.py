"""Files of the session that are written beside the screen: one at a time, told when it is there, or left without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from textual.worker import Worker

from sse_inspect.inspected import Inspected
from sse_inspect.present import units
from sse_inspect.tui import save

_NOT_SAVED = "The session was not saved: it was left while the file was being written."


class Saves(Protocol):
    """The screen they are saved from."""

    def say(self, text: str, style: str = "accent") -> None:
        """Answer in the status line."""
        ...

    def run_worker(  # as Textual has it
        self, work: Callable[[], None], *, group: str = "default", exclusive: bool = False, thread: bool = False
    ) -> Worker[None]:
        """Do it on a thread."""
        ...


class Saving:
    """What came of a file is left for the next frame, or for after the last one.

    A thread that waits to tell it would wait for a loop that may have ended.
    """

    def __init__(self, screen: Saves, inspection: Inspected) -> None:
        self._screen = screen
        self._inspection = inspection
        self._is_under_way = self._is_warned = self._is_left = False
        self.outcome: tuple[str, str] | None = None

    def export(self) -> None:
        """Save the session as NDJSON."""
        self._begin("Saving the session …", self._exported)

    def report(self) -> None:
        """Save a report for a ticket."""
        self._begin("Writing the report …", self._reported)

    def sync(self) -> None:
        """Tell what came of it."""
        if self.outcome is not None:
            self._screen.say(*self.outcome)
            self.outcome, self._is_under_way = None, False

    def may_leave(self) -> bool:
        """Whether one may leave: while a file is being written only if asked twice."""
        if self._is_under_way and not self._is_warned:
            self._is_warned = True
            self._screen.say("The session is still being saved; once more to leave without the file.", "warn")
            return False
        return True

    def leave(self) -> None:
        """Nobody waits for a file any more."""
        self._is_left = True

    @property
    def parting(self) -> str:
        """What came of the file that was being written when the screen went, or ""."""
        if not self._is_under_way:
            return ""
        return self.outcome[0] if self.outcome is not None else _NOT_SAVED

    def _begin(self, said: str, made: Callable[[], str]) -> None:
        if self._is_under_way:
            self._screen.say("The session is being saved already.", "warn")
            return
        self._is_under_way, self._is_warned = True, False
        self._screen.say(said)
        self._screen.run_worker(lambda: self._write(made), group="export", exclusive=True, thread=True)

    def _write(self, made: Callable[[], str]) -> None:
        try:
            self.outcome = made(), "good"
        except OSError as error:
            self.outcome = f"The session could not be saved: {error}.", "bad"
        except save.LeftError:
            self.outcome = _NOT_SAVED, "warn"

    def _is_wanted(self) -> bool:
        return not self._is_left

    def _exported(self) -> str:
        path, total = save.session_as_ndjson(self._inspection, self._is_wanted)
        return f"Saved {units.counted(total, 'record')}: {path}"

    def _reported(self) -> str:
        return f"Report saved, secrets redacted: {save.report(self._inspection, self._is_wanted)}"
