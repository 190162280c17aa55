"""Folders for captures that nobody asked to keep: gone with the session, or with the next one if it died."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import IO

from sse_inspect.errors import CaptureError
from sse_inspect.store.capture import schema

PREFIX = "sse-inspect-"
_LOCK = "lock"


class TemporaryFolder:
    """A new folder for temporary files, locked while its owner lives; raises CaptureError if there can be none."""

    def __init__(self) -> None:
        try:
            sweep(Path(tempfile.gettempdir()))
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
            self._lock: IO[bytes] = (self.path / _LOCK).open("xb")
            _try_lock(self._lock)
        except OSError as error:
            raise CaptureError(f"no temporary file can be written: {schema.reason(error)}.") from None

    def remove(self) -> None:
        """Remove it and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def sweep(parent: Path) -> None:
    """Remove the folders whose owners are gone without having done so."""
    for lock in parent.glob(f"{PREFIX}*/{_LOCK}"):
        try:
            with lock.open("rb") as file:
                if _try_lock(file):
                    shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue  # somebody else's, or swept by another at this moment


def _try_lock(file: IO[bytes]) -> bool:
    """Whether nobody holds the lock; where the system has no such locks the folder is left to its own sweeping."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (OSError, ImportError):
        return False
    return True
