"""The streams that are measured with, as bytes, and how they come: an event at a time, or in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

_WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "tokens", "arrive")
_FILLER = "lorem ipsum dolor sit amet, consetetur sadipscing elitr sed diam"[:63]
_TYPES = ("tick", "trade", "quote", "status")


def tiny(_: int) -> str:
    """(a) The shortest there is."""
    return "data: x\n\n"


def feed(n: int) -> str:
    """(b) An ID, a type and about 120 bytes of JSON."""
    data = (
        f'{{"symbol":"ABC{n % 89:02d}","price":{100 + n % 977 / 10:.2f},"volume":{n * 7919 % 100_000:05d},'
        f'"venue":"XNAS","time":{1_795_420_973_000 + n},"currency":"EUR","open":true}}'
    )
    return f"id: {n}\nevent: {_TYPES[n % 4]}\ndata: {data}\n\n"


def deltas(n: int) -> str:
    """(c) What language models stream: about 250 bytes of JSON, and nothing but data."""
    return (
        'data: {"id":"chatcmpl-9xYb2Kq7RtVw3LmNpZs5","object":"chat.completion.chunk","created":1795420973,'
        '"model":"model-large-2026-10-01","system_fingerprint":"fp_5a1c3e7d90","choices":[{"index":0,"delta":'
        f'{{"content":" {_WORDS[n % len(_WORDS)]}"}},"logprobs":null,"finish_reason":null}}]}}\n\n'
    )


def documents(n: int) -> str:
    """(d) 64 KB in 800 lines of data."""
    lines = (f"data: {n:06d} {line:04d} {_FILLER}\n" for line in range(800))
    return "".join(lines) + "\n"


WORKLOADS: Mapping[str, Callable[[int], str]] = {"a": tiny, "b": feed, "c": deltas, "d": documents}
TITLES = {"a": "data: x", "b": "id, event, 120 B JSON", "c": "LLM deltas", "d": "64 KB in 800 lines"}
FEEDS: Mapping[str, int] = {"event": 0, "4k": 4 << 10, "64k": 64 << 10}
"""How the bytes come: 0 is one event at a time, else the size of a chunk in bytes."""


def events(workload: str, count: int, line_end: str = "\n") -> Iterator[bytes]:
    """`count` events, each with its blank line."""
    of = WORKLOADS[workload]
    for n in range(1, count + 1):
        yield of(n).replace("\n", line_end).encode()


def body(workload: str, size: int, line_end: str = "\n") -> bytes:
    """About `size` bytes of events."""
    return b"".join(events(workload, max(1, size // len(WORKLOADS[workload](1))), line_end))


def chunked(workload: str, count: int) -> bytes:
    """Events as they stand on the wire of HTTP/1.1, each in a chunk of its own, without the last chunk."""
    return b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events(workload, count))
