"""The line in which a filter or a search is typed."""

from __future__ import annotations

from textual.pilot import Pilot

from sse_inspect.store.filter import parse_filter
from sse_inspect.tui.widgets.filter_bar import FilterBar
from tests.tui.feed import HOSTILE, drive


def said(bar: FilterBar) -> str:
    return str(bar.query_one("#filter-said").render())


def test_what_it_suggests_can_be_typed() -> None:
    bar = FilterBar()

    async def script(pilot: Pilot[None]) -> None:
        bar.open("filter")
        assert parse_filter(bar.input.placeholder)

    drive(bar, script)


def test_it_is_hidden_until_opened_and_again_after_enter() -> None:
    bar = FilterBar()

    async def script(pilot: Pilot[None]) -> None:
        assert not bar.display
        bar.open("filter")
        await pilot.pause()
        assert bar.display
        await pilot.press(*"type:a", "enter")
        assert not bar.display

    posted = drive(bar, script)
    assert [(type(m), m.kind, m.text) for m in posted if isinstance(m, FilterBar.Submitted)] == [
        (FilterBar.Submitted, "filter", "type:a")
    ]
    changes = [(m.text, m.valid) for m in posted if isinstance(m, FilterBar.Changed)]
    assert changes == [
        ("t", True),
        ("ty", True),
        ("typ", True),
        ("type", True),
        ("type:", False),
        ("type:a", True),
    ]


def test_a_fault_is_said_at_once_and_cannot_be_submitted() -> None:
    bar = FilterBar()

    async def script(pilot: Pilot[None]) -> None:
        bar.open("search")
        await pilot.press(*"kind:x")
        await pilot.pause()
        assert said(bar).startswith("kind:x is unknown")
        await pilot.press("enter")
        assert bar.display
        await pilot.press("escape")
        assert not bar.display

    posted = drive(bar, script)
    assert not any(isinstance(message, FilterBar.Submitted) for message in posted)
    assert [message.kind for message in posted if isinstance(message, FilterBar.Cancelled)] == ["search"]


def test_an_empty_filter_may_be_submitted() -> None:
    bar = FilterBar()

    async def script(pilot: Pilot[None]) -> None:
        bar.open("filter", "x")
        await pilot.pause()
        await pilot.press("backspace", "enter")

    posted = drive(bar, script)
    assert [message.text for message in posted if isinstance(message, FilterBar.Submitted)] == [""]


def test_what_is_pasted_is_made_visible() -> None:
    bar = FilterBar()

    async def script(pilot: Pilot[None]) -> None:
        bar.open("filter", HOSTILE)
        await pilot.pause()
        assert bar.input.value.isprintable()
        assert "[bold]" in bar.input.value
        for strip in bar.input.render_lines(bar.input.size.region):
            assert all(segment.text.isprintable() for segment in strip)

    drive(bar, script)
