"""Lines for the compositor that cost no more than they hold.

Textual's own `Strip` makes seven caches for every line, and `divide` stores the strip in one of them: each painted
line becomes a reference cycle. A `LeanStrip` makes a cache when somebody asks for it, and never holds itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.cache import FIFOCache
from textual.strip import Strip

from sse_inspect.present.safe import cells as width_of
from sse_inspect.tui.styles import Palette

__all__ = ["LeanStrip", "StripType", "segments", "tinted", "width_of"]

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


def _is_known() -> bool:
    """Whether Textual's Strip still has the insides that `LeanStrip` relies on."""
    slots = set(Strip.__slots__)
    return slots >= _PLAIN and all(name.endswith("_cache") for name in slots - _PLAIN)


StripType: type[Strip] = LeanStrip if _is_known() else Strip


def segments(spans: Iterable[tuple[str, str]], palette: Palette, width: int) -> list[Segment]:
    """The spans (text, style name) as segments of exactly `width` cells, padded or cut."""
    result: list[Segment] = []
    left = width
    for text, name in spans:
        size = width_of(text)
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
