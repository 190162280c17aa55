"""How long to wait before a reconnect."""

from __future__ import annotations

from collections.abc import Callable

from sse_inspect.config import Policy
from sse_inspect.records import BackoffSource

SHORTEST_DELAY = 0.05
"""Seconds from which on a delay alone keeps a server from being asked more than 20 times a second."""
MIN_ATTEMPT_INTERVAL = 0.055
"""Seconds from when a connection stood, or an attempt without one began, to the next one after a shorter delay.

So it is no more than 20 times in any second even if the server takes some a little late.
"""

LONGEST_DELAY = 1e13
"""Seconds no delay exceeds: more than any `retry` field can ask for, and a number that can be reckoned with."""


class Backoff:
    """Delays of the reconnects in a row, exponential with a cap and jitter.

    A server's `retry` replaces the initial delay and is never undercut: the standard lets a client wait longer than
    the reconnection time, not shorter (WHATWG 9.2.3). `Retry-After` is a floor (RFC 9110, 10.2.3).
    """

    def __init__(self, policy: Policy, random: Callable[[], float]) -> None:
        self._policy = policy
        self._random = random
        self._in_a_row = 0
        self.reconnection_time: float | None = None
        """Seconds a server asked for with `retry`, or None."""

    def reset(self) -> None:
        """A connection has delivered an event: the next delay is the first again."""
        self._in_a_row = 0

    def next(self, retry_after: float | None = None) -> tuple[float, BackoffSource]:
        """The delay in seconds before the next attempt, and what determined it."""
        policy, asked = self._policy, self.reconnection_time
        floor = 0.0 if asked is None else asked
        initial = policy.backoff_initial if asked is None else asked
        try:
            grown = initial * policy.backoff_factor**self._in_a_row
        except OverflowError:
            grown = LONGEST_DELAY if initial else 0.0
        self._in_a_row += 1
        spread = 1.0 + policy.jitter * (2.0 * self._random() - 1.0)
        delay = max(floor, min(LONGEST_DELAY, max(floor, min(policy.backoff_max, grown)) * spread))
        if retry_after is not None and retry_after > delay:
            return retry_after, "retry-after"
        return delay, "exponential" if asked is None else "retry-field"
