"""What Locust asks for, and what workers and master tell each other of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import msgspec

from sse_inspect.config import Policy, Target
from sse_inspect.errors import UsageError
from sse_inspect.load.plan import LONGEST, MOST_CLIENTS, Plan

MOST_USERS = 10 * MOST_CLIENTS
"""Of all workers together; each has `MOST_CLIENTS` at most."""

PREFIX = "--sse-"
"""What the options of `sse-inspect load` begin with for Locust, which has some of the same names."""
SECONDS, CLIENTS = "sse_seconds", "sse_clients"
"""Options, made by the master, that tell the workers how long the test is, and how many clients all have together."""
FINISH, STATE, RESULT = "sse-inspect finish", "sse-inspect state", "sse-inspect result"
"""Messages: end all clients, from the master; how it stands, and what was seen in the end, from the workers."""


@dataclass(frozen=True, slots=True)
class Swarm(Plan):
    """Clients that come and go as Locust says: `clients`, `ramp` and `seconds` are what it was asked for.

    Raises UsageError beyond the limits, which are those of several machines.
    """

    def __post_init__(self) -> None:
        if self.clients > MOST_USERS:
            raise UsageError("--users", f"{self.clients:,} is out of range; expected up to {MOST_USERS:,}.")
        if not 0 < self.seconds <= LONGEST:
            raise UsageError("--run-time", f"{self.seconds:g} s is out of range; expected up to an hour.")


class Settings(NamedTuple):
    """How to connect, and with how many."""

    target: Target
    policy: Policy
    plan: Swarm


@dataclass(frozen=True, slots=True)
class State:
    """How a worker stands after `t` seconds: what is known of it if it dies. `hindered` says why it must not go on."""

    t: float = 0.0
    clients: int = 0
    open: int = 0
    events: int = 0
    gaps: int = 0
    lost: int = 0
    duplicates: int = 0
    disconnects: int = 0
    hindered: str = ""

    def told(self) -> dict[str, Any]:
        """As a message."""
        return asdict(self)

    @classmethod
    def heard(cls, message: Any) -> State:
        """Of a message; raises ValueError."""
        return msgspec.convert(message, cls)
