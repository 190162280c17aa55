"""Servers for `serve`, `demo` and tests: streams that behave, or misbehave on request; a capture, served again."""

from __future__ import annotations

from sse_inspect.server.behaviour import Behaviour
from sse_inspect.server.options import ServerOptions
from sse_inspect.server.parameters import After
from sse_inspect.server.recording import Recording
from sse_inspect.server.reference import ReferenceServer
from sse_inspect.server.replay import ReplayServer
from sse_inspect.server.thread import ListenerThread, ServerThread

__all__ = [
    "After",
    "Behaviour",
    "ListenerThread",
    "Recording",
    "ReferenceServer",
    "ReplayServer",
    "ServerOptions",
    "ServerThread",
]
