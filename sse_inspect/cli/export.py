"""`sse-inspect export FILE`: a recorded session, or what `open` reads, as NDJSON, HAR, CSV or the raw bytes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sse_inspect.cli import exits, values
from sse_inspect.cli.options import OUTPUT, Command, Given, Option, understood
from sse_inspect.cli.progress import Bar
from sse_inspect.cli.source import ENTRY, STDIN, named, ready
from sse_inspect.errors import CaptureError, UsageError

if TYPE_CHECKING:
    from sse_inspect.exporting import Format, Redaction, Selection
    from sse_inspect.exporting.redaction import Rule
    from sse_inspect.inputs import Input
    from sse_inspect.inspection import Inspection
    from sse_inspect.records import Origin, Record
    from sse_inspect.store.capture.facts import Facts
    from sse_inspect.store.capture.reader import CaptureReader

FORMATS = ("ndjson", "har", "csv", "raw")
WHAT, SECRETS = "What to export", "Secrets"
SPOOL_BYTES = 16 << 20
"""Bytes of an archive's events that wait in memory before they wait in a temporary file."""

YEAR_3000 = 32_503_680_000
LONGEST = 100 * 366 * 86_400.0
"""Seconds since the epoch, and seconds that a session can last: what a calendar has room for."""

_CLOCK = re.compile(r"(?:([0-9]{1,6}):)?([0-9]{1,6}):([0-5]?[0-9](?:\.[0-9]*)?)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(given: str) -> float | datetime:
    """A moment of the session: seconds such as `12.5`, `mm:ss`, `hh:mm:ss`, or an instant as RFC 3339 has it."""
    clock = _CLOCK.fullmatch(given.strip())
    if clock:
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3])
    try:
        if "-" not in given[1:]:
            return values.seconds(given)
        instant = datetime.fromisoformat(given.strip())
    except ValueError:
        raise ValueError(
            f"{values.shown(given)} is no moment; expected seconds such as 12.5, mm:ss, hh:mm:ss, or an instant such "
            "as 2026-11-23T10:00:00Z."
        ) from None
    if instant.tzinfo is None:
        raise ValueError(f"{values.shown(given)} names no time zone; put Z or an offset such as +01:00 behind it.")
    return instant


def rule(given: str) -> tuple[Rule]:
    """What to mask: `data.user.email`, or `/regex/`."""
    from sse_inspect.exporting import Regex
    from sse_inspect.exporting.json_path import json_path

    if len(given) > 2 and given.startswith("/") and given.endswith("/"):
        values.pattern(given[1:-1])  # refuses what could take for ever; what is to be hidden is looked for everywhere
        return (Regex(given, re.compile(given[1:-1])),)
    return (json_path(values.text(given)),)


OPTIONS = (
    Option(
        "format",
        ("-f", "--format"),
        "|".join(FORMATS),
        "One JSON object per record as `tail` writes it, an HTTP Archive, one row per event (what a spreadsheet would "
        "take for a formula begins with '), or the bytes of the bodies. [ndjson]",
        OUTPUT,
        values.choice(*FORMATS),
    ),
    Option("output", ("-o", "--output"), "FILE", "File to write; - for stdout. [-]", OUTPUT, values.text),
    Option("force", ("--force",), "", "Replace the file if it exists.", OUTPUT),
    ENTRY,
    Option(
        "start",
        ("--from",),
        "TIME",
        "Begin there. Since the session began: 12.5 or 90s (seconds), 2m, 12:34 (mm:ss), 1:02:03 (hh:mm:ss). By the "
        "clock: an RFC 3339 instant, such as 2026-11-23T17:54:12Z or 2026-11-23T18:54:12.5+01:00.",
        WHAT,
        moment,
    ),
    Option("end", ("--to",), "TIME", "End there, that moment included; written as for --from.", WHAT, moment),
    Option(
        "filter",
        ("--filter",),
        "EXPR",
        "Only what the filter of the screen lets through, such as 'type:tick,trade size>1k -is:dup': all terms must "
        "hold, of values with commas between any one does, and - turns a term round. With this, --from or --to the "
        "bodies of raw and har are the blocks of the events that are left.",
        WHAT,
        values.text,
    ),
    Option("connection", ("--connection",), "N", "Only this connection, counted from 1.", WHAT, values.integer),
    Option(
        "redact",
        ("--redact",),
        "PATH",
        "Mask these values in event data: a path such as data.user.email, data.items[*].name or data..token, or a "
        "/regex/; may be repeated. Sizes stay as they are.",
        SECRETS,
        rule,
        many=True,
    ),
    Option(
        "keep_secrets",
        ("--keep-secrets",),
        "",
        "Leave the credentials and cookies in that were recorded with --keep-secrets.",
        SECRETS,
    ),
)


def run(given: Given) -> int:
    """Run the command."""
    from sse_inspect.cli.destination import STDOUT, refuse_existing
    from sse_inspect.cli.signals import interruptible

    settings = understood(OPTIONS, given)
    output = settings.setdefault("output", STDOUT)
    written = given["file"] or []
    if STDIN in written and output != STDOUT:  # before a stream is read that comes only once
        refuse_existing(Path(output).expanduser(), "force" in settings)
    with named(written) as path:
        return interruptible(lambda: _export(path, settings))


