"""The records of a capture by ordinal, read a page at a time; what is damaged is told in its place."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from math import inf
from threading import RLock
from typing import TypeVar

from sse_inspect.errors import CaptureError
from sse_inspect.records import Diagnosis, Event, Open, Record
from sse_inspect.store.capture.reader import CaptureReader
from sse_inspect.store.stretch import Piece, Wish, pieces

PAGE = 32
PAGES = 64
PAGES_BYTES = 4 << 20
"""Records that are read at a time where single ones are asked for; how many such pages are kept, and their data."""

T = TypeVar("T")


class CapturedLog:
    """All records of a capture, by ordinal: what a `RecordLog` is for a live session. Any thread may ask.

    Where the file is damaged a diagnosis stands for each record that cannot be read, and `damage` says why.
    """

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader
        self._lock = RLock()
        self._length = len(reader)
        self._pages: OrderedDict[int, list[Record]] = OrderedDict()
        self._held = 0
        self._busy = False
        self.read_at = -inf
        """When it was last read, in seconds of `time.monotonic`."""
        self.damage = ""

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, ordinal: int) -> Record:
        if not 0 <= ordinal < self._length:
            raise IndexError(ordinal)
        with self._lock:
            number, place = divmod(ordinal, PAGE)
            page = self._pages.get(number)
            if page is None:
                page = self._pages[number] = self.slice(number * PAGE, (number + 1) * PAGE)
                self._held += _data_size(page)
                while len(self._pages) > 1 and (len(self._pages) > PAGES or self._held > PAGES_BYTES):
                    self._held -= _data_size(self._pages.popitem(last=False)[1])
            self._pages.move_to_end(number)
            return page[place]

    def slice(self, start: int, stop: int, *, data: bool = True) -> list[Record]:
        """The records from ordinal `start` up to, not including, `stop`; what lies outside is left out.

        Without `data` that of the events is empty, which takes a third of the time.
        """
        start, stop = max(start, 0), min(stop, self._length)
        if start >= stop:
            return []
        unread: list[Record] = []
        records = self._read(lambda reader: reader.slice(start, stop, data=data), unread)
        if len(records) == stop - start:
            return records
        if stop - start == 1:
            why = self.damage or "It is not in the file."
            return [Diagnosis(0.0, 0, "capture-damaged", "error", "A record cannot be read", why, "")]
        middle = (start + stop) // 2
        return [*self.slice(start, middle, data=data), *self.slice(middle, stop, data=data)]

    def candidates(self, start: int, stop: int, wish: Wish) -> list[Piece]:
        """The records from ordinal `start` up to, not including, `stop`, but for events that `wish` rules out."""
        start, stop = max(start, 0), min(stop, self._length)
        if start >= stop:
            return []
        found = self._read(lambda reader: reader.candidates(start, stop, wish), None)
        return pieces(enumerate(self.slice(start, stop), start)) if found is None else found

    def next_mark(self, after: int) -> int | None:
        """The ordinal of the first mark behind `after`, or None."""
        return self._read(lambda reader: reader.next_mark(after), None)

    def previous_mark(self, before: int) -> int | None:
        """The ordinal of the last mark in front of `before`, or None."""
        return self._read(lambda reader: reader.previous_mark(before), None)

    def count_until(self, t: float) -> int:
        """How many records there were at `t`."""
        return self._read(lambda reader: reader.count_until(t), self._length)

    def body(self, connection: int, offset: int, size: int) -> bytes | None:
        """Bytes of a connection's decoded body, or None where they are not held."""
        return self._read(lambda reader: reader.body(connection, offset, size), None)

    def opened(self, connection: int) -> Open | None:
        """The `open` record of a connection, or None if it never opened."""
        return self._read(lambda reader: reader.opened(connection), None)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._reader.close()

    def _read(self, what: Callable[[CaptureReader], T], otherwise: T) -> T:
        with self._lock:
            self._busy = True
            try:
                return what(self._reader)
            except CaptureError as error:
                self.damage = self.damage or str(error)
                return otherwise
            finally:
                self._busy = False
                self.read_at = time.monotonic()

    def give_way(self) -> None:
        """Wait while somebody reads.

        Each row that SQLite gives lets go of the interpreter, and would have to win it back from a thread that counts.
        """
        if self._busy:
            with self._lock:
                pass


def _data_size(records: list[Record]) -> int:
    return sum(len(record.data) for record in records if isinstance(record, Event))
