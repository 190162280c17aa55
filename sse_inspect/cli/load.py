"""`sse-inspect load URL`: many clients against one endpoint, and a report of what they saw."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sse_inspect.cli import exits, values
from sse_inspect.cli.options import OUTPUT, SHARED, STOP, Command, Given, Option, connecting, understood
from sse_inspect.errors import SseInspectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_inspect.load.plan import Plan
    from sse_inspect.load.result import Result
    from sse_inspect.load.timestamp import Timestamp

LOAD = "The load"
NOT_HERE = frozenset(
    {"for_seconds", "count", "until", "record", "keep_secrets", "profile", "faults", "last_event_id", "http1"}
)
"""Shared options that make no sense for many clients that are not inspected one by one."""
_SHARED_MAX_EVENT_BYTES = next(option for option in SHARED if option.name == "max_event_bytes")
MAX_EVENT_BYTES = replace(
    _SHARED_MAX_EVENT_BYTES,
    help=f"{_SHARED_MAX_EVENT_BYTES.help.partition('[')[0]}[256MiB shared among all clients: 64k to 16MiB for each]",
)
SHARED_OPTIONS = tuple(
    MAX_EVENT_BYTES if option is _SHARED_MAX_EVENT_BYTES else option for option in SHARED if option.name not in NOT_HERE
)
PER_SECOND = "/s"
ENDING = "ending, which may take some seconds; Ctrl-C once more ends it at once, without a report"


def _ramp(given: str) -> float:
    try:
        return values.number(given.strip().removesuffix(PER_SECOND))
    except ValueError:
        raise ValueError(f"{values.shown(given)} is no rate; expected clients a second such as 100/s.") from None


def _timestamp(given: str) -> Timestamp:
    from sse_inspect.load.timestamp import timestamp

    return timestamp(values.text(given))


FORMATS = ("json", "html")
LOAD_OPTIONS = (
    Option("clients", ("--clients",), "N", "How many, up to 10,000. [100]", LOAD, values.integer),
    Option("ramp", ("--ramp",), "N/s", "How many begin in a second. [100/s]", LOAD, _ramp),
    Option(
        "seconds",
        ("--for",),
        "SECONDS",
        "How long it takes, from the first client on; up to an hour. [60]",
        STOP,
        values.seconds,
    ),
    Option(
        "workers",
        ("--workers",),
        "N",
        "Processes that share the clients; latencies between clients are measured within each. [1]",
        LOAD,
        values.integer,
    ),
    Option(
        "timestamp",
        ("--timestamp",),
        "PATH",
        "Where in an event's JSON the server says when it sent it, such as data.sent_at: seconds, milli-, micro- or "
        "nanoseconds since 1970, or RFC 3339.",
        LOAD,
        _timestamp,
    ),
    Option("owned", ("--i-own-this-target",), "", "Also load another machine than this one: it is yours.", LOAD),
    *(
        Option(
            name,
            (f"--{name}",),
            "FILE",
            f"Write the report as {name.upper()}; FILE is replaced, - is stdout.",
            OUTPUT,
            values.report_file,
        )
        for name in FORMATS
    ),
)


def run(given: Given) -> int:
    """Run the command."""
    import asyncio

    from sse_inspect import __version__
    from sse_inspect.cli import load_display
    from sse_inspect.cli.report_files import report_files
    from sse_inspect.cli.signals import AT_ONCE_AFTER, signals_wake, stop_on_signal
    from sse_inspect.load.files import room_for_clients
    from sse_inspect.load.memory import event_bytes
    from sse_inspect.load.ownership import check_target
    from sse_inspect.load.plan import Plan
    from sse_inspect.load.runner import Load
    from sse_inspect.load.workers import Workers

    asked = understood(LOAD_OPTIONS, given)
    outputs = report_files(asked, FORMATS)
    target, policy = connecting(given)
    plan = Plan(**{name: value for name, value in asked.items() if name not in FORMATS})
    if given.get(MAX_EVENT_BYTES.name) is None:
        policy = replace(policy, max_event_bytes=event_bytes(plan.clients))
    check_target(target, plan.owned)
    raised = room_for_clients(-(-plan.clients // plan.workers))
    make = Load if plan.workers == 1 else Workers
    shows = load_display.display(plan) if load_display.is_wanted() else nullcontext(load_display.Lines(_say))

    stopping = asyncio.Event()

    def stop() -> None:
        load.stop()
        stopping.set()

    async def told_if_it_takes_long() -> None:
        await stopping.wait()
        await asyncio.sleep(AT_ONCE_AFTER)
        _say(ENDING)

    async def made() -> Result:
        with signals_wake(asyncio.get_running_loop()):
            if received.signal is not None:
                stop()
            telling = asyncio.create_task(told_if_it_takes_long())
            try:
                return await load.run()
            finally:
                telling.cancel()

    load = make(target, policy, plan, version=__version__, progress=lambda now: progress(now))
    with stop_on_signal(stop) as received:
        with shows as progress:
            for line in filter(None, (_announced(target.url, plan), raised)):
                _say(line)
            result = asyncio.run(made())
        _write(result, outputs)
    return _status(result, received.signal)


def _announced(url: str, plan: Plan) -> str:
    from sse_inspect.config import shown_url
    from sse_inspect.present.units import count, duration

    spread = f" in {plan.workers} processes" if plan.workers > 1 else ""
    return (
        f"{count(plan.clients)} clients{spread}, {plan.ramp:g} more each second, for {duration(plan.seconds)}: "
        f"{shown_url(url)}"
    )


def _status(result: Result, signal: int | None) -> int:
    if signal is not None:
        return exits.SIGNALLED + signal
    if result.hindered:
        return exits.WRONG_USE
    if not result.connected:
        return exits.NEVER_CONNECTED
    return exits.DONE if result.is_good else exits.FAILED


def _say(line: str) -> None:
    from sse_inspect.present.safe import visible

    if sys.stderr:
        sys.stderr.write(f"{visible(line)}\n")
        sys.stderr.flush()


def _write(result: Result, outputs: dict[str, str]) -> None:
    """Write the reports that were asked for, files first, and the lines on stdout, unless a report goes there."""
    import shutil

    from sse_inspect.cli.tail import has_colours
    from sse_inspect.load.report.html import to_html
    from sse_inspect.load.report.json import to_json
    from sse_inspect.load.report.terminal import lines
    from sse_inspect.present import ansi

    spelled: dict[str, Callable[[Result], str]] = {"json": to_json, "html": to_html}
    failure: SseInspectError | None = None
    for name, file in outputs.items():
        if file == values.STDOUT:
            continue
        try:
            Path(file).expanduser().write_text(spelled[name](result), encoding="utf-8", newline="")
        except OSError as error:
            failure = SseInspectError(f"--{name}: {file} cannot be written ({error.strerror}).")
    to_stdout = next((name for name, file in outputs.items() if file == values.STDOUT), None)
    if to_stdout is not None:
        sys.stdout.write(spelled[to_stdout](result))
    else:
        for line in lines(result, shutil.get_terminal_size((100, 24)).columns):
            text = ansi.painted(line) if has_colours() else "".join(text for text, _ in line)
            sys.stdout.write(f"{text.rstrip()}\n")
    sys.stdout.flush()
    if failure is not None:
        raise failure


COMMAND = Command((*LOAD_OPTIONS, *SHARED_OPTIONS), run, takes_url=True, holds_signals=True)
