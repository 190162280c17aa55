"""Where Prometheus fetches the numbers: a small HTTP server on threads of its own.

It may be asked by anybody who gets at the port, so it takes few requests at once, none for long, and says nothing.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from sse_inspect.monitoring.exposition import Exposition

PATHS = ("/metrics", "/")
AT_ONCE = 16
"""Requests at the same time; others are closed at once."""
SECONDS = 5.0
"""How long a request may take, from the connection to the last byte of the answer."""
_EVERY = 0.1
"""Seconds from one look at what takes too long to the next; `close` waits as long."""
TYPE = "text/plain; version=0.0.4; charset=utf-8"

_THIS_MACHINE = r"localhost|127(\.[0-9]{1,3}){1,3}|\[::1\]"
"""What every machine calls itself."""


class Scrape:
    """Answers scrapes from when it is made until `close`; port 0 takes a free one.

    Raises OSError where it cannot listen. `version` is that of this program.
    """

    def __init__(self, host: str, port: int, version: str) -> None:
        self.exposition = Exposition(version)
        registry = CollectorRegistry()
        registry.register(self.exposition)
        self._server = _Server(host, port, Shared(lambda: generate_latest(registry)))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_EVERY,), daemon=True)
        self._thread.start()
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_address[1]}/metrics"

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Shared:
    """What `make` makes, made by one thread at a time for all that ask meanwhile; nobody gets what is older than that.

    Making it takes a processor from the streams that are watched: many that ask at once must not take it many times.
    """

    def __init__(self, make: Callable[[], bytes], clock: Callable[[], float] = time.monotonic) -> None:
        self._make = make
        self._clock = clock
        self._lock = threading.Lock()
        self._begun = float("-inf")
        self._made = b""

    def get(self) -> bytes:
        """What is true now, or a moment later."""
        asked = self._clock()
        with self._lock:
            if self._begun < asked:
                begun = self._clock()
                self._made, self._begun = self._make(), begun
            return self._made


class _Server(ThreadingMixIn, TCPServer):
    """Accepts connections, each of which is one request."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, numbers: Shared) -> None:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family, _, _, _, address = found[0]
        self.numbers = numbers
        self._until: dict[socket.socket, float] = {}
        """The requests under way, and when each has to be over."""
        self._lock = threading.Lock()
        super().__init__((str(address[0]), int(address[1])), _Handler)
        is_local = ip_address(str(self.server_address[0])).is_loopback
        names = rf"({_THIS_MACHINE}|{re.escape(host)})(:[0-9]*)?" if is_local else ".*"
        self.hosts = re.compile(names, re.IGNORECASE | re.DOTALL)
        """What a request may call this machine; where others are served too, nobody knows what they call it."""

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether there is room for one more."""
        with self._lock:
            if len(self._until) >= AT_ONCE:
                return False
            self._until[request] = time.monotonic() + SECONDS
            return True

    def service_actions(self) -> None:
        """End those that take too long: the time of a socket begins anew with each byte."""
        self._end(before=time.monotonic())

    def _end(self, *, before: float) -> None:
        with self._lock:
            for request, until in self._until.items():
                if until < before:
                    with suppress(OSError):
                        request.shutdown(socket.SHUT_RDWR)

    def shutdown_request(self, request: Any) -> None:
        """Close it; until then it counts."""
        with self._lock:
            self._until.pop(request, None)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Listen no more, and end what is under way."""
        super().server_close()
        self._end(before=float("inf"))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a request that broke off: whoever made it knows, and stderr may be the screen."""


class _Handler(BaseHTTPRequestHandler):
    """One request, and its answer."""

    timeout = SECONDS
    server: _Server

    def do_GET(self) -> None:
        """Answer with the numbers, in the one format that everything reads which reads any."""
        if not all(map(self.server.hosts.fullmatch, self.headers.get_all("Host", []))):
            # A page in a browser may have let its own name lead here (DNS rebinding).
            self.send_error(403, explain="Only this machine is served, under its own names such as localhost")
            return
        if self.path.partition("?")[0] not in PATHS:
            self.send_error(404, explain="The numbers are at /metrics")
            return
        text = self.server.numbers.get()
        self.send_response(200)
        self.send_header("Content-Type", TYPE)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def version_string(self) -> str:
        """What stands in Server."""
        return "sse-inspect"

    def log_message(self, *_: object) -> None:
        """Say nothing."""
