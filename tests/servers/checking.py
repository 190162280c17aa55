"""Which servers there are, and what `sse-inspect check` says about one of them."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.servers.aiohttp import Aiohttp
from tests.servers.better import Better
from tests.servers.mcp import Mcp
from tests.servers.nchan import Nchan
from tests.servers.running import Server
from tests.servers.starlette import Hypercorn, Uvicorn
from tests.servers.tailing import program

SERVERS: tuple[type[Server], ...] = (Nchan, Uvicorn, Hypercorn, Aiohttp, Better, Mcp)
LONGEST = 240
"""Seconds that a check may take."""


def check(server: Server) -> dict[str, Any]:
    """The report of a fast check, as JSON has it."""
    argv = program("check", server.url, *server.options, "--fast", "--json", "-")
    done = subprocess.run(argv, capture_output=True, text=True, timeout=LONGEST)
    assert done.returncode in (0, 1), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report
