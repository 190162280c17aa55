"""What the clients of a load may hold of events that do not end: together no more than one of them alone might."""

from __future__ import annotations

from sse_inspect.config import Policy

TOGETHER = 256 << 20
"""Bytes that they share."""
LEAST = 64 << 10
"""Bytes that each has, however many they are."""


def event_bytes(clients: int) -> int:
    """The longest event that each of so many clients takes where nothing else is asked for, in bytes."""
    return max(LEAST, min(Policy().max_event_bytes, TOGETHER // clients))
