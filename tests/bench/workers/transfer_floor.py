"""How far pure Python can go from the socket on, KIND URL [FILE]: a blocking socket, a loop, and no error that is seen.

`sink` throws the bytes away, which shows how fast the server is; `receive` takes the chunks of HTTP apart; `captured`
also finds the events, knowing their look, compares the IDs, and writes the bytes and one row of facts for each read
into SQLite; `tail` finds the events and writes a line of JSON for each.
"""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from json.encoder import encode_basestring
from urllib.parse import urlsplit

_READ = 1 << 16
_EVENTS = re.compile("id: (.*)\nevent: (.*)\ndata: (.*)\n\n").findall
_COMMIT_BYTES = 8 << 20


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port))
    connection.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    return connection


def sink(url: str) -> int:
    size, buffer = 0, bytearray(_READ)
    with connected(url) as connection:
        while received := connection.recv_into(buffer):
            size += received
    return size


def contents(url: str) -> Iterator[bytes]:
    """The body, a read at a time."""
    with connected(url) as connection:
        held = b""
        while b"\r\n\r\n" not in held:
            held += connection.recv(_READ)
        held = held.partition(b"\r\n\r\n")[2]
        while True:
            lines = held.split(b"\r\n")
            rest = lines[-2:] if len(lines) % 2 == 0 else lines[-1:]  # a size and a torn content, or a torn size
            del lines[len(lines) - len(rest) :]
            contents = lines[1::2]
            if list(map(len, contents)) != list(map(int, lines[::2], repeat(16))):
                raise ValueError("there are line ends of HTTP within the chunks")
            yield b"".join(contents)
            data = connection.recv(_READ)
            if not data:
                return
            held = b"\r\n".join(rest) + data


def receive(url: str) -> int:
    return sum(map(len, contents(url)))


def captured(url: str, file: str) -> int:
    database = sqlite3.connect(file)
    database.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE chunks (t REAL, events INTEGER, data BLOB)"
    )
    count, expected, lost, written = 0, 1, 0, 0
    for data in contents(url):
        t = time.monotonic()
        events = _EVENTS(data.decode())
        for event_id, _, _ in events:
            number = int(event_id)
            if number != expected:
                lost += number - expected
            expected = number + 1
        count += len(events)
        database.execute("INSERT INTO chunks VALUES (?, ?, ?)", (t, len(events), data))
        written += len(data)
        if written > _COMMIT_BYTES:
            database.commit()
            written = 0
    database.commit()
    database.close()
    return count


def tail(url: str) -> int:
    count, write, encoded = 0, sys.stdout.write, encode_basestring
    for data in contents(url):
        t = time.monotonic()
        events = _EVENTS(data.decode())
        count += len(events)
        write(
            "".join(
                [
                    f'{{"t":{t:.6f},"id":{encoded(event_id)},"event":{encoded(event)},"data":{encoded(value)}}}\n'
                    for event_id, event, value in events
                ]
            )
        )
    sys.stdout.flush()
    return count


if __name__ == "__main__":
    before = time.process_time()
    kinds: dict[str, Callable[..., int]] = {"sink": sink, "receive": receive, "captured": captured, "tail": tail}
    found = kinds[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({"at": time.monotonic(), "cpu": time.process_time() - before, "count": found}))