def _export(path: Path, settings: dict[str, Any]) -> int:
    from sse_inspect.cli.destination import STDOUT, destination
    from sse_inspect.exporting import Redaction
    from sse_inspect.store.capture.reader import CaptureReader

    output = settings["output"]
    with (
        ready(path, settings.get(ENTRY.name), with_index=False) as capture,
        closing(CaptureReader(capture)) as reader,
    ):
        if not 0 <= reader.origin.unix_us <= YEAR_3000 * 1_000_000:
            raise CaptureError("the capture is damaged: it begins at a time that no clock shows.")
        selection = _selection(settings, reader.origin)
        redaction = Redaction(settings["redact"]) if "redact" in settings else None
        shows = output != STDOUT or not sys.stdout.isatty()
        with destination(output, path, force="force" in settings) as file, Bar("export", wanted=shows) as bar:
            inspection, count = _write(reader, selection, redaction, settings, file.write, bar)
        _tell(reader, path.name, selection, redaction, inspection, count)
    return exits.DONE


def _selection(settings: dict[str, Any], origin: Origin) -> Selection:
    from sse_inspect.exporting import Selection
    from sse_inspect.store.filter import parse_filter

    bounds = [flag for flag, name in (("--from", "start"), ("--to", "end")) if name in settings]
    if bounds and not origin.has_arrivals:
        raise UsageError(bounds[0], "nothing tells when events came; leave --from and --to out.")
    start = _since_begin("--from", settings.get("start", 0.0), origin)
    end = _since_begin("--to", settings.get("end", inf), origin)
    if start > end:
        raise UsageError("--to", "it is before --from; expected a later moment.")
    connection = settings.get("connection")
    if connection is not None and connection < 1:
        raise UsageError("--connection", f"{connection} is no connection; expected 1 or more.")
    try:
        wanted = parse_filter(settings["filter"]) if "filter" in settings else None
    except UsageError as error:
        raise UsageError("--filter", error.message) from None
    return Selection(start, end, wanted, connection)


def _since_begin(flag: str, given: float | datetime, origin: Origin) -> float:
    if isinstance(given, datetime):
        if not origin.is_known:
            raise UsageError(flag, "nothing tells what time it was; expected a time since the session began.")
        return ((given - _EPOCH) // timedelta(microseconds=1) - origin.unix_us) / 1e6
    return given


def _write(
    reader: CaptureReader,
    selection: Selection,
    redaction: Redaction | None,
    settings: dict[str, Any],
    write: Callable[[bytes], object],
    progress: Callable[[float], object],
) -> tuple[Inspection, int]:
    """Handle the session again up to the end of the selection, and write what is selected.

    Returns what knows the session, and how many records were selected.
    """
    from tempfile import SpooledTemporaryFile

    from sse_inspect.conversion import Moment, inspection_of
    from sse_inspect.exporting import Exporter
    from sse_inspect.store.capture.facts import redacted_input

    keep_secrets = "keep_secrets" in settings
    facts = reader.facts if keep_secrets else _redacted(reader.facts)
    moment = Moment()
    inspection = inspection_of(facts, moment)

    def take(happened: Input, connection: int, records: Sequence[Record]) -> None:
        for piece in exporter.take(happened, connection, records):
            write(piece)

    inspection.tap_inputs(take)
    with SpooledTemporaryFile(SPOOL_BYTES) as spool:
        form = _format(settings.get("format", "ndjson"), facts, reader.origin, spool)
        exporter = Exporter(form, selection, redaction, limit=facts.policy.max_event_bytes, older=reader.body)
        whole = min(selection.end, reader.end) or 1.0
        for number, (_, happened) in enumerate(reader.inputs()):
            if number % 64 == 0:
                progress(moment.t / whole)
            if not 0.0 <= happened.t <= LONGEST:
                raise CaptureError("the capture is damaged: it holds a time that no session reaches.")
            moment.t = max(moment.t, happened.t)
            inspection.handle(happened if keep_secrets else redacted_input(happened))
            if moment.t > selection.end:
                break
        there_are = inspection.session.connection
        if selection.connection is not None and selection.connection > there_are:
            raise UsageError("--connection", f"there is no {selection.connection}, the capture holds {there_are}.")
        for piece in exporter.finish():
            write(piece)
    return inspection, exporter.selected


def _redacted(facts: Facts) -> Facts:
    """The facts as they are kept without secrets."""
    return facts.from_rows(replace(facts, keep_secrets=False).to_rows())


def _format(name: str, facts: Facts, origin: Origin, spool: IO[bytes]) -> Format:
    match name:
        case "har":
            from sse_inspect.exporting.har import Har

            return Har(facts, origin, spool)
        case "csv":
            from sse_inspect.exporting.csv import Csv

            return Csv(origin)
        case "raw":
            from sse_inspect.exporting.raw import Raw

            return Raw()
    from sse_inspect.exporting.ndjson import Ndjson

    return Ndjson(origin)


def _tell(
    reader: CaptureReader,
    name: str,
    selection: Selection,
    redaction: Redaction | None,
    inspection: Inspection,
    count: int,
) -> None:
    """Say on stderr what a reader of the export would wonder about."""
    said = [f"{name} is {reader.facts.note}."] if reader.facts.note else []
    if not count:
        begin = reader.origin.at(0.0).astimezone().isoformat(timespec="seconds") if reader.origin.is_known else "0"
        said.append(
            f"nothing was selected: the session begins at {begin} and lasts {reader.end:.1f} s; "
            "--from and --to count from its begin unless they name a date."
        )
    if not reader.is_complete and not inspection.snapshot().ended and selection.end == inf:
        said.append(
            f"{name} does not hold the end of its session, which was cut off or goes on: "
            "there is no `end` and no `summary`."
        )
    if redaction is not None and redaction.unused:
        said.append(f"--redact: nothing was masked by {', '.join(redaction.unused)}.")
    if said and sys.stderr:
        from sse_inspect.present.safe import visible

        sys.stderr.writelines(f"sse-inspect: {visible(sentence)}\n" for sentence in said)


COMMAND = Command(OPTIONS, run, takes_file=True, holds_signals=True)
