"""Much work at hand: keys are answered in the middle of it."""

from __future__ import annotations

import asyncio
import json

from textual import events

from tests.tui.screen import Screen, play
from tests.tui.states import Story

MOST_TURNS = 200
"""Turns of the event loop that one key may take: it goes through the app, the screen and the region in focus."""
ROWS = 90_000 * 5 + 2


def huge() -> Story:
    """Four megabytes of JSON, laid out in `ROWS` rows."""
    story = Story().open().events(3)
    data = json.dumps([{"symbol": "ABC", "price": number, "seq": number} for number in range(90_000)])
    assert len(data) > 4_000_000
    return story.chunk(f"id: {story._next}\ndata: {data}\n\n".encode())


def test_keys_are_answered_while_an_event_of_four_megabytes_is_laid_out() -> None:
    story = huge()
    newest = story.inspection.snapshot().events

    async def script(screen: Screen) -> None:
        inspector, detail = screen.inspector, screen.inspector.detail
        assert detail.title == f"Event {newest}"
        assert 0 < detail.total < ROWS
        for key, frozen in (("space", True), ("space", False), ("space", True)):
            before = detail.total
            screen.app.post_message(events.Key(key, " "))
            turns = 0
            while inspector.frozen is not frozen:
                await asyncio.sleep(0)
                turns += 1
                assert turns < MOST_TURNS
            # The key came in between: the rows are far from all there, and go on after it.
            assert before <= detail.total < ROWS
            while detail.total == before:  # noqa: ASYNC110 nothing tells that there are more
                await asyncio.sleep(0.001)

    play(story, script)
