"""Asks for what `--fault` takes behind the name of a fault: `ARGUMENT[/SECONDS]`."""

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
            yield Static(Content(_question(self._fault.kind)))
            given = "" if self._fault.argument is None else faults.written(self._fault.argument)
            yield Input(given, placeholder=_syntax(self._fault.kind), compact=True, select_on_focus=True)
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
        try:
            fault = faults.parse(_spelled(self._fault.kind, text))
        except UsageError as error:
            return None, f"It begins at once: @WHEN is for --fault. {error.message}" if "@" in text else error.message
        return fault, fault.sentence


def _question(kind: faults.FaultKind) -> str:
    """What is asked, and how it is written where there is more to say than one thing."""
    if kind.argument is None:
        return f"For how many seconds? Nothing typed: {faults.UNTIL[kind.lasts]}."
    if not kind.can_be_timed:
        return kind.argument.question
    slash = ", %2F is a /" if kind.argument.is_text else ""
    example = f"{faults.written(kind.argument.default)}/20"
    return f"{kind.argument.question}\n{_syntax(kind)}: {example} ends it after 20 s{slash}."


def _syntax(kind: faults.FaultKind) -> str:
    """What may be typed."""
    if kind.argument is None:
        return "SECONDS"
    return f"{kind.argument.name}[/SECONDS]" if kind.can_be_timed else kind.argument.name


def _spelled(kind: faults.FaultKind, text: str) -> str:
    """The fault as `--fault` has it; what stands before the slash may be left out."""
    if kind.argument is None:
        seconds = text.strip().removeprefix("/")
        return f"{kind.name}/{seconds}" if seconds else kind.name
    text = text if kind.argument.is_text else text.strip()
    return f"{kind.name}{text}" if text.startswith("/") and kind.can_be_timed else f"{kind.name}:{text}"
