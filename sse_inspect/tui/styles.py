"""Style names of `present` → Rich styles, in the colours of the theme.

A name means something ("bad", "event.id"); a look says how that is drawn: a role, which every theme colours in its
way, and attributes, which also speak where there are no colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.widget import Widget

Role = Literal["text", "muted", "faint", "primary", "accent", "good", "warn", "bad"]

_VARIABLES: dict[Role, str] = {
    "primary": "text-primary",
    "accent": "text-accent",
    "good": "text-success",
    "warn": "text-warning",
    "bad": "text-error",
}
_STRENGTH: dict[Role, float] = {"muted": 0.62, "faint": 0.38}


@dataclass(frozen=True, slots=True)
class Look:
    """How one style name is drawn."""

    role: Role = "text"
    bold: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False


LOOKS: dict[str, Look] = {
    "": Look(),
    "dim": Look("muted"),
    "good": Look("good"),
    "warn": Look("warn"),
    "bad": Look("bad", bold=True),
    "header": Look("muted", bold=True),
    "rule": Look("faint"),
    "time": Look("muted"),
    "event.n": Look("muted"),
    "event.delta": Look("muted"),
    "event.id": Look("primary"),
    "event.type": Look("accent"),
    "event.message": Look("muted"),
    "event.size": Look("muted"),
    "event.data": Look(),
    "event.replayed": Look("muted", italic=True),
    "comment": Look("muted", italic=True),
    "retry": Look("muted"),
    "badge.duplicate": Look("warn", bold=True, reverse=True),
    "badge.replayed": Look("primary", bold=True),
    "badge.late": Look("warn", bold=True),
    "badge.cut": Look("bad", bold=True),
    "mark.session": Look("muted"),
    "mark.connecting": Look("muted"),
    "mark.open": Look("good"),
    "mark.disconnect": Look("bad", bold=True),
    "mark.backoff": Look("warn"),
    "mark.recovered": Look("good", bold=True),
    "mark.gap": Look("bad"),
    "mark.filled": Look("good"),
    "mark.duplicate": Look("warn"),
    "mark.stall": Look("bad", bold=True),
    "mark.resumed": Look("good"),
    "mark.fault": Look("accent", bold=True),
    "mark.end": Look(bold=True),
    "mark.summary": Look(bold=True),
    "finding.info": Look("primary"),
    "finding.warning": Look("warn"),
    "finding.error": Look("bad", bold=True),
    "alert.firing": Look("bad", bold=True),
    "alert.resolved": Look("good"),
    "json.key": Look("primary"),
    "json.string": Look("good"),
    "json.number": Look("accent"),
    "json.word": Look("warn"),
    "json.punct": Look("muted"),
    "bytes.offset": Look("muted"),
    "bytes.hex": Look("primary"),
    "bytes.text": Look(),
    "bytes.field": Look("accent"),
    "bytes.end": Look("warn"),
    # The screen's own.
    "bold": Look(bold=True),
    "faint": Look("faint"),
    "accent": Look("accent"),
    "playhead": Look("accent", bold=True, reverse=True),
    "bar.thumb": Look("muted"),
    "bar.mark": Look("bad", bold=True),
    "tab": Look("muted"),
    "tab.active": Look("primary", bold=True, underline=True),
    "label": Look("muted"),
}
"""Every name of `present.styles`, and those of the screen's own furniture."""


class Palette(dict[str, Style]):
    """Rich styles by style name for one theme and one background; made on first use, kept after."""

    def __init__(
        self, variables: dict[str, str], background: Color, *, ansi: bool, filters: tuple[LineFilter, ...] = ()
    ):
        super().__init__()
        self._variables = variables
        self._background = background
        self._ansi = ansi
        self._filters = filters
        self.blank = self._filtered(Style(bgcolor=background.rich_color))
        self.cursor = self._filtered(self._tint(0.35, Style(color="default", dim=False, reverse=True)))
        self.cursor_blurred = self._filtered(self._tint(0.16, Style(underline=True)))
        self.later = self._filtered(self._later())

    @classmethod
    def of(cls, widget: Widget) -> Palette:
        """The palette of `widget` as its theme and its background stand now; the same object while both do."""
        app: App[object] = widget.app
        background = widget.background_colors[1]
        filters = tuple(widget.get_line_filters())
        key = (app.theme, background, app.native_ansi_color, filters)
        palette = _palettes.get(key)
        if palette is None:
            if len(_palettes) > 16:
                _palettes.clear()
            palette = cls(app.theme_variables, background, ansi=app.native_ansi_color, filters=filters)
            _palettes[key] = palette
        return palette

    def __missing__(self, name: str) -> Style:
        # A name nobody knows is drawn as plain text: painting is no place to fail.
        self[name] = style = self._filtered(self._drawn(LOOKS.get(name, LOOKS[""])))
        return style

    def _drawn(self, look: Look) -> Style:
        return Style(
            color=self._colour(look.role).rich_color,
            bgcolor=self._background.rich_color,
            bold=look.bold or None,
            italic=look.italic or None,
            underline=look.underline or None,
            reverse=look.reverse or None,
            dim=(self._ansi and look.role in _STRENGTH) or None,
        )

    def _colour(self, role: Role) -> Color:
        foreground = Color.parse(self._variables["foreground"])
        if role in _VARIABLES:
            return Color.parse(self._variables[_VARIABLES[role]])
        if self._ansi or role == "text":
            return foreground
        return self._background.blend(foreground, _STRENGTH[role])

    def _tint(self, strength: float, plain: Style) -> Style:
        """A background for the row under the cursor; `plain` where the terminal's own colours are used."""
        if self._ansi:
            return plain
        return Style(bgcolor=self._background.blend(Color.parse(self._variables["primary"]), strength).rich_color)

    def _later(self) -> Style:
        """How a row is drawn that has not happened yet."""
        if self._ansi:
            return Style(dim=True, bold=False)
        foreground = Color.parse(self._variables["foreground"])
        return Style(color=self._background.blend(foreground, 0.45).rich_color, bold=False, reverse=False)

    def _filtered(self, style: Style) -> Style:
        """The style as the app's line filters (no colour, dimming) leave it: lean lines do not pass them again."""
        line = [Segment(" ", style)]
        for line_filter in self._filters:
            line = line_filter.apply(line, self._background)
        return line[0].style or Style.null()


_palettes: dict[object, Palette] = {}
