"""What probes of the URL that is inspected showed; who makes them is handed in by whoever made the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from textual import events

from sse_inspect.tui.screens.help import Page


class Probes(Protocol):
    """Probes that can be made beside the session, on a thread of their own."""

    @property
    def why_not(self) -> str:
        """Why they cannot be made, in a sentence; empty where they can."""
        ...

    @property
    def longest(self) -> float:
        """Seconds that they take at most."""
        ...

    @property
    def running(self) -> bool:
        """Whether they are being made."""
        ...

    @property
    def progress(self) -> str:
        """What is being done."""
        ...

    @property
    def lines(self) -> Sequence[Sequence[tuple[str, str]]]:
        """What they showed; nothing before they were made."""
        ...

    def start(self) -> None:
        """Make them, unless they are being made."""
        ...

    def cancel(self) -> None:
        """End those that are being made, soon."""
        ...


class Findings(Page[bool]):
    """Dismissed with whether they are to be made again."""

    def __init__(self, probes: Probes) -> None:
        super().__init__(
            "Probes", [list(line) for line in probes.lines], "↑ ↓ scroll · r probes again · any other key closes"
        )

    def on_key(self, event: events.Key) -> None:
        """Again, scroll, or close."""
        if event.key == "r":
            event.stop()
            self.dismiss(True)
        else:
            super().on_key(event)
