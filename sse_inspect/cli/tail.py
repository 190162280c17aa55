"""`sse-inspect tail URL`: the records on standard output, one per line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from sse_inspect.cli import exits, values
from sse_inspect.cli.options import OUTPUT, SHARED, Command, Given, Option, connecting, keeping, planned, understood
from sse_inspect.cli.reporting import REPORTING, Reporting, reporting
from sse_inspect.config import Keep, Policy, Target
from sse_inspect.errors import BugError, UsageError
from sse_inspect.faults import Plan
from sse_inspect.records import PIECE, End, Event, Open, Origin, Record, in_pieces, json_pieces

if TYPE_CHECKING:
    from sse_inspect.inspection import Inspection
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
    return tail(target, policy, keeping(given), form, planned(given), reporting(given))


def tail(
    target: Target,
    policy: Policy,
    keep: Keep,
    form: str,
    plans: Sequence[Plan] = (),
    report: Reporting | None = None,
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
    try:
        return _written(live, policy, form, lambda: write_report(report, live, keep))
    finally:
        tell_not_recorded(live)


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

    from sse_inspect.cli.output import Output
    from sse_inspect.cli.signals import signals_wake, stop_on_signal

    async def session() -> None:
        loop = asyncio.get_running_loop()
        with signals_wake(loop):
            if received.signal is not None:  # it came before there was a session to hear of it
                loop.call_soon(live.stop)
            await live.run()

    with stop_on_signal(live.stop) as received, Output(sys.stdout.fileno(), live.stop) as output:
        if form == "raw" and policy.count is None and policy.until is None:
            live.inspection.tap_body(output.write)
        elif form == "raw":
            body = _BodyToLimit(output.write)
            live.inspection.tap_body(body.take)
            live.inspection.tap(body.tell)
        else:
            live.inspection.tap(_writer(form, live.inspection, output.write))
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


def _writer(form: str, inspection: Inspection, write: Callable[[bytes], None]) -> Callable[[Sequence[Record]], None]:
    """A tap that writes every batch in this form, piece by piece where there is much of it."""
    line_of = _FORMS[form]
    encoding = sys.stdout.encoding if form == "pretty" else "utf-8"

    def tap(records: Sequence[Record]) -> None:
        pieces: list[str] = []
        size = 0
        for record in records:
            line = line_of(record, inspection.origin)
            if line is None:
                continue
            for piece in line:
                pieces.append(piece)
                size += len(piece)
                if size >= PIECE:
                    write("".join(pieces).encode(encoding, "replace"))
                    pieces.clear()
                    size = 0
            pieces.append("\n")
        write("".join(pieces).encode(encoding, "replace"))

    return tap


class _BodyToLimit:
    """Writes the bodies up to the event that ends the session, its blank line included.

    Bytes are held back until it is known whether they are to be written: until records come of them, or further bytes.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._held = b""
        self._end = 0

    def take(self, data: bytes) -> None:
        """The next bytes of a body; called before `tell` is with the records they lead to."""
        self._write(self._held)
        self._held = data
        self._end += len(data)

    def tell(self, records: Sequence[Record]) -> None:
        """What the bytes led to, or anything else that happened."""
        event: Event | None = None
        rest = 0
        for record in records:
            match record:
                case Event():
                    event = record
                case End(reason="limit") if event is not None:
                    rest = self._behind(event)
        self._write(self._held[: len(self._held) - rest])
        self._held = b""
        if any(isinstance(record, Open) for record in records):
            self._end = 0

    def _behind(self, event: Event) -> int:
        """How many of the bytes that are held stand behind the block of the event."""
        rest = self._end - event.offset - event.size
        at = len(self._held) - rest
        return rest - (self._held[at - 1 : at + 1] == b"\r\n")  # sizes leave the LF of the last CRLF out


def pretty(record: Record, origin: Origin) -> Iterable[str]:
    """The record as a line for people, coloured where standard output shows colours."""
    from sse_inspect.present import ansi
    from sse_inspect.present import pretty as lines

    return (ansi.painted(lines.pretty_line(record, origin)) if has_colours() else lines.pretty(record, origin),)


def has_colours() -> bool:
    """Whether what is written to standard output may be coloured."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return not plain and sys.stdout is not None and sys.stdout.isatty()


def _data(record: Record, _origin: Origin) -> Iterable[str] | None:
    return in_pieces(record.data) if isinstance(record, Event) and not record.duplicate else None


_FORMS: dict[str, Callable[[Record, Origin], Iterable[str] | None]] = {
    "ndjson": json_pieces,
    "pretty": pretty,
    "data": _data,
}


COMMAND = Command(
    "tail",
    "Write the records to stdout, one a line, without a screen.",
    (FORMAT, *SHARED, *REPORTING),
    run,
    takes_url=True,
    holds_signals=True,
)
