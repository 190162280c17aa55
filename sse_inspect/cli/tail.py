"""`sse-inspect tail URL`: the records on standard output, one per line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sse_inspect.cli import exits, values
from sse_inspect.cli.options import OUTPUT, SHARED, Command, Given, Option, connecting, understood
from sse_inspect.config import Policy, Target
from sse_inspect.errors import BugError, UsageError
from sse_inspect.records import Event, Origin, Record, to_json

if TYPE_CHECKING:
    from sse_inspect.inspection import Inspection

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
    return tail(target, policy, understood((FORMAT,), given).get("format", "pretty"))


def tail(target: Target, policy: Policy, form: str) -> int:
    """Write the session to standard output until it ends; returns the exit status."""
    import asyncio

    from sse_inspect import __version__
    from sse_inspect.cli.output import Output
    from sse_inspect.cli.signals import signals_wake, stop_on_signal
    from sse_inspect.live import Live

    if sys.stdout is None:
        raise UsageError("stdout", "it is closed; there is nothing to write to.")

    async def session() -> None:
        loop = asyncio.get_running_loop()
        with signals_wake(loop):
            if received.signal is not None:  # it came before there was a session to hear of it
                loop.call_soon(live.stop)
            await live.run()

    live = Live(target, policy, version=__version__, keep=False)
    with stop_on_signal(live.stop) as received, Output(sys.stdout.fileno(), live.stop) as output:
        if form == "raw":
            live.inspection.tap_body(output.write)
        else:
            live.inspection.tap(_writer(form, live.inspection, output.write))
        asyncio.run(session())
    end = live.end
    if end is None:
        raise BugError("the session stopped without an end.")
    if form != "pretty" and end.reason in ("fatal", "max-retries") and sys.stderr:
        sys.stderr.write(f"sse-inspect: the session ended ({end.reason}): {end.detail}\n")
    return exits.exit_status(end, live.responded, received.signal)


def _writer(form: str, inspection: Inspection, write: Callable[[bytes], None]) -> Callable[[Sequence[Record]], None]:
    """A tap that writes every batch in this form."""
    line = _LINES[form]
    encoding = sys.stdout.encoding if form == "pretty" else "utf-8"

    def tap(records: Sequence[Record]) -> None:
        write("".join([line(record, inspection.origin) for record in records]).encode(encoding, "replace"))

    return tap


def _ndjson(record: Record, origin: Origin) -> str:
    return f"{to_json(record, origin)}\n"


def _pretty(record: Record, origin: Origin) -> str:
    from sse_inspect.present.pretty import pretty

    return f"{pretty(record, origin)}\n"


def _data(record: Record, _origin: Origin) -> str:
    return f"{record.data}\n" if isinstance(record, Event) and not record.duplicate else ""


_LINES: dict[str, Callable[[Record, Origin], str]] = {"ndjson": _ndjson, "pretty": _pretty, "data": _data}


COMMAND = Command(
    "tail",
    "Write the records to stdout, one per line, without a screen.",
    (FORMAT, *SHARED),
    run,
    takes_url=True,
)
