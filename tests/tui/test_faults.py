"""Faults on the screen: the menu, what it asks for, where they are seen, and what is said when they are over."""

from __future__ import annotations

import pytest

from sse_inspect.faults import KINDS, parse
from sse_inspect.tui.screens import fault_menu
from sse_inspect.tui.widgets.connections import ConnectionsPane
from sse_inspect.tui.widgets.status import Status
from sse_inspect.tui.widgets.timeline import TimelinePane
from tests.tui.screen import Screen, play
from tests.tui.states import Story
from tests.tui.test_panes import drawn


def running() -> Story:
    return Story().open().events(8).wait(0.2)


def test_each_fault_has_a_key_of_its_own_in_the_menu() -> None:
    assert set(fault_menu._KEYS) == {*KINDS, "lift"}
    assert len(set(fault_menu._KEYS.values())) == len(fault_menu._KEYS)


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
def test_every_fault_comes_into_sight_with_its_sentence(size: tuple[int, int]) -> None:
    margin = (size[0] - 80) // 2

    async def script(screen: Screen) -> None:
        await screen.press("f")
        for name in KINDS:
            inside = [row[margin : margin + 80].strip(" │▁▂▃▄▅▆▇█") for row in screen.rows()]
            seen = " ".join(inside)
            assert f"{fault_menu._KEYS[name]}  {KINDS[name].title}" in seen
            assert parse(name).sentence in seen
            await screen.press("down")

    play(running(), script, size=size)


def test_a_fault_is_injected_by_its_key_in_the_menu() -> None:
    story = running()

    async def script(screen: Screen) -> None:
        await screen.press("f", "h", "f", "3", "f", "2")
        assert story.asked == [("inject", name) for name in ("handoff", "slow-3g", "half")]

    play(story, script)


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        ("f t 5 enter", "throttle:5"),
        ("f p 2 . 5 enter", "loss:2.5"),
        ("f I a slash 5 % enter", "falsify-id:a%2F5%25"),
        ("f a 4 0 4 enter", "status:404"),
        ("f O 2 enter", "off-on:2"),
        ("f t 6 4 slash 2 0 enter", "throttle:64/20"),
        ("f t slash 2 0 enter", "throttle:64/20"),
        ("f s", "stall"),
        ("f down down down down down down down slash 5 enter", "stall/5"),
        ("f down down down down down down down slash slash 5 enter", "stall/5"),
        ("f down down down down down down down slash enter", "stall"),
        ("f I x slash 3 enter", "falsify-id:x/3"),
    ],
)
def test_an_argument_is_asked_for(keys: str, asked: str) -> None:
    story = running()

    async def script(screen: Screen) -> None:
        await screen.press(*keys.split())
        assert story.asked == [("inject", asked)]

    play(story, script)


@pytest.mark.parametrize(
    "keys", ["f a 9 9 enter", "f p 9 1 enter", "f I backspace enter", "f I space enter", "f t 9 at 5 s enter"]
)
def test_what_is_no_argument_is_said_and_injects_nothing(keys: str) -> None:
    story = running()

    async def script(screen: Screen) -> None:
        await screen.press(*keys.split())
        assert story.asked == []
        assert "expected" in screen.text()

    play(story, script)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("width", [78, 158])
def test_every_fault_is_shown_as_injected(name: str, width: int) -> None:
    story = running()
    story.ask("inject", name)
    story.wait(0.5)
    assert "↯" in drawn(TimelinePane(), story, width)[2]
    assert story.inspection.snapshot().faults or parse(name).kind.lasts == "blow"


def test_an_attempt_that_a_fault_ended_is_forced_in_the_list_of_connections() -> None:
    story = running()
    story.ask("inject", "dns:3")
    story.end("forced", "no name is resolved on purpose (DNS outage)")
    assert "forced" in drawn(ConnectionsPane(), story)[0]


def test_what_a_fault_has_cost_is_said_when_it_is_over() -> None:
    story = Story().open().events(20)
    story.ask("inject", "throttle:8")
    story.events(3, every=0.5).wait(0.1)
    story.ask("lift", "throttle:8")
    story.event()
    assert drawn(Status(), story, 100)[0].startswith("↯ Throttle over after ")
    assert drawn(Status(), story, 100)[0].rstrip().endswith(" · nothing lost · 4 events meanwhile")
    story.ask("inject", "corrupt")
    story.event().skip(2).event()
    story.ask("lift", "corrupt:1000")
    story.event()
    assert " · 2 lost · 2 events meanwhile" in drawn(Status(), story, 100)[0]


def test_where_ids_cannot_be_counted_nobody_says_that_nothing_was_lost() -> None:
    story = Story(ids=False).open().events(20)
    story.ask("inject", "torn")
    story.event()
    story.ask("lift", "torn")
    story.event()
    assert "loss cannot be known" in drawn(Status(), story, 100)[0]


def test_what_an_outage_cost_is_said_while_a_fault_goes_on() -> None:
    story = running()
    story.ask("inject", "loss")
    story.end("reset").wait(1.5).open().event()
    assert drawn(Status(), story, 100)[0].startswith("↺ Recovered")
    story.events(12)
    assert drawn(Status(), story, 100)[0].startswith("Note: packet loss on purpose until lifted")
