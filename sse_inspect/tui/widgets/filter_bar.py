"""The line in which a filter or a search is typed."""

from __future__ import annotations

from typing import Literal

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from sse_inspect.errors import UsageError
from sse_inspect.present.safe import visible
from sse_inspect.store.filter import parse_filter

Kind = Literal["filter", "search"]

_HINTS: dict[Kind, str] = {
    "filter": "type:tick  id:40..60  data~error  is:dup  kind:gap,stall",
    "search": "what to look for, newest first",
}


class _SafeInput(Input):
    """An input whose text cannot bring control codes to the terminal: what is pasted may come from anywhere."""

    def validate_value(self, value: str) -> str:
        return visible(value)


class FilterBar(Widget):
    """Hidden until `open`; says at once what is wrong with what is typed. Enter submits, escape cancels."""

    DEFAULT_CSS = """
    FilterBar { display: none; height: auto; background: $surface; }
    FilterBar #filter-line { height: 1; layout: horizontal; }
    FilterBar #filter-kind { width: auto; padding: 0 1; text-style: bold; }
    FilterBar _SafeInput { width: 1fr; }
    FilterBar #filter-said { display: none; height: auto; max-height: 4; padding: 0 1; }
    FilterBar #filter-said.-wrong { display: block; color: $text-error; }
    """

    class Submitted(Message):
        """Enter was pressed; the text is valid."""

        def __init__(self, kind: Kind, text: str) -> None:
            super().__init__()
            self.kind = kind
            self.text = text

    class Changed(Message):
        """The text changed; `valid` says whether it could be submitted."""

        def __init__(self, kind: Kind, text: str, valid: bool) -> None:
            super().__init__()
            self.kind = kind
            self.text = text
            self.valid = valid

    class Cancelled(Message):
        """Escape was pressed."""

        def __init__(self, kind: Kind) -> None:
            super().__init__()
            self.kind = kind

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 Textual's own name
        super().__init__(id=id)
        self.kind: Kind = "filter"

    def compose(self) -> ComposeResult:
        """What is wrong, above the kind and the input."""
        yield Static("", id="filter-said", markup=False)
        with Widget(id="filter-line"):
            yield Static("", id="filter-kind", markup=False)
            yield _SafeInput(compact=True, select_on_focus=False)

    @property
    def input(self) -> Input:
        """The input itself."""
        return self.query_one(_SafeInput)

    def open(self, kind: Kind, text: str = "") -> None:
        """Appear, with `text` to begin with, and take the keys."""
        self.kind = kind
        self.query_one("#filter-kind", Static).update(kind)
        self.input.placeholder = _HINTS[kind]
        self.input.value = text
        self._say(_fault(text))
        self.display = True
        self.input.focus()

    def take(self, character: str) -> None:
        """Take what was on its way to another when this appeared."""
        self.input.insert_text_at_cursor(character)

    def close(self) -> None:
        """Disappear."""
        self.display = False

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        fault = _fault(event.value)
        self._say(fault)
        if self.display:
            self.post_message(self.Changed(self.kind, event.value, valid=not fault))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        fault = _fault(event.value)
        self._say(fault)
        if not fault:
            self.close()
            self.post_message(self.Submitted(self.kind, event.value.strip()))

    def on_key(self, event: events.Key) -> None:
        """Escape gives up."""
        if event.key == "escape":
            event.stop()
            self.close()
            self.post_message(self.Cancelled(self.kind))

    def _say(self, fault: str) -> None:
        said = self.query_one("#filter-said", Static)
        said.update(visible(fault))
        said.set_class(bool(fault), "-wrong")


def _fault(text: str) -> str:
    """What is wrong with the text, "" if it can be submitted; an empty one means: no filter."""
    if text.strip():
        try:
            parse_filter(text)
        except UsageError as error:
            return error.message
    return ""
