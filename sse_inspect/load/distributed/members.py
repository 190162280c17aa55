"""The workers as the master knows them, and what is known of all in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from sse_inspect.load.distributed.parcel import Parcel
from sse_inspect.load.distributed.swarm import State
from sse_inspect.load.result import Result
from sse_inspect.present.units import counted, seconds


@dataclass(slots=True)
class Member:
    """A worker, as the master knows it; `heard_at` by `time.monotonic()`."""

    name: str
    users: int = 0
    state: State = field(default_factory=State)
    heard_at: float | None = None
    missing: bool = False
    answered: bool = False
    parcel: Parcel | None = None

    @property
    def clients(self) -> int:
        """Clients that it has, or had."""
        return len(self.parcel.clients) if self.parcel else max(self.state.clients, self.users)

    def cause(self) -> str:
        """That it died, or failed, in a few words."""
        if self.answered:
            return f"{self.name} failed ({self.state.hindered.removesuffix('.')})"
        return f"{self.name} died, and with it {counted(self.clients, 'client')}"

    def obituary(self) -> str:
        """What its death, or its failure, means, in a sentence."""
        told = self.cause()
        if self.answered:
            return f"{told}: what its clients saw is missing here."
        if self.heard_at is None:
            return f"{told}: it had told nothing yet, so all that they saw is missing here."
        state = self.state
        return (
            f"{told}: what they saw is missing here. The last word of it, {seconds(state.t)} after its start, was "
            f"{counted(state.events, 'event')}, {state.lost:,} missing, {counted(state.duplicates, 'duplicate')}."
        )


@dataclass(slots=True)
class Outcome:
    """All that is known in the end."""

    result: Result
    members: list[Member]
