"""The bytes of the bodies, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from sse_inspect.exporting.exporter import Step


class Raw:
    """Decoded bodies as they came."""

    wants_bodies = True

    def take(self, step: Step) -> Iterator[bytes]:
        """The bytes."""
        if step.body:
            yield step.body

    def finish(self, rest: bytes) -> Iterator[bytes]:
        """The last bytes."""
        if rest:
            yield rest
