"""Lines for the compositor that cost no more than they hold.

Textual's own `Strip` makes seven caches for every line, and `divide` stores the strip in one of them: each painted
line becomes a reference cycle. A `LeanStrip` makes a cache when somebody asks for it, and never holds itself. Textual
also spells out every colour of every segment; a `LeanStrip` tells the terminal what changes from one to the next,
which is two thirds of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.cache import FIFOCache
from textual.strip import Strip

from sse_inspect.present.safe import cells as width_of
from sse_inspect.tui.safety import printable
from sse_inspect.tui.styles import Palette

__all__ = ["LeanStrip", "StripType", "segments", "tinted", "width_of"]

_PLAIN_STYLE = Style.null()
_PLAIN = {"_segments", "_cell_length", "_render_cache", "_link_ids", "_cell_count"}


class LeanStrip(Strip):
    """A `Strip` whose caches are made on demand."""

    __slots__ = ()

    def __init__(self, segments: Iterable[Segment], cell_length: int | None = None) -> None:
        self._segments = list(segments)
        self._cell_length = cell_length
        self._render_cache: str | None = None
        self._link_ids: set[str] | None = None
        self._cell_count: int | None = None

    def __getattr__(self, name: str) -> FIFOCache[object, object]:
        # Only a slot that was never set arrives here, and those are the caches.
        if not name.endswith("_cache"):
            raise AttributeError(name)
        cache: FIFOCache[object, object] = FIFOCache(4)
        setattr(self, name, cache)
        return cache

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """The strip cut at `cuts` (cells); uncut, which is the rule, it is handed back as it is."""
        cuts = list(cuts)
        return (self,) if cuts == [self._cell_length] else super().divide(cuts)

    def render(self, console: Console) -> str:
        """What draws it, from a terminal without attributes to one without."""
        if self._render_cache is None:
            system = console._color_system or ColorSystem.TRUECOLOR  # noqa: SLF001 its name alone is public
            drawn: list[str] = []
            before = _PLAIN_STYLE
            for text, style, _ in self._segments:
                style = style or _PLAIN_STYLE
                if style is not before:
                    drawn.append(_change(before, style, system))
                    before = style
                drawn.append(text)
            drawn.append(_change(before, _PLAIN_STYLE, system))
            self._render_cache = "".join(drawn)
        return self._render_cache


@lru_cache(4096)
def _change(before: Style, style: Style, system: ColorSystem) -> str:
    """What takes a terminal from one style to another: the colours that differ, or all of it anew."""
    if style == before:
        return ""
    if style == _PLAIN_STYLE:
        return "\x1b[0m"
    if style.without_color == before.without_color and style.color and style.bgcolor:
        codes: list[str] = []
        if style.color != before.color:
            codes += style.color.downgrade(system).get_ansi_codes()
        if style.bgcolor != before.bgcolor:
            codes += style.bgcolor.downgrade(system).get_ansi_codes(foreground=False)
        return f"\x1b[{';'.join(codes)}m" if codes else ""
    anew = Strip.render_ansi(style, system)
    if before == _PLAIN_STYLE:
        return f"\x1b[{anew}m" if anew else ""
    return f"\x1b[0;{anew}m" if anew else "\x1b[0m"


def _is_known() -> bool:
    """Whether Textual's Strip still has the insides that `LeanStrip` relies on."""
    slots = set(Strip.__slots__)
    return slots >= _PLAIN and all(name.endswith("_cache") for name in slots - _PLAIN)


StripType: type[Strip] = LeanStrip if _is_known() else Strip


def segments(spans: Iterable[tuple[str, str]], palette: Palette, width: int) -> list[Segment]:
    """The spans (text, style name) as segments of exactly `width` cells, padded or cut; nothing harmful is in them."""
    result: list[Segment] = []
    left = width
    for text, name in spans:
        if not text.isprintable():
            text = printable(text)
        size = len(text) if text.isascii() else width_of(text)  # as in there, without the call
        if size > left:
            cut, _ = Segment(text).split_cells(left)
            if cut.text:
                result.append(Segment(cut.text, palette[name]))
            left = 0
            break
        if text:
            result.append(Segment(text, palette[name]))
            left -= size
    if left:
        result.append(Segment(" " * left, palette[""]))
    return result


def tinted(line: list[Segment], tint: Style) -> list[Segment]:
    """The line with `tint` laid over it, as for the row under the cursor."""
    return [Segment(text, tint if style is None else style + tint) for text, style, _ in line]
