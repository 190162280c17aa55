"""Newline-delimited JSON: the lines that `tail` writes."""

from __future__ import annotations

from collections.abc import Iterator

from sse_inspect.exporting.exporter import Step
from sse_inspect.records import Origin, json_pieces


class Ndjson:
    """One record a line."""

    wants_bodies = False

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def take(self, step: Step) -> Iterator[bytes]:
        """A line for every selected record."""
        for record in step.selected:
            for piece in json_pieces(record, self._origin):
                yield piece.encode("utf-8", "replace")
            yield b"\n"

    def finish(self, rest: bytes) -> Iterator[bytes]:
        """Nothing: every line is complete in itself."""
        yield from ()
