"""Content codings, decoded as the bytes come (RFC 9110, 8.4): gzip, deflate, br (RFC 7932), zstd (RFC 8878, 9659).

What came is decoded at once and as a whole, in pieces of at most `PIECE` bytes. The libraries for br and zstd are
loaded where a response needs them.
"""

from __future__ import annotations

import sys
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any, Protocol

from sse_inspect.net.failures import AttemptError
from sse_inspect.net.sentences import told

ACCEPTED = "gzip, deflate, br, zstd"
"""What is asked for, as browsers write it."""
PIECE = 1 << 18
"""The most bytes of decoded body handed on at once: a bomb is taken in pieces."""
ZSTD_WINDOW_LOG = 23
"""The largest window a zstd body may ask memory for: 8 MiB, as browsers have it (RFC 9659)."""


class DecodingError(AttemptError):
    """The body is not what its Content-Encoding says, or that is unknown."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, "encoding")


class Decoder(Protocol):
    """Turns encoded bytes into plain ones, piece by piece."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Plain bytes as far as `data` reaches; raises DecodingError."""
        ...

    def finish(self) -> None:
        """The body ended; raises DecodingError if it was cut short."""
        ...


class Identity:
    """No coding."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The bytes themselves."""
        yield data

    def finish(self) -> None:
        """Nothing can be missing."""


class Engine(ABC):
    """What undoes one coding; `error` is what its library raises for a body that is broken."""

    error: type[Exception]

    @abstractmethod
    def plain(self, data: bytes) -> Iterator[bytes]:
        """Plain bytes as far as `data` reaches; raises `error`."""

    @property
    @abstractmethod
    def complete(self) -> bool:
        """Whether the end of the coding was reached."""


class Coding:
    """A coding that `engine` makes the engines for.

    All libraries throw away what they had made of a read when they find a fault in it. So a second engine follows one
    read behind, and gives byte by byte what came before the fault: what is received does not depend on how it was cut.
    """

    def __init__(self, name: str, engine: Callable[[], Engine]) -> None:
        self._name = name
        self._engine, self._behind = engine(), engine()
        self._begun = False
        self._last = b""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Plain bytes as far as `data` reaches."""
        for _ in self._behind.plain(self._last):
            pass
        given = 0
        try:
            for piece in self._engine.plain(data):
                given += len(piece)
                yield piece
        except self._engine.error as error:
            yield from self._before_the_fault(data, given)
            why = told(str(error))
            raise DecodingError(f"the {self._name} body is broken{f': {why}' if why else ''}") from error
        self._last = data
        self._begun = self._begun or bool(data)

    def _before_the_fault(self, data: bytes, given: int) -> Iterator[bytes]:
        with suppress(self._engine.error):
            for byte in data:
                for piece in self._behind.plain(bytes((byte,))):
                    if new := piece[given:]:
                        yield new
                    given = max(0, given - len(piece))

    def finish(self) -> None:
        """Raise DecodingError unless the end of the coding was reached; a body without a byte is complete."""
        if self._begun and not self._engine.complete:
            raise DecodingError(f"the {self._name} body was cut short")


class Inflate(Engine):
    """gzip, in any number of members."""

    error = zlib.error
    window = zlib.MAX_WBITS | 16

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(self.window)

    def plain(self, data: bytes) -> Iterator[bytes]:
        """Plain bytes as far as `data` reaches."""
        while True:
            if self._inflate.eof:
                data = data or self._inflate.unused_data
                if not data:
                    return
                self._inflate = self._following()
            plain = self._inflate.decompress(data, PIECE)
            data = self._inflate.unconsumed_tail
            if plain:
                yield plain
            # A full piece may leave more inside although all of the input was taken.
            if not data and len(plain) < PIECE and not self._inflate.unused_data:
                return

    def _following(self) -> Any:
        return zlib.decompressobj(self.window)

    @property
    def complete(self) -> bool:
        """Whether a member has ended, and none begun."""
        return self._inflate.eof


class Deflate(Inflate):
    """zlib and, as some servers mean by `deflate`, raw deflate."""

    window = zlib.MAX_WBITS

    def __init__(self) -> None:
        super().__init__()
        self._begun = False

    def plain(self, data: bytes) -> Iterator[bytes]:
        """Plain bytes as far as `data` reaches."""
        if data and not self._begun:
            self._begun = True
            if data[0] & 0x0F != zlib.DEFLATED:
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        yield from super().plain(data)

    def _following(self) -> Any:
        raise zlib.error("more comes after its end")


class Brotli(Engine):
    """br."""

    LIMIT = PIECE >> 1
    """The library's buffer grows by doubling, and so beyond what it was told, but never to twice that."""

    def __init__(self) -> None:
        library: Any = import_module("brotli" if sys.implementation.name == "cpython" else "brotlicffi")
        self.error = library.error
        self._decompressor = library.Decompressor()

    def plain(self, data: bytes) -> Iterator[bytes]:
        """Plain bytes as far as `data` reaches."""
        while plain := self._decompressor.process(data, output_buffer_limit=self.LIMIT):
            data = b""  # nothing more to put in, yet only an empty answer tells that nothing is left inside
            yield plain

    @property
    def complete(self) -> bool:
        """Whether the last block has ended."""
        return bool(self._decompressor.is_finished())


