"""A source without times on the screen: every pane says so, none makes one up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from sse_inspect.conversion import convert
from sse_inspect.importing import load
from sse_inspect.replay import Replay
from tests.importing.test_har import entry, har
from tests.tui.screen import Screen, play

BODY = 'id: 1\ndata: {"price": 101.3}\n\n: still here\n\nid: 2\ndata: two\n\n'
UNKNOWN = "Unknown: times, request, response head, chunk boundaries, how it ended."


@dataclass
class Imported:
    """What `play` shows."""

    inspection: Replay


def opened(path: Path, folder: Path) -> Replay:
    found = load(path, version="9")
    convert(found.facts, found.inputs, folder / "made.sse")
    return Replay(folder / "made.sse", name=path.name)


@pytest.fixture
def body(tmp_path: Path) -> Iterator[Imported]:
    (tmp_path / "body.txt").write_text(BODY)
    with closing(opened(tmp_path / "body.txt", tmp_path)) as replay:
        yield Imported(replay)


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
def test_no_pane_makes_up_a_time(body: Imported, size: tuple[int, int]) -> None:
    async def script(screen: Screen) -> None:
        await screen.settled()
        text = screen.text()
        assert UNKNOWN in text
        assert "no times" in text
        assert "ENDS HERE" in text
        for key in "123456" if size[0] < 100 else "":
            await screen.press(key)
            text += screen.text()
        assert re.search(r"\d\d:\d\d|\d m?s\b|\+\d", text.replace("< 5 s ", "")) is None
        assert re.search(r"stalls +– +0 +– unknown", text)
        assert re.search(r"silent failures +– +0 +– unknown", text)
        assert re.search(r"last byte +–", text)
        assert "1970" not in text

    play(body, script, size)


def test_help_says_all_that_is_unknown(body: Imported) -> None:
    async def script(screen: Screen) -> None:
        await screen.settled()
        await screen.press("question_mark")
        said = " ".join(screen.text().split())
        assert "imported from body; unknown: times, request, response head, chunk" in said
        assert "boundaries, how it ended" in said

    play(body, script, (80, 24))


def test_the_bytes_of_messages_are_unknown(tmp_path: Path) -> None:
    path = har(tmp_path, entry(_eventSourceMessages=[{"data": "x", "time": 1_795_428_001.0}]))
    with closing(opened(path, tmp_path)) as replay:

        async def script(screen: Screen) -> None:
            await screen.settled()
            await screen.press("home", "down", "down", "down")
            screen.inspector.detail.choose("bytes")
            await screen.frame()
            text = screen.text()
            assert "heartbeat not told" in text
            assert "Unknown: the source of this capture does not tell the bytes." in text

        play(Imported(replay), script, (160, 45))


def test_a_timeline_without_arrivals_shows_the_link_alone(tmp_path: Path) -> None:
    made = entry()
    made["response"]["content"]["text"] = BODY
    with closing(opened(har(tmp_path, made), tmp_path)) as replay:

        async def script(screen: Screen) -> None:
            await screen.settled()
            assert "events   unknown: nothing tells when events came" in screen.text()
            assert "━" in screen.text()

        play(Imported(replay), script, (160, 45))
