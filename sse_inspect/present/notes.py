"""The remarks that stay in sight for as long as a session is looked at: each with a sign, and in ever fewer words."""

from __future__ import annotations

from collections.abc import Sequence

from sse_inspect.present.safe import preview
from sse_inspect.present.styles import Span, StyleName

_LONG, _SHORT = 40, 16

_KNOWN: tuple[tuple[str, str, str, StyleName], ...] = (
    ("recording with secrets", "● REC with secrets", "● REC secrets", "bad"),
    ("recording", "● REC", "● REC", "bad"),
    ("NOT recording", "✖ NOT recording", "✖ NOT REC", "bad"),
    ("older records are not kept", "! window only", "! window only", "warn"),
    ("imported from", "↧ import", "↧ import", "dim"),
    ("not told how it ended", "? end not told", "? end", "warn"),
    ("secrets inside", "! secrets inside", "! secrets", "warn"),
    ("cut off", "✁ cut off", "✁ cut off", "warn"),
    ("metrics at", "≡ metrics", "≡ metrics", "dim"),
)
"""How a remark begins, what stands for that, in a word if need be, and the name of its style."""


def spellings(notes: Sequence[str]) -> list[list[list[Span]]]:
    """For each remark its spellings, the longest first."""
    failed = any(note.startswith("NOT recording") for note in notes)
    return [_spelled(note) for note in notes if not (failed and note.startswith("recording"))]


def _spelled(note: str) -> list[list[Span]]:
    for begin, brief, word, style in _KNOWN:
        if note.startswith(begin):
            rest = note.removeprefix(begin).removeprefix(":").strip()
            room = max(_LONG - len(brief), _SHORT)
            spelled: list[list[Span]] = [[(brief, style), (f" {preview(rest, room)}", "")]] if rest else []
            return [*spelled, *([(text, style)] for text in dict.fromkeys((brief, word)))]
    short = preview(note, _SHORT)
    long = preview(note, _LONG)
    return [[(long, "warn")], [(short, "warn")]] if short != long else [[(long, "warn")]]
