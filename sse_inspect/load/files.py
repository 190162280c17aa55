"""Every connection is an open file, and systems allow a process few of them."""

from __future__ import annotations

import resource

from sse_inspect.errors import UsageError

SPARE = 64
"""Files that a process has open beside its connections."""


def make_room(connections: int) -> str:
    """Raise the limit of open files where it has to be, and say so in a sentence; "" where it was high enough.

    Raises UsageError where the system does not allow as many.
    """
    needed = connections + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _allows(soft, needed):
        return ""
    if not _allows(hard, needed):
        raise UsageError(
            "--clients",
            f"{connections:,} connections in one process need {needed:,} open files, and this system allows it "
            f"{hard:,} (ulimit -Hn); give fewer, or more --workers.",
        )
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    except (OSError, ValueError) as error:
        raise UsageError(
            "--clients", f"the limit of open files cannot be raised from {soft:,} to {needed:,} ({error})."
        ) from None
    return f"the limit of open files is raised from {soft:,} to {needed:,}, of {_spelled(hard)} that are allowed"


def _allows(limit: int, needed: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= needed


def _spelled(limit: int) -> str:
    return "any number" if limit == resource.RLIM_INFINITY else f"{limit:,}"
