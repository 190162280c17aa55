"""Comma-separated values (RFC 4180): one row an event.

Text is always quoted, numbers never; an event without an `id` has an empty field there, an empty `id` is `""`; a
time that is not known is an empty field. The
stream is not to be trusted with a spreadsheet: text that one would take for a formula has an apostrophe put before it,
and so has text that already looks like that, so that taking one apostrophe away from either gives the text back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sse_inspect.exporting.exporter import Step
from sse_inspect.records import Event, Origin
from sse_inspect.store.capture.schema import FLAGS

COLUMNS = ("n", "time", "t", "connection", "id", "type", "size", "offset", "flags", "data")

_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")


class Csv:
    """One row for each selected event, below the names of the columns."""

    wants_bodies = False

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._head: bytes = f"{','.join(COLUMNS)}\r\n".encode()

    def take(self, step: Step) -> Iterator[bytes]:
        """The rows."""
        rows = [self._row(record) for record in step.selected if isinstance(record, Event)]
        if rows:
            yield from self._begin()
            yield "".join(rows).encode("utf-8", "replace")

    def finish(self, rest: bytes) -> Iterator[bytes]:
        """The names of the columns, if there was no row to write them for."""
        yield from self._begin()

    def _begin(self) -> Iterator[bytes]:
        if self._head:
            yield self._head
            self._head = b""

    def _row(self, event: Event) -> str:
        t = self._origin.time_of(event)
        flags = " ".join(name for name in FLAGS if getattr(event, name))
        identity = "" if event.id is None else _text(event.id)
        return (
            f"{event.n},{self._origin.rfc3339(t) or ''},{'' if t is None else round(t, 6)},{event.connection},"
            f"{identity},{_text(event.event)},"
            f"{event.size},{event.offset},{flags},{_text(event.data)}\r\n"
        )


def _text(text: str) -> str:
    if _FORMULA.match(text) and not _NUMBER.match(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"'
