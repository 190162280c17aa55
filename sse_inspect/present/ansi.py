"""Styles as a terminal's own sixteen colours (ECMA-48, SGR), for lines that no screen draws."""

from __future__ import annotations

from collections.abc import Iterable

from sse_inspect.present.styles import Span

_BOLD, _DIM, _RED, _GREEN, _YELLOW, _BLUE, _MAGENTA, _CYAN = "1", "2", "31", "32", "33", "34", "35", "36"

SGR: dict[str, str] = {
    "dim": _DIM,
    "good": _GREEN,
    "warn": _YELLOW,
    "bad": _RED,
    "time": _DIM,
    "event.id": _CYAN,
    "event.type": _BLUE,
    "event.message": _DIM,
    "event.size": _DIM,
    "comment": _DIM,
    "retry": _DIM,
    "badge.duplicate": _MAGENTA,
    "badge.replayed": _MAGENTA,
    "badge.late": _YELLOW,
    "badge.cut": _RED,
    "mark.session": _BOLD,
    "mark.connecting": _DIM,
    "mark.open": _GREEN,
    "mark.disconnect": _RED,
    "mark.backoff": _YELLOW,
    "mark.recovered": _GREEN,
    "mark.gap": _RED,
    "mark.filled": _GREEN,
    "mark.duplicate": _MAGENTA,
    "mark.stall": _RED,
    "mark.resumed": _GREEN,
    "mark.fault": _MAGENTA,
    "mark.end": _BOLD,
    "mark.summary": _BOLD,
    "finding.info": _CYAN,
    "finding.warning": _YELLOW,
    "finding.error": _RED,
    "alert.firing": _RED,
    "alert.resolved": _GREEN,
}
"""What a style is drawn with; those that are not here are plain text."""


def painted(spans: Iterable[Span]) -> str:
    """The text with its colours; the text itself must be visible already."""
    return "".join(f"\x1b[{SGR[style]}m{text}\x1b[0m" if text and style in SGR else text for text, style in spans)
