"""Exit status of a session, as the contract lists it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sse_inspect.records import End

DONE = 0
FAILED = 1
WRONG_USE = 2
NEVER_CONNECTED = 3
SIGNALLED = 128


def exit_status(end: End, responded: bool, signal: int | None) -> int:
    """The status for how the session ended; `responded`: some attempt got a byte of a response; `signal` ended it."""
    if signal is not None:
        return SIGNALLED + signal
    if end.reason == "interrupted":
        return DONE
    if not responded:
        return NEVER_CONNECTED
    return FAILED if end.reason in ("fatal", "max-retries") else DONE
