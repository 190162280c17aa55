"""The Python SDK of the Model Context Protocol: its streams belong to a session, which has to be begun first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

import httpx

from tests.servers.installing import python, python_version
from tests.servers.running import APPS, Server

PROTOCOL = "2025-11-25"
ACCEPT = "application/json, text/event-stream"


class Mcp(Server):
    """Over HTTP/1.1; `options` are those of a session that gets notifications on the stream of its own."""

    title = "MCP Python SDK"
    ids = r"_GET_stream-\d+"
    """The SDK's name of the session's own stream; the count behind it is the store's of the app."""
    line_end = b"\r\n"
    """It sends by sse-starlette."""
    comment = None
    """It has pings of sse-starlette every 15 s, which cannot be configured."""
    killed = ("truncated", "reset")
    """The body is chunked: without its last chunk it is not complete."""
    verdicts: ClassVar = {
        "resume-parameter": ("warning",),  # the protocol has the header only
        "retry": ("unknown",),  # it comes with the first event of a stream that is resumed: too late for that reconnect
        # After a replay the stream is live again a moment later: what comes between is held, and sent to nobody. And
        # each resumption takes an ID for an empty event, which is not sent again if the connection ends before it.
        **dict.fromkeys(("disconnect", "off-on", "offline", "stall", "handoff", "half-event"), ("pass", "fail")),
    }

    @property
    def version(self) -> str:
        return f"mcp {python_version(_interpreter(), 'mcp')}"

    def argv(self) -> list[str]:
        return [str(_interpreter()), str(APPS / "mcp_feed.py"), str(self.port)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    @property
    def idle_url(self) -> str:
        return self.url

    def start(self) -> None:
        super().start()
        self.options = self.session()
        self._post(self.call("feed"), self.options)

    def session(self) -> tuple[str, ...]:
        """Begin a session; gives the options by which a client belongs to it."""
        hello = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
        asked = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello})
        answer = self._post(asked, ())
        name = answer.headers["mcp-session-id"]
        options = ("-H", f"Mcp-Session-Id: {name}", "-H", f"Mcp-Protocol-Version: {PROTOCOL}")
        self._post(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}), options)
        return options

    @staticmethod
    def call(tool: str, **arguments: int) -> str:
        """The body that calls a tool and asks for its progress."""
        params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": "p"}}
        return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})

    def _post(self, body: str, options: tuple[str, ...]) -> httpx.Response:
        headers = {"Accept": ACCEPT, "Content-Type": "application/json"}
        headers |= dict(each.split(": ", 1) for each in options if each != "-H")
        answer = httpx.post(self.url, content=body, headers=headers, timeout=10, trust_env=False)
        answer.raise_for_status()
        return answer


def _interpreter() -> Path:
    return python("mcp==2.3.0")
