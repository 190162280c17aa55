"""The forms in which a session is written to standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from sse_inspect.batch import Batch, Events, Item, json_lines, records_of
from sse_inspect.cli.tail import has_colours
from sse_inspect.inspection import Inspection
from sse_inspect.records import PIECE, End, Event, Open, Origin, Record, in_pieces, json_pieces


def writer(form: str, inspection: Inspection, write: Callable[[bytes], None]) -> Callable[[Batch], None]:
    """A tap that writes every batch in this form, piece by piece where there is much of it."""
    lines_of = _FORMS[form]
    encoding = sys.stdout.encoding if form == "pretty" else "utf-8"

    def tap(batch: Batch) -> None:
        pieces: list[str] = []
        size = 0
        for item in batch:
            for piece in lines_of(item, inspection.origin):
                pieces.append(piece)
                size += len(piece)
                if size >= PIECE:
                    write("".join(pieces).encode(encoding, "replace"))
                    pieces.clear()
                    size = 0
        write("".join(pieces).encode(encoding, "replace"))

    return tap


class BodyToLimit:
    """Writes the bodies up to the event that ends the session, its blank line included.

    Bytes are held back until it is known whether they are to be written: until records come of them, or further bytes.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._held = b""
        self._end = 0

    def take(self, data: bytes) -> None:
        """The next bytes of a body; called before `tell` is with the records they lead to."""
        self._write(self._held)
        self._held = data
        self._end += len(data)

    def tell(self, records: Sequence[Record]) -> None:
        """What the bytes led to, or anything else that happened."""
        event: Event | None = None
        rest = 0
        for record in records:
            match record:
                case Event():
                    event = record
                case End(reason="limit") if event is not None:
                    rest = self._behind(event)
        self._write(self._held[: len(self._held) - rest])
        self._held = b""
        if any(isinstance(record, Open) for record in records):
            self._end = 0

    def _behind(self, event: Event) -> int:
        """How many of the bytes that are held stand behind the block of the event."""
        rest = self._end - event.offset - event.size
        at = len(self._held) - rest
        return rest - (self._held[at - 1 : at + 1] == b"\r\n")  # sizes leave the LF of the last CRLF out


def pretty(record: Record, origin: Origin) -> Iterable[str]:
    """The record as a line for people, coloured where standard output shows colours."""
    from sse_inspect.present import ansi
    from sse_inspect.present import pretty as lines

    return (ansi.painted(lines.pretty_line(record, origin)) if has_colours() else lines.pretty(record, origin),)


def _ndjson(item: Item, origin: Origin) -> Iterable[str]:
    return json_lines(item, origin) if isinstance(item, Events) else chain(json_pieces(item, origin), "\n")


def _pretty(item: Item, origin: Origin) -> Iterable[str]:
    for record in records_of((item,)):
        yield from pretty(record, origin)
        yield "\n"


def _data(item: Item, _origin: Origin) -> Iterable[str]:
    for record in records_of((item,)):
        if isinstance(record, Event) and not record.duplicate:
            yield from in_pieces(record.data)
            yield "\n"


_FORMS: dict[str, Callable[[Item, Origin], Iterable[str]]] = {"ndjson": _ndjson, "pretty": _pretty, "data": _data}
