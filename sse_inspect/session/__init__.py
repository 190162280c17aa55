"""The session machine and what it decides with; see `machine`."""

from sse_inspect.session.machine import Session, State

__all__ = ["Session", "State"]
