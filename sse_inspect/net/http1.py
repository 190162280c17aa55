"""HTTP/1.1, the client's side of one exchange (RFC 9112).

h11 writes the request. The response is read here: h11 takes several times as long for the many small chunks of an
event stream, refuses lengths that chunks make void, and waits for what cannot come any more.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import suppress

import h11

from sse_inspect.net.exchange import Head, Question
from sse_inspect.net.failures import AttemptError
from sse_inspect.net.fields import BLANK_LINE, LONGEST, TOO_LONG, parse_head
from sse_inspect.net.framing import Chunked, Framing, Sized, UntilClosed
from sse_inspect.net.sentences import sentence
from sse_inspect.net.stream import READ_SIZE, WatchedStream

_LENGTH = re.compile(rb"[0-9]{1,20}")
_TLS = b"\x15\x16"
"""What a record of TLS begins with: an alert, a handshake."""


class Http1:
    """An exchange over HTTP/1.1."""

    def __init__(self, stream: WatchedStream) -> None:
        self._stream = stream
        self._held = bytearray()
        self._framing: Framing = UntilClosed()

    async def ask(self, question: Question) -> Head:
        """Send the request; the head of its final response."""
        with suppress(OSError):  # a server may answer before it has read all, and close
            await self._stream.write(_written(question))
        begun = False
        while (head := parse_head(await self._block(begun))).status < 200:
            if head.status == 101:
                raise AttemptError("the server switches to another protocol (101), which nobody asked for")
            begun = True
        self._framing = framing_of(question.method, head)
        return head

    async def body(self) -> AsyncIterator[bytes]:
        """The content, framing removed, as it comes."""
        framing, data = self._framing, bytes(self._held)
        while True:
            if data:
                for part in framing.feed(data):
                    yield part
            if framing.over:
                return
            data = await self._stream.read(READ_SIZE)
            if not data:
                framing.close()
                return

    async def _block(self, begun: bool) -> bytes:
        """The bytes of the next head, its blank line included; `begun`: another came before it."""
        searched, held = 0, self._held
        while (match := BLANK_LINE.search(held, searched)) is None:
            if len(held) > LONGEST:
                raise AttemptError(TOO_LONG)
            _check_beginning(held)
            searched = max(0, len(held) - 2)
            data = await self._stream.read(READ_SIZE)
            if not data:
                inside = begun or held
                raise AttemptError("closed inside the response head" if inside else "closed without a response")
            held += data
        _check_beginning(held)
        if match.end() > LONGEST:
            raise AttemptError(TOO_LONG)
        block = bytes(held[: match.end()])
        del held[: match.end()]
        return block


def framing_of(method: bytes, head: Head) -> Framing:
    """How the end of the body is known (RFC 9112, 6.3): chunks win over a length, whatever that says.

    Raises AttemptError where it cannot be known.
    """
    if method == b"HEAD" or head.status in (204, 304) or (method == b"CONNECT" and head.status < 300):
        return Sized(0)
    codings = [coding.strip() for value in head.all(b"transfer-encoding") for coding in value.split(b",")]
    if codings := [coding.lower() for coding in codings if coding]:  # empty ones mean nothing (RFC 9110, 5.6.1.2)
        if codings != [b"chunked"]:
            raise AttemptError("the Transfer-Encoding of the response is not chunked, or not that alone")
        return Chunked()
    lengths = {length.strip() for value in head.all(b"content-length") for length in value.split(b",")}
    if not lengths:
        return UntilClosed()
    if len(lengths) > 1:
        raise AttemptError("the response has two Content-Length fields that differ")
    (length,) = lengths
    if not _LENGTH.fullmatch(length):
        raise AttemptError("the Content-Length of the response is no number of bytes")
    return Sized(int(length))


def _check_beginning(held: bytearray) -> None:
    """What cannot become a head is told at once: no line of it may ever end."""
    if held and held[0] in _TLS:
        raise AttemptError("the answer is not HTTP: is this an https:// address?")
    if held and held[0] <= 0x20 and held[0] not in b"\r\n":
        raise AttemptError("the answer is not HTTP")


def _written(question: Question) -> bytes:
    """The request on the wire; raises AttemptError for one that cannot be sent."""
    connection = h11.Connection(h11.CLIENT)
    try:
        head = h11.Request(method=question.method, target=question.target, headers=question.fields)
        events = (head, h11.Data(data=question.body), h11.EndOfMessage())
        return b"".join(connection.send(event) or b"" for event in events)
    except h11.LocalProtocolError as error:
        raise AttemptError(sentence(error)) from error
