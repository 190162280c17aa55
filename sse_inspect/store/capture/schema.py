"""What a capture file holds: its tables, its marks of identity, and how one is opened or refused.

A capture is an SQLite database. `inputs` and `bodies` together are what happened, in the order of `seq`; handling it
again gives the records. The other tables are those records as the recording program found them, for access by number
and for queries: an event's data is read from `bodies` by its connection, offset and size.

    facts     what the session was asked for, by whom it was written, whether it came to its end
    inputs    all inputs but chunks; `detail` is JSON
    bodies    runs of consecutive chunks of one connection: `data` is their bytes joined, `offset` where these stand in
              the decoded body as it arrived; `chunks` says for each its time, size and size on the wire (`CHUNK`)
    events    a view of the two tables that follow, one row an event: `offset` and `size` are those of the event
              record, `flags` a sum of `FLAGS`, `last_event_id` NULL where it is the event's own `id`
    single_events   events that came alone, or of which there is more to say
    event_runs      events that came together, none with a flag, in one row: `n` is the number of the first, `places` a
                    JSON array of the bytes from `offset` to each and to the end, `beyond` the bytes behind each that
                    belong to none; `type` is that of all, or NULL and `types` a JSON array; the IDs are `prefix` and
                    the numbers from `first_id` on, or `ids`, a JSON array, or there are none
    records   all other records; `events` is the number of events before it; `detail` is JSON

One row for each event would cost more than to parse it: measured at 1.3 to 1.8 µs, against 0.1 in a run.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import struct
from contextlib import suppress
from pathlib import Path

from sse_inspect.errors import CaptureError

APPLICATION_ID = 0x53534549
"""SQLite's mark of the file's kind: "SSEI"."""
SCHEMA_VERSION = 2
ANALYSIS_VERSION = 4
"""Raised whenever other records are made of the same inputs: an index of another version is made anew."""
LONGEST_VALUE = 256 << 20
"""Bytes of one value that are read: more than any chunk has."""
CHUNK = struct.Struct("<dII")
"""A chunk in `bodies.chunks`: time in seconds, bytes, bytes on the wire with the content coding still applied."""
_LOGGED = b"\2\2"
"""What bytes 18 and 19 of an SQLite file are while its latest pages may stand in a log beside it."""
FLAGS = ("duplicate", "replayed", "out_of_order", "truncated")
"""What the bits of `events.flags` mean, the lowest first."""

_INPUTS = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE inputs (
    seq INTEGER PRIMARY KEY, t REAL NOT NULL, connection INTEGER NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE TABLE bodies (
    seq INTEGER PRIMARY KEY, t REAL NOT NULL, connection INTEGER NOT NULL, offset INTEGER NOT NULL,
    size INTEGER NOT NULL, chunks BLOB NOT NULL, data BLOB NOT NULL
);
CREATE INDEX bodies_by_place ON bodies (connection, offset);
"""
_INDEX = """
CREATE TABLE single_events (
    n INTEGER PRIMARY KEY, t REAL NOT NULL, connection INTEGER NOT NULL, offset INTEGER NOT NULL,
    size INTEGER NOT NULL, type TEXT NOT NULL, id TEXT, last_event_id TEXT, flags INTEGER NOT NULL
);
CREATE INDEX duplicates ON single_events (n) WHERE flags & 1;
CREATE TABLE event_runs (
    n INTEGER PRIMARY KEY, count INTEGER NOT NULL, t REAL NOT NULL, connection INTEGER NOT NULL,
    offset INTEGER NOT NULL, places TEXT NOT NULL, beyond INTEGER NOT NULL, type TEXT, types TEXT, prefix TEXT,
    first_id INTEGER, ids TEXT, last_event_id TEXT
);
CREATE VIEW events AS
SELECT n, t, connection, offset, size, type, id, last_event_id, flags FROM single_events
UNION ALL
SELECT run.n + place.key, run.t, run.connection, run.offset + place.value,
    (run.places ->> (place.key + 1)) - place.value - run.beyond, coalesce(run.type, run.types ->> place.key),
    CASE WHEN run.ids IS NULL THEN run.prefix || (run.first_id + place.key) ELSE run.ids ->> place.key END,
    run.last_event_id, 0
FROM event_runs AS run, json_each(run.places) AS place WHERE place.key < run.count;
CREATE TABLE records (
    ordinal INTEGER PRIMARY KEY, t REAL NOT NULL, connection INTEGER NOT NULL, kind TEXT NOT NULL,
    events INTEGER NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX records_by_time ON records (t, ordinal);
CREATE INDEX records_by_events ON records (events, ordinal);
CREATE INDEX opens ON records (connection) WHERE kind = 'open';
CREATE INDEX marks ON records (ordinal) WHERE kind IN ('gap', 'disconnect', 'stall');
"""
TABLES = _INPUTS + _INDEX


