"""A server whose streams go wrong while they are told to, each path in a way of its own."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EVERY = 0.1
"""Seconds from one event to the next."""
FLOOD = 140_000
"""More IDs than are remembered, which are twice 65,536 at most. They have no data, so that they are no events, and an
event from before them is remembered where events are and forgotten where IDs are."""


class Misbehaving(ThreadingHTTPServer):
    """Streams at `/loses`, `/refuses`, `/falls-silent`, `/repeats`; they do so while `fault` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fault = threading.Event()
        self.over = threading.Event()
        self.last: Counter[str] = Counter()
        """The last ID of each path."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}?token=secret"

    def handle_error(self, *_: object) -> None:
        """A client that leaves is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: Misbehaving

    def do_GET(self) -> None:
        path, fault = self.path.partition("?")[0], self.server.fault
        if path == "/refuses" and fault.is_set():
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        flooded = False
        while not self.server.over.is_set():
            if not fault.is_set():
                self._write(self._next(path))
            elif path == "/refuses":
                return
            elif path == "/loses":
                self.server.last[path] += 3
                self._write(self._next(path))
            elif path == "/repeats":
                for start in range(0, 0 if flooded else FLOOD, 1000):
                    self._write("".join(f"id: x{n:x}\n\n" for n in range(start, start + 1000)))
                self._write(self._next(path) if flooded else _repeated(1))
                flooded = True
            time.sleep(EVERY)

    def _next(self, path: str) -> str:
        self.server.last[path] += 1
        number = self.server.last[path]
        return f"id: {number}\ndata: at {path}\n\n" if path != "/repeats" else _repeated(number)

    def _write(self, text: str) -> None:
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _repeated(number: int) -> str:
    return f"id: y{number:x}\ndata: {number}\n\n"


@contextmanager
def misbehaving() -> Iterator[Misbehaving]:
    server = Misbehaving()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
