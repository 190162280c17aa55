"""`--report FILE`: a report of the session for a ticket, written when the session is over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sse_inspect.cli import values
from sse_inspect.cli.destination import destination, refuse_existing
from sse_inspect.cli.options import OUTPUT, Given, Option, understood
from sse_inspect.errors import UsageError

if TYPE_CHECKING:
    from sse_inspect.inspected import Told

SUFFIXES = (".md", ".html", ".json")


def _file(given: str) -> Path:
    """The name of a file whose end says what it is to be, in a folder that exists."""
    path = Path(given).expanduser()
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{values.shown(given)} tells no format; expected a name that ends with .md, .html or .json.")
    if not path.parent.is_dir():
        raise ValueError(f"{values.shown(given)} cannot be written; expected a file in a folder that exists.")
    return path


REPORT = Option(
    "report",
    ("--report",),
    "FILE",
    "Write a report of the session for a ticket to FILE in the end: Markdown, HTML or JSON by its name (.md, .html, "
    ".json); secrets redacted, and the bytes of events masked.",
    OUTPUT,
    _file,
)
REPORT_DATA = Option(
    "report_data",
    ("--report-data",),
    "",
    "Show in the report what is in the events too; their letters and digits are masked otherwise.",
    OUTPUT,
)
REPORTING = (REPORT, REPORT_DATA)


@dataclass(frozen=True, slots=True)
class Reporting:
    """Which report is to be written, and whether the data of events is shown in it."""

    path: Path
    with_data: bool

    def write(self, told: Told, capture: str) -> None:
        """Write it; `capture` is the file where the session can be looked at again, or empty.

        Raises UsageError for a file that came to be meanwhile, and SseInspectError where writing fails.
        """
        from sse_inspect import __version__
        from sse_inspect.ticket import report

        text = report(told, self.path.suffix.lower(), __version__, capture=capture, with_data=self.with_data)
        with destination(str(self.path), None, force=False, option=REPORT.flag) as file:
            file.write(text.encode())


def reporting(given: Given) -> Reporting | None:
    """The report that is asked for, if any; raises UsageError, also for a file that exists."""
    settings = understood(REPORTING, given)
    if REPORT.name not in settings:
        if REPORT_DATA.name in settings:
            raise UsageError(REPORT_DATA.flag, "there is no report for it; give --report FILE too.")
        return None
    refuse_existing(settings[REPORT.name], False, REPORT.flag)
    return Reporting(settings[REPORT.name], REPORT_DATA.name in settings)
