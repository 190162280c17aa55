"""The reference server: streams that behave, or misbehave on request, for `serve`, `demo` and tests."""

from __future__ import annotations

from sse_inspect.server.behaviour import Behaviour
from sse_inspect.server.options import ServerOptions
from sse_inspect.server.parameters import After
from sse_inspect.server.reference import ReferenceServer
from sse_inspect.server.thread import ServerThread

__all__ = ["After", "Behaviour", "ReferenceServer", "ServerOptions", "ServerThread"]
