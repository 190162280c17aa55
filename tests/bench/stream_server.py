"""An HTTP server that is never the limit: it writes bytes that are there already, as fast as the client takes them."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from threading import Thread
from typing import Self
from urllib.parse import parse_qs, urlsplit

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"


class StreamServer:
    """Serves the files of `folder`, which hold HTTP chunks: `/NAME?times=3` sends one three times, then the last chunk.

    `asked_at` is when the last request had been read, on the monotonic clock, which all processes share.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = Thread(target=self._serve, name="stream server", daemon=True)
        self.asked_at = 0.0

    def url(self, name: str, times: int = 1) -> str:
        """Where that stream is."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/{name}?times={times}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            with connection:
                try:
                    self._answer(connection)
                except (ConnectionError, TimeoutError):  # the client has had enough
                    continue

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(60.0)
        request = b""
        while b"\r\n\r\n" not in request:
            received = connection.recv(1 << 16)
            if not received:
                return
            request += received
        url = urlsplit(request.split(b" ", 2)[1].decode())
        self.asked_at = time.monotonic()
        connection.sendall(_HEAD)
        with (self._folder / url.path[1:]).open("rb") as stream:
            for _ in range(int(parse_qs(url.query)["times"][0])):
                connection.sendfile(stream, 0)
        connection.sendall(_LAST_CHUNK)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
