"""`sse-inspect open FILE`: the inspector on a session that is over, or on what somebody else saved of a stream."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sse_inspect.cli import exits, values
from sse_inspect.cli.inspect_ import has_screen
from sse_inspect.cli.options import Command, Given, Option, understood
from sse_inspect.cli.progress import Bar
from sse_inspect.cli.signals import Interrupted, interrupt, stop_on_signal
from sse_inspect.errors import UsageError

if TYPE_CHECKING:
    from sse_inspect.inputs import Input
    from sse_inspect.store.capture.facts import Facts

ENTRY = Option(
    "entry", ("--entry",), "N", "Which event stream of a HAR, where there are several.", "Input", values.integer
)
BATCH = 512
"""Records that are looked up at a time where there is no screen."""


def run(given: Given) -> int:
    """Run the command; raises CaptureError for a file that cannot be read."""
    from sse_inspect.importing import SeveralStreamsError

    path = _path(given["file"] or [])
    entry = understood((ENTRY,), given).get("entry")
    show: Callable[[Path], int] = partial(_show, name=path.name) if has_screen() else _write
    try:
        with stop_on_signal(interrupt) as received:
            try:
                with ready(path, entry) as capture:
                    return show(capture)
            except Interrupted:
                return exits.SIGNALLED + (received.signal or 0)
    except SeveralStreamsError as error:
        _list(error.choices)
        raise UsageError(ENTRY.flag, f"{error} Say which, by its number.") from None


@contextmanager
def ready(path: Path, entry: int | None = None) -> Iterator[Path]:
    """A capture of what is in the file, with an index that is up to date: the file itself, or one made for now.

    `entry` is the number of the event stream in a HAR. Raises CaptureError where there is nothing that can be read.
    """
    from sse_inspect.importing import load, recognise

    if recognise(path) != "capture":
        from sse_inspect import __version__

        found = load(path, version=__version__, entry=entry)
        with _converted(path, found.facts, found.inputs, lambda _: found.file.part) as made:
            yield made
        return
    if entry is not None:
        raise UsageError(ENTRY.flag, f"{path} is a capture; only a HAR holds several event streams.")
    from sse_inspect.store.capture.reader import CaptureReader

    with closing(CaptureReader(path)) as reader:
        if reader.is_current:
            yield path
            return
        end = reader.end or 1.0
        inputs = (happened for _, happened in reader.inputs())
        with _converted(path, reader.facts, inputs, lambda t: t / end) as made:
            yield made


@contextmanager
def _converted(path: Path, facts: Facts, inputs: Iterable[Input], part_at: Callable[[float], float]) -> Iterator[Path]:
    """A capture of these inputs that is there for now; `part_at` gives the part that was read at a time of them."""
    from sse_inspect.conversion import convert
    from sse_inspect.present.safe import visible
    from sse_inspect.store.capture.temporary import TemporaryFolder

    folder = TemporaryFolder()
    try:
        made = folder.path / "imported.sse"
        with Bar(f"reading {visible(path.name)}") as bar:
            convert(facts, inputs, made, progress=lambda t: bar(part_at(t)))
        yield made
    finally:
        folder.remove()


def _show(capture: Path, *, name: str) -> int:
    """The capture on the screen, called by this name."""
    from sse_inspect.replay import Replay
    from sse_inspect.tui import run as show

    with closing(Replay(capture, name=name)) as replay:
        return show(replay)


def _write(capture: Path) -> int:
    """The capture as lines, as `tail` would have written them."""
    from sse_inspect.cli.tail import pretty
    from sse_inspect.present.safe import visible
    from sse_inspect.store.capture.reader import CaptureReader

    if sys.stdout is None:
        raise UsageError("stdout", "it is closed; there is nothing to write to.")
    with closing(CaptureReader(capture)) as reader:
        if note := reader.facts.note:
            sys.stdout.write(f"{visible(note)}\n")
        for start in range(0, len(reader), BATCH):
            for record in reader.slice(start, start + BATCH):
                sys.stdout.write(f"{''.join(pretty(record, reader.origin))}\n")
    return exits.DONE


def _path(written: list[str]) -> Path:
    if not written:
        raise UsageError("FILE", "none was given; expected a capture, or a HAR, NDJSON, or a stream that curl saved.")
    if len(written) > 1:
        raise UsageError("FILE", f"only one is taken, and {values.shown(written[1])} is left over.")
    return Path(written[0])


def _list(choices: Iterable[str]) -> None:
    """What there is to choose from, on stderr."""
    from sse_inspect.present.safe import visible

    if sys.stderr:
        sys.stderr.write("".join(f"{visible(choice)}\n" for choice in choices))


COMMAND = Command(
    "open",
    "Show a capture again, a HAR, or what curl or tail saved.",
    (ENTRY,),
    run,
    takes_file=True,
    holds_signals=True,
)
