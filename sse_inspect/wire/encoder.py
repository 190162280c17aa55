"""Fields in, bytes of an event stream out (WHATWG HTML 9.2.5): what the parser takes apart."""

from __future__ import annotations

import re

_LINE_END = re.compile("\r\n|\r|\n")


def encode_event(
    data: str,
    *,
    event: str | None = None,
    id: str | None = None,  # noqa: A002 - the field's own name
    retry: int | None = None,
    newline: str = "\n",
) -> bytes:
    """One block that dispatches an event; `retry` in milliseconds, lines end with `newline`.

    Raises ValueError where a value cannot be sent as it is: a line break in `event` or `id` (it would begin
    another field), a NUL in `id` (it would be ignored), a negative `retry`, an unknown `newline`.
    """
    lines = []
    if id is not None:
        if "\0" in id:
            raise ValueError("an event ID cannot hold a NUL")
        lines.append(f"id: {_one_line('event ID', id)}")
    if event is not None:
        lines.append(f"event: {_one_line('event type', event)}")
    if retry is not None:
        if retry < 0:
            raise ValueError("a reconnection time cannot be negative")
        lines.append(f"retry: {retry}")
    lines += [f"data: {line}" for line in _LINE_END.split(data)]
    return _encode([*lines, ""], newline)


def encode_comment(text: str, *, newline: str = "\n") -> bytes:
    """A comment line for each line of `text`, without a blank line; ValueError for an unknown `newline`."""
    return _encode([f": {line}" for line in _LINE_END.split(text)], newline)


def _one_line(what: str, value: str) -> str:
    if _LINE_END.search(value):
        raise ValueError(f"an {what} cannot hold a line break")
    return value


def _encode(lines: list[str], newline: str) -> bytes:
    if newline not in ("\n", "\r", "\r\n"):
        raise ValueError("lines of an event stream end with LF, CR or CRLF")
    return "".join(line + newline for line in lines).encode()
