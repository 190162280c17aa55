"""A capture as a whole, without a screen: all its records, and what was true in the end."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from pathlib import Path

from sse_inspect.inspected import Player, Snapshot
from sse_inspect.records import Open
from sse_inspect.replay.log import CapturedLog
from sse_inspect.replay.player import notes_of
from sse_inspect.replay.walk import Walk
from sse_inspect.store.capture.reader import CaptureReader


class Whole:
    """What is to be seen of an inspection that nobody moves through; `close` lets go of the file.

    Making it handles the whole session. Raises CaptureError for a file that is no capture, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        reader = CaptureReader(path)
        try:
            self._read(reader)
        except BaseException:
            reader.close()
            raise

    def _read(self, reader: CaptureReader) -> None:
        self.log = CapturedLog(reader)
        self.origin = reader.origin
        self.target = reader.facts.target
        self.player: Player | None = None
        walk = Walk.from_the_start(reader)
        walk.go(inf, inf, self.log.give_way)
        end = walk.snapshot(reader.end)
        self._snapshot = replace(end, records=len(self.log), notes=(*end.notes, *notes_of(reader)))

    def snapshot(self) -> Snapshot:
        """What was true in the end."""
        return self._snapshot

    def body(self, connection: int, offset: int, size: int) -> bytes | None:
        """Bytes of a connection's decoded body, or None where they are not held."""
        return self.log.body(connection, offset, size)

    def opened(self, connection: int) -> Open | None:
        """The `open` record of a connection, or None if it never opened."""
        return self.log.opened(connection)

    def close(self) -> None:
        """Let go of the file."""
        self.log.close()
