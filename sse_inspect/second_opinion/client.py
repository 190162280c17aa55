"""An ordinary client on one body: httpx decodes the text, httpx-sse lines and events, each in its own way."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from httpx_sse import ServerSentEvent
from httpx_sse._decoders import SSEDecoder, SSELineDecoder

MEDIA_TYPE = "text/event-stream"
"""What it looks for in the Content-Type, in this very spelling; without it nothing of the response is read."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM_AND_RETRY = "\ufeffretry:"


@dataclass(slots=True)
class Theirs:
    """An event as it came out, at `t`; `offset` is where its block begins in the body."""

    t: float
    offset: int
    event: ServerSentEvent
    after_comment: bool
    odd_retry: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it has no data."""
        return not self.event.data


class Client:
    """Takes the bytes of a body, of which the response says this Content-Type; "" if it is not known.

    `refusal` says why nothing comes out, and is empty else; `charset` is what the text is decoded with.
    """

    def __init__(self, content_type: str) -> None:
        self.charset = _charset(content_type)
        self._text = _text_decoder(self.charset)
        self.refusal = ""
        if content_type and MEDIA_TYPE not in content_type.partition(";")[0]:
            self.refusal = f"a Content-Type not spelled {MEDIA_TYPE}, in small letters: it refuses the response"
        elif self._text is None:
            self._refuse_charset()
        self._lines = SSELineDecoder()
        self._decoder = SSEDecoder()
        self._t = 0.0
        self._offset = self._block = 0
        self._after_comment = False
        self._is_first_line = True
        self._head = b""
        self.missed_retry = False
        """Whether a retry field stands right behind a byte order mark, where it is none to it."""

    @property
    def begins_with_bom(self) -> bool:
        """Whether a byte order mark stands in front of the body."""
        return self._head == codecs.BOM_UTF8

    @property
    def holds_back(self) -> bool:
        """Whether it waits for what follows a CR."""
        return self._lines.trailing_cr

    def feed(self, t: float, data: bytes) -> Iterator[Theirs]:
        """What comes out of the bytes that came at `t`."""
        self._t = t
        self._head += data[: len(codecs.BOM_UTF8) - len(self._head)]
        held = b"\r" if self.holds_back else b""
        begin = self._offset - len(held)
        self._offset += len(data)
        if text := self._decoded(data):
            ends = (begin + each.end() for each in _LINE_END.finditer(held + data))
            yield from self._take(self._lines.decode(text), ends)

    def end(self, t: float | None = None) -> Iterator[Theirs]:
        """What comes out when the body ends, at `t` if that is known."""
        self._t = self._t if t is None else t
        yield from self._take(self._lines.flush(), ())

    def _decoded(self, data: bytes) -> str:
        """The bytes as text; nothing where it cannot be made of them."""
        if self.refusal or self._text is None:
            return ""
        try:
            return self._text.decode(data)
        except ValueError:  # a codec that knows no replacement for what it cannot decode
            self._refuse_charset()
            return ""

    def _refuse_charset(self) -> None:
        self.refusal = f"the charset {self.charset} in Content-Type: it fails to decode the response"

    def _take(self, lines: Sequence[str], ends: Iterable[int]) -> Iterator[Theirs]:
        """Take lines, and at which offsets in the body they end."""
        for line, end in zip(lines, chain(ends, repeat(self._offset)), strict=False):
            if line.startswith(":"):
                self._after_comment = True
            elif self._is_first_line and line.startswith(_BOM_AND_RETRY):
                self.missed_retry = True
            self._is_first_line = False
            event = self._decoder.decode(line)
            if event is not None:
                yield Theirs(self._t, self._block, event, self._after_comment)
            if not line:
                self._after_comment = False
                self._block = end


def _charset(content_type: str) -> str:
    """The charset httpx decodes with: that of the Content-Type where Python knows it, else UTF-8."""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            try:
                return codecs.lookup(value.strip().strip('"')).name
            except (LookupError, ValueError):
                break
    return "utf-8"


def _text_decoder(charset: str) -> codecs.IncrementalDecoder | None:
    """What httpx decodes with; None for a codec that Python has, but not for text or not with replacements."""
    try:
        b"a".decode(charset, "replace")
        return codecs.getincrementaldecoder(charset)("replace")
    except (LookupError, ValueError):
        return None
