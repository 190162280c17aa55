"""Bodies: framing, content codings, arrival stamps, back-pressure."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import pytest

from sse_inspect.inputs import Chunk, Input
from sse_inspect.net import attempt, stream
from sse_inspect.net.decoding import PIECE, DecodingError, decoder_for
from tests.net.scripted import CHUNKED, LAST, UNFRAMED, Peer, Run, Scripted, chunk, event, head, in_loop, once, session

GZIP = zlib.MAX_WBITS | 16
WINDOWS = {"gzip": GZIP, "x-gzip": GZIP, "deflate": zlib.MAX_WBITS, "Deflate": -zlib.MAX_WBITS}
CODINGS = [*WINDOWS, "br", "zstd", "gzip, identity, ZSTD", "br, gzip"]

zstd: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
brotli: Any = import_module("brotli" if sys.implementation.name == "cpython" else "brotlicffi")


def coded(coding: str) -> str:
    return f"{CHUNKED}\r\nContent-Encoding: {coding}"


class Packer:
    """Applies codings, one after the other, and sends on all it has when it is flushed."""

    def __init__(self, codings: str) -> None:
        self._steps: list[tuple[Any, Any, Any]] = []
        for coding in codings.split(", "):
            if coding == "br":
                packer = brotli.Compressor(quality=5)
                self._steps.append((packer.process, packer.flush, packer.finish))
            elif coding.lower() == "zstd":
                packer = zstd.ZstdCompressor()
                self._steps.append((packer.compress, partial(packer.flush, packer.FLUSH_BLOCK), packer.flush))
            elif coding != "identity":
                packer = zlib.compressobj(wbits=WINDOWS[coding])
                self._steps.append((packer.compress, partial(packer.flush, zlib.Z_SYNC_FLUSH), packer.flush))

    def flushed(self, data: bytes) -> bytes:
        for pack, flush, _ in self._steps:
            data = pack(data) + flush()
        return data

    def finished(self, data: bytes = b"") -> bytes:
        for pack, _, finish in self._steps:
            data = pack(data) + finish()
        return data


def packed(data: bytes, codings: str = "gzip") -> bytes:
    return Packer(codings).finished(data)


WIDE = zstd.compress(bytes(1 << 24), options={zstd.CompressionParameter.window_log: 24})
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"


def chunks_of(run: Run) -> list[tuple[Chunk, int]]:
    """The chunks that are handed to the session, as they come, and the bytes that waited then."""
    found: list[tuple[Chunk, int]] = []
    driver = run.live._driver
    handle: Callable[[Input], object] = driver._handle

    def watched(happened: Input) -> object:
        if isinstance(happened, Chunk):
            found.append((happened, _attempt(run).waiting))
        return handle(happened)

    driver._handle = watched
    return found


@pytest.mark.parametrize("step", [1, 7, 10_000])
@in_loop
async def test_chunks_with_extensions_and_trailers_torn_anywhere(step: int) -> None:
    body = (
        chunk(event(1, "ä" * 20), b';name="value"')
        + chunk(event(2)[:4], b"; a=b")
        + chunk(event(2)[4:])
        + b"0;last=1\r\nX-Trailer: 1\r\nid: 9\r\n\r\n"
    )

    async def script(peer: Peer) -> None:
        await peer.request()
        raw = head(CHUNKED) + body
        for at in range(0, len(raw), step):
            await peer.send(raw[at : at + step])
            await asyncio.sleep(0)

    run = await once(script)
    assert run.ids == ["1", "2"]
    assert run.of("event")[0].data == "ä" * 20
    assert run.reasons == ["eof"]


@pytest.mark.parametrize("coding", CODINGS)
@in_loop
async def test_compressed_events_come_one_by_one(coding: str) -> None:
    go: asyncio.Queue[int] = asyncio.Queue()
    sent = bytearray()

    async def script(peer: Peer) -> None:
        packer = Packer(coding)
        await peer.open(coded(coding))
        while number := await go.get():
            sent.extend(part := packer.flushed(event(number)))
            await peer.send(chunk(part))
        sent.extend(part := packer.finished())
        await peer.send(chunk(part), LAST)

    async with Scripted(script) as server, session(server.url(), max_retries=0) as run:
        for number in (1, 2, 3):
            go.put_nowait(number)
            await run.until("event", number)
        go.put_nowait(0)
        await run.end()
    assert run.reasons == ["eof"]
    plain = sum(len(event(number)) for number in (1, 2, 3))
    for record in (run.of("disconnect")[0], run.of("summary")[0]):
        assert (record.bytes, record.wire_bytes) == (plain, len(sent))
    assert run.of("disconnect")[0].bytes == 45


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", packed(event(1)) + packed(event(2))),
        ("deflate, gzip", packed(packed(event(1) + event(2), "deflate"))),
        ("deflate,, gzip,", packed(packed(event(1) + event(2), "deflate"))),
        ("br", packed(event(1) + event(2), "br")),
        ("zstd", packed(event(1), "zstd") + SKIPPABLE + packed(event(2), "zstd")),
        ("zstd", SKIPPABLE + packed(event(1) + event(2), "zstd")),
        ("zstd, br", packed(packed(event(1) + event(2), "zstd"), "br")),
        ("identity", event(1) + event(2)),
        ("", event(1) + event(2)),
    ],
)
@in_loop
async def test_codings(coding: str, body: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.open(coded(coding))
        for at in range(len(body)):
            await peer.send(chunk(body[at : at + 1]))
        await peer.send(LAST)

    run = await once(script)
    assert run.ids == ["1", "2"]
    assert run.reasons == ["eof"]


@pytest.mark.parametrize(
    ("coding", "body", "end", "reason", "detail"),
    [
        ("gzip", b"this is not gzip", LAST, "encoding", "the gzip body is broken"),
        ("gzip", packed(event(1))[:-1], LAST, "encoding", "the gzip body was cut short"),
        ("gzip", packed(event(1))[:-8] + b"\0" * 8, LAST, "encoding", "the gzip body is broken"),
        ("gzip", packed(event(1))[:-1], b"", "truncated", "before its last chunk"),
        ("gzip", packed(event(1)) + b"rest", LAST, "encoding", "the gzip body is broken"),
        ("deflate", b"\x08\xff\xff", LAST, "encoding", "the deflate body is broken"),
        ("deflate", packed(event(1), "deflate") + b"rest", LAST, "encoding", "more comes after its end"),
        ("deflate", packed(event(1), "deflate") * 2, LAST, "encoding", "more comes after its end"),
        ("deflate", packed(event(1), "Deflate") + b"rest", LAST, "encoding", "more comes after its end"),
        ("br", b"this is not br, whatever it is", LAST, "encoding", "the br body is broken"),
        ("br", packed(event(1), "br")[:-1], LAST, "encoding", "the br body was cut short"),
        ("br", packed(event(1), "br")[:-1], b"", "truncated", "before its last chunk"),
        ("br", packed(event(1), "br") + b"rest", LAST, "encoding", "the br body is broken"),
        ("zstd", b"this is not zstd", LAST, "encoding", "the zstd body is broken"),
        ("zstd", packed(event(1), "zstd")[:-1], LAST, "encoding", "the zstd body was cut short"),
        ("zstd", packed(event(1), "zstd")[:-1], b"", "truncated", "before its last chunk"),
        ("zstd", packed(event(1), "zstd") + b"rest!", LAST, "encoding", "the zstd body is broken"),
        ("zstd", WIDE, LAST, "encoding", "too much memory"),
        ("br, zstd", packed(b"not br", "zstd"), LAST, "encoding", "the br body is broken"),
        ("rot13", b"x", LAST, "encoding", "unknown Content-Encoding 'rot13'"),
        ("gzip, br, rot13", b"x", LAST, "encoding", "unknown Content-Encoding 'rot13'"),
        (
            "aes128gcm" * 9,
            b"x",
            LAST,
            "encoding",
            "unknown Content-Encoding 'aes128gcmaes128gcmaes128gcmaes128gcmaes1'",
        ),
        ("gzip, gzip, gzip, gzip, gzip, gzip", b"x", LAST, "encoding", "6 content codings, one over the other"),
        *((coding, b"", LAST, "eof", "the server closed the stream") for coding in ("gzip", "br", "zstd")),
    ],
)
@in_loop
async def test_broken_codings(coding: str, body: bytes, end: bytes, reason: str, detail: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.open(coded(coding))
        await peer.send(chunk(body) if body else b"", end)

    run = await once(script)
    assert len(run.of("open")) == 1
    assert run.reasons == [reason]
    assert detail in run.details[0]


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "zstd, gzip, br"])
@pytest.mark.parametrize("size", [1, PIECE // 2, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 257])
def test_everything_that_came_is_decoded_at_once(size: int, coding: str) -> None:
    packer = Packer(coding)
    plain = b"a" * size
    decoder = decoder_for(coding)
    pieces = list(decoder.decode(packer.flushed(plain)))
    assert b"".join(pieces) == plain
    assert max(map(len, pieces)) <= PIECE
    with pytest.raises(DecodingError):
        decoder.finish()
    assert list(decoder.decode(packer.finished())) == []
    decoder.finish()


def _all_of_brotli() -> Callable[[bytes], bytes]:
    process = brotli.Decompressor().process
    return lambda data: b"".join([process(data), *iter(partial(process, b""), b"")])


REFERENCES: dict[str, Callable[[], Callable[[bytes], bytes]]] = {
    "gzip": lambda: zlib.decompressobj(GZIP).decompress,
    "br": _all_of_brotli,
    "zstd": lambda: zstd.ZstdDecompressor().decompress,
}


@pytest.mark.parametrize("coding", list(REFERENCES))
@pytest.mark.parametrize("size", [4 * PIECE, 4 * PIECE - 1])
@pytest.mark.parametrize("step", [1, 3, 255, 258, 261])
def test_nothing_stays_inside_a_decoder(step: int, size: int, coding: str) -> None:
    """Not even where the last piece is full and all of the input was taken."""
    body = packed(b"a" * size, coding)
    decoder, reference = decoder_for(coding), REFERENCES[coding]()
    for at in range(0, len(body), step):
        part = body[at : at + step]
        assert b"".join(decoder.decode(part)) == reference(part)
    decoder.finish()


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "gzip, gzip", "zstd, br"])
@in_loop
async def test_a_bomb_is_taken_in_pieces(coding: str) -> None:
    bomb = packed(b"data:" + bytes(10_000_000) + b"\n\n", coding)

    async def script(peer: Peer) -> None:
        await peer.open(coded(coding))
        await peer.send(chunk(bomb), LAST)

    async with Scripted(script) as server, session(server.url(), max_retries=0, max_event_bytes=1000) as run:
        chunks = chunks_of(run)
        await run.end()
    assert run.of("disconnect")[0].bytes == 10_000_007
    assert run.of("event")[0].truncated
    assert max(waiting for _, waiting in chunks) <= attempt.ROOM_BYTES + PIECE
    assert max(len(each.data) for each, _ in chunks) <= PIECE
    assert sum(each.wire_size for each, _ in chunks) == len(bomb)


@in_loop
async def test_stamps_are_of_the_arrival() -> None:
    """However late the session gets round to them, and they never go back."""
    sent: list[float] = []

    async def script(peer: Peer) -> None:
        await peer.open()
        for number in (1, 2, 3, 4):
            await peer.events(number)
            sent.append(time.monotonic())
            await asyncio.sleep(0.02)

    async with Scripted(script) as server, session(server.url(), max_retries=0) as run:
        await run.end()
        began = run.live._began
    stamps = [record.t + began for record in run.of("event")]
    assert stamps == sorted(stamps)
    assert all(early < late for early, late in zip(sent, stamps, strict=True))
    assert all(late < following for late, following in zip(stamps, sent[1:], strict=False))
    times = [record.t for record in run.records]
    assert times == sorted(times)


@in_loop
async def test_many_small_chunks() -> None:
    body = b"".join(event(number) for number in range(1, 401))

    async def script(peer: Peer) -> None:
        await peer.open()
        await peer.send(b"".join(chunk(body[at : at + 1]) for at in range(len(body))), LAST)

    run = await once(script)
    assert run.ids == [str(number) for number in range(1, 401)]
    assert run.reasons == ["eof"]


@pytest.mark.parametrize(("room", "size"), [(1, 100), (1000, 100), (1000, 5000), (100_000, 300_000)])
@in_loop
async def test_little_room_is_no_deadlock(monkeypatch: pytest.MonkeyPatch, room: int, size: int) -> None:
    """Nor is a chunk that is larger than it."""
    monkeypatch.setattr(attempt, "ROOM_BYTES", room)

    async def script(peer: Peer) -> None:
        await peer.open(UNFRAMED)
        for number in range(1, 21):
            await peer.send(event(number, "y" * size))

    run = await once(script)
    assert len(run.ids) == 20
    assert run.data == "y" * size * 20


@in_loop
async def test_a_reader_that_is_held_up_slows_the_sender_down() -> None:
    total = 200

    async def script(peer: Peer) -> None:
        await peer.open()
        for number in range(1, total + 1):
            await peer.send(chunk(event(number, "y" * 100_000)))
        await peer.send(LAST)

    async with Scripted(script) as server, session(server.url(), max_retries=0) as run:
        await run.until("open")
        run.live.ask("inject", "stall")
        await asyncio.sleep(0.1)
        connection: Any = _attempt(run)._line.connections[0]
        held = connection.waiting
        assert 0 < held <= stream.READ_AHEAD + (1 << 18)
        assert len(run.ids) < total
        run.live.ask("lift")
        await run.end()
    assert run.ids == [str(number) for number in range(1, total + 1)]


def _attempt(run: Run) -> attempt.Attempt:
    under_way = run.live._driver._attempt
    assert under_way is not None
    return under_way


@in_loop
async def test_the_size_on_the_wire_is_that_of_the_content_as_it_came() -> None:
    """Before it is decoded, without the framing of its chunks; bytes that give nothing to read yet are told too."""
    parts = [packed(event(1))[:4], packed(event(1))[4:], packed(event(2))]

    async def script(peer: Peer) -> None:
        await peer.open(coded("gzip"))
        for part in parts:
            await peer.send(chunk(part, b";extension=1"))
            await asyncio.sleep(0.01)
        await peer.send(LAST)

    async with Scripted(script) as server, session(server.url(), max_retries=0) as run:
        chunks = chunks_of(run)
        await run.end()
    assert [(len(each.data), each.wire_size) for each, _ in chunks] == [
        (0, len(parts[0])),
        (len(event(1)), len(parts[1])),
        (len(event(2)), len(parts[2])),
    ]


def test_a_library_is_loaded_where_it_is_needed() -> None:
    """zstd's; brotli's is loaded by httpx, wherever it is installed."""
    script = """if True:
        import sys
        from sse_inspect.net.decoding import decoder_for
        for coding in ("gzip", "zstd"):
            decoder_for(coding)
            print(bool({"backports.zstd", "compression.zstd"} & set(sys.modules)))
        """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


CHECKED = zstd.compress(event(1) + event(2), options={zstd.CompressionParameter.checksum_flag: 1})


def until_broken(coding: str, body: bytes, step: int) -> bytes:
    """What is decoded of a broken body that comes in parts of this size."""
    decoder = decoder_for(coding)
    plain = bytearray()
    try:
        for at in range(0, len(body), step):
            for piece in decoder.decode(body[at : at + step]):
                plain += piece
    except DecodingError:
        return bytes(plain)
    raise AssertionError("nothing is broken")


@pytest.mark.parametrize("step", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", packed(event(1) + event(2))[:-8] + b"\0" * 8),
        ("gzip", Packer("gzip").flushed(event(1) + event(2)) + b"\xff" * 90),
        ("gzip", packed(event(1) + event(2)) + b"rest"),
        ("deflate", packed(event(1) + event(2), "deflate")[:-4] + b"\0" * 4),
        ("deflate", packed(event(1) + event(2), "deflate") + b"rest"),
        ("br", Packer("br").flushed(event(1) + event(2)) + b"\xff" * 90),
        ("br", packed(event(1) + event(2), "br") + b"rest"),
        ("zstd", CHECKED[:-4] + b"\0" * 4),
        ("zstd", Packer("zstd").flushed(event(1) + event(2)) + b"\xff" * 90),
        ("zstd", CHECKED + b"rest!"),
        ("gzip, br", packed(packed(event(1) + event(2))[:-8] + b"\0" * 8, "br")),
        ("gzip, br", packed(packed(event(1) + event(2)), "br") + b"rest"),
    ],
)
def test_what_came_before_a_fault_is_decoded(coding: str, body: bytes, step: int) -> None:
    assert until_broken(coding, body, step) == event(1) + event(2)


def test_what_came_before_a_fault_is_given_once() -> None:
    """Though some of it had been given when the fault was found."""
    plain = random.Random(1).randbytes(3 * PIECE)
    body = packed(plain)[:-8] + b"\0" * 8
    assert until_broken("gzip", body, len(body)) == plain


@in_loop
async def test_events_and_a_wrong_checksum_in_one_segment() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(coded("gzip")) + chunk(packed(event(1) + event(2))[:-8] + b"\0" * 8) + LAST)

    run = await once(script)
    assert run.ids == ["1", "2"]
    assert run.reasons == ["encoding"]
