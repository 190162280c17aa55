"""The bytes of the bodies as they are exported: all as they came, or the blocks of some events; masked if asked for."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence

from sse_inspect.exporting.redaction import Redaction
from sse_inspect.exporting.selection import Selection
from sse_inspect.inputs import Chunk, Input
from sse_inspect.records import Event, Record
from sse_inspect.store.body_window import BodyWindow

Older = Callable[[int, int, int], bytes | None]

_LINE = re.compile(rb"([^\r\n]*)(?:\r\n|\n|\r|\Z)")
_DATA = re.compile(rb"data(?:: ?|\Z)")
_BLOCK_END = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_BORDER = 3
"""Bytes at the end of a piece that may belong to a block's end."""
_ASTERISKS = bytes(byte if byte in b"\r\n" else ord("*") for byte in range(256))


class Body:
    """The bytes of the selected part of all bodies, in order; `older` gives bytes that are no longer in memory.

    Where only parts of a stream are selected these are the whole blocks of the selected events, each with its blank
    line, and nothing else. Unfinished blocks of more than `limit` bytes are masked as a whole where anything is.
    """

    def __init__(self, selection: Selection, redaction: Redaction | None, *, limit: int, older: Older) -> None:
        self._selection = selection
        self._redaction = redaction
        self._connection = 0
        self._masked = None if redaction is None else MaskedBody(redaction, limit)
        self._window = BodyWindow()
        self._window.older = older

    def take(self, happened: Input, connection: int, selected: Sequence[Record]) -> bytes:
        """What an input of that connection adds; `selected` are the records it led to, as far as they are selected."""
        rest = self.finish() if connection != self._connection else b""
        self._connection = connection
        if not isinstance(happened, Chunk):
            return rest
        if self._selection.takes_parts:
            self._window.append(connection, happened.data)
            return b"".join(self._block(record) for record in selected if isinstance(record, Event))
        if self._selection.connection not in (None, connection):
            return rest
        return rest + (happened.data if self._masked is None else self._masked.feed(happened.data))

    def finish(self) -> bytes:
        """What is left once a connection is over."""
        return b"" if self._masked is None else self._masked.finish()

    def _block(self, event: Event) -> bytes:
        block = self._window.read(event.connection, event.offset, event.size)
        if block is None:
            return b""
        if block.endswith(b"\r") and b"\r\n" in block:
            block += b"\n"
        return block if self._redaction is None else masked_block(block, self._redaction)


class MaskedBody:
    """Masks the data in a body that comes in pieces; holds the unfinished block, as far as `limit` allows."""

    def __init__(self, redaction: Redaction, limit: int) -> None:
        self._redaction = redaction
        self._limit = limit
        self._held = bytearray()
        self._looked_at = 0
        self._too_long = False

    def feed(self, data: bytes) -> bytes:
        """What can be given out after these bytes."""
        held = self._held
        held += data
        made: list[bytes] = []
        start = 0
        for end in _BLOCK_END.finditer(held, self._looked_at):
            made.append(self._block(bytes(held[start : end.end()])))
            self._too_long = False
            start = end.end()
        if self._too_long or len(held) - start > self._limit:
            self._too_long = True
            stop = max(start, len(held) - _BORDER)
            made.append(self._block(bytes(held[start:stop])))
            start = stop
        del held[:start]
        self._looked_at = max(0, len(held) - _BORDER)
        return b"".join(made)

    def finish(self) -> bytes:
        """The rest of the body, an unfinished block; another body may begin."""
        rest = self._block(bytes(self._held))
        self._held.clear()
        self._looked_at, self._too_long = 0, False
        return rest

    def _block(self, block: bytes) -> bytes:
        return block.translate(_ASTERISKS) if self._too_long else masked_block(block, self._redaction)


def masked_block(block: bytes, redaction: Redaction) -> bytes:
    """A block, its last line perhaps unfinished, with the values in its data masked; as long as before."""
    places: list[tuple[int, int]] = []
    mark = len(BOM_UTF8) if block.startswith(BOM_UTF8) else 0
    for line in _LINE.finditer(block, mark):
        field = _DATA.match(line[1])
        if field:
            places.append((line.start() + field.end(), line.end(1)))
    if not places:
        return block
    made: list[bytes] = []
    at = 0
    for (start, end), masked in zip(places, redaction.lines([block[start:end] for start, end in places]), strict=True):
        made += (block[at:start], masked)
        at = end
    made.append(block[at:])
    return b"".join(made)
