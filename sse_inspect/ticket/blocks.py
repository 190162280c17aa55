"""What a report is made of: blocks that a document of any kind can be written from."""

from __future__ import annotations

from dataclasses import dataclass

from sse_inspect.analysis.snapshot import Timeline


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `level` 1 is the title, and `code` stands behind its text as it is."""

    text: str
    level: int = 2
    code: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """Some sentences, each for itself."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as the header has."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that stand as they are, in a type of fixed width."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """The timeline, where a document can hold a picture."""

    timeline: Timeline
    duration: float


Block = Heading | Text | Items | Table | Lines | Picture
