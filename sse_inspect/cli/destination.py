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
BUFFER = 1 << 18


@contextmanager
def destination(name: str, source: Path, *, force: bool) -> Iterator[BinaryIO]:
    """What to write to: stdout for `-`; a file that exists is replaced with `force` only, and never `source`.

    Until the block ends well the file is called `.part`, and whatever ends it early takes that away. Raises UsageError
    for a name that cannot be used, and SseInspectError where writing fails; BrokenPipeError is left to the caller.
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
        if path.exists() and any(path.samefile(part) for part in _parts_of(source) if part.exists()):
            raise UsageError("--output", "it is the capture itself, or a part of it; name another file.")
        _refuse_existing(path, force)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with part.open("xb", buffering=BUFFER) as file:
                yield file
            _refuse_existing(path, force)
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise SseInspectError(f"--output: {name} cannot be written ({error.strerror}).") from None


def _parts_of(source: Path) -> list[Path]:
    """The files a capture may be made of."""
    return [source, *(source.with_name(source.name + end) for end in ("-wal", "-shm", "-journal"))]


def _refuse_existing(path: Path, force: bool) -> None:
    if not force and path.exists():
        raise UsageError("--output", f"{path.name} exists; name another file, or replace it with --force.")
