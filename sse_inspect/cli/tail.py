"""`sse-inspect tail URL`: the records on standard output, one per line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sse_inspect.cli import exits, values
from sse_inspect.cli.metrics import METRICS, Exposure
from sse_inspect.cli.options import OUTPUT, SHARED, Command, Given, Option, connecting, keeping, planned, understood
from sse_inspect.cli.reporting import REPORTING, Reporting, reporting
from sse_inspect.cli.second_opinion import SECOND_OPINION, Hearing, is_asked
from sse_inspect.errors import BugError, UsageError

if TYPE_CHECKING:
    from sse_inspect.config import Keep, Policy, Target
    from sse_inspect.faults import Plan
    from sse_inspect.live import Live

FORMATS = ("ndjson", "pretty", "data", "raw")
FORMAT = Option(
    "format",
    ("-f", "--format"),
    "|".join(FORMATS),
    "One JSON object per record, or a line for people, or only the data of events (no duplicates), "
    "or the bytes of the body. [pretty]",
    OUTPUT,
    values.choice(*FORMATS),
)


def run(given: Given) -> int:
    """Run the command."""
    target, policy = connecting(given)
    form = understood((FORMAT,), given).get("format", "pretty")
    keep, plans, report = keeping(given), planned(given), reporting(given)
    with Exposure(given) as exposure:
        return tail(target, policy, keep, form, plans, report, second=is_asked(given), exposure=exposure)


def tail(
    target: Target,
    policy: Policy,
    keep: Keep,
    form: str,
    plans: Sequence[Plan] = (),
    report: Reporting | None = None,
    *,
    second: bool = False,
    exposure: Exposure | None = None,
) -> int:
    """Write the session to standard output until it ends; returns the exit status."""
    from sse_inspect import __version__
    from sse_inspect.live import Live

    if sys.stdout is None:
        raise UsageError("stdout", "it is closed; there is nothing to write to.")
    live = Live(
        target,
        policy,
        version=__version__,
        look_back=report is not None,
        keep=keep,
        on_not_recorded=lambda why: _say(f"--record: {why} The session goes on."),
        plans=plans,
    )
    hearing = Hearing(live.inspection) if second else None
    if exposure is not None:
        exposure.watch(live.inspection)
        exposure.tell()
    try:
        status = _written(live, policy, form, lambda: write_report(report, live, keep))
    finally:
        tell_not_recorded(live)
    if hearing is not None:
        hearing.tell()
    return status


def write_report(report: Reporting | None, live: Live, keep: Keep) -> None:
    """Write the report of a session that is over, if one is asked for, while it can still be looked back at."""
    if report is not None:
        recorded = keep.record is not None and not live.not_recorded
        report.write(live.inspection, str(keep.record) if recorded else "")


def tell_not_recorded(live: Live) -> None:
    """Say at the end what of the session was not recorded that should have been."""
    from sse_inspect.present.units import clock

    if live.not_recorded:
        until = live.recorded_until
        what = "nothing" if until is None else f"only the part until {clock(until, live.inspection.origin)[:8]}"
        _say(f"--record: {what} was recorded: {live.not_recorded}")


def _say(sentence: str) -> None:
    from sse_inspect.present.safe import visible

    if sys.stderr:
        sys.stderr.write(f"sse-inspect: {visible(sentence)}\n")


def _written(live: Live, policy: Policy, form: str, over: Callable[[], None]) -> int:
    import asyncio

    from sse_inspect.cli.forms import BodyToLimit, writer
    from sse_inspect.cli.output import Output
    from sse_inspect.cli.signals import signals_wake, stop_on_signal

    async def session() -> None:
        loop = asyncio.get_running_loop()
        with signals_wake(loop):
            if received.signal is not None:  # it came before there was a session to hear of it
                loop.call_soon(live.stop)
            await live.run()

    with (
        stop_on_signal(live.stop) as received,
        Output(sys.stdout.fileno(), live.stop, on_waited=partial(waited, live)) as output,
    ):
        if form == "raw" and policy.count is None and policy.until is None:
            live.inspection.tap_body(output.write)
        elif form == "raw":
            body = BodyToLimit(output.write)
            live.inspection.tap_body(body.take)
            live.inspection.tap(body.tell)
        else:
            live.inspection.tap_batches(writer(form, live.inspection, output.write))
        try:
            asyncio.run(session())
            over()
        finally:
            live.close()
    end = live.end
    if end is None:
        raise BugError("the session stopped without an end.")
    if form != "pretty" and end.reason in ("fatal", "max-retries"):
        _say(f"the session ended ({end.reason}): {end.detail}")
    return exits.exit_status(end, live.responded, received.signal)


def waited(live: Live, seconds: float) -> None:
    """Tell the session for how long it has just waited for who reads its output."""
    from sse_inspect.inputs import HeldUp

    now = live.inspection.now()
    live.tell(HeldUp(now, now - seconds, by_output=True))


def has_colours() -> bool:
    """Whether what is written to standard output may be coloured."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return not plain and sys.stdout is not None and sys.stdout.isatty()


COMMAND = Command(
    (FORMAT, *SHARED, *REPORTING, SECOND_OPINION, METRICS),
    run,
    takes_url=True,
    holds_signals=True,
)
