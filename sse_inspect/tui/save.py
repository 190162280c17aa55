"""Files the screen writes, never over one that exists.

A file has its name once it is complete: until then it is called `.part`, and whatever ends the writing early takes it
away.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from sse_inspect.inspected import Inspected
from sse_inspect.records import to_json

NAME = "sse-inspect"
PART = ".part"
_SLICE = 64
_TRIES = 100


class LeftError(Exception):
    """Nobody waits for the file any more."""


def _begin(folder: Path, stem: str, suffix: str, mode: int = 0o666) -> tuple[Path, Path, IO[str]]:
    """A path where nothing is, and the part of it, open for writing; a number tells namesakes apart. Raises OSError."""
    for number in range(1, _TRIES):
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
        part = path.with_name(path.name + PART)
        try:
            file = open(  # noqa: SIM115 the caller closes it
                part,
                "x",
                encoding="utf-8",
                errors="backslashreplace",
                newline="\n",
                opener=lambda name, flags: os.open(name, flags, mode),
            )
        except FileExistsError:
            continue
        if not path.exists():  # looked for only now: whoever has the part is the only one to make the file
            return path, part, file
        file.close()
        part.unlink()
    raise FileExistsError(f"{stem}{suffix} and {_TRIES} namesakes exist")


@contextmanager
def new_file(folder: Path, name: str, suffix: str, mode: int = 0o666) -> Iterator[tuple[Path, IO[str]]]:
    """A file to write, called after the local time: its path, and what is written to.

    Nothing has that path unless the block ends well. Raises OSError.
    """
    path, part, file = _begin(folder, f"{name}-{datetime.now(UTC).astimezone():%Y%m%d-%H%M%S}", suffix, mode)
    with file:
        try:
            yield path, file
            file.close()  # what is still buffered may not fit the disk
            part.rename(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise


def session_as_ndjson(inspection: Inspected, is_wanted: Callable[[], bool]) -> tuple[Path, int]:
    """Write every record known now; returns the file and their number. Made for a thread: slices, no lock held.

    Raises OSError, and LeftError as soon as it is no longer wanted; then there is no file.
    """
    with new_file(Path.cwd(), NAME, ".ndjson") as (path, file):
        total = len(inspection.log)
        for start in range(0, total, _SLICE):
            for record in inspection.log.slice(start, min(start + _SLICE, total)):
                if not is_wanted():
                    raise LeftError
                file.write(f"{to_json(record, inspection.origin)}\n")
        if not is_wanted():
            raise LeftError
    return path, total


def report(inspection: Inspected, is_wanted: Callable[[], bool]) -> Path:
    """Write a report for a ticket, as Markdown; made for a thread. Raises OSError, and LeftError as above."""
    from sse_inspect import __version__
    from sse_inspect.ticket import report as report_of

    def step() -> None:
        if not is_wanted():
            raise LeftError

    with new_file(Path.cwd(), f"{NAME}-report", ".md") as (path, file):
        file.write(report_of(inspection, ".md", __version__, step=step))
        step()
    return path


def picture(svg: str) -> Path:
    """Write a picture of the screen; raises OSError."""
    with new_file(Path.cwd(), NAME, ".svg") as (path, file):
        file.write(svg)
    return path
