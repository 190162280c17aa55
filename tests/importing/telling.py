"""What an import tells: its records, without a file in between."""

from __future__ import annotations

from pathlib import Path

from sse_inspect.conversion import Moment, inspection_of
from sse_inspect.importing import load
from sse_inspect.inspection import Inspection
from sse_inspect.records import Record


def told(path: Path, *, entry: int | None = None) -> tuple[Inspection, list[Record]]:
    """The inspection that took all inputs of the file, and its records."""
    found = load(path, version="9", entry=entry)
    moment = Moment()
    inspection = inspection_of(found.facts, moment)
    records: list[Record] = []
    for happened in found.inputs:
        moment.t = max(moment.t, happened.t)
        records += inspection.handle(happened)
    return inspection, records


def kinds(records: list[Record]) -> list[str]:
    return [record.kind for record in records]
