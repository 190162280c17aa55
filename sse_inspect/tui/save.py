"""Files the screen writes into the current folder, never over one that exists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from sse_inspect.inspection import Inspection
from sse_inspect.records import to_json

_SLICE = 500
_TRIES = 100


def new_file(suffix: str, folder: Path | None = None) -> tuple[Path, IO[str]]:
    """Open `sse-inspect-YYYYMMDD-HHMMSS` (local time) with this suffix for writing; a number tells namesakes apart.

    Raises OSError.
    """
    folder = folder or Path.cwd()
    stem = f"sse-inspect-{datetime.now(UTC).astimezone():%Y%m%d-%H%M%S}"
    for number in range(1, _TRIES):
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
        try:
            return path, path.open("x", encoding="utf-8", errors="backslashreplace", newline="\n")
        except FileExistsError:
            continue
    raise FileExistsError(f"{stem}{suffix} and {_TRIES} namesakes exist")


def session_as_ndjson(inspection: Inspection, is_wanted: Callable[[], bool]) -> tuple[Path, int]:
    """Write every record known now; returns the file and their number. Made for a thread: slices, no lock held.

    Once it is no longer wanted it ends early and takes what it wrote away. Raises OSError.
    """
    path, file = new_file(".ndjson")
    total = len(inspection.log)
    with file:
        for start in range(0, total, _SLICE):
            if not is_wanted():
                path.unlink()
                return path, 0
            records = inspection.log.slice(start, min(start + _SLICE, total))
            file.write("".join(f"{to_json(record, inspection.origin)}\n" for record in records))
    return path, total


def picture(svg: str) -> Path:
    """Write a picture of the screen; raises OSError."""
    path, file = new_file(".svg")
    with file:
        file.write(svg)
    return path
