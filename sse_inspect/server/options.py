"""How the reference server is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sse_inspect.server.behaviour import Behaviour
from sse_inspect.server.script import Script


@dataclass(frozen=True)
class ServerOptions:
    """Address, bounds and defaults; seconds and bytes.

    `port` 0 takes a free one. `defaults` is what a request without query parameters gets. `scripts` are scenarios
    by path. `linger` is how long a stream runs on that nobody listens to. A client that takes nothing for
    `write_timeout` while more than `write_buffer` is waiting for it is dropped.
    """

    host: str = "127.0.0.1"
    port: int = 0
    defaults: Behaviour = field(default_factory=Behaviour)
    scripts: Mapping[str, Script] = field(default_factory=dict)
    seed: int = 1
    linger: float = 3600.0
    max_streams: int = 1000
    max_connections: int = 10_000
    request_timeout: float = 10.0
    write_timeout: float = 30.0
    write_buffer: int = 64 * 1024
    max_head: int = 16 * 1024
    max_body: int = 1024 * 1024
