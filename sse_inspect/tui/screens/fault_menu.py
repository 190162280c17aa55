"""All faults, each with the sentence that says what it does; what it takes is asked for where there is something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sse_inspect import faults
from sse_inspect.tui import keys
from sse_inspect.tui.screens.dialog import Dialog

TIMED = "/"
"""Stands behind the name of a fault whose seconds are to be asked for."""


class FaultMenu(Dialog[str | None]):
    """Dismissed with the name of a fault, perhaps with `TIMED` behind it, `keys.LIFT`, or None.

    The keys of the main screen work here too.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss(None)", "cancel"),
        ("f", "dismiss(None)", "cancel"),
        ("slash", "timed", "for some seconds"),
    ]

    def __init__(self, under_way: Sequence[str]) -> None:
        super().__init__()
        self._under_way = under_way
        self._choices = {key: name for name, key in _KEYS.items()}

    def compose(self) -> ComposeResult:
        """One option per fault, and lifting."""
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = Content("Faults, on purpose")
            sheet.border_subtitle = Content("Enter injects · / for some seconds · Esc closes")
            yield OptionList(
                *(
                    Option(_prompt(_KEYS[name], kind.title, faults.parse(name).sentence), id=name)
                    for name, kind in faults.KINDS.items()
                ),
                Option(_prompt(_KEYS[keys.LIFT], "Lift", self._lifting()), id=keys.LIFT),
            )

    def _lifting(self) -> str:
        if not self._under_way:
            return "Ends every fault under way; there is none now."
        return f"Ends every fault under way: {', '.join(self._under_way)}."

    def action_timed(self) -> None:
        """Ask how long the fault under the cursor is to last; one that cannot be timed is asked for as by Enter."""
        choice = self.query_one(OptionList).highlighted_option
        if choice is not None and choice.id is not None:
            kind = faults.KINDS.get(choice.id)
            self.dismiss(f"{choice.id}{TIMED}" if kind is not None and kind.can_be_timed else choice.id)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def on_key(self, event: events.Key) -> None:
        """A fault's own key chooses it."""
        if event.character in self._choices:
            event.stop()
            self.dismiss(self._choices[event.character])


def _prompt(key: str, title: str, sentence: str) -> Content:
    return Content.assemble((f"{key}  {title}", "bold"), f"\n{sentence}")


def _fault_of(action: str) -> str:
    """The fault an action of the key table injects."""
    return keys.LIFT if action == keys.LIFT else action.partition("'")[2].rstrip("')")


_KEYS = {
    "dns": "n",
    "status": "a",
    "slow-start": "w",
    "handoff": "h",
    "slow-reading": "r",
    "throttle": "t",
    "slow-3g": "3",
    "loss": "p",
    "corrupt": "c",
    "torn": "b",
    "half": "2",
    "forget-id": "i",
    "falsify-id": "I",
} | {_fault_of(key.action): key.keys[0] for key in keys.KEYS if key.group == keys.BREAK and key.action != "faults"}
"""What chooses each fault here: its key on the main screen, where it has one."""
