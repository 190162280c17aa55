"""What a session shows, as bounded facts: the ground that verdicts and diagnoses stand on."""

from sse_inspect.analysis.evidence.connection import Connection, Run
from sse_inspect.analysis.evidence.fold import Evidence
from sse_inspect.analysis.evidence.hold_ups import HoldUps

__all__ = ["Connection", "Evidence", "HoldUps", "Run"]
