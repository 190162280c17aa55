"""Bytes of an event stream in, tokens out (WHATWG HTML 9.2.5 and 9.2.6), without I/O.

Why there are two paths: nearly all of a stream is whole blocks of one look. They are found all at once, by an
expression in the shape of the last block seen (`shape`). Everything else goes line by line (`block`). Both know
only lines that end alike; `line_ends` cuts a chunk into such parts, of which there is nearly always one.
"""

from __future__ import annotations

from codecs import BOM_UTF8

from sse_inspect.wire.block import Block
from sse_inspect.wire.line_ends import CR, LF, common_end, runs
from sse_inspect.wire.run import EventRun, Item, each, token
from sse_inspect.wire.shape import Columns, Shape, learn, shape_of
from sse_inspect.wire.tokens import EventToken, Token

_WINDOW = 1 << 17  # bytes looked at in one go, so that a huge chunk does not become huge lists


class Parser:
    """One response body: feed it chunks as they come, then close it. No bytes make it raise.

    `max_event_bytes` limits the UTF-8 bytes of an event's data, and those of its type, its ID, a comment and a
    line; `last_event_id` is the last event ID string brought along from an earlier connection. `consumed` counts
    the bytes fed so far, a byte order mark included.
    """

    __slots__ = ("_block", "_limit", "_one_by_one", "_shape", "_skip", "_skipped", "consumed")

    def __init__(self, *, max_event_bytes: int = 16 << 20, last_event_id: str = "") -> None:
        self.consumed = 0
        self._limit = max_event_bytes
        self._block = Block(max_event_bytes, last_event_id)
        self._shape = shape_of(("data: ",), False, "\n")
        # What is passed over if it comes next: a byte order mark, later the LF after a CR that ended a line.
        self._skip = BOM_UTF8
        self._skipped = b""
        # The last chunk was one event: the next may be, and then a shorter way is worth trying.
        self._one_by_one = False

    @property
    def last_event_id(self) -> str:
        """The last event ID string: set at the blank line, also of a block without data."""
        return self._block.last_event_id

    def feed(self, data: bytes) -> list[Token]:
        """Take the next chunk, of any size; everything that it completes, in the order of the wire."""
        return each(self.take(data))

    def take(self, data: bytes) -> list[Item]:
        """The same as `feed`, with the events that stand in a row left in their runs."""
        self.consumed += len(data)
        if self._one_by_one:
            event = self._only_event(data)
            if event:
                return [event]
        items: list[Item] = []
        for start in range(0, len(data), _WINDOW):
            self._receive(data[start : start + _WINDOW], items)
        self._one_by_one = len(items) == 1 and not (self._block.size or self._skip) and type(items[0]) is not EventRun
        return items

    def close(self) -> int:
        """The body ended: drop the unfinished block and return its size in bytes.

        That is 0 if it has neither a `data`, `event` or `id` line nor an unfinished line.
        """
        skipped, self._skipped, self._skip = self._skipped, b"", b""
        return self._block.drop() + len(skipped)

    def _only_event(self, data: bytes) -> EventToken | None:
        """The event if `data` is one ordinary block and nothing else; the block before must have ended."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        shape = self._shape
        row = shape.only(text)
        if row is None:
            return None
        _, event_id, event, value = row
        size = len(data)
        if not value or "\0" in event_id or size > self._limit:
            return None
        if shape.many:
            value = shape.join(value)
        block = self._block
        offset = block.offset
        block.offset = offset + size
        own_id = None
        if shape.has_id:
            own_id = block.last_event_id = event_id
        return token((event or "message", value, own_id, block.last_event_id, offset, size - shape.beyond, False))

    def _receive(self, data: bytes, items: list[Item]) -> None:
        if self._skip:
            data = self._after_skip(data)
        if data.endswith(CR):
            self._skip = LF
        line_end = common_end(data)
        if line_end:
            self._receive_alike(data, line_end, items)
        else:
            for run, end in runs(data):
                self._block.receive(run, end, items)

    def _after_skip(self, data: bytes) -> bytes:
        """`data` without what is to be passed over; empty while that is not decided."""
        data = self._skipped + data
        if len(data) < len(self._skip) and self._skip.startswith(data):
            self._skipped = data
            return b""
        if data.startswith(self._skip):
            data = data[len(self._skip) :]
            self._block.skip(len(self._skip))
        self._skip = self._skipped = b""
        return data

    def _receive_alike(self, data: bytes, line_end: bytes, items: list[Item]) -> None:
        """Take lines that all end with `line_end`: the rest of a block, whole blocks, the beginning of a block."""
        block = self._block
        start = 0
        if block.size:
            start = block.rest_in(data, line_end)
            block.receive(data[:start], line_end, items)
        blank = data.rfind(line_end * 2, start)
        if blank >= 0:
            end = blank + 2 * len(line_end)
            self._receive_blocks(data[start:end], line_end, items)
            start = end
        if start < len(data):
            block.receive(data[start:], line_end, items)

    def _receive_blocks(self, data: bytes, line_end: bytes, items: list[Item]) -> None:
        """Take whole blocks, by their shape where that is possible."""
        block = self._block
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = ""
        if not text or "\0" in text or len(data) > self._limit:
            block.receive(data, line_end, items)
            return
        shape = self._shape_for(text, line_end.decode())
        columns = shape.columns(text)
        if columns is not None:
            self._take_run(shape, text, columns, items)
            return
        rows = shape.rows(text)
        begin = at = 0
        for misfit in [index for index, row in enumerate(rows) if not row[3]]:
            end = at + sum(len(row[0]) + shape.beyond for row in rows[begin:misfit])
            self._take_fitting(shape, text[at:end], items)
            whole = rows[misfit][0]
            block.receive(whole.encode() + line_end[1:], line_end, items)
            begin, at = misfit + 1, end + len(whole) + shape.beyond
        self._take_fitting(shape, text[at:], items)

    def _take_fitting(self, shape: Shape, text: str, items: list[Item]) -> None:
        """Take the blocks of `text`, which all fit, or are none."""
        columns = shape.columns(text)
        if columns is not None:
            self._take_run(shape, text, columns, items)

    def _take_run(self, shape: Shape, text: str, columns: Columns, items: list[Item]) -> None:
        block = self._block
        run = EventRun(shape, text, columns, block.offset, block.last_event_id)
        block.offset, block.last_event_id = run.end, run.last_event_id
        if len(run) > 1:
            items.append(run)
        else:
            items += run

    def _shape_for(self, text: str, line_end: str) -> Shape:
        """The shape of the first block of `text`, or, where that is no ordinary one, the last known."""
        shape = self._shape
        if not shape.fits(text):
            shape = self._shape = learn(text, line_end) or shape_of(shape.prefixes, shape.many, line_end)
        return shape
