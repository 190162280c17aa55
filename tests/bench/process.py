"""Contenders in processes of their own: each begins with the same heap, and tells what it measured as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.peers import ROOT


def worker(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of `tests.bench.workers` on the Python of this project."""
    return [sys.executable, "-m", f"tests.bench.workers.{name}", *arguments]


def told(command: Sequence[str | Path]) -> dict[str, Any]:
    """Run it; what it wrote on the last line of standard output, which is JSON. Raises CalledProcessError."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
