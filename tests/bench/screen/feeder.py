"""An event stream at a given rate, from a process of its own, each event in its own HTTP chunk and stamped when sent.

    python -m tests.bench.screen.feeder        # prints its port, then takes commands from standard input

Commands, each a line: `burst N` as fast as it is taken, `rate R` in events a second from now on, `large N SIZE` sends N
events of SIZE bytes of JSON, `count` prints how many were sent. One connection; it begins with rate 0. The time of
sending (`time.time_ns`) stands in the data, taken once for all that is sent in a millisecond, when it has been made:
making it takes as long as the way to an arrival stamp.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread

from tests.bench.screen.terminal import TooLate

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
FIRST_ID = 10_000_001
BATCH_SECONDS = 0.001
BURST = 400
_EVENT = b'id: %d\nevent: tick\ndata: {"sent": "%019d", "symbol": "ABC", "price": %d.%02d, "pad": "%s"}\n\n'
_PAD = b"x" * 40
_UNSENT = b"%019d" % 0
_SIZE = b"%x\r\n" % len(_EVENT % (FIRST_ID, 0, 100, 0, _PAD))
_CHUNK = _SIZE + _EVENT + b"\r\n"


def events(first: int, count: int) -> bytes:
    """So many events from that ordinal (from 0), each as an HTTP chunk."""
    made = b"".join(_CHUNK % (FIRST_ID + n, 0, 100 + n % 900, n % 100, _PAD) for n in range(first, first + count))
    return made.replace(_UNSENT, b"%019d" % time.time_ns())


def large(n: int, size: int) -> bytes:
    """One event with JSON of that size, whose token stands behind what a row of the list has room for."""
    rows = [{"index": k, "name": f"row {k}", "values": [k, k / 7, None, True]} for k in range(size // 80)]
    data = json.dumps({"sent": f"{time.time_ns():019d}", "lead": "x" * 120, "token": f"T{n:05d}", "rows": rows})
    event = f"id: {FIRST_ID + n}\nevent: large\ndata: {data}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(event), event)


def serve() -> None:
    """Serve one connection until standard input ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        connected, _ = listening.accept()
    with connected, suppress(ConnectionError):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while b"\r\n\r\n" not in connected.recv(1 << 16):
            pass
        connected.sendall(HEAD)
        _feed(connected)


def _feed(connected: socket.socket) -> None:
    commands: SimpleQueue[list[str]] = SimpleQueue()
    Thread(target=_listen, args=(commands,), daemon=True).start()
    sent, rate, began, due = 0, 0, 0.0, 0
    while True:
        while not commands.empty() or not rate:
            name, *numbers = commands.get()
            match name, [int(number) for number in numbers]:
                case "burst", [count]:
                    for first in range(sent, sent + count, BURST):
                        connected.sendall(events(first, min(BURST, sent + count - first)))
                    sent += count
                case "large", [count, size]:
                    for n in range(sent, sent + count):
                        connected.sendall(large(n, size))
                    sent += count
                case "rate", [rate]:
                    began, due = time.perf_counter(), 0
                case "count", []:
                    print(sent, flush=True)
                case "end", []:
                    return
        now = time.perf_counter() - began
        count = min(int(now * rate) - due, BURST)
        if count > 0:
            connected.sendall(events(sent, count))
            sent += count
            due += count
        if count < BURST:
            time.sleep(BATCH_SECONDS)


def _listen(commands: SimpleQueue[list[str]]) -> None:
    for line in sys.stdin:
        commands.put(line.split())
    commands.put(["end"])


class Feed:
    """The stream, seen from the benchmark."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{self._read()}/events"

    def command(self, line: str) -> None:
        """Send one command."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def count(self) -> int:
        """How many events were sent; waits for what is being sent."""
        self.command("count")
        return self._read()

    def _read(self) -> int:
        assert self._process.stdout is not None
        line: str = self._process.stdout.readline()
        if not line:
            raise TooLate("nobody takes what is sent: the program ended")
        return int(line)


@contextmanager
def feeding() -> Iterator[Feed]:
    """A stream in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.screen.feeder"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Feed(process)
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    serve()