def create(path: Path, *, private: bool = False) -> sqlite3.Connection:
    """A new capture file, open for writing, and if `private` its owner's alone.

    Raises CaptureError if there is one already, or none can be made.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600 if private else 0o666))
    except FileExistsError:
        raise CaptureError(f"{path} exists; a capture is never written over: name another file.") from None
    except OSError as error:
        raise CaptureError(f"{path} cannot be written: {reason(error)}.") from None
    try:
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA page_size = 8192")
        database.execute("PRAGMA journal_mode = WAL")
        # What the process wrote survives its death; only a power cut could take the latest away, and harm nothing else.
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.executescript(f"BEGIN; {TABLES} COMMIT;")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        remove(path)
        raise CaptureError(f"{path} cannot be written: {reason(error)}.") from None
    return database


def remove(path: Path) -> None:
    """Take a capture away that could not be begun."""
    for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(OSError):
            name.unlink()


def open_to_read(path: Path) -> sqlite3.Connection:
    """An existing capture file, to be read only; raises CaptureError if it is none, or of a newer schema."""
    try:
        there = path.stat()
        if stat.S_ISDIR(there.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise CaptureError(f"{path} cannot be read: {reason(error)}.") from None
    if not stat.S_ISREG(there.st_mode):
        raise CaptureError(f"{path} is no ordinary file.")
    if not there.st_size:
        raise CaptureError(f"{path} is empty: nothing had been recorded.")
    # Only SQLite opens it: to close a file takes away all locks the process has on it, those of a writer too.
    try:
        database = _connected(path)
    except sqlite3.Error as error:
        raise CaptureError(f"{path} cannot be read: {reason(error)}.") from None
    try:
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        database.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB and not _begins(path, b"SQLite format 3\0"):
            raise CaptureError(f"{path} is no capture.") from None
        raise CaptureError(f"{path} is damaged: {reason(error)}{without_its_log(path)}.") from None
    except (sqlite3.Error, UnicodeDecodeError) as error:
        database.close()
        raise CaptureError(f"{path} is damaged: {reason(error)}{without_its_log(path)}.") from None
    if application != APPLICATION_ID:
        database.close()
        raise CaptureError(f"{path} is an SQLite database, but no capture of sse-inspect.")
    if version < 1:
        database.close()
        raise CaptureError(f"{path} is damaged: there never was a schema {version}.")
    if version > SCHEMA_VERSION:
        database.close()
        newest = f"this one reads up to schema {SCHEMA_VERSION}"
        raise CaptureError(f"{path} was written by a newer sse-inspect (schema {version}); {newest}.")
    try:
        _check_tables(database, TABLES if version == SCHEMA_VERSION else _INPUTS)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        database.close()
        raise CaptureError(f"{path} is damaged: {reason(error)}{without_its_log(path)}.") from None
    except CaptureError as error:
        database.close()
        raise CaptureError(f"{path} {error}") from None
    return database


def _check_tables(database: sqlite3.Connection, tables: str) -> None:
    """Raise CaptureError unless the tables are those of a capture: a view in the place of one could hold anything.

    Of an older schema only what happened is of use: its index is made anew.
    """
    wanted = sqlite3.connect(":memory:")
    wanted.executescript(tables)
    query = "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?"
    for (name,) in wanted.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        expected = wanted.execute(query, (name,)).fetchall()
        if database.execute(query, (name,)).fetchall() != expected:
            raise CaptureError(f"is damaged: its table {name} is not that of a capture.")
    wanted.close()


def _connected(path: Path) -> sqlite3.Connection:
    """The file to be read.

    Where a writer that died left nothing beside it (`-wal`), or the file system is read-only, it is taken as it is:
    SQLite would leave files of its own there, or refuse.
    """
    alone = not path.with_name(f"{path.name}-wal").exists()
    database = _open(path, immutable=alone)
    try:
        database.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        if alone or "unable to open" not in str(error):
            return database  # what is wrong with it is told by who asks it something
        database.close()
        return _open(path, immutable=True)
    except (sqlite3.Error, UnicodeDecodeError):  # SQLite quotes what is damaged, and cannot always spell it
        return database
    return database


def _open(path: Path, *, immutable: bool) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if immutable else ''}"
    database = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA trusted_schema = OFF")
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    return database


def _begins(path: Path, begin: bytes) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return file.read(len(begin)) == begin
    return False


def without_its_log(path: Path) -> str:
    """What to say of a capture whose session was not over, and that stands here without what was written last."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        return ""
    with suppress(OSError), path.open("rb") as file:
        if file.read(20).endswith(_LOGGED):
            return f"; what was written last is in {log.name}, which is not beside it"
    return ""


def reason(error: Exception) -> str:
    """Why a file could not be used, for people."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = text.partition(" with text '")[0]  # what SQLite could not decode
    return text[:1].lower() + text[1:].rstrip(".")
