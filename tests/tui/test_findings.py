"""Each finding on a page of its own: reached, read, turned, copied, and what it leads to."""

from __future__ import annotations

from pathlib import Path

import pytest

from sse_inspect.findings import CODES, advice
from sse_inspect.inspected import Snapshot
from sse_inspect.tui.screens.diagnosis import FindingPages
from tests.tui.captured import captured
from tests.tui.screen import Screen, play
from tests.tui.states import Story, hostile
from tests.tui.test_probes import Made, on_screen

SIZES = [(80, 24), (160, 45)]


def silent() -> Story:
    """Long silences without a comment behind an nginx, and cuts after them."""
    story = Story()
    for _ in range(3):
        story.open(headers=(("via", "1.1 nginx/1.24.0"),)).events(6, heartbeat=1000.0)
        story.wait(25.0).end("truncated", "chunked body cut short")
    return story.open(headers=(("via", "1.1 nginx/1.24.0"),)).events(3).wait(0.3)


def title(screen: Screen) -> str:
    """The title of the page on top."""
    return next((row for row in screen.rows() if "─ Finding " in row), "")


async def read(screen: Screen) -> str:
    """The whole page, scrolled through, without its breaks."""
    await screen.press("c")
    return screen.app.clipboard


@pytest.mark.parametrize("size", SIZES)
def test_a_finding_says_all_that_is_known_of_it(size: tuple[int, int]) -> None:
    story = silent()
    snapshot = story.inspection.snapshot()

    async def script(screen: Screen) -> None:
        await screen.press("w")
        assert f"Finding 1 of {len(snapshot.findings)}" in title(screen)
        for record in snapshot.findings:
            finding, page = CODES[record.code], await read(screen)
            for said in (record.title, record.code, finding.cause, finding.fix, finding.probe):
                assert said in page
            assert " %" in page.partition("how sure")[2].splitlines()[0]
            assert "first at 00:0" in page
            told = " ".join(page.split())
            for product, setting in advice(record.code):
                assert f"{product} {' '.join(setting.split())}" in told
            await screen.press("j")
        assert "Finding 1 of " in title(screen)

    play(story, script, size)


def test_settings_of_what_is_on_the_way_come_first_and_are_copied_one_by_one() -> None:
    async def script(screen: Screen) -> None:
        await screen.press("w")
        while "no-heartbeat" not in await read(screen):
            await screen.press("j")
        settings = advice("no-heartbeat", ("nginx",))
        assert settings[0][0] == "nginx"
        for _ in range(2):
            for _, setting in settings:
                await screen.press("s")
                assert screen.app.clipboard == setting
                assert "Copied: the setting for " in screen.text()
                await screen.press("right")
        await screen.press("left", "s")
        assert screen.app.clipboard == settings[-1][1]
        assert "▸" in screen.text()  # scrolled into sight

    play(silent(), script, (80, 24))


def test_there_and_back_between_findings_and_closed() -> None:
    total = len(hostile().inspection.snapshot().findings)
    assert total > 1

    async def script(screen: Screen) -> None:
        await screen.press("w", "k")
        assert f"Finding {total} of {total}" in title(screen)
        await screen.press("j", "j")
        assert f"Finding 2 of {total}" in title(screen)
        await screen.press("escape")
        assert title(screen) == ""
        await screen.press("w", "w")
        assert title(screen) == ""

    play(hostile(), script)


def test_enter_opens_the_finding_that_one_looks_at() -> None:
    story = silent()
    last = story.inspection.snapshot().findings[-1]

    async def in_the_list(screen: Screen) -> None:
        await screen.press("slash", *"kind:diagnosis", "enter", "home")
        for _ in range(len(story.inspection.snapshot().findings) * 3):
            await screen.press("enter")
            if last.title in screen.text() and last.code in await read(screen):
                return
            await screen.press("escape", "down")
        raise AssertionError("its row does not open it")

    async def in_the_tab(screen: Screen) -> None:
        await screen.press("6", "enter")
        assert "Finding 1 of " in title(screen)
        await screen.press("escape", "v")
        assert "JSON" in screen.text()

    async def by_mouse(screen: Screen) -> None:
        await screen.pilot.click("#diagnosis", offset=(3, 0))
        await screen.frame()
        assert "Finding 1 of " in title(screen)

    play(story, in_the_list, (160, 45))
    play(story, in_the_tab, (80, 24))
    play(story, by_mouse, (160, 45))


def test_it_keeps_up_with_a_live_session_and_stays_at_its_finding() -> None:
    story = hostile()

    async def script(screen: Screen) -> None:
        await screen.press("w", "j")
        before = await read(screen)
        code = before.partition("code")[2].split()[0]
        for _ in range(12):
            story.chunk("data: \u2028\n\n".encode()).wait(1.0)
        await screen.frame()
        after = await read(screen)
        assert code in after
        assert after != before

    play(story, script)


def test_where_nothing_is_recognised_that_is_said() -> None:
    async def script(screen: Screen) -> None:
        await screen.press("w")
        assert screen.note == "No finding: nothing is recognised so far."

    play(Story().open().event().wait(0.1), script)


def test_of_a_capture_it_offers_no_probe(tmp_path: Path) -> None:
    async def script(screen: Screen) -> None:
        await screen.settled()
        await screen.press("w")
        assert "Finding 1 of " in title(screen)
        assert "P probe" not in await read(screen)
        await screen.press("P")
        assert "Finding 1 of " in title(screen)

    with captured(silent(), tmp_path) as shown:
        play(shown, script)


def test_the_probes_begin_from_there() -> None:
    made = Made()

    async def script(screen: Screen) -> None:
        await screen.press("w")
        assert "P probe" in screen.text()
        assert "asks now" not in screen.text()
        await screen.press("P")
        assert (title(screen), made.started) == ("", 1)

    on_screen(made, script, silent())


def test_a_finding_that_is_no_more_gives_way_to_the_first() -> None:
    story = hostile()
    snapshot: Snapshot = story.inspection.snapshot()

    async def script(screen: Screen) -> None:
        await screen.app.push_screen(FindingPages(snapshot, "gone"))
        await screen.frame()
        assert snapshot.findings[0].code in screen.text()

    play(story, script)
