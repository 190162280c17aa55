"""Content codings, decoded as the bytes come (RFC 9110, 8.4): gzip, deflate, br (RFC 7932), zstd (RFC 8878, 9659).

What came is decoded at once and as a whole, in pieces of at most `PIECE` bytes. The libraries for br and zstd are
loaded where a response needs them.
"""

from __future__ import annotations

import sys
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Protocol

ACCEPTED = "gzip, deflate, br, zstd"
"""What is asked for, as browsers write it."""
PIECE = 1 << 18
"""The most bytes of decoded body handed on at once: a bomb is taken in pieces."""
ZSTD_WINDOW_LOG = 23
"""The largest window a zstd body may ask memory for: 8 MiB, as browsers have it (RFC 9659)."""


class DecodingError(Exception):
    """The body is not what its Content-Encoding says, or that is unknown."""


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


class Coding(ABC):
    """What all codings have in common; `error` is what the library raises for a body that is broken."""

    error: type[Exception]

    def __init__(self, name: str) -> None:
        self._name = name
        self._begun = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Plain bytes as far as `data` reaches."""
        try:
            yield from self._plain(data)
        except self.error as error:
            raise DecodingError(f"broken {self._name}: {error}") from error
        self._begun = self._begun or bool(data)

    def finish(self) -> None:
        """Raise DecodingError unless the end of the coding was reached; a body without a byte is complete."""
        if self._begun and not self._complete:
            raise DecodingError(f"the {self._name} body was cut short")

    @abstractmethod
    def _plain(self, data: bytes) -> Iterator[bytes]: ...

    @property
    @abstractmethod
    def _complete(self) -> bool: ...


class Inflate(Coding):
    """gzip, in any number of members, zlib and, as some servers mean by `deflate`, raw deflate."""

    error = zlib.error

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._window = zlib.MAX_WBITS | 16 if name == "gzip" else zlib.MAX_WBITS
        self._inflate = zlib.decompressobj(self._window)

    def _plain(self, data: bytes) -> Iterator[bytes]:
        if self._name == "deflate" and not self._begun and data and data[0] & 0x0F != 8:
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        while True:
            if self._inflate.eof:
                data = data or self._inflate.unused_data
                if not data or self._name != "gzip":
                    return
                self._inflate = zlib.decompressobj(self._window)
            plain = self._inflate.decompress(data, PIECE)
            data = self._inflate.unconsumed_tail
            if plain:
                yield plain
            # A full piece may leave more inside although all of the input was taken.
            if not data and len(plain) < PIECE and not self._inflate.unused_data:
                return

    @property
    def _complete(self) -> bool:
        return self._inflate.eof


class Brotli(Coding):
    """br."""

    LIMIT = PIECE >> 1
    """The library's buffer grows by doubling, and so beyond what it was told, but never to twice that."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        library: Any = import_module("brotli" if sys.implementation.name == "cpython" else "brotlicffi")
        self.error = library.error
        self._decompressor = library.Decompressor()

    def _plain(self, data: bytes) -> Iterator[bytes]:
        while plain := self._decompressor.process(data, output_buffer_limit=self.LIMIT):
            data = b""  # nothing more to put in, yet only an empty answer tells that nothing is left inside
            yield plain

    @property
    def _complete(self) -> bool:
        return bool(self._decompressor.is_finished())


class Zstandard(Coding):
    """zstd, in any number of frames, skippable ones included."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._library: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
        self.error = self._library.ZstdError
        self._frame = self._next_frame()

    def _next_frame(self) -> Any:
        limit = {self._library.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG}
        return self._library.ZstdDecompressor(options=limit)

    def _plain(self, data: bytes) -> Iterator[bytes]:
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
    def _complete(self) -> bool:
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


_CODINGS: dict[str, type[Inflate | Brotli | Zstandard]] = {
    "gzip": Inflate,
    "deflate": Inflate,
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
    decoders: list[Decoder] = [_CODINGS[coding](coding) for coding in reversed(applied)]
    return decoders[0] if len(decoders) == 1 else Chain(decoders)
