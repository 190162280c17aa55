"""Bytes of an event stream in, tokens out (WHATWG HTML 9.2.5 and 9.2.6), without I/O.

Why there are two paths: nearly all of a stream is whole blocks of one look. They are found all at once, by an
expression in the shape of the last block seen (`shape`). Everything else goes line by line (`block`). Both know
only lines that end alike; `line_ends` cuts a chunk into such parts, of which there is nearly always one. A block that
the border of two chunks tears waits for its rest, if it is short and has nothing to tell before it ends.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8

from sse_inspect.wire.block import Block
from sse_inspect.wire.line_ends import CR, CRLF, LF, common_end, likely_end, runs
from sse_inspect.wire.run import EventRun, Item, each, new_token
from sse_inspect.wire.shape import Columns, Shape, learn, shape_of
from sse_inspect.wire.tokens import EventToken, Token

_WINDOW = 1 << 17  # bytes looked at in one go, so that a huge chunk does not become huge lists
_TORN = 1 << 12  # bytes of a torn block that are looked at again with its rest
# Lines that tell nothing before the block ends: no comment, no `retry`, nothing that may become one; no blank line.
_SILENT = {
    LF: re.compile(rb"(?:[^:r\n].*+(?:\n|\Z))*+").fullmatch,
    CRLF: re.compile(rb"(?:[^:r\r\n][^\r\n]*+(?:\r\n|\Z))*+").fullmatch,
}


class Parser:
    """One response body: feed it chunks as they come, then close it. No bytes make it raise.

    `max_event_bytes` limits the UTF-8 bytes of an event's data, and those of its type, its ID, a comment and a
    line; `last_event_id` is the last event ID string brought along from an earlier connection.
    """

    __slots__ = ("_block", "_limit", "_one_by_one", "_shape", "_skip", "_skipped", "_torn")

    def __init__(self, *, max_event_bytes: int = 16 << 20, last_event_id: str = "") -> None:
        self._limit = max_event_bytes
        self._block = Block(max_event_bytes, last_event_id)
        self._shape = shape_of(("data: ",), False, "\n")
        # What is passed over if it comes next: a byte order mark, later the LF after a CR that ended a line.
        self._skip = BOM_UTF8
        self._skipped = b""
        # The beginning of a block that waits for more, for one chunk: then it goes on line by line.
        self._torn = b""
        # The last chunk was one event: the next may be, and then a shorter way is worth trying.
        self._one_by_one = False

    @property
    def last_event_id(self) -> str:
        """The last event ID string: set at the blank line, also of a block without data."""
        return self._block.last_event_id

    @property
    def consumed(self) -> int:
        """The bytes fed so far, a byte order mark included."""
        block = self._block
        return block.offset + block.size + len(self._torn) + len(self._skipped)

    def feed(self, data: bytes) -> list[Token]:
        """Take the next chunk, of any size; everything that it completes, in the order of the wire."""
        if self._one_by_one:
            event = self._only_event(data)
            if event is not None:
                return [event]
        return each(self._take(data))

    def take(self, data: bytes) -> list[Item]:
        """The same as `feed`, with the events that stand in a row left in their runs."""
        if self._one_by_one:
            event = self._only_event(data)
            if event is not None:
                return [event]
        return self._take(data)

    def close(self) -> int:
        """The body ended: drop the unfinished block and return its size in bytes.

        That is 0 if it has neither a `data`, `event` or `id` line nor an unfinished line.
        """
        self._receive_lines(self._torn, None, [])
        skipped, self._torn, self._skipped, self._skip = self._skipped, b"", b"", b""
        return self._block.drop() + len(skipped)

    def _take(self, data: bytes) -> list[Item]:
        items: list[Item] = []
        for start in range(0, len(data), _WINDOW):
            self._receive(data[start : start + _WINDOW], items)
        self._one_by_one = (
            len(items) == 1
            and not (self._block.size or self._torn or self._skip)
            and type(items[0]) is not EventRun
            and self._shape.line_end != "\r"
        )
        return items

    def _only_event(self, data: bytes) -> EventToken | None:
        """The event if `data` is one ordinary block and nothing else; the block before must have ended."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        shape = self._shape
        found = shape.one(text)
        size = len(data)
        if found is None or size > self._limit:
            return None
        row = found.groups()
        event_id, event, value = shape.in_order(row) if shape.in_order else row
        if shape.many:
            value = shape.join(value)
        if "\r" in text and not (shape.beyond and "\r" not in event_id + event + value):
            return None
        block = self._block
        own_id = None
        if shape.has_id:
            if "\0" in event_id:
                return None
            own_id = block.last_event_id = event_id
        offset = block.offset
        block.offset = offset + size
        row = event or "message", value, own_id, block.last_event_id, offset, size - shape.beyond, False
        return new_token(EventToken, row)

    def _receive(self, data: bytes, items: list[Item]) -> None:
        if self._skip:
            data = self._after_skip(data)
        torn = self._torn
        if torn:
            data = torn + data
            self._torn = b""
        if data.endswith(CR):
            self._skip = LF
        line_end = likely_end(data)
        if line_end is None:
            self._receive_lines(data, None, items)
            return
        block = self._block
        start = long = 0
        if block.size:
            start = block.rest_in(data, line_end)
            long = block.size + start
            self._receive_lines(data[:start], line_end, items)
        # After a block longer than what is left there is hardly a whole one, and to look for its end takes long.
        blank = data.rfind(line_end * 2, start) if long < len(data) - start else -1
        if blank >= 0:
            end = blank + 2 * len(line_end)
            self._receive_blocks(data[start:end], line_end, items)
            start = end
        rest = data[start:]
        if (start or not torn) and not block.size and self._may_wait(rest, line_end):
            self._torn = rest
        elif rest:
            self._receive_lines(rest, line_end, items)

    def _may_wait(self, rest: bytes, line_end: bytes) -> bool:
        """Whether the beginning of a block is short, and nothing in it is to be told already."""
        # Decoding makes three bytes of one that is invalid, and what is cut is told at the end of its line.
        return len(rest) <= min(_TORN, self._limit // 3) and line_end != CR and _SILENT[line_end](rest) is not None

    def _receive_lines(self, data: bytes, likely: bytes | None, items: list[Item]) -> None:
        """Take lines line by line; `likely` is what they probably all end with."""
        if likely:
            data = self._block.receive_data(data, likely)
        line_end = common_end(data)
        for run, end in ((data, line_end),) if line_end else runs(data):
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

    def _receive_blocks(self, data: bytes, line_end: bytes, items: list[Item]) -> None:
        """Take whole blocks, by their shape where that is possible."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = ""
        if not text or "\0" in text or len(data) > self._limit:
            self._receive_lines(data, line_end, items)
            return
        shape, columns = self._shape_of(text, line_end.decode())
        if columns is not None:
            self._take_run(shape, text, len(data), columns, items)
            return
        if common_end(data) != line_end:
            self._receive_lines(data, line_end, items)
            return
        blocks = shape.blocks(text)
        begin = at = 0
        for misfit in [index for index, (_, value) in enumerate(blocks) if not value]:
            end = at + sum(len(whole) + shape.beyond for whole, _ in blocks[begin:misfit])
            self._take_fitting(shape, text[at:end], items)
            whole = blocks[misfit][0]
            self._receive_lines(whole.encode() + line_end[1:], line_end, items)
            begin, at = misfit + 1, end + len(whole) + shape.beyond
        self._take_fitting(shape, text[at:], items)

    def _take_fitting(self, shape: Shape, text: str, items: list[Item]) -> None:
        """Take the blocks of `text`, which all fit, or are none."""
        columns = shape.columns(text) if text else None
        if columns is not None:
            self._take_run(shape, text, len(text.encode()), columns, items)

    def _take_run(self, shape: Shape, text: str, size: int, columns: Columns, items: list[Item]) -> None:
        block = self._block
        run = EventRun(shape, text, size, columns, block.offset, block.last_event_id)
        block.offset, block.last_event_id = run.end, run.last_event_id
        if len(run) > 1:
            items.append(run)
        else:
            items += run

    def _shape_of(self, text: str, line_end: str) -> tuple[Shape, Columns | None]:
        """The shape that was right for the last block or is for the first of `text`, and the columns if it is for all.

        Where the first block is no ordinary one, the shape stays.
        """
        shape = self._shape
        if shape.line_end == line_end:
            columns = shape.columns(text)
            if columns is not None or shape.fits(text):
                return shape, columns
        shape = self._shape = learn(text, line_end) or shape_of(shape.prefixes, shape.many, line_end)
        return shape, shape.columns(text)
