"""Long lines → rows of at most so many cells, made one after the other: the first rows cost no more than they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import get_character_cell_size

from sse_inspect.present.safe import cells

Span = tuple[str, str]


def wrap(line: Iterable[Span], width: int, *, words: bool = False, indent: int = 0) -> Iterator[list[Span]]:
    """The rows of one line of visible spans; an empty line is one empty row.

    `words` breaks at spaces where there are any; rows but the first begin with `indent` spaces.
    """
    width = max(1, width)
    indent = min(indent, width // 2)
    row: list[Span] = []
    room, fresh = width, True
    for text, style in line:
        start = 0
        while start < len(text):
            end = _fitting(text, start, room, fresh)
            if words and end < len(text):
                end = _word_end(text, start, end, fresh)
            if end > start:
                row.append((text[start:end], style))
                room -= cells(text[start:end])
                start, fresh = end, False
            if start < len(text):
                yield row
                row = [(" " * indent, "")] if indent else []
                room, fresh = width - indent, True
                if words:
                    start = _without_spaces(text, start)
    yield row


def _fitting(text: str, start: int, room: int, fresh: bool) -> int:
    """Where the characters from `start` that fit into `room` cells end; on a fresh row at least one does."""
    end = start + room
    head = text[start:end]
    if not head.isascii():
        taken, end = 0, start
        while end < len(text):
            taken += get_character_cell_size(text[end])
            if taken > room:
                break
            end += 1
    elif end < len(text) and not text[end].isascii():
        # Marks that take no cell stay with the character they stand on.
        while end < len(text) and get_character_cell_size(text[end]) == 0:
            end += 1
    return max(min(end, len(text)), start + fresh)


def _word_end(text: str, start: int, end: int, fresh: bool) -> int:
    """The last place up to `end` where a row may end without breaking a word."""
    if text[end] == " ":
        return end
    space = text.rfind(" ", start, end)
    if space >= 0:
        return space + 1
    return end if fresh else start


def _without_spaces(text: str, start: int) -> int:
    while start < len(text) and text[start] == " ":
        start += 1
    return start
