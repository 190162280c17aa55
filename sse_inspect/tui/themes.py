"""The themes of the screen: one restrained palette, dark and light, and the terminal's own colours.

Green, amber and red are kept for states; everything else is grey or blue.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="sse-dark",
    primary="#7aa2d6",
    secondary="#5b7a9f",
    accent="#7fb4ca",
    success="#8fbc7f",
    warning="#e0b062",
    error="#ec6a6a",
    foreground="#d5d9e0",
    background="#12161c",
    surface="#181d25",
    panel="#1f2630",
)
LIGHT = Theme(
    name="sse-light",
    primary="#2f5f9e",
    secondary="#6f89a8",
    accent="#21708a",
    success="#3d7a2e",
    warning="#9a6400",
    error="#b3261e",
    foreground="#24292f",
    background="#fafafa",
    surface="#f0f1f3",
    panel="#e4e7eb",
    dark=False,
)
ANSI = "ansi-dark"
THEMES = (DARK.name, LIGHT.name, "gruvbox", "nord", "solarized-light", ANSI)
"""What the theme key goes through; the last one uses the terminal's own 16 colours."""

_COLOURLESS = ("dumb", "unknown", "vt")


def is_colourless(environ: Mapping[str, str]) -> bool:
    """Whether the terminal has no colours, or the user wants none (NO_COLOR, of any value but none)."""
    term = environ.get("TERM", "")
    return bool(environ.get("NO_COLOR")) or term.startswith(_COLOURLESS) or term.endswith(("-m", "-mono"))
