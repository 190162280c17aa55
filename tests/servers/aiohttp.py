"""aiohttp-sse, under aiohttp's own server."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from tests.servers.installing import python, python_version
from tests.servers.running import APPS, Server


class Aiohttp(Server):
    """Over HTTP/1.1."""

    title = "aiohttp-sse"
    ids = r"\d+"
    line_end = b"\r\n"
    comment = "ping"
    killed = ("truncated", "reset")
    """The body is chunked: without its last chunk it is not complete."""
    verdicts: ClassVar = {"ordinary-client": ("warning",)}  # its comments have a blank line behind them

    @property
    def version(self) -> str:
        interpreter = _interpreter()
        return ", ".join(
            f"{name} {python_version(interpreter, name.replace('-', '_'))}" for name in ("aiohttp-sse", "aiohttp")
        )

    def argv(self) -> list[str]:
        return [str(_interpreter()), str(APPS / "aiohttp_feed.py"), str(self.port)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed"

    @property
    def idle_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/idle"


def _interpreter() -> Path:
    return python("aiohttp-sse==3.0", "aiohttp==3.14.5")
