"""better-sse, under Node's own server."""

from __future__ import annotations

import json
import subprocess
from typing import ClassVar

from tests.servers.installing import node
from tests.servers.running import APPS, Server

PACKAGE = "better-sse@0.16.1"


class Better(Server):
    """Over HTTP/1.1."""

    title = "better-sse"
    ids = r"\d+"
    line_end = b"\n"
    comment = ""
    """A keep-alive is a colon and nothing else."""
    killed = ("truncated", "reset")
    """The body is chunked: without its last chunk it is not complete."""
    verdicts: ClassVar = {"ordinary-client": ("warning",)}  # retry and comments have a blank line behind them

    @property
    def version(self) -> str:
        package = json.loads((node(PACKAGE) / "node_modules" / "better-sse" / "package.json").read_text())
        runtime = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
        return f"better-sse {package['version']}, Node {runtime.strip().removeprefix('v')}"

    def argv(self) -> list[str]:
        return ["node", str(APPS / "better_feed.mjs"), str(self.port), str(node(PACKAGE))]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed"

    @property
    def idle_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/idle"
