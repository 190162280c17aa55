"""The end of an attempt as this program's own code raises it, in the contract's terms."""

from __future__ import annotations

from sse_inspect.records import DisconnectReason


class AttemptError(Exception):
    """What ends an attempt: its message is for people, `reason` is the contract's."""

    def __init__(self, detail: str, reason: DisconnectReason = "protocol") -> None:
        super().__init__(detail)
        self.reason = reason


class InjectedError(Exception):
    """A failure that is this program's own doing: the end of an attempt that is `forced`."""
