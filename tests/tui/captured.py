"""A story as a capture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sse_inspect.conversion import Moment, convert
from sse_inspect.replay import Replay
from sse_inspect.store.capture.facts import Facts
from tests.tui.states import Story


@dataclass
class Captured:
    """What `play` shows: the capture, and the hand on the clock it is played by."""

    inspection: Replay
    clock: Moment


@contextmanager
def captured(story: Story, folder: Path, *, keep_secrets: bool = False, name: str = "story.sse") -> Iterator[Captured]:
    """The story's inputs, written and opened."""
    path = folder / "story.sse"
    path.unlink(missing_ok=True)
    session = story.inspection
    convert(Facts(session.target, session.policy, "0.1.0", 7, keep_secrets=keep_secrets), story.told, path)
    clock = Moment()
    replay = Replay(path, name=name, clock=clock)
    try:
        yield Captured(replay, clock)
    finally:
        replay.close()