class Zstandard(Engine):
    """zstd, in any number of frames, skippable ones included."""

    def __init__(self) -> None:
        self._library: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
        self.error = self._library.ZstdError
        self._frame = self._next_frame()

    def _next_frame(self) -> Any:
        limit = {self._library.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG}
        return self._library.ZstdDecompressor(options=limit)

    def plain(self, data: bytes) -> Iterator[bytes]:
        """Plain bytes as far as `data` reaches."""
        while True:
            if self._frame.eof:
                data = data or self._frame.unused_data
                if not data:
                    return
                self._frame = self._next_frame()
            plain = self._frame.decompress(data, PIECE)
            data = b""
            if plain:
                yield plain
            if self._frame.needs_input:
                return

    @property
    def complete(self) -> bool:
        """Whether a frame has ended, and none begun."""
        return bool(self._frame.eof)


class Chain:
    """Several codings, the last applied undone first."""

    def __init__(self, decoders: list[Decoder]) -> None:
        self._decoders = decoders

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Plain bytes as far as `data` reaches."""
        return self._from(0, data)

    def _from(self, index: int, data: bytes) -> Iterator[bytes]:
        if index == len(self._decoders):
            yield data
            return
        for piece in self._decoders[index].decode(data):
            yield from self._from(index + 1, piece)

    def finish(self) -> None:
        """Raise DecodingError unless every coding was complete."""
        for decoder in self._decoders:
            decoder.finish()


_CODINGS: dict[str, Callable[[], Engine]] = {
    "gzip": Inflate,
    "deflate": Deflate,
    "br": Brotli,
    "zstd": Zstandard,
}
_ALIASES = {"x-gzip": "gzip"}
_MOST_CODINGS = 5
"""A response with more codings than that is after this program's memory, not in need of compression."""


def decoder_for(content_encoding: str) -> Decoder:
    """The decoder for a Content-Encoding field; raises DecodingError for a coding that is not known."""
    listed = [coding.strip().lower() for coding in content_encoding.split(",")]
    applied = [_ALIASES.get(coding, coding) for coding in listed if coding not in ("", "identity")]
    if unknown := [coding for coding in applied if coding not in _CODINGS]:
        raise DecodingError(f"unknown Content-Encoding {unknown[0][:40]!r}")
    if len(applied) > _MOST_CODINGS:
        raise DecodingError(f"{len(applied)} content codings, one over the other")
    if not applied:
        return Identity()
    decoders: list[Decoder] = [Coding(coding, _CODINGS[coding]) for coding in reversed(applied)]
    return decoders[0] if len(decoders) == 1 else Chain(decoders)
