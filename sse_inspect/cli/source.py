"""What a command reads: a capture, or what else is known of a stream, from a file or from standard input."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sse_inspect.cli import exits, values
from sse_inspect.cli.options import Option
from sse_inspect.cli.progress import PATIENCE, Bar
from sse_inspect.cli.signals import stop_on_signal
from sse_inspect.errors import CaptureError, UsageError

if TYPE_CHECKING:
    from sse_inspect.inputs import Input
    from sse_inspect.store.capture.facts import Facts

STDIN = "-"
STDIN_BYTES = 2 << 30
"""Bytes of standard input that are read at most: all of it is held in a temporary file."""
GRACE = 1.0
"""Seconds that whoever writes into the pipe has to end after Ctrl-C, which both got."""
LOOK = 0.2
PIECE = 1 << 20
EXPECTED = "a capture, or a HAR, NDJSON, or a stream that curl saved; - for standard input"

ENTRY = Option(
    "entry", ("--entry",), "N", "Which event stream of a HAR, where there are several.", "Input", values.integer
)


@contextmanager
def named(written: Sequence[str]) -> Iterator[Path]:
    """The one file that was named; for `-` a temporary one that holds what standard input brought.

    Standard input is read until it ends or Ctrl-C comes, which is how an endless stream ends. Raises UsageError where
    there is not one name, or no standard input, and typer.Exit where a signal came for the program itself.
    """
    if not written:
        raise UsageError("FILE", f"none was given; expected {EXPECTED}.")
    if len(written) > 1:
        raise UsageError("FILE", f"only one is taken, and {values.shown(written[1])} is left over.")
    if written[0] != STDIN:
        yield Path(written[0])
        return
    if sys.stdin is None or sys.stdin.isatty():
        state = "closed" if sys.stdin is None else "a terminal"
        raise UsageError("FILE", f"- is standard input, which is {state}; pipe something into it.")
    from sse_inspect.store.capture.temporary import TemporaryFolder

    folder = TemporaryFolder()
    path = folder.path / "stdin"
    try:
        _spool(sys.stdin.fileno(), path)
        yield path
    except CaptureError as error:
        error.args = (str(error).replace(str(path), "standard input"),)
        raise
    finally:
        folder.remove()


def _spool(source: int, path: Path) -> None:
    poll = select.poll()
    poll.register(source, select.POLLIN)
    size, until, hint_at = 0, inf, time.monotonic() + PATIENCE
    try:
        with stop_on_signal(lambda: None) as received, path.open("wb", buffering=0) as file:
            while time.monotonic() < until and size < STDIN_BYTES and received.signal != signal.SIGTERM:
                if received.signal is not None:
                    until = min(until, time.monotonic() + GRACE)
                elif time.monotonic() > hint_at and sys.stderr and sys.stderr.isatty():
                    hint_at = inf
                    _say("reading standard input until it ends, or until Ctrl-C ...")
                if not poll.poll(LOOK * 1000):
                    continue
                piece = os.read(source, min(PIECE, STDIN_BYTES - size))
                if not piece:
                    break
                size += file.write(piece)
    except OSError as error:
        raise CaptureError(f"standard input cannot be read into {path.parent} ({error.strerror}).") from None
    if received.signal == signal.SIGTERM or (received.signal and not size):
        raise typer.Exit(exits.SIGNALLED + (received.signal or 0))
    if size >= STDIN_BYTES:
        _say(f"standard input: only the first {STDIN_BYTES:,} bytes are taken; of a file all are.")
    elif until < inf:
        _say(f"standard input: Ctrl-C came after {size:,} bytes; these are taken.")


@contextmanager
def ready(path: Path, entry: int | None = None, *, with_index: bool = True) -> Iterator[Path]:
    """A capture of what is in the file: the file itself, or one made for now.

    `entry` is the number of the event stream in a HAR; with several and none named they are listed on stderr.
    `with_index` asks for an index that is up to date. Raises CaptureError where there is nothing that can be read.
    """
    from sse_inspect.importing import SeveralStreamsError, load, recognise

    if recognise(path) != "capture":
        from sse_inspect import __version__

        try:
            found = load(path, version=__version__, entry=entry)
        except SeveralStreamsError as error:
            _list(error.choices)
            raise UsageError(
                ENTRY.flag, f"{path.name} holds several event streams; say which, by its number."
            ) from None
        with _converted(path, found.facts, found.inputs, lambda _: found.file.part) as made:
            yield made
        return
    if entry is not None:
        raise UsageError(ENTRY.flag, f"{path} is a capture; only a HAR holds several event streams.")
    from sse_inspect.store.capture.reader import CaptureReader

    with closing(CaptureReader(path)) as reader:
        if reader.is_current or not with_index:
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


def _list(choices: Iterable[str]) -> None:
    """What there is to choose from, on stderr."""
    from sse_inspect.present.safe import visible

    if sys.stderr:
        sys.stderr.write("".join(f"{visible(choice)}\n" for choice in choices))


def _say(sentence: str) -> None:
    if sys.stderr:
        sys.stderr.write(f"sse-inspect: {sentence}\n")
