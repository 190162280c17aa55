"""Asks for the argument of a fault, such as the seconds of `offline`."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from sse_inspect import faults
from sse_inspect.errors import UsageError
from sse_inspect.present.safe import visible
from sse_inspect.tui.screens.dialog import Dialog


class FaultPrompt(Dialog[faults.Fault | None]):
    """Enter injects, escape does not."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "cancel")]

    def __init__(self, fault: faults.Fault) -> None:
        super().__init__()
        self._fault = fault

    def compose(self) -> ComposeResult:
        """A question, an input, and room for what is wrong with the answer."""
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = Content(self._fault.kind.title)
            sheet.border_subtitle = Content("Enter starts · Esc cancels")
            argument = self._fault.kind.argument
            yield Static(Content(argument.question if argument is not None else ""))
            yield Input(
                self._fault.text or f"{self._fault.number:g}",
                type="text" if self._fault.text else "number",
                compact=True,
                select_on_focus=True,
            )
            yield Static(Content(self._fault.sentence), id="said")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        fault, said = self._read(event.value)
        self.query_one("#said", Static).update(Content(visible(said)))
        self.query_one("#said", Static).set_class(fault is None, "-wrong")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        fault, _ = self._read(event.value)
        if fault is not None:
            self.dismiss(fault)

    def _read(self, text: str) -> tuple[faults.Fault | None, str]:
        """The fault and its sentence, or what is wrong."""
        written = faults.written(text) if self._fault.text else text.strip()
        try:
            fault = faults.parse(f"{self._fault.kind.name}:{written}")
        except UsageError as error:
            return None, error.message
        return fault, fault.sentence
