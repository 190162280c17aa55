"""One request and its response on one connection, whatever version of HTTP it is in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

Fields = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it is written: `target` is what the request line names, `fields` hold a Host."""

    method: bytes
    scheme: bytes
    target: bytes
    fields: Fields
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a final response; `version` is `1.0`, `1.1` or `2`, and only HTTP/1 has a `reason` phrase."""

    version: str
    status: int
    reason: str
    fields: Fields

    def all(self, name: bytes) -> list[bytes]:
        """The values of all fields of this name, which is in lower case."""
        return [value for key, value in self.fields if key.lower() == name]


class Exchange(Protocol):
    """Asks once, and reads the answer. Both raise AttemptError, and OSError where the connection breaks.

    What was received before a failure is given first, however it was cut into segments.
    """

    async def ask(self, question: Question) -> Head:
        """Send the request; the head of its final response."""
        ...

    def body(self) -> AsyncIterator[bytes]:
        """The content, framing removed, as it comes."""
        ...
