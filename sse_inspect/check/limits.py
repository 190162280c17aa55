"""What an endpoint has to keep to: the thresholds of a check."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sse_inspect.analysis.alerts import MAX_RECONNECT_P95, MIN_COMPLETION
from sse_inspect.errors import UsageError


@dataclass(frozen=True, slots=True)
class Limits:
    """The thresholds; `patience` stretches the time limits of the runs where the machine is slow.

    `min_completion` is a part of 1; `max_reconnect_p95` and `max_heartbeat` are seconds.
    """

    min_completion: float = MIN_COMPLETION
    max_reconnect_p95: float = MAX_RECONNECT_P95
    max_heartbeat: float = 10.0
    patience: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.min_completion <= 1.0:
            raise UsageError("--min-completion", f"{self.min_completion:g} is no part of 1; expected 0 to 1.")
        for flag, seconds in (("--max-reconnect-p95", self.max_reconnect_p95), ("--max-heartbeat", self.max_heartbeat)):
            if not 0.0 < seconds <= 3600.0:
                raise UsageError(flag, f"{seconds:g} is out of range; expected seconds above 0 and up to 3600.")

    def by_name(self) -> dict[str, float]:
        """The figures by their names, for the report."""
        named = asdict(self)
        del named["patience"]
        return {
            "min_completion_rate": named["min_completion"],
            "max_reconnect_p95_seconds": named["max_reconnect_p95"],
            "max_heartbeat_seconds": named["max_heartbeat"],
        }
