"""Text from the wire made harmless, and its width: the only door between a stream and a screen.

One decision holds everywhere. A C0 control or DEL is shown as its control picture (`␊`, `␛`, `␡`), any other
character that cannot be seen, or that changes how its neighbours look, as its code point in brackets: `⟨202E⟩`.
That spelling is short and is not that of JSON, so an escape written by the server (`\\u202e`, six characters)
stays apart from the character itself. Marks that take no cell of their own stand on a character, at most
`MARKS` of them; `⟨+9⟩` counts those left out.

Widths are those of `rich.cells`, because Textual lays strips out with the same table; it costs a millisecond to
import. What `visible` returns has additive widths: whatever joins or widens neighbours has become an escape.
"""

from __future__ import annotations

import re

from rich.cells import cell_len, get_character_cell_size

MARKS = 4
"""How many combining marks one character keeps: enough for every living script, too few to climb over lines."""

ELLIPSIS = "…"
_BASE = "◌"
_REMEMBERED = 20_000

_UNSEEN = frozenset(
    code
    for first, last in (
        (0x034F, 0x034F),  # combining grapheme joiner
        (0x115F, 0x1160),  # Hangul fillers
        (0x17B4, 0x17B5),  # Khmer inherent vowels
        (0x180B, 0x180F),  # Mongolian variation selectors
        (0x3164, 0x3164),  # Hangul filler
        (0xFE00, 0xFE0F),  # variation selectors
        (0xFFA0, 0xFFA0),  # halfwidth Hangul filler
        (0x16FE4, 0x16FE4),  # Khitan filler
        (0x1F3FB, 0x1F3FF),  # skin tones: terminals do not agree on their width
        (0xE0000, 0xE0FFF),  # tags and variation selectors supplement
    )
    for code in range(first, last + 1)
)
"""Code points that `str.isprintable` lets through although there is nothing, or nothing certain, to see."""

_is_narrow = re.compile(
    "[ -~\xa1-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u2319\u2400-\u2426\u2500-\u25fc\u27e8\u27e9]*"
).fullmatch
"""Latin letters and the signs of this program, each of one cell: told in a fiftieth of what `cell_len` takes."""

_ASCII = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}


class _Shown(dict[int, str]):
    """What each code point is shown as, found out when it first occurs, and which of them take no cell."""

    def __init__(self) -> None:
        super().__init__(_ASCII)
        self.marks: set[str] = set()

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if code in _UNSEEN or not char.isprintable():
            return f"⟨{code:04X}⟩"
        if get_character_cell_size(char) == 0:
            self.marks.add(char)
        if len(self) > _REMEMBERED:
            self.clear()
            self.update(_ASCII)
        self[code] = char
        return char


_shown = _Shown()


def visible(text: str) -> str:
    """The text with everything invisible or harmful as a visible escape; what is printable stays as it is.

    The result is always `str.isprintable`. Linear in the text: cut first (`preview`) where only a line is shown.
    """
    if text.isascii():
        return text if text.isprintable() else text.translate(_ASCII)
    shown = text.translate(_shown)
    return shown if _shown.marks.isdisjoint(shown) else _with_few_marks(shown)


def _with_few_marks(text: str) -> str:
    out: list[str] = []
    run = 0
    for char in text:
        if char in _shown.marks:
            if not out:
                out.append(_BASE)
            run += 1
            if run <= MARKS:
                out.append(char)
            continue
        if run > MARKS:
            out.append(f"⟨+{run - MARKS}⟩")
        run = 0
        out.append(char)
    if run > MARKS:
        out.append(f"⟨+{run - MARKS}⟩")
    return "".join(out)


def cells(text: str) -> int:
    """The cells that visible text takes on a terminal."""
    return len(text) if text.isascii() or _is_narrow(text) else cell_len(text)


def clip(text: str, width: int) -> str:
    """Visible text cut to at most `width` cells; where something is cut, `…` ends it."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    return _head(text, width - 1) + ELLIPSIS


def _head(text: str, width: int) -> str:
    if text.isascii():
        return text[:width]
    room = width
    for index, char in enumerate(text):
        room -= get_character_cell_size(char)
        if room < 0:
            return text[:index]
    return text


def clip_left(text: str, width: int) -> str:
    """Visible text cut to its last `width` cells at most; where something is cut, `…` begins it."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    room = width - 1
    start = len(text)
    while (size := get_character_cell_size(text[start - 1])) <= room:
        room -= size
        start -= 1
    while get_character_cell_size(text[start : start + 1] or " ") == 0:
        start += 1
    return ELLIPSIS + text[start:]


def fit(text: str, width: int, right: bool = False) -> str:
    """Visible text clipped and padded to exactly `width` cells; `right` puts it at the right edge."""
    text = clip(text, width)
    padding = " " * (width - cells(text))
    return padding + text if right else text + padding


def preview(text: str, width: int) -> str:
    """Text from the wire as one visible line of at most `width` cells; costs no more for 16 MB than for a line."""
    head = text[: max(width, 0) * 4 + 1]
    shown = visible(head)
    return clip(shown if len(head) == len(text) else shown + ELLIPSIS, width)


def preview_end(text: str, width: int) -> str:
    """Like `preview`, but keeping the end, which tells IDs apart."""
    tail = text[-(max(width, 0) * 4 + 1) :]
    shown = visible(tail)
    return clip_left(shown if len(tail) == len(text) else ELLIPSIS + shown, width)
