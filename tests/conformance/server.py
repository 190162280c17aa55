"""A server of blocking sockets that does on its n-th connection what the n-th connection of a case says.

Connections beyond the script are answered as `then` says. It listens on two ports, so that a redirect can lead to
another origin. Whatever the client does, no thread outlives `close`.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from tests.conformance.case import Connection, Piece, Wait

LONGEST = 20.0
"""Seconds after which a socket gives up."""
GONE = (ConnectionError, TimeoutError, OSError)
NO_CONTENT = Connection(status="204 No Content", headers=(), framing="none")


@dataclass
class Request:
    """What a client asked for; names of header fields in lower case, values decoded as UTF-8."""

    method: str
    target: str
    fields: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        """The values of every field of that name."""
        return [value for key, value in self.fields if key == name]


class Server:
    """Listens from its making until `close`; `cut` splits every piece before it is sent."""

    def __init__(
        self,
        connections: Sequence[Connection],
        *,
        then: str = "204",
        listen: str = "yes",
        cut: Callable[[bytes], Iterable[bytes]] | None = None,
    ) -> None:
        self.requests: list[tuple[int, Request]] = []
        self.failures: list[str] = []
        self._script = list(connections)
        self._then = then
        self._cut = cut or (lambda piece: [piece])
        self._accepted = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._open: set[socket.socket] = set()
        self._fillers: list[socket.socket] = []
        backlog = 0 if listen == "full" else 128
        self._listening = [socket.create_server(("127.0.0.1", 0), backlog=backlog) for _ in range(2)]
        self.ports = [int(each.getsockname()[1]) for each in self._listening]
        self._threads: list[threading.Thread] = []
        if listen == "yes":
            self._threads = [threading.Thread(target=self._accept, args=(each,)) for each in self._listening]
            for each in self._threads:
                each.start()
        elif listen == "no":
            self._refuse()
        else:
            self._fill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop, whatever is going on."""
        self._over.set()
        with self._lock:
            sockets = [*self._listening, *self._open, *self._fillers]
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(LONGEST)
        for each in sockets:
            each.close()
        while any(thread.is_alive() for thread in self._threads):
            time.sleep(0.001)

    def _refuse(self) -> None:
        for each in self._listening:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _fill(self) -> None:
        """Leave no room in the queues of those who wait to be accepted: further connections get no answer."""
        for each in self._listening:
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(each.getsockname())
                self._fillers.append(filler)

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while not self._over.is_set():
                client, _ = listening.accept()
                client.settimeout(LONGEST)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    number = self._accepted
                    self._accepted += 1
                    self._open.add(client)
                    if self._over.is_set():
                        client.close()
                        return
                if self._then == "refuse" and number >= len(self._script) - 1:
                    self._refuse()
                thread = threading.Thread(target=self._serve, args=(client, number))
                self._threads.append(thread)
                thread.start()

    def _connection(self, number: int) -> Connection:
        if number < len(self._script):
            return self._script[number]
        return self._script[-1] if self._then == "last" and self._script else NO_CONTENT

    def _serve(self, client: socket.socket, number: int) -> None:
        try:
            connection = self._connection(number)
            if not connection.at_once:
                request = read_request(client)
                if request is None:
                    return
                with self._lock:
                    self.requests.append((number, request))
            self._answer(client, connection)
        except GONE:
            pass
        except Exception as error:  # noqa: BLE001 whatever went wrong here fails the case
            self.failures.append(repr(error))
        finally:
            with self._lock:
                self._open.discard(client)
            client.close()

    def _answer(self, client: socket.socket, what: Connection) -> None:
        if what.raw is not None:
            client.sendall(self._filled(what.raw))
        else:
            self._send(client, what)
        if what.end == "reset":
            time.sleep(0.03)  # a client need not read what came before a reset, so let it
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if what.end == "half-close":
            client.shutdown(socket.SHUT_WR)
        if what.end in ("hold", "half-close"):
            _until_gone(client)
            return
        client.shutdown(socket.SHUT_WR)
        client.settimeout(1.0)  # closing with unread bytes would reset
        _until_gone(client)

    def _send(self, client: socket.socket, what: Connection) -> None:
        encoded = list(_encoded(self._pieces(what.pieces), what.coding))
        size = sum(len(piece) for piece in encoded if isinstance(piece, bytes))
        lines = [f"HTTP/{what.version} {what.status}", *what.headers]
        if what.coding:
            lines.append(f"Content-Encoding: {what.coding}")
        if what.framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
        elif what.framing == "length":
            lines.append(f"Content-Length: {size + 100 if what.end == 'truncated' else size}")
        head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
        client.sendall(self._filled(head))
        for piece in encoded:
            if isinstance(piece, Wait):
                self._over.wait(piece.seconds)
            elif what.framing == "chunked":
                if piece:
                    client.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            else:
                client.sendall(piece)
        if what.framing == "chunked" and what.end == "fin":
            client.sendall(b"0\r\n\r\n")

    def _pieces(self, pieces: Iterable[Piece]) -> Iterable[Piece]:
        for piece in pieces:
            if isinstance(piece, Wait):
                yield piece
            else:
                yield from self._cut(piece)

    def _filled(self, head: bytes) -> bytes:
        """The bytes with the addresses put in."""
        for name, value in self.addresses.items():
            head = head.replace(f"{{{name}}}".encode(), value.encode())
        return head

    @property
    def addresses(self) -> dict[str, str]:
        """What stands for `{url}`, `{port}` and `{other}` (the same server as another origin)."""
        port, other = self.ports
        return {
            "url": f"http://127.0.0.1:{port}/stream",
            "port": str(port),
            "other": f"http://127.0.0.1:{other}",
        }


def read_request(client: socket.socket) -> Request | None:
    """One request (RFC 9112, 2.1), or None if the client left before it was complete."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    line, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    method, target, version = line.split(" ")
    if version != "HTTP/1.1":
        raise ValueError(line)
    fields = [(name.lower(), value.strip(" \t")) for name, _, value in (each.partition(":") for each in lines)]
    length = int(dict(fields).get("content-length", "0"))
    while len(body) < length:
        more = client.recv(65536)
        if not more:
            return None
        body += more
    return Request(method, target, fields, body)


def _encoded(pieces: Iterable[Piece], coding: str) -> Iterable[Piece]:
    if not coding:
        yield from pieces
        return
    compress = zlib.compressobj(wbits=zlib.MAX_WBITS | 16 if coding == "gzip" else zlib.MAX_WBITS)
    for piece in pieces:
        yield piece if isinstance(piece, Wait) else compress.compress(piece) + compress.flush(zlib.Z_SYNC_FLUSH)
    yield compress.flush()


def _until_gone(client: socket.socket) -> None:
    while client.recv(65536):
        pass
