"""What a session shows, as bounded facts: the ground that verdicts and diagnoses stand on."""

from sse_inspect.analysis.evidence.connection import Connection, Run
from sse_inspect.analysis.evidence.fold import Evidence

__all__ = ["Connection", "Evidence", "Run"]
