"""`sse-inspect watch FILE`: several endpoints without a screen, to be left running."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sse_inspect.cli import exits, values
from sse_inspect.cli.metrics import METRICS, Exposure
from sse_inspect.cli.options import KEEP_SECRETS, OUTPUT, Command, Given, Option, understood
from sse_inspect.errors import UsageError

if TYPE_CHECKING:
    from sse_inspect.monitoring.telling import Note
    from sse_inspect.monitoring.watching import Watching
    from sse_inspect.records import Origin, Record


def _folder(given: str) -> Path:
    """A folder, or where one can be made."""
    path = Path(given).expanduser()
    if not given or (path.exists() and not path.is_dir()):
        raise ValueError(f"{values.shown(given)} is no folder.")
    if not path.parent.is_dir():
        raise ValueError(f"{values.shown(given)} is no folder, nor is {values.shown(str(path.parent))} one.")
    return path


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(RECORD.flag, f"{values.shown(str(folder))} cannot be made ({error.strerror}).") from None
    return folder


RECORD = Option(
    "record",
    ("--record",),
    "FOLDER",
    "Write a capture of every session into FOLDER, which is made if need be.",
    OUTPUT,
    _folder,
)
KIND = 10
"""Cells that the kind of a line takes, as that of a record does."""
OPTIONS = (METRICS, RECORD, KEEP_SECRETS)
MOST_SCRAPED = 500
"""Endpoints that one scrape tells of: some 4 MB, and a second where the machine has other things to do."""
CONNECTION, RECORDED = 2, 5
"""Open files of an endpoint, which may try two addresses at once, and of its capture."""


def run(given: Given) -> int:
    """Run the command."""
    settings = understood(OPTIONS, given)
    if "keep_secrets" in settings and "record" not in settings:
        raise UsageError(KEEP_SECRETS.flag, "there is no capture for it; give --record FOLDER too.")
    from sse_inspect.cli.watched import read
    from sse_inspect.load.files import make_room

    file = _file(given["file"] or [])
    endpoints = read(file)
    count = f"{len(endpoints):,} endpoints"
    if METRICS.name in settings and len(endpoints) > MOST_SCRAPED:
        raise UsageError(
            METRICS.flag,
            f"one scrape tells of {MOST_SCRAPED} at most, and these are {count}; share them out to several files.",
        )
    files = len(endpoints) * (CONNECTION + RECORDED if "record" in settings else CONNECTION)
    raised = make_room(files, str(file), count, "share them out to several files")
    record = _made(settings["record"]) if "record" in settings else None
    with Exposure(given) as exposure:
        exposure.tell()
        if raised and sys.stderr:
            sys.stderr.write(f"sse-inspect: {raised}\n")
        from sse_inspect import __version__
        from sse_inspect.monitoring.watching import Watching

        lines = Lines(max(len(each.name) for each in endpoints))
        watching = Watching(
            endpoints,
            version=__version__,
            say=lines.say,
            remark=lines.remark,
            complain=lines.complain,
            show=exposure.watch,
            record=record,
            keep_secrets="keep_secrets" in settings,
        )
        return _until_stopped(watching)


def _file(written: list[str]) -> Path:
    if len(written) != 1:
        found = "none was given" if not written else f"only one is taken, and {values.shown(written[1])} is left over"
        raise UsageError("FILE", f"{found}; expected a TOML file such as endpoints.toml.")
    if not written[0]:
        raise UsageError("FILE", "its name is empty; expected a TOML file such as endpoints.toml.")
    return Path(written[0])


def _until_stopped(watching: Watching) -> int:
    import asyncio

    from sse_inspect.cli.signals import signals_wake, stop_on_signal

    async def all_of_them() -> None:
        with signals_wake(asyncio.get_running_loop()):
            await watching.run()

    with stop_on_signal(watching.stop) as received:
        asyncio.run(all_of_them())
    if received.signal is not None:
        return exits.SIGNALLED + received.signal
    given_up = any(end.reason == "max-retries" for end in watching.ends.values())
    return exits.FAILED if given_up else exits.DONE


class Lines:
    """Lines on standard error, each begun with the name of its endpoint; all names take `width` cells."""

    def __init__(self, width: int) -> None:
        self._width = width

    def say(self, name: str, record: Record, origin: Origin) -> None:
        """Tell a record."""
        from sse_inspect.present.pretty import pretty

        self._write(name, pretty(record, origin))

    def remark(self, name: str, note: Note) -> None:
        """Tell what is no record, in the same columns."""
        from sse_inspect.present.safe import fit

        at = datetime.now().astimezone().strftime("%H:%M:%S.%f")[:-3]
        self._write(name, f"{at}  {fit(note.kind, KIND)}  {note.text}")

    def complain(self, name: str, why: str) -> None:
        """Tell why an endpoint is not recorded."""
        from sse_inspect.present.safe import visible

        self._write(name, f"--record: {visible(why)} The session goes on.")

    def _write(self, name: str, text: str) -> None:
        if sys.stderr:
            with suppress(OSError):  # that nobody reads it any more is no reason to watch no more
                sys.stderr.write(f"{name:<{self._width}}  {text}\n")


COMMAND = Command(OPTIONS, run, takes_file=True, holds_signals=True)
