"""Folders for captures that nobody asked to keep: gone with the session, or with a later one if it died."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from sse_inspect.errors import CaptureError
from sse_inspect.store.capture import schema

PREFIX = "sse-inspect-"
_MARK = "sse-inspect.lock"
_SAYS = b"A temporary folder of sse-inspect: it is removed when its owner has ended.\n"
_YOUNG = 60.0
"""Seconds for which a folder is left alone, whoever holds its lock: it may be about to be locked."""


class TemporaryFolder:
    """A new folder for temporary files, locked while its owner lives; raises CaptureError if there can be none."""

    def __init__(self) -> None:
        try:
            sweep(Path(tempfile.gettempdir()), now=time.time())
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
            self._lock = os.open(self.path / _MARK, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            _try_lock(self._lock)
            os.write(self._lock, _SAYS)
        except OSError as error:
            raise CaptureError(f"no temporary file can be written: {schema.reason(error)}.") from None

    def remove(self) -> None:
        """Remove it and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def sweep(parent: Path, *, now: float) -> None:
    """Remove the folders whose owners are gone without having done so; nothing but what this program made for us."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            made = folder.lstat()
            is_ours = stat.S_ISDIR(made.st_mode) and made.st_uid == os.getuid() and not made.st_mode & 0o077
            if is_ours and now - made.st_mtime > _YOUNG and _is_left(folder / _MARK):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # swept by another at this moment


def _is_left(mark: Path) -> bool:
    """Whether this marks a folder of this program that nobody holds any more."""
    lock = os.open(mark, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return os.read(lock, len(_SAYS) + 1) == _SAYS and _try_lock(lock)
    finally:
        os.close(lock)


def _try_lock(file: int) -> bool:
    """Whether nobody held the lock; where the system has no such locks the folder is left to its own sweeping."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (OSError, ImportError):
        return False
    return True
