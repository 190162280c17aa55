"""The last line of defence, by itself."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from sse_inspect.tui.safety import PrintableOnly
from tests.tui.screen import Screen, play
from tests.tui.states import HOSTILE, Story

BLACK = Color(0, 0, 0)


def test_what_is_not_printable_is_replaced_and_the_width_stays() -> None:
    text = HOSTILE.decode("utf-8", "replace")
    style = Style(bold=True)
    (segment,) = PrintableOnly().apply([Segment(text, style)], BLACK)
    assert segment.text.isprintable()
    assert segment.style == style
    assert "[red]markup[/nope]" in segment.text
    assert segment.cell_length == cell_len(text)


def test_printable_lines_pass_as_they_are() -> None:
    line = [Segment("Grüße, 世界 🙂 │ ━"), Segment("plain", Style(bold=True))]
    assert PrintableOnly().apply(line, BLACK) is line


def test_the_app_puts_every_widget_behind_it() -> None:
    async def script(screen: Screen) -> None:
        screen.inspector.say("forgotten \x1b]0;x\x07 \u202e \x9b31m")
        screen.app.notify("\x1b]0;x\x07", markup=False)
        await screen.frame()
        assert "forgotten" in screen.text()
        assert all(row.isprintable() for row in screen.rows())

    play(Story().open(), script)
