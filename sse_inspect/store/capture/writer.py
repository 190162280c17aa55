"""Writes a capture while the session lives: inputs and what they led to go in, transactions come out.

`take` is cheap and belongs to the thread that handles inputs; `flush` writes what was taken since, in one
transaction, and may belong to another. There is no clock here: whoever calls `flush` decides how much can be lost.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

from sse_inspect.batch import Batch, Events
from sse_inspect.errors import CaptureError
from sse_inspect.inputs import Chunk, Input
from sse_inspect.records import Event, Record
from sse_inspect.store.capture import schema
from sse_inspect.store.capture.event_rows import COUNT, Row, event_row, run_row
from sse_inspect.store.capture.facts import Facts, redacted_input, redacted_record
from sse_inspect.store.capture.spelling import spelled

RUN_BYTES = 256 << 10
"""Bytes of chunks that are joined in one row of `bodies` at most, but for a chunk that is longer."""
ROWS = 32
"""Rows that one statement writes: with each the thread that handles gets its turn, and this one waits for the next."""
PATIENCE_MS = 500
"""Milliseconds that a capture which is over waits for others that are reading it."""


class CaptureWriter:
    """A capture being written to `path`, which must not exist yet; raises CaptureError if it cannot be made.

    `limit` is the bytes of bodies that are kept, the oldest runs are dropped beyond it; None keeps all.
    """

    def __init__(self, path: Path, facts: Facts, *, limit: int | None = None) -> None:
        self.path = path
        self._database = schema.create(path, private=facts.keep_secrets)
        self._inode = path.stat().st_ino
        self._keep_secrets = facts.keep_secrets
        self._limit = limit
        self._taken: deque[tuple[Input, int, list[Record | Row]]] = deque()
        self._seq = 0
        self._ordinal = 0
        self._events = 0
        self._connection = 0
        self._offset = 0
        self._held = 0
        self.taken_bytes = 0
        """Bytes of bodies handed to `take`, all in all."""
        self.written_bytes = 0
        """Of these, the bytes that `flush` has written."""
        self.written_records = 0
        """Records that can be read back from the file."""
        self.written_until: float | None = None
        """The time of the last input in the file, in seconds since the session began; None while there is none."""
        self.dropped_before = 0
        """`seq` below which runs were dropped to keep the limit."""
        try:
            self._note(facts.to_rows())
            self.settle()
        except sqlite3.Error as error:
            self._database.close()
            schema.remove(path)
            raise CaptureError(f"{path} cannot be written: {schema.reason(error)}.") from None

    def take(self, happened: Input, connection: int, batch: Batch) -> None:
        """An input of that connection was handled and led to these records."""
        if isinstance(happened, Chunk):
            self.taken_bytes += len(happened.data)
        # The columns of a run may be gone by the time it is written.
        kept = [run_row(item) if isinstance(item, Events) else item for item in batch]
        self._taken.append((happened, connection, kept))

    def flush(self) -> None:
        """Write what was taken; raises CaptureError if it cannot be, and then the file holds what it held before."""
        batch = _Batch(self._keep_secrets)
        for _ in range(len(self._taken)):
            batch.add(*self._taken.popleft())
        if not batch:
            return
        if not self._is_there():
            raise CaptureError(f"{self.path} was removed or replaced by somebody.")
        try:
            self._write(batch)
        except sqlite3.Error as error:
            raise CaptureError(f"{self.path} cannot be written any more: {schema.reason(error)}.") from None

    def _is_there(self) -> bool:
        try:
            return self.path.stat().st_ino == self._inode
        except OSError:
            return False

    def settle(self) -> None:
        """Move what was written into the file itself, so that it can be copied alone; raises sqlite3.Error."""
        self._database.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def finish(self, facts: dict[str, str]) -> None:
        """Write the rest and these facts, and leave one ordinary file; raises CaptureError as `flush` does."""
        self.flush()
        try:
            self._note(facts)
            self._become_one_file()
        except sqlite3.Error as error:
            raise CaptureError(f"{self.path} could not be completed: {schema.reason(error)}.") from None
        finally:
            self._database.close()

    def _become_one_file(self) -> None:
        """End without a log beside the file; where somebody has it open the log stays, with nothing in it."""
        self._database.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        try:
            self._database.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            _, pages, moved = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if moved < pages:
                raise

    def _note(self, facts: dict[str, str]) -> None:
        with self._database:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())

    def close(self) -> None:
        """Let go of the file as it is."""
        self._database.close()

    def _write(self, batch: _Batch) -> None:
        database = self._database
        with database:
            database.execute("BEGIN")
            for row in batch.rows:
                self._seq += 1
                if isinstance(row, _Run):
                    self._write_run(row)
                else:
                    happened, connection = row
                    detail = spelled(happened)
                    kind = type(happened).__name__.lower()
                    database.execute(
                        "INSERT INTO inputs VALUES (?, ?, ?, ?, ?)",
                        (self._seq, happened.t, connection, kind, detail),
                    )
            self._write_records(batch.records)
        self.written_bytes += batch.size
        self.written_records = self._ordinal
        self.written_until = batch.until

    def _write_run(self, run: _Run) -> None:
        if run.connection != self._connection:
            self._connection, self._offset = run.connection, 0
        size = sum(map(len, run.parts))
        self._database.execute(
            "INSERT INTO bodies VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self._seq, run.t, run.connection, self._offset, size, bytes(run.chunks), b"".join(run.parts)),
        )
        self._offset += size
        self._held += size
        while self._limit is not None and self._held > self._limit:
            seq, dropped = self._database.execute("SELECT seq, size FROM bodies ORDER BY seq LIMIT 1").fetchone()
            if seq == self._seq:
                break
            self._database.execute("DELETE FROM bodies WHERE seq = ?", (seq,))
            self._held -= dropped
            self.dropped_before = seq + 1

    def _insert(self, table: str, rows: Iterable[Row]) -> None:
        """Write rows that have a value for every column of the table.

        What fails fails as a whole: SQLite need not remember how to undo a single statement.
        """
        rest = iter(rows)
        while part := list(islice(rest, ROWS)):
            row = f"({', '.join('?' * len(part[0]))})"
            statement = f"INSERT OR ROLLBACK INTO {table} VALUES {', '.join([row] * len(part))}"  # noqa: S608 none of it is given
            self._database.execute(statement, list(chain.from_iterable(part)))

    def _write_records(self, records: list[Record | Row]) -> None:
        runs: list[Row] = []
        events: list[Row] = []
        others: list[Row] = []
        for record in records:
            if isinstance(record, tuple):
                runs.append(record)
                self._events += record[COUNT]
                self._ordinal += record[COUNT]
                continue
            if isinstance(record, Event):
                self._events += 1
                events.append(event_row(record))
            else:
                kept = record if self._keep_secrets else redacted_record(record)
                others.append((self._ordinal, record.t, record.connection, record.kind, self._events, spelled(kept)))
            self._ordinal += 1
        self._insert("event_runs", runs)
        self._insert("single_events", events)
        self._insert("records", others)


class _Run:
    """Consecutive chunks of one connection."""

    __slots__ = ("chunks", "connection", "parts", "size", "t")

    def __init__(self, t: float, connection: int) -> None:
        self.t = t
        self.connection = connection
        self.chunks = bytearray()
        self.parts: list[bytes] = []
        self.size = 0


class _Batch:
    """What one transaction writes."""

    def __init__(self, keep_secrets: bool) -> None:
        self._keep_secrets = keep_secrets
        self.rows: list[_Run | tuple[Input, int]] = []
        self.records: list[Record | Row] = []
        self.size = 0
        self.until = 0.0

    def __bool__(self) -> bool:
        return bool(self.rows)

    def add(self, happened: Input, connection: int, records: list[Record | Row]) -> None:
        self.records += records
        self.until = happened.t
        if not isinstance(happened, Chunk):
            self.rows.append((happened if self._keep_secrets else redacted_input(happened), connection))
            return
        last = self.rows[-1] if self.rows else None
        if isinstance(last, _Run) and last.connection == connection and last.size < RUN_BYTES:
            run = last
        else:
            run = _Run(happened.t, connection)
            self.rows.append(run)
        size = len(happened.data)
        run.chunks += schema.CHUNK.pack(happened.t, size, happened.wire_size)
        run.parts.append(happened.data)
        run.size += size
        self.size += size
