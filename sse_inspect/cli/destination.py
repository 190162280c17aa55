"""Where a command writes: standard output, or a file that has its name once it is complete."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sse_inspect.errors import SseInspectError, UsageError

STDOUT = "-"
OUTPUT = "--output"
BUFFER = 1 << 18


@contextmanager
def destination(name: str, source: Path | None, *, force: bool, option: str = OUTPUT) -> Iterator[BinaryIO]:
    """What to write to: stdout for `-`; a file that exists is replaced with `force` only, and never `source`.

    Until the block ends well the file is called `.part`, and whatever ends it early takes that away. Raises UsageError
    for a name that cannot be used, and SseInspectError where writing fails; BrokenPipeError is left to the caller.
    `option` is who named it.
    """
    if name == STDOUT:
        if sys.stdout is None:
            raise UsageError("stdout", "it is closed; there is nothing to write to.")
        with open(sys.stdout.fileno(), "wb", buffering=BUFFER, closefd=False) as file:
            yield file
        return
    path = Path(name).expanduser().resolve()
    try:
        if path.exists() and not path.is_file():  # a device or a pipe is no file to take the place of
            with path.open("wb", buffering=BUFFER) as file:
                yield file
            return
        parts = [] if source is None else _parts_of(source)
        if path.exists() and any(path.samefile(part) for part in parts if part.exists()):
            raise UsageError(option, "it is the file itself that is read, or a part of it; name another file.")
        refuse_existing(path, force, option)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with part.open("xb", buffering=BUFFER) as file:
                yield file
            refuse_existing(path, force, option)
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise SseInspectError(f"{option}: {name} cannot be written ({error.strerror}).") from None


def _parts_of(source: Path) -> list[Path]:
    """The files a capture may be made of."""
    return [source, *(source.with_name(source.name + end) for end in ("-wal", "-shm", "-journal"))]


def refuse_existing(path: Path, force: bool, option: str = OUTPUT) -> None:
    """Raise UsageError for a file that is there, unless it may be replaced; a device or a pipe may be written to."""
    if not force and path.is_file():
        way_out = ", or replace it with --force" if option == OUTPUT else ""
        raise UsageError(option, f"{path.name} exists; name another file{way_out}.")
