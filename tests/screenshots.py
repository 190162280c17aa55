"""Writes `screenshots/` from the fixed states: `python -m tests.screenshots`.

SVG always; PNG where a headless Chromium with the Fira Code font is at hand.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.tui.captured import captured
from tests.tui.screen import picture
from tests.tui.states import STATES

FOLDER = Path(__file__).parent.parent / "screenshots"
WIDE, NARROW = (160, 45), (80, 24)
PICTURES: dict[str, tuple[str, tuple[int, int]]] = {
    "live": ("live", WIDE),
    "recovering": ("recovering", WIDE),
    "stalled": ("stalled", WIDE),
    "gap": ("gap", WIDE),
    "live-80x24": ("live", NARROW),
    "open": ("live", WIDE),
}
"""File name → state, size of the terminal."""
OPENED = {"open": 318.0}
"""File name → the moment a capture of the state is looked at, in seconds since its begin."""


def svg(name: str) -> str:
    """The picture of that name."""
    state, size = PICTURES[name]
    if name not in OPENED:
        return picture(STATES[state](), size)
    with TemporaryDirectory() as folder, captured(STATES[state](), Path(folder), name="case-4711.sse") as shown:
        shown.inspection.seek(OPENED[name])
        return picture(shown, size)


def png(source: Path) -> None:
    """The PNG beside an SVG, as a browser draws it."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print(f"no Chromium: {source.name} has no PNG", file=sys.stderr)
        return
    box = source.read_text(encoding="utf-8").partition('viewBox="')[2].partition('"')[0].split()
    width, height = (int(float(side)) + 1 for side in box[2:])
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1.5"]
    target = source.with_suffix(".png")
    subprocess.run(
        [browser, *options, f"--window-size={width},{height}", f"--screenshot={target}", source.as_uri()],
        check=True,
        stderr=subprocess.DEVNULL,
    )


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for name in PICTURES:
        target = FOLDER / f"{name}.svg"
        target.write_text(svg(name), encoding="utf-8")
        png(target)


if __name__ == "__main__":
    main()
