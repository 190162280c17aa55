"""Fixed states look as they looked: `UPDATE_SNAPSHOTS=1 pytest tests/tui/test_snapshots.py` after a wanted change,

and `python -m tests.screenshots` for the pictures of the README.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import screenshots
from tests.tui.captured import captured
from tests.tui.screen import picture
from tests.tui.states import STATES, live

FOLDER = Path(__file__).parent / "snapshots"
UPDATE = bool(os.environ.get("UPDATE_SNAPSHOTS"))

CASES: dict[str, tuple[str, tuple[int, int], tuple[str, ...]]] = {
    "waiting": ("waiting", (120, 30), ()),
    "closed": ("closed", (100, 24), ("3",)),
    "hostile": ("hostile", (120, 30), ()),
    "small": ("live", (58, 14), ()),
    "tiny": ("live", (12, 4), ()),
    "faults": ("recovering", (80, 24), ("f",)),
    "help": ("live", (80, 24), ("question_mark",)),
}


def compare(actual: str, stored: Path, scratch: Path) -> None:
    """Fail with the place of the new picture if it differs from the stored one."""
    if UPDATE:
        stored.write_text(actual, encoding="utf-8")
    if actual != stored.read_text(encoding="utf-8"):
        seen = scratch / stored.name
        seen.write_text(actual, encoding="utf-8")
        pytest.fail(f"{stored.name} looks different; compare it with {seen}")


@pytest.mark.parametrize("name", CASES)
def test_a_fixed_state_looks_as_it_did(name: str, tmp_path: Path) -> None:
    state, size, keys = CASES[name]
    compare(picture(STATES[state](), size, *keys), FOLDER / f"{name}.svg", tmp_path)


@pytest.mark.parametrize(("name", "size"), [("capture", (160, 45)), ("capture-80x24", (80, 24))])
def test_a_capture_looks_as_it_did(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    with captured(live(), tmp_path) as shown:
        compare(picture(shown, size, "colon", *"5:40", "enter", "n"), FOLDER / f"{name}.svg", tmp_path)


@pytest.mark.parametrize("name", screenshots.PICTURES)
def test_the_screenshots_are_what_the_program_shows(name: str, tmp_path: Path) -> None:
    compare(screenshots.svg(name), screenshots.FOLDER / f"{name}.svg", tmp_path)
