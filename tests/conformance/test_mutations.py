"""Would the tests notice? Ten and more faults, each planted in a copy of the package, each found by the tests named.

By night: every fault costs a run of pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conformance.program import ROOT

pytestmark = pytest.mark.slow

CASES = "tests/conformance/test_cases.py"
VECTORS = "tests/wire/test_vectors.py"
LIFE = "tests/session/test_life.py"
IDS = "tests/session/test_event_ids.py"


@dataclass(frozen=True)
class Fault:
    """In `file` of the package `old` becomes `new`; the conformance cases chosen by `cases` and `others` find it."""

    name: str
    file: str
    old: str
    new: str
    breaks: str
    cases: str
    others: str = ""


FAULTS = (
    Fault(
        "space",
        "wire/block.py",
        'del first[: colon + 1 + first.startswith(b" ", colon + 1)]',
        "del first[: colon + 1]",
        "the space after the colon of a line that two chunks share stays",
        "cut-",
        VECTORS,
    ),
    Fault(
        "nul",
        "wire/block.py",
        'elif "\\0" not in text:',
        "else:",
        "an ID with NUL is taken",
        "id-with-nul-is-ignored or last-id-nul",
        VECTORS,
    ),
    Fault(
        "mark",
        "wire/parser.py",
        "self._skip = BOM_UTF8",
        'self._skip = b""',
        "a byte order mark makes the first field unknown",
        "bom-",
        VECTORS,
    ),
    Fault(
        "digits",
        "wire/block.py",
        "elif value.isdigit():",
        "elif value.strip().isdigit():",
        "a retry with spaces is taken",
        "retry-only-ascii-digits",
        VECTORS,
    ),
    Fault(
        "cr",
        "wire/parser.py",
        "        if data.endswith(CR):\n            self._skip = LF\n",
        "",
        "a CRLF that two chunks share is two ends of lines",
        "cut-",
        VECTORS,
    ),
    Fault(
        "outlives",
        "session/intake.py",
        "self._parser = Parser(max_event_bytes=self._policy.max_event_bytes, last_event_id=self.last_event_id)",
        "self._parser = Parser(max_event_bytes=self._policy.max_event_bytes)",
        "the last event ID string dies with the connection",
        "last-id-is-sent or last-id-outlives",
    ),
    Fault(
        "restart-of-delays",
        "session/machine.py",
        "if self._intake.here_events:\n            self._delays.reset()",
        "if self._intake.here_bytes:\n            self._delays.reset()",
        "a comment starts the delays again",
        "backoff-begins-again",
    ),
    Fault(
        "in-a-row",
        "session/machine.py",
        "self.attempt = self._failed_in_a_row = 0",
        "self.attempt = 0",
        "--max-retries counts over opens",
        "max-retries-starts-again",
        LIFE,
    ),
    Fault(
        "floor",
        "session/backoff.py",
        "max(floor, min(policy.backoff_max, grown))",
        "min(policy.backoff_max, grown)",
        "the maximum shortens what the server asked for, but for the last guard",
        "",
        "tests/session/test_backoff.py",
    ),
    Fault(
        "status",
        "session/outcome.py",
        "_RETRIED = frozenset({408, 425, 429})",
        "_RETRIED = frozenset({408, 429})",
        "425 is fatal",
        "status-425",
    ),
    Fault(
        "forced",
        "session/machine.py",
        'if self.state is State.OPEN:\n            self._disconnect(t, "forced", detail or reason)\n',
        "if False:\n            pass\n",
        "the connection open at the end gets no disconnect",
        "end-forced or count-stops",
        LIFE,
    ),
    Fault(
        "resumed",
        "session/machine.py",
        "if self.stalled:\n            self.stalled = False\n",
        "if self.stalled:\n",
        "every chunk after a stall is a resumption",
        "stall-twice or stall-alert",
        LIFE,
    ),
    Fault(
        "other-data",
        "session/event_ids.py",
        "if isinstance(seen, int) and isinstance(digest, int) and seen != digest:",
        "if False:",
        "an ID with other data is a duplicate",
        "ids-same-with-other-data",
        IDS,
    ),
    Fault(
        "filled",
        "session/event_ids.py",
        "            result.replayed = self._reconnected\n            self.missing -= 1\n",
        "            result.replayed = self._reconnected\n",
        "what was filled stays missing",
        "ids-gap-filled",
        IDS,
    ),
)


def copy_of_the_package(folder: Path) -> Path:
    """The package, and beside it the tests as they are."""
    shutil.copytree(ROOT / "sse_inspect", folder / "sse_inspect", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tests", "README.md"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
    return folder


def fails(folder: Path, arguments: list[str]) -> bool:
    """Run these tests against the copy; whether some fail. That none ran is an error."""
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:xdist", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return result.returncode == 1


def runs(fault: Fault) -> list[list[str]]:
    """What finds the fault: each of these alone."""
    cases = [[CASES, "-k", f"in_this_process and ({fault.cases})"]] if fault.cases else []
    return cases + ([[fault.others]] if fault.others else [])


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_fault_is_found(fault: Fault, tmp_path: Path) -> None:
    folder = copy_of_the_package(tmp_path)
    path = folder / "sse_inspect" / fault.file
    source = path.read_text()
    assert source.count(fault.old) == 1, "the fault has no place any more"
    path.write_text(source.replace(fault.old, fault.new))
    for arguments in runs(fault):
        assert fails(folder, arguments), f"{fault.breaks}: not found by {arguments}"


def test_without_a_fault_nothing_fails(tmp_path: Path) -> None:
    """Else every fault would be found."""
    chosen = " or ".join(fault.cases for fault in FAULTS if fault.cases)
    others = sorted({fault.others for fault in FAULTS if fault.others})
    folder = copy_of_the_package(tmp_path)
    assert not fails(folder, [CASES, "-k", f"in_this_process and ({chosen})"])
    assert not fails(folder, others)
