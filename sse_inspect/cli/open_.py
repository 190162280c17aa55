"""`sse-inspect open FILE`: the inspector on a session that is over, or on what somebody else saved of a stream."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from sse_inspect.cli import exits
from sse_inspect.cli.inspect_ import has_screen
from sse_inspect.cli.options import Command, Given, understood
from sse_inspect.cli.reporting import REPORTING, Reporting, reporting
from sse_inspect.cli.second_opinion import SECOND_OPINION, is_asked, told_of
from sse_inspect.cli.signals import interruptible
from sse_inspect.cli.source import ENTRY, STDIN, named, ready
from sse_inspect.errors import UsageError

BATCH = 512
"""Records that are looked up at a time where there is no screen."""


def run(given: Given) -> int:
    """Run the command; raises CaptureError for a file that cannot be read."""
    entry = understood((ENTRY,), given).get("entry")
    report, second, written = reporting(given), is_asked(given), given["file"] or []
    with named(written) as path:
        show: Callable[[Path], int]
        if report is not None or second:
            show = partial(_told, report=report, second=second, name="" if STDIN in written else str(path))
        else:
            # Not before standard input was read: a screen takes its keys from the terminal instead.
            show = partial(_show, name=path.name) if has_screen() else _write

        def work() -> int:
            with ready(path, entry) as capture:
                return show(capture)

        return interruptible(work)


def _show(capture: Path, *, name: str) -> int:
    """The capture on the screen, called by this name."""
    gc.disable()  # until the first frame all that is made stays; the screen collects by itself
    from sse_inspect.replay import Replay
    from sse_inspect.tui import run as show

    with closing(Replay(capture, name=name)) as replay:
        return show(replay)


def _told(capture: Path, *, report: Reporting | None, second: bool, name: str) -> int:
    """What is asked for of the capture instead of its sight; `name` is what it can be looked at again by."""
    from sse_inspect.replay.whole import Whole

    with closing(Whole(capture)) as whole:
        if report is not None:
            report.write(whole, name)
            _say(f"the report is in {report.path}.")
        if second:
            sys.stdout.write(told_of(whole))
    return exits.DONE


def _say(sentence: str) -> None:
    from sse_inspect.present.safe import visible

    if sys.stderr:
        sys.stderr.write(f"sse-inspect: {visible(sentence)}\n")
        sys.stderr.flush()


def _write(capture: Path) -> int:
    """The capture as lines, as `tail` would have written them."""
    from sse_inspect.cli.forms import pretty
    from sse_inspect.present.safe import visible
    from sse_inspect.store.capture.reader import CaptureReader

    if sys.stdout is None:
        raise UsageError("stdout", "it is closed; there is nothing to write to.")
    with closing(CaptureReader(capture)) as reader:
        if note := reader.facts.note:
            sys.stdout.write(f"{visible(note)}\n")
        if hint := reader.facts.hint:
            sys.stdout.write(f"{visible(hint)}\n")
        for start in range(0, len(reader), BATCH):
            for record in reader.slice(start, start + BATCH):
                sys.stdout.write(f"{''.join(pretty(record, reader.origin))}\n")
    return exits.DONE


COMMAND = Command((ENTRY, *REPORTING, SECOND_OPINION), run, takes_file=True, holds_signals=True)
