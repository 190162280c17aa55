"""Files the screen writes: whole or not at all, also when one leaves in the middle."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from sse_inspect.tui import save
from tests.tui.screen import Screen, play
from tests.tui.states import Story, live

MANY = 60_000


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of the test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path) -> list[Path]:
    """Files that hold something."""
    return [path for path in folder.iterdir() if path.stat().st_size]


@pytest.mark.parametrize("keys", [("ctrl+c",), ("q", "q")])
def test_leaving_during_an_export_ends_it_and_leaves_no_file(here: Path, keys: tuple[str, ...]) -> None:
    story = Story(ids=False).open().chunk(b"data: x\n\n" * MANY)
    screens = []

    async def script(screen: Screen) -> None:
        screens.append(screen)
        assert screen.app.parting == ""
        screen.inspector.action_export()
        while screen.inspector._saving.outcome is None and not written(here):  # noqa: ASYNC110 a thread writes, and no event tells of it
            await asyncio.sleep(0)
        assert [path.suffix for path in written(here)] == [save.PART]
        for key in keys:
            if key == "q":
                screen.inspector.action_quit()
            else:
                screen.app.action_interrupt()
        assert screen.app._exit

    status = play(story, script)
    assert status == (130 if keys == ("ctrl+c",) else 0)
    assert screens[0].app.parting == "The session was not saved: it was left while the file was being written."
    assert list(here.iterdir()) == []


def test_one_q_during_an_export_only_warns(here: Path) -> None:
    story = Story(ids=False).open().chunk(b"data: x\n\n" * 2_000)

    async def script(screen: Screen) -> None:
        screen.inspector.action_export()
        screen.inspector.action_quit()
        assert not screen.app._exit
        assert screen.note.startswith("The session is still being saved; once more")
        await screen.app.workers.wait_for_complete()
        await screen.frame()
        assert screen.note.startswith("Saved ")
        assert screen.app.parting == ""
        screen.inspector.action_quit()
        assert screen.app._exit

    play(story, script)
    assert len(list(here.iterdir())) == 1


def test_a_file_complete_when_one_leaves_is_told_afterwards(here: Path) -> None:
    story, screens = live(), []

    async def script(screen: Screen) -> None:
        screens.append(screen)
        screen.inspector.sync = lambda snapshot: None  # type: ignore[method-assign]  # one leaves before a frame
        screen.inspector.action_export()
        await screen.app.workers.wait_for_complete()
        screen.app.action_interrupt()

    play(story, script)
    (file,) = here.iterdir()
    assert screens[0].app.parting == f"Saved {len(story.inspection.log)} records: {file}"


def test_no_record_is_looked_at_once_the_file_is_not_wanted(here: Path) -> None:
    inspection = live().inspection
    for wanted in (0, 1, 100, len(inspection.log)):
        asked = count()
        with pytest.raises(save.LeftError):
            save.session_as_ndjson(inspection, lambda: next(asked) < wanted)  # noqa: B023 called in this round
        assert next(asked) == wanted + 1
        assert list(here.iterdir()) == []


def test_a_file_has_its_name_only_when_it_is_whole(here: Path) -> None:
    inspection = live().inspection
    seen = set()

    def is_wanted() -> bool:
        seen.update(path.suffix for path in here.iterdir())
        return True

    path, total = save.session_as_ndjson(inspection, is_wanted)
    assert seen == {save.PART}
    assert list(here.iterdir()) == [path]
    assert [json.loads(line)["kind"] for line in path.read_text(encoding="utf-8").split("\n")[:-1]] == [
        record.kind for record in inspection.log.slice(0, total)
    ]


def test_nothing_is_written_over() -> None:
    inspection = live().inspection
    paths = {save.session_as_ndjson(inspection, lambda: True)[0] for _ in range(3)}
    paths |= {save.picture("<svg/>") for _ in range(3)}
    assert len(paths) == 6


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limit on the size of files")
def test_a_disk_that_is_full_leaves_no_file(here: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "from sse_inspect.tui import save\n"
        "from tests.tui.states import live\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "inspection = live().inspection\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n"
        "    save.session_as_ndjson(inspection, lambda: True)\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(save.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)
    assert done.stdout == "File too large\n"
    assert list(here.iterdir()) == []
