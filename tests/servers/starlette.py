"""sse-starlette under uvicorn, and under hypercorn over HTTP/2."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from tests.servers.installing import python, python_version
from tests.servers.running import APPS, CERTIFICATE, Server


class Uvicorn(Server):
    """Over HTTP/1.1, without TLS."""

    title = "sse-starlette, uvicorn"
    ids = r"\d+"
    line_end = b"\r\n"
    """What sse-starlette ends lines with, unless told otherwise."""
    comment = "ping - "
    """With the time of the server behind it."""
    killed = ("truncated", "reset")
    """The body is chunked: without its last chunk it is not complete."""
    verdicts: ClassVar = {"ordinary-client": ("warning",)}  # its comments have a blank line behind them

    @property
    def version(self) -> str:
        interpreter = _interpreter()
        return ", ".join(
            f"{name} {python_version(interpreter, name.replace('-', '_'))}" for name in ("sse-starlette", "uvicorn")
        )

    def argv(self) -> list[str]:
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--log-level", "warning"]
        return [str(_interpreter()), "-m", "uvicorn", *options, "starlette_feed:app", "--app-dir", str(APPS)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed"

    @property
    def idle_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/idle"

    @property
    def forgetful_url(self) -> str:
        """The same events for an application that keeps none of them."""
        return f"http://127.0.0.1:{self.port}/forgetful"


class Hypercorn(Server):
    """Over TLS, where HTTP/2 is agreed on."""

    title = "sse-starlette, hypercorn HTTP/2"
    ids = r"\d+"
    line_end = b"\r\n"
    """What sse-starlette ends lines with, unless told otherwise."""
    comment = "ping - "
    """With the time of the server behind it."""
    killed = ("truncated", "reset")
    """The stream of HTTP/2 has no end."""
    verdicts: ClassVar = {
        "half-event": ("unknown",),  # half of a frame of HTTP/2 is no part of an event: none can be cut in half
        "ordinary-client": ("warning",),  # its comments have a blank line behind them
    }
    options = ("--http2", "--cacert", str(CERTIFICATE))

    @property
    def version(self) -> str:
        interpreter = _interpreter()
        return ", ".join(
            f"{name} {python_version(interpreter, name.replace('-', '_'))}" for name in ("sse-starlette", "hypercorn")
        )

    def argv(self) -> list[str]:
        tls = ["--certfile", str(CERTIFICATE), "--keyfile", str(CERTIFICATE)]
        options = ["--workers", "0", "--bind", f"127.0.0.1:{self.port}", "--log-level", "warning", *tls]
        return [str(_interpreter()), "-m", "hypercorn", *options, "starlette_feed:app"]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(APPS)}

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/feed"

    @property
    def idle_url(self) -> str:
        return f"https://127.0.0.1:{self.port}/idle"


def _interpreter() -> Path:
    return python("sse-starlette==3.7.0", "uvicorn==0.54.0", "hypercorn==0.18.0")
