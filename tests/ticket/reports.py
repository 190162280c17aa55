"""Reports of stories: live, and of the capture of the same."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from sse_inspect.conversion import convert
from sse_inspect.replay.whole import Whole
from sse_inspect.store.capture.facts import Facts
from sse_inspect.ticket import report
from sse_inspect.ticket.content import Ticket
from sse_inspect.ticket.gather import gather
from tests.tui.states import Story


def ended(story: Story) -> Story:
    """The story, ended by who looks on."""
    story.ask("stop")
    return story


def live(story: Story, **asked: Any) -> Ticket:
    return gather(story.inspection, "0.1.0", **asked)


def written(story: Story, suffix: str, **asked: Any) -> str:
    return report(story.inspection, suffix, "0.1.0", **asked)


def captured(story: Story, folder: Path, **asked: Any) -> Ticket:
    path = folder / "story.sse"
    session = story.inspection
    convert(Facts(session.target, session.policy, "0.1.0", 7), story.told, path)
    with closing(Whole(path)) as whole:
        return gather(whole, "0.1.0", **asked)
