"""Where Prometheus fetches the numbers: a small HTTP server on threads of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, start_http_server

from sse_inspect.monitoring.exposition import Exposition


class Scrape:
    """Answers scrapes from when it is made until `close`; port 0 takes a free one.

    Raises OSError where it cannot listen. `version` is that of this program.
    """

    def __init__(self, host: str, port: int, version: str) -> None:
        self.exposition = Exposition(version)
        registry = CollectorRegistry()
        registry.register(self.exposition)
        self._server, self._thread = start_http_server(port, addr=host, registry=registry)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_port}/metrics"

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
