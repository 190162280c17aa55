"""Every connection is an open file, as every capture is several, and systems allow a process few of them."""

from __future__ import annotations

import resource

from sse_inspect.errors import UsageError

SPARE = 64
"""Files that a process has open beside its connections."""


def make_room(files: int, option: str, who: str, instead: str) -> str:
    """Raise the limit of open files where it has to be, and say so in a sentence; "" where it was high enough.

    Raises UsageError where the system does not allow as many: `who` needs them, and `instead` is what to do.
    """
    needed = files + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _allows(soft, needed):
        return ""
    if not _allows(hard, needed):
        raise UsageError(
            option,
            f"{who} need {needed:,} open files, and this system allows {hard:,} (ulimit -Hn); {instead}.",
        )
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    except (OSError, ValueError) as error:
        raise UsageError(
            option, f"the limit of open files cannot be raised from {soft:,} to {needed:,} ({error})."
        ) from None
    return f"the limit of open files is raised from {soft:,} to {needed:,}, of {_spelled(hard)} that are allowed"


def room_for_clients(clients: int) -> str:
    """Make room for so many clients in this process."""
    return make_room(clients, "--clients", f"{clients:,} connections in one process", "give fewer, or more --workers")


def _allows(limit: int, needed: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= needed


def _spelled(limit: int) -> str:
    return "any number" if limit == resource.RLIM_INFINITY else f"{limit:,}"
