"""Where and with what a run was made: the versions of everything, the machine, the date."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench.peers import CURL, NODE, ROOT, installed

_OURS = ("httpx", "h11", "msgspec", "rich", "textual", "typer")


def about() -> dict[str, Any]:
    """Everything that a figure may depend on and that can be known."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _first_line("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "machine": {
            "system": platform.platform(),
            "processor": _processor(),
            "processors": os.cpu_count(),
            "load": os.getloadavg(),
        },
        "versions": {
            "python": sys.version.split()[0],
            "sqlite": sqlite3.sqlite_version,
            **{name: version(name) for name in _OURS},
            "curl": _first_line(CURL, "--version"),
            "node": _first_line(NODE, "--version"),
        },
        "peers": installed(),
    }


def _processor() -> str:
    with_name = [line for line in Path("/proc/cpuinfo").read_text().split("\n") if line.startswith("model name")]
    return with_name[0].partition(": ")[2] if with_name else platform.machine()


def _first_line(*command: str) -> str | None:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.partition("\n")[0]
    except (OSError, subprocess.CalledProcessError):
        return None
