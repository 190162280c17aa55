"""What all dialogs have in common."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A screen over the inspector that closes once: a second key that closes it may already be on its way."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close with this result, unless it is closed."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
