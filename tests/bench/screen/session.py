"""One program on its screen, a feed behind it, and what can be asked of both: how late a key is, how busy the screen.

A key is answered when what it leads to was read from the terminal. `moves` presses keys at their own pace, whether they
are answered or not, as a person does who holds a key down: each move has a row number of its own. `answers` waits for
one answer before the next key, because the same words come again.
"""

from __future__ import annotations

import random
import re
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from sse_inspect.records import Event
from sse_inspect.replay import Replay
from tests.bench.measure import OURS, Missing
from tests.bench.screen.feeder import Feed, feeding
from tests.bench.screen.idiomatic import STAMP
from tests.bench.screen.terminal import Terminal, TooLate, running

HOME, UP, DOWN, ENTER, ESCAPE = "\x1b[H", "\x1b[A", "\x1b[B", "\r", "\x1b"
ROW = re.compile(rb"row ([\d,]+) of ")
FOLLOWING = re.compile("following · ([\\d,]+)".encode())
WAITED = 30.0
_ANSWERS = (("n", re.compile(rb"No (?:later|mark) ")), ("G", re.compile(rb"Following the newest")))
_PAUSE = (0.05, 0.15)
_SUBMITTED = re.compile(rb"Showing only: ")
_FILTERED = re.compile(rb"filter [^\x1b]{1,80} of [\d,]+([^\x1b]*)\x1b")
_TELLS = re.compile(rb"behind|backlog|catching up|not yet (?:handled|parsed)", re.IGNORECASE)


@dataclass(slots=True)
class Load:
    """How busy it was: the first thread and the whole process, as parts of one processor, and frames a second."""

    screen: float
    process: float
    frames: float


