"""Between a session that is handled again and a format: what is selected goes on, masked where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sse_inspect.exporting.body import Body, Older
from sse_inspect.exporting.redaction import Redaction
from sse_inspect.exporting.selection import Selection
from sse_inspect.inputs import Input
from sse_inspect.records import Record


@dataclass(slots=True)
class Step:
    """An input of a connection, the records it led to, those to be exported, and the bytes of bodies to be."""

    happened: Input
    connection: int
    records: Sequence[Record]
    selected: Sequence[Record]
    body: bytes


class Format(Protocol):
    """How an export is written, bit by bit."""

    @property
    def wants_bodies(self) -> bool:
        """Whether a step has to have its bytes."""
        ...

    def take(self, step: Step) -> Iterator[bytes]:
        """What a step adds to the file."""
        ...

    def finish(self, rest: bytes) -> Iterator[bytes]:
        """The end of the file; `rest` are the last bytes of the last body."""
        ...


class Exporter:
    """Turns a session into the bytes of a file. `limit` is the longest block that is held, `older` gives old bytes."""

    def __init__(
        self, form: Format, selection: Selection, redaction: Redaction | None, *, limit: int, older: Older
    ) -> None:
        self.selected = 0
        """Records that were selected so far."""
        self._form = form
        self._selection = selection
        self._redaction = redaction
        self._body = Body(selection, redaction, limit=limit, older=older) if form.wants_bodies else None

    def take(self, happened: Input, connection: int, records: Sequence[Record]) -> Iterator[bytes]:
        """What an input of that connection and the records it led to add to the file."""
        selected = [record for record in records if self._selection.has(record)]
        self.selected += len(selected)
        body = b"" if self._body is None else self._body.take(happened, connection, selected)
        if self._redaction is not None:
            selected = [self._redaction.record(record) for record in selected]
        return self._form.take(Step(happened, connection, records, selected, body))

    def finish(self) -> Iterator[bytes]:
        """The end of the file."""
        return self._form.finish(b"" if self._body is None else self._body.finish())
