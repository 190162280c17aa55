"""`sse-inspect URL`: the inspector on the whole screen."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sse_inspect.cli import exits
from sse_inspect.cli.metrics import METRICS, Exposure
from sse_inspect.cli.options import HISTORY, SHARED, Command, Given, connecting, keeping, planned
from sse_inspect.cli.reporting import REPORTING, Reporting, reporting
from sse_inspect.cli.second_opinion import SECOND_OPINION, Hearing, is_asked
from sse_inspect.cli.signals import release
from sse_inspect.cli.tail import has_colours, tail, tell_not_recorded, write_report
from sse_inspect.errors import BugError

if TYPE_CHECKING:
    from sse_inspect.config import Keep, Policy, Target
    from sse_inspect.faults import Plan
    from sse_inspect.inspection import Inspection
    from sse_inspect.probing.background import Background

Banner = Callable[[float], str]


def run(given: Given) -> int:
    """Run the command."""
    target, policy = connecting(given)
    keep, plans, report = keeping(given), planned(given), reporting(given)
    with Exposure(given) as exposure:
        return inspect(target, policy, keep, plans=plans, report=report, second=is_asked(given), exposure=exposure)


def inspect(
    target: Target,
    policy: Policy,
    keep: Keep,
    banner: Banner | None = None,
    plans: Sequence[Plan] = (),
    report: Reporting | None = None,
    *,
    second: bool = False,
    exposure: Exposure | None = None,
) -> int:
    """Show the session on the screen, or write it as lines where there is none; returns the exit status."""
    if not has_screen():
        return tail(target, policy, keep, "pretty", plans, report, second=second, exposure=exposure)
    gc.disable()  # until the first frame all that is made stays; the screen collects by itself
    from sse_inspect import __version__
    from sse_inspect.live import LiveThread

    release()
    session = LiveThread(target, policy, version=__version__, keep=keep, plans=plans)
    hearing = Hearing(session.inspection) if second else None
    if exposure is not None and exposure.url:
        exposure.watch(session.inspection)
        session.inspection.remark(f"metrics at {exposure.url}")
    made: list[Background] = []

    def probes() -> Background:
        from sse_inspect.probing.background import Background

        if not made:
            made.append(Background(target, policy, version=__version__))
        return made[0]

    session.start()
    try:
        from sse_inspect.tui import run as show  # importing it takes long: the connection is made meanwhile

        left = show(session.inspection, banner=banner, probes=probes)
        session.stop()
        session.wait()
        write_report(report, session.live, keep)
    finally:
        session.stop()
        for one in made:
            one.stop()
        session.join()
    end = session.live.end
    if end is None:
        raise BugError("the session stopped without an end.")
    _tell_what_was_seen(session.inspection)
    if hearing is not None:
        hearing.tell()
    tell_not_recorded(session.live)
    return left or exits.exit_status(end, session.live.responded, None)


def _tell_what_was_seen(inspection: Inspection) -> None:
    """Leave the summary behind on the terminal, where the screen was."""
    from sse_inspect.present.ansi import painted
    from sse_inspect.present.pretty import report
    from sse_inspect.records import Summary

    last = inspection.log[len(inspection.log) - 1]
    if isinstance(last, Summary):
        lines = report(last, inspection.origin)
        plain = ("".join(text for text, _ in line).rstrip() for line in lines)
        sys.stdout.write("\n".join([*(map(painted, lines) if has_colours() else plain), ""]))


def has_screen() -> bool:
    """Whether there is a terminal to draw on and to read keys from; one behind a piped stdin is taken instead of it."""
    drawn_on = (sys.stdout, sys.stderr)  # the screen itself is on stderr; who redirects stdout wants lines
    if os.environ.get("TERM") in (None, "", "dumb") or not all(stream and stream.isatty() for stream in drawn_on):
        return False
    if sys.stdin and sys.stdin.isatty():
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        return False
    os.dup2(terminal, 0)
    os.close(terminal)
    return True


COMMAND = Command(
    (*SHARED, HISTORY, *REPORTING, SECOND_OPINION, METRICS),
    run,
    takes_url=True,
    holds_signals=True,
)