class Watched:
    """A program that shows the feed."""

    def __init__(self, name: str, terminal: Terminal, feed: Feed, stamps: Path) -> None:
        self.name = name
        self.terminal = terminal
        self.feed = feed
        self._stamps = stamps
        self._keys = cycle(_ANSWERS)
        self._pauses = random.Random(7)

    @property
    def at(self) -> int:
        """How much was drawn until now."""
        return len(self.terminal.drawn)

    def caught_up(self, start: int | None = None, seconds: float = 300.0) -> float:
        """Wait until all that was sent is shown; returns how many seconds after the last was sent."""
        start = self.at if start is None else start
        total = self.feed.count()
        began = time.perf_counter()
        at, _ = self.terminal.wait(FOLLOWING, start, until=lambda match: _number(match) >= total, seconds=seconds)
        return max(0.0, at - began)

    def shown(self) -> int:
        """The count on the screen, the last time it was drawn."""
        found = FOLLOWING.findall(bytes(self.terminal.drawn[-200_000:]))
        return int(found[-1].replace(b",", b"")) if found else 0

    def answers(self, count: int) -> list[float]:
        """Seconds from a key to its answer while the list follows the stream."""
        result: list[float] = []
        for _ in range(count):
            key, answer = next(self._keys)
            start = self.at
            pressed_at = self.terminal.press(key)
            at, _ = self.terminal.wait(answer, start, seconds=WAITED)
            result.append(at - pressed_at)
            time.sleep(self._pauses.uniform(*_PAUSE))
        return result

    def moves(self, count: int) -> list[float]:
        """Seconds from a key to the cursor being on the next row, from the first row of the list on."""
        start = self.at
        self.terminal.press(HOME)
        self.terminal.wait(ROW, start, until=lambda match: _number(match) == 1, seconds=WAITED)
        time.sleep(0.5)
        start = self.at
        pressed: list[float] = []
        for _ in range(count):
            pressed.append(self.terminal.press(DOWN))
            time.sleep(self._pauses.uniform(*_PAUSE))
        result = [self._on_row(row, start) - pressed_at for row, pressed_at in enumerate(pressed, 2)]
        self.terminal.press("G")
        time.sleep(0.3)
        return result

    def _on_row(self, row: int, start: int) -> float:
        """When the cursor was seen on that row, or further on: a frame may show what two keys led to."""
        return self.terminal.wait(ROW, start, until=lambda match: _number(match) >= row, seconds=WAITED)[0]

    def opens(self, keys: str, drawn: str) -> float:
        """Seconds from keys to something being drawn."""
        start = self.at
        pressed_at = self.terminal.press(keys)
        return self.terminal.wait(re.compile(re.escape(drawn.encode())), start, seconds=WAITED)[0] - pressed_at

    def filters(self, text: str) -> tuple[float, list[float]]:
        """Seconds until a filter has seen all there is, and those that keys pressed meanwhile took."""
        self.terminal.press("/")
        time.sleep(0.3)
        self.terminal.press(text)
        time.sleep(0.3)
        start = self.at
        began = self.terminal.press(ENTER)
        self.terminal.wait(_SUBMITTED, start, seconds=WAITED)  # until then the line takes the keys
        keys: list[float] = []
        while True:
            keys += self.answers(1)
            found = [
                match for match in _FILTERED.finditer(bytes(self.terminal.drawn[start:])) if b"look" not in match[1]
            ]
            if found:
                break
            if time.perf_counter() - began > 4 * WAITED:
                raise TooLate(f"the filter {text} did not end")
        self.terminal.press(ESCAPE)
        time.sleep(0.5)
        return self.terminal.time_of(start + found[0].end() - 1) - began, keys

    def tells(self, start: int) -> bool:
        """Whether anything drawn since then says that the program is behind."""
        return _TELLS.search(bytes(self.terminal.drawn[start:])) is not None

    def load(self, seconds: float) -> Load:
        """How busy it is in the next seconds."""
        start, began, before = self.at, time.perf_counter(), self.terminal.processor()
        time.sleep(seconds)
        took, after = time.perf_counter() - began, self.terminal.processor()
        screen, process = ((b - a) / took for a, b in zip(before, after, strict=True))
        return Load(screen, process, self.terminal.frames(start, self.at) / took)

    def leave(self) -> None:
        """End it, so that its stamps are complete."""
        self.terminal.leave()

    def lateness(self, first: int, stop: int) -> list[float]:
        """Seconds from sending to the arrival stamp of those events (ordinals from 0), in order; after `leave`."""
        if self.name == OURS:
            return _of_capture(self._stamps, first, stop)
        pairs = array("q", self._stamps.read_bytes())
        return [(pairs[2 * n + 1] - pairs[2 * n]) / 1e9 for n in range(first, min(stop, len(pairs) // 2))]


def _number(match: re.Match[bytes]) -> int:
    return int(match[1].replace(b",", b""))


def _of_capture(path: Path, first: int, stop: int) -> list[float]:
    """From the records of a capture; the wall clock stands in it once, times are seconds since then."""
    replay = Replay(path)
    try:
        began = replay.origin.unix_us / 1e6
        records = replay.log.slice(first, stop + 1000)
        events = [record for record in records if isinstance(record, Event) and first < record.n <= stop]
        return [began + event.t - int(event.data[STAMP]) / 1e9 for event in events]
    finally:
        replay.close()


@contextmanager
def watched(
    name: str, folder: Path, *, options: Sequence[str] = (), bytes_per_second: int | None = None
) -> Iterator[Watched]:
    """`sse-inspect`, or the idiomatic app, on a screen of its own with a feed of its own."""
    with TemporaryDirectory(dir=folder) as own, feeding() as feed:
        stamps = Path(own) / "stamps"
        if name == OURS:
            command = ["-m", "sse_inspect", feed.url, "--record", str(stamps), "--stall-after", "0"]
        else:
            command = ["-m", "tests.bench.screen.idiomatic", feed.url, "--stamps", str(stamps)]
        with running([*command, *options], bytes_per_second=bytes_per_second) as terminal:
            it = Watched(name, terminal, feed, stamps)
            try:
                feed.command("burst 100")
                it.caught_up(0)
                yield it
            except TooLate as error:
                raise Missing(str(error)) from error
