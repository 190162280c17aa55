"""Content codings, decoded as the bytes come (RFC 9110, 8.4)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

ACCEPTED = "gzip, deflate"
PIECE = 1 << 18
"""The most bytes of decoded body handed on at once: a bomb is taken in pieces."""


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


class Inflate:
    """gzip, in any number of members, zlib and, as some servers mean by `deflate`, raw deflate."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._window = zlib.MAX_WBITS | 16 if coding == "gzip" else zlib.MAX_WBITS
        self._inflate = zlib.decompressobj(self._window)
        self._begun = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Plain bytes as far as `data` reaches."""
        if self._coding == "deflate" and not self._begun and data and data[0] & 0x0F != 8:
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._begun = self._begun or bool(data)
        while True:
            if self._inflate.eof:
                data = data or self._inflate.unused_data
                if not data or self._coding != "gzip":
                    return
                self._inflate = zlib.decompressobj(self._window)
            try:
                plain = self._inflate.decompress(data, PIECE)
            except zlib.error as error:
                raise DecodingError(f"broken {self._coding}: {error}") from error
            data = self._inflate.unconsumed_tail
            if plain:
                yield plain
            # A full piece may leave more inside although all of the input was taken.
            if not data and len(plain) < PIECE and not self._inflate.unused_data:
                return

    def finish(self) -> None:
        """Raise DecodingError unless the end of the coding was reached; a body without a byte is complete."""
        if self._begun and not self._inflate.eof:
            raise DecodingError(f"the {self._coding} body was cut short")


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


def decoder_for(content_encoding: str) -> Decoder:
    """The decoder for a Content-Encoding field; raises DecodingError for a coding that is not known."""
    codings = [coding.strip().lower() for coding in content_encoding.split(",")]
    decoders: list[Decoder] = []
    for coding in reversed(codings):
        if coding in ("", "identity"):
            continue
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise DecodingError(f"unknown Content-Encoding {coding!r}")
        decoders.append(Inflate("deflate" if coding == "deflate" else "gzip"))
    if not decoders:
        return Identity()
    return decoders[0] if len(decoders) == 1 else Chain(decoders)
