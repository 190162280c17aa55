"""Reads a capture: its inputs in order, and its records by number.

A file that is still being written may be read too: each call sees what was written by then.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, wraps
from itertools import islice, pairwise
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, cast

from sse_inspect.errors import CaptureError
from sse_inspect.inputs import Input, Started
from sse_inspect.records import Event, Open, Origin, Record
from sse_inspect.store.capture import schema
from sse_inspect.store.capture.event_index import EventIndex, Extent
from sse_inspect.store.capture.event_rows import Row
from sse_inspect.store.capture.facts import Facts
from sse_inspect.store.capture.spelling import read_chunks, read_input, read_record
from sse_inspect.store.stretch import Piece, Stretch, Wish, pieces, rare_blocks
from sse_inspect.wire import EventRun, EventToken, Parser

NO_LONGER_HELD = "(no longer held: the oldest bytes were dropped to keep to the limit)"
"""Stands for the data of an event whose bytes were dropped."""
EXTENT_BYTES = 1 << 20
"""Bytes that are read and parsed at a time where several events stand in a row."""
SCANNED_BYTES = 512 << 10
SCANNED_EVENTS = 2048
"""The same where they are only looked through: one call holds the interpreter for no longer than others can wait."""
LONGEST = 1e10
"""Seconds no session lasts."""
LATEST_US = 32_503_680_000_000_000
"""The year 3000, in microseconds since the Unix epoch."""
_KINDS: dict[str, set[type]] = {"types": {str}, "ids": {str, NoneType}, "sizes": {int}, "flags": {int}}
M = TypeVar("M", bound=Callable[..., Any])


def _told(method: M) -> M:
    """Tell as damage what a value of a wrong type or size leads to: nothing in a capture can be relied on."""

    @wraps(method)
    def guarded(self: CaptureReader, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except (TypeError, ValueError, OverflowError, IndexError) as error:
            raise CaptureError(f"{self.path} is damaged: a value is not what it should be ({error}).") from None

    return cast("M", guarded)


class CaptureReader:
    """A capture at `path`, read-only; raises CaptureError as soon as something in it cannot be what was written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = schema.open_to_read(path)
        self._index = EventIndex(self._rows)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _rows(self, query: str, *values: object) -> list[Row]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from None
        except UnicodeDecodeError:  # SQLite quotes what is damaged, and cannot always spell it
            raise CaptureError(f"{self.path} is damaged: it holds text that is not UTF-8.") from None

    def _damaged(self, error: sqlite3.Error) -> CaptureError:
        log = schema.without_its_log(self.path)
        return CaptureError(f"{self.path} is damaged: {schema.reason(error)}{log}.")

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """What is asked in this context is answered as of one moment, also while the file is being written."""
        self._rows("BEGIN")
        try:
            yield
        finally:
            self._rows("COMMIT")

    def _row(self, query: str, *values: object) -> Row | None:
        rows = self._rows(query, *values)
        return rows[0] if rows else None

    # What it says of itself

    @cached_property
    def fact_rows(self) -> dict[str, str]:
        """The facts as they are spelled in the file."""
        return {str(name): str(value) for name, value in self._rows("SELECT name, value FROM facts")}

    @cached_property
    def facts(self) -> Facts:
        """What was asked for, and by which program."""
        return Facts.from_rows(self.fact_rows)

    @property
    def is_current(self) -> bool:
        """Whether its index holds what this program would find in its inputs."""
        return self.fact_rows.get("analysis") == str(schema.ANALYSIS_VERSION)

    @property
    def is_complete(self) -> bool:
        """Whether the session came to its end while it was written."""
        return "completed" in self.fact_rows

    @cached_property
    def origin(self) -> Origin:
        """The wall clock at the session's begin, and what of the session is known."""
        row = self._row("SELECT kind, detail FROM inputs ORDER BY seq LIMIT 1")
        started = read_input(*row) if row else None
        if row is None:
            raise CaptureError(f"{self.path} is empty: nothing had been recorded{schema.without_its_log(self.path)}.")
        if not isinstance(started, Started) or not 0 <= started.unix_us < LATEST_US:
            raise CaptureError(f"{self.path} is damaged: it does not begin with the begin of a session.")
        return Origin(started.unix_us, self.facts.unknown)

    @property
    def end(self) -> float:
        """When the last input came, in seconds since the session began."""
        ends = self._rows(
            "SELECT max(t) FROM (SELECT t FROM (SELECT t FROM inputs ORDER BY seq DESC LIMIT 1) UNION ALL "
            "SELECT t FROM (SELECT t FROM records ORDER BY ordinal DESC LIMIT 1))"
        )
        return self._time(max(ends[0][0] or 0.0, self._last_chunk()))

    @_told
    def _last_chunk(self) -> float:
        """When the last chunk came: it may have led to no record yet."""
        row = self._row("SELECT substr(chunks, ?) FROM bodies ORDER BY seq DESC LIMIT 1", -schema.CHUNK.size)
        if row is None or len(row[0]) != schema.CHUNK.size:
            return 0.0
        return float(schema.CHUNK.unpack(row[0])[0])

    # What happened

    def inputs(self, after: int = 0) -> Iterator[tuple[int, Input]]:
        """The inputs behind row `after`, in order, each with the row it stands in; a row may hold many chunks."""
        while True:
            others = self._rows("SELECT seq, kind, detail FROM inputs WHERE seq > ? ORDER BY seq LIMIT 256", after)
            stop = others[-1][0] if len(others) == 256 else 1 << 62
            bodies = self._rows("SELECT seq FROM bodies WHERE seq > ? AND seq < ? ORDER BY seq LIMIT 256", after, stop)
            if len(bodies) == 256:
                stop = bodies[-1][0] + 1
                others = [row for row in others if row[0] < stop]
            if not others and not bodies:
                return
            for seq, *row in sorted([*others, *bodies], key=lambda each: each[0]):
                for happened in self._inputs_in(seq, row):
                    self._time(happened.t)
                    yield seq, happened
                after = seq

    @_told
    def _inputs_in(self, seq: int, row: list[Any]) -> list[Input]:
        """The inputs of a row: one that is spelled in `row`, or the chunks of a run."""
        if row:
            return [read_input(*row)]
        body = self._row("SELECT chunks, data FROM bodies WHERE seq = ?", seq)
        return list(read_chunks(*body)) if body else []

    def _time(self, t: Any) -> float:
        """A time that a session can reach, else CaptureError."""
        if not isinstance(t, int | float) or not 0.0 <= t <= LONGEST:
            raise CaptureError(f"{self.path} is damaged: it holds a time that no session reaches.")
        return float(t)

    # What is known

    @_told
    def __len__(self) -> int:
        row = self._row("SELECT ordinal, events FROM records ORDER BY ordinal DESC LIMIT 1")
        length = row[0] + 1 + self._index.last - row[1] if row else 0
        if not 0 <= length <= sys.maxsize:
            raise CaptureError(f"{self.path} is damaged: its records cannot be counted.")
        return int(length)

    @_told
    def count_until(self, t: float) -> int:
        """How many records there were at `t`."""
        row = self._row("SELECT ordinal, events FROM records WHERE t <= ? ORDER BY t DESC, ordinal DESC LIMIT 1", t)
        return row[0] + 1 + self._events_until(t, row[1]) - row[1] if row else 0

    def _events_until(self, t: float, known: int) -> int:
        """How many events there were at `t`: `known` of them surely. Times never go back, so it is halving."""
        low, high = known, self._index.last
        while low < high:
            middle = (low + high + 1) // 2
            came = self._index.time_of(middle)
            if came is not None and came <= t:
                low = middle
            else:
                high = middle - 1
        return low

    def time_of(self, ordinal: int) -> float:
        """When a record became known; raises IndexError."""
        record = self.slice(ordinal, ordinal + 1, data=False)
        if not record:
            raise IndexError(ordinal)
        return record[0].t

    @_told
    def slice(self, start: int, stop: int, *, data: bool = True) -> list[Record]:
        """The records from ordinal `start` up to, not including, `stop`; without `data` that of the events is empty."""
        others = self._rows(
            "SELECT ordinal, kind, detail FROM records WHERE ordinal >= ? AND ordinal < ? ORDER BY ordinal", start, stop
        )
        before = self._row(
            "SELECT ordinal, events FROM records WHERE ordinal <= ? ORDER BY ordinal DESC LIMIT 1", start
        )
        if before is None:
            return []
        ordinal, events = before
        # Behind the other record at `ordinal`, or in front of it where it is the first of the slice itself.
        first = events + 1 + max(0, start - ordinal - 1)
        rows = self._index.rows(first, first + max(0, stop - start - len(others)))
        found = iter(self._events(rows, data=data))
        result: list[Record] = []
        at = start
        for ordinal, kind, detail in others:
            result += islice(found, ordinal - at)
            record = read_record(kind, detail)
            self._time(record.t)
            result.append(record)
            at = ordinal + 1
        result += found
        if len(result) < min(stop, len(self)) - start:
            raise CaptureError(f"{self.path} is damaged: records are missing in it.")
        return result

    @_told
    def candidates(self, start: int, stop: int, wish: Wish) -> list[Piece]:
        """The records from ordinal `start` up to, not including, `stop`, but for events that `wish` rules out.

        Events come by the column, and are not made into records: it takes a tenth of the time of `slice`.
        """
        others = self._rows(
            "SELECT ordinal, kind, detail FROM records WHERE ordinal >= ? AND ordinal < ? ORDER BY ordinal", start, stop
        )
        found = pieces((ordinal, read_record(kind, detail)) for ordinal, kind, detail in others)
        count = stop - start - len(others)
        if count <= 0:
            return found
        first = self._events_before(start) + 1
        ordinals: Sequence[int] = range(start, stop)
        if others:
            taken = {row[0] for row in others}
            ordinals = [ordinal for ordinal in ordinals if ordinal not in taken]
        for part in self._parts(first, first + count, wish):
            stretch = self._stretch(part, wish)
            if stretch is not None:
                found.append(Piece([ordinals[n - first] for n in stretch.numbers], stretch))
        return found

    def _parts(self, start: int, stop: int, wish: Wish) -> Iterator[Extent]:
        """The events from number `start` up to, not including, `stop` in parts that are looked at together.

        Where data is asked for these stand in one stretch of a body, which is not too long.
        """
        if "data" not in wish.columns:
            yield Extent(start, stop - start, 0, 0, 0)
            return
        for first in range(start, stop, SCANNED_EVENTS):
            yield from self._extents(first, min(stop, first + SCANNED_EVENTS))

    def _extents(self, start: int, stop: int) -> Iterator[Extent]:
        extent = self._index.extent(start, stop)
        if extent and (extent.size <= SCANNED_BYTES or extent.events == 1):
            yield extent
            return
        if stop - start == 1:
            raise CaptureError(f"{self.path} is damaged: an event stands nowhere.")
        middle = (start + stop) // 2
        yield from self._extents(start, middle)
        yield from self._extents(middle, stop)

    def _stretch(self, part: Extent, wish: Wish) -> Stretch | None:
        """The events of a part, by the column; None if none of them is wanted."""
        numbers = range(part.n, part.n + part.events)
        if "data" not in wish.columns:
            return self._columns(numbers, wish)
        body = self.body(part.connection, part.offset, part.size)
        if body is None:
            texts = self._one_by_one(numbers)
        else:
            rare = self._rarely(numbers, body, wish)
            texts = self._all(numbers, body) if rare is None else rare
        if not texts:
            return None
        stretch = self._columns(list(texts), wish)
        stretch.data = list(texts.values())
        return stretch

    def _rarely(self, numbers: range, body: bytes, wish: Wish) -> dict[int, str] | None:
        """The data of those of the events in `body` that may be wanted; None where each has to be looked at."""
        if not wish.words:
            return None
        text = body.decode("utf-8", "replace")
        if "\r" in text:
            text = f"{text}\n" if text.endswith("\r") else text
            text = text.replace("\r\n", "\n")
        blocks = rare_blocks(text, len(numbers), wish)
        if blocks is None:
            return None
        data = self._parsed("".join(blocks.values()).encode())
        return {numbers[at]: each for at, each in zip(blocks, data, strict=True)} if len(data) == len(blocks) else None

    def _all(self, numbers: range, body: bytes) -> dict[int, str]:
        """The data of the events in part of a body."""
        data = self._parsed(body)
        return dict(zip(numbers, data, strict=True)) if len(data) == len(numbers) else self._one_by_one(numbers)

    def _one_by_one(self, numbers: range) -> dict[int, str]:
        """The data of events whose bytes were dropped, or never stood one behind the other."""
        rows = self._index.rows(numbers.start, numbers.stop)
        found: dict[int, str] = {}
        for extent in _extents(rows):
            texts = self._data(extent)
            found.update({row[0]: texts.get(row[3], NO_LONGER_HELD) for row in extent})
        return found

    def _parsed(self, body: bytes) -> list[str]:
        """The data of the events in part of a body."""
        parser = Parser(max_event_bytes=self.facts.policy.max_event_bytes, last_event_id="")
        parser.take(b"\n")  # so that no byte order mark is taken for that of the stream
        if body.endswith(b"\r\n\r"):
            body += b"\n"
        data: list[str] = []
        for item in parser.take(body):
            if isinstance(item, EventRun):
                data += item.columns.data
            elif isinstance(item, EventToken):
                data.append(item.data)
        return data

    def _columns(self, numbers: Sequence[int], wish: Wish) -> Stretch:
        """What the index holds of events, but for their data."""
        names = [name for name in _KINDS if name in wish.columns]
        if not names and wish.columns:
            return Stretch(numbers)
        first = numbers[0]
        there, *columns = self._index.columns(first, numbers[-1] + 1, names)
        if len(there) != numbers[-1] + 1 - first:
            raise CaptureError(f"{self.path} is damaged: events are missing in it.")
        stretch = Stretch(numbers)
        for name, values in zip(names, columns, strict=True):
            if not set(map(type, values)) <= _KINDS[name]:
                raise CaptureError(f"{self.path} is damaged: a value is not what it should be ({name}).")
            setattr(stretch, name, values if len(values) == len(numbers) else [values[n - first] for n in numbers])
        return stretch

    def _events(self, rows: list[Row], *, data: bool) -> Iterator[Event]:
        if any(after[0] != row[0] + 1 for row, after in pairwise(rows)):
            raise CaptureError(f"{self.path} is damaged: events are missing in it.")
        for extent in _extents(rows):
            texts = self._data(extent) if data else {}
            for n, t, connection, offset, size, kind, event_id, last, flags in extent:
                self._time(t)
                if isinstance(kind, bytes) or isinstance(event_id, bytes) or isinstance(last, bytes):
                    raise CaptureError(f"{self.path} is damaged: it holds bytes in the place of text.")
                text = texts.get(offset, NO_LONGER_HELD) if data else ""
                yield Event(
                    t, connection, n, kind, text, event_id, event_id or "" if last is None else last, offset, size,
                    bool(flags & 1), bool(flags & 2), bool(flags & 4), bool(flags & 8)
                )  # fmt: skip

    def _data(self, extent: Sequence[Row]) -> dict[int, str]:
        """The data of events that stand in one stretch of a body, by offset; without those no longer held."""
        connection, offset = extent[0][2], extent[0][3]
        body = self.body(connection, offset, extent[-1][3] + extent[-1][4] - offset)
        if body is None:
            if len(extent) == 1:
                return {}
            return {place: text for row in extent for place, text in self._data([row]).items()}
        # A line end in front, so that no byte order mark is taken for that of the stream.
        parser = Parser(max_event_bytes=self.facts.policy.max_event_bytes, last_event_id="")
        tokens = parser.feed(b"\n" + body)
        return {offset + token.offset - 1: token.data for token in tokens if isinstance(token, EventToken)}

    @_told
    def body(self, connection: int, offset: int, size: int) -> bytes | None:
        """`size` bytes from `offset` of a connection's decoded body, or None."""
        if not size:
            return b""
        end = offset + size
        rows = self._rows(
            "SELECT seq, offset FROM bodies WHERE connection = ?3 AND offset < ?2 AND size > 0 AND offset >= ("
            "SELECT offset FROM bodies WHERE connection = ?3 AND offset <= ?1 ORDER BY offset DESC LIMIT 1"
            ") ORDER BY offset",
            offset,
            end,
            connection,
        )
        body = b"".join(self._body_of(seq, max(offset - begin, 0), end - max(offset, begin)) for seq, begin in rows)
        return body if len(body) == size else None

    def _body_of(self, seq: int, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` of a row of `bodies`; none where it has just been dropped.

        Read in place: to have SQL cut them out takes ten times as long (measured).
        """
        try:
            with self._database.blobopen("bodies", "data", seq, readonly=True) as data:
                data.seek(min(offset, len(data)))
                return data.read(size)
        except sqlite3.Error as error:
            if str(error).startswith("no such rowid"):
                return b""
            raise self._damaged(error) from None

    @_told
    def opened(self, connection: int) -> Open | None:
        """The `open` record of a connection, or None if it never opened."""
        row = self._row("SELECT kind, detail FROM records WHERE kind = 'open' AND connection = ?", connection)
        record = read_record(*row) if row else None
        return record if isinstance(record, Open) else None

    @_told
    def next_mark(self, after: int) -> int | None:
        """The ordinal of the first mark behind `after`, or None: a gap, a duplicate, a disconnect or a stall."""
        row = self._row(
            "SELECT min(ordinal) FROM records WHERE kind IN ('gap', 'disconnect', 'stall') AND ordinal > ?", after
        )
        candidates = [] if row is None or row[0] is None else [row[0]]
        events = self._events_before(after + 1)
        duplicate = self._index.next_duplicate(events)
        if duplicate is not None:
            candidates.append(self._ordinal_of(duplicate))
        return min(candidates, default=None)

    @_told
    def previous_mark(self, before: int) -> int | None:
        """The ordinal of the last mark in front of `before`, or None."""
        row = self._row(
            "SELECT max(ordinal) FROM records WHERE kind IN ('gap', 'disconnect', 'stall') AND ordinal < ?", before
        )
        candidates = [] if row is None or row[0] is None else [row[0]]
        duplicate = self._index.last_duplicate(self._events_before(before))
        if duplicate is not None:
            candidates.append(self._ordinal_of(duplicate))
        return max(candidates, default=None)

    def _events_before(self, ordinal: int) -> int:
        """How many of the first `ordinal` records are events."""
        row = self._row("SELECT ordinal, events FROM records WHERE ordinal < ? ORDER BY ordinal DESC LIMIT 1", ordinal)
        return 0 if row is None else row[1] + ordinal - row[0] - 1

    def _ordinal_of(self, n: int) -> int:
        """The ordinal of the n-th event."""
        row = self._row(
            "SELECT ordinal, events FROM records WHERE events < ? ORDER BY events DESC, ordinal DESC LIMIT 1", n
        )
        return n - 1 if row is None else row[0] + n - row[1]


def _extents(rows: list[Row]) -> Iterator[list[Row]]:
    """The rows of events in groups that stand close together in one body."""
    start = 0
    for index, (row, after) in enumerate(pairwise(rows), 1):
        reach = after[3] + after[4] - rows[start][3]
        if after[2] != row[2] or after[3] < row[3] or reach > EXTENT_BYTES:
            yield rows[start:index]
            start = index
    if rows:
        yield rows[start:]
