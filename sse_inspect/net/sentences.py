"""What libraries say of a response they cannot read -> a sentence for people, with the bytes at fault made visible.

h11, h2, hpack, hyperframe, OpenSSL, zlib, brotli and zstd speak to programmers. What the table does not know
is told in the library's words, without what only Python understands.
"""

from __future__ import annotations

import ast
import re

LONGEST = 200
"""Characters of a detail: a library may repeat a whole response head."""
EVIDENCE = 60
"""Characters of the bytes at fault that are shown."""

NO_TLS = "the answer is not TLS: is this an http:// address?"
"""What is said where a handshake fails because of what came; after one it is about no address any more."""

_BYTES = re.compile(r"""(?:\bbytearray\()?(\bb'(?:[^'\\]|\\.)*'|\bb"(?:[^"\\]|\\.)*")\)?""")
"""How Python writes bytes down."""
_FOR_PROGRAMMERS = re.compile(r" ?\(_ssl\.c:\d+\)|\[Errno -?\d+\] ?|^\w+(?:Error|Exception): ")

_TABLE = (
    # h11: the request
    (r"Illegal header name (.*)", "no request can have a header of this name: {0}"),
    (r"Illegal header value (.*)", "no request can have a header of this value: {0}"),
    (r"bad Content-Length", "the Content-Length of the request is no number of bytes"),
    (r"conflicting Content-Length headers", "the request has two Content-Length fields that differ"),
    (r"multiple Transfer-Encoding headers", "the request has more than one Transfer-Encoding field"),
    (r"Only Transfer-Encoding: chunked is supported", "the Transfer-Encoding of the request is not chunked"),
    (r"Illegal target characters", "the path of the URL holds characters that no request can have"),
    (r"Missing mandatory Host: header", "the request has no Host field"),
    (r"Found multiple Host: headers", "the request has more than one Host field"),
    (r"Too (?:much|little) data for declared Content-Length", "the request's Content-Length is not that of its body"),
    # h2 and those below it: frames
    (r"Invalid input \w+\.(?:RECV_)?(\w+) in state .*", "an HTTP/2 frame came where none of its kind may ({0})"),
    (r".*Stream ID must be non-zero for (\w+?)(?:Frame)?$", "an HTTP/2 frame that needs a stream names none ({0})"),
    (r".*Stream ID must be zero for (\w+?)(?:Frame)? .*", "an HTTP/2 frame that names a stream must not ({0})"),
    (r"Received frame with invalid header: .*|Invalid frame header", "the header of an HTTP/2 frame cannot be read"),
    (r"Received frame with non-compliant data|Frame data missing or invalid", "an HTTP/2 frame cannot be read"),
    (r"Received frame with invalid padding\.", "an HTTP/2 frame has more padding than content"),
    (r"Received overlong frame: length (\d+), .*", "an HTTP/2 frame of {0} bytes came, more than allowed"),
    (r"Invalid frame during header block\.", "another HTTP/2 frame came inside a response head"),
    (r"Too many continuation frames received\.", "a response head came in too many HTTP/2 frames"),
    (r"Max outbound streams .*", "the server takes no request on this HTTP/2 connection"),
    (r"Invalid stream ID for peer\.|Max inbound streams .*", "the server opened an HTTP/2 stream of its own"),
    (r"Received pushed stream|Attempted to push .*|.* recursively push .*|Idle .* pushes",
     "the server pushed a response nobody asked for"),
    (r"Stream (\d+) may not depend on itself", "the HTTP/2 stream {0} is said to depend on itself"),
    (r"Setting (\S+) has invalid value (\S+)", "the server sent a value that an HTTP/2 setting cannot have ({0}: {1})"),
    (r"May not increment flow control window.*|Flow control window mustn't.*", "the server opened too wide a window"),
    (r"Flow control window shrunk.*", "more came than the HTTP/2 window had room for"),
    # h2: heads and bodies
    (r"Oversized header block: .*", "the response head is too long"),
    (r"Error decoding header block: .*", "the compression of the response head (HPACK) is broken"),
    (r"cannot receive data before headers", "the body came before the response head"),
    (r"Informational response after final response", "an interim response came after the final one"),
    (r"Cannot set END_STREAM on informational responses", "the stream ended with an interim response"),
    (r"Trailers must have END_STREAM set", "a second response head came within the body"),
    (r"Invalid content-length header: (.*)", "the content-length of the response is no number of bytes: {0}"),
    (r"Conflicting content-length headers: (.*)", "the response has two content-length fields that differ: {0}"),
    (r"Received uppercase header name (.*)\.", "a header name has capital letters, which HTTP/2 forbids: {0}"),
    (r"(?s)Illegal character '.*?' in header (name|value): (.*)", "a header {0} has a character HTTP forbids: {1}"),
    (r"Received header value surrounded by whitespace (.*)", "a header value begins or ends with white space: {0}"),
    (r"Received header name with zero length\.", "a header field has no name"),
    (r"Invalid value for TE header: (.*)", "the te field of the response is none of HTTP/2: {0}"),
    (r"Connection-specific header field present: (.*)\.", "the response has a field that HTTP/2 forbids: {0}"),
    (r"Header block missing mandatory (.*) header", "the response head has no {0}"),
    (r"Received duplicate pseudo-header field (.*)", "the response head has this field twice: {0}"),
    (r"Received pseudo-header field out of sequence: (.*)", "this field must come first in a response head: {0}"),
    (r"Received custom pseudo-header field (.*)", "HTTP/2 knows no such field: {0}"),
    (r"Received pseudo-header in trailer (.*)", "the trailer has fields of a response head: {0}"),
    (r"Encountered request-only headers (.*)", "the response head has fields of a request: {0}"),
    (r"Expected (\d+) bytes, received (\d+)", "received {1} bytes, expected {0}"),
    (r"\d+ is lower than \d+", "the server opened an HTTP/2 stream of its own"),
    # TLS
    (r"EOF occurred in violation of protocol.*|unexpected eof while reading|TLS/SSL connection has been closed.*",
     "the connection was closed in the middle of TLS"),
    (r"(?:wrong version number|http request|packet length too long|record layer failure)$",
     NO_TLS),
    (r"(?:ssl|tls)v\d+ (?:alert )?(.*)|(?:ssl|tls)/tls alert (.*)|peer error (.*)", "the server refused TLS: {0}"),
    (r"unsupported protocol|no protocols available", "the server speaks no version of TLS that is safe"),
    # content codings
    (r"Error -?\d+ while \w+ data: (.*)|Unable to decompress \w+ data: (.*)", "{0}"),
    (r"brotli: decoder failed", ""),
)  # fmt: skip
_BY_NAME = {
    "StreamClosedError": "a frame came for an HTTP/2 stream that is closed",
    "NoSuchStreamError": "a frame came for an HTTP/2 stream that does not exist",
    "TimeoutError": "it took too long",
}
"""Exceptions that say nothing, or only a number."""


def sentence(error: BaseException) -> str:
    """What an exception means to people."""
    meaning = _BY_NAME.get(type(error).__name__) or told(str(error))
    return meaning or f"the response could not be read ({type(error).__name__})"


def told(text: str) -> str:
    """What a library's words mean to people; no more than `LONGEST` characters."""
    text = _FOR_PROGRAMMERS.sub("", text).strip()
    for pattern, meaning in _TABLE:
        if match := re.fullmatch(pattern, text):
            return shortened(meaning.format(*(_translated(part) for part in match.groups() if part is not None)))
    return shortened(_translated(text, LONGEST))


def shortened(text: str) -> str:
    """The text, or its beginning if it is too long for a detail."""
    return _cut(text, LONGEST)


def legible(data: bytes) -> str:
    """Bytes that are at fault, as people read them, in quotes."""
    return f"“{_visible(data.strip().decode('utf-8', 'backslashreplace'), EVIDENCE)}”"


def _translated(text: str, longest: int = EVIDENCE) -> str:
    """Text with bytes in it, as Python writes them down, as people read it."""
    return "".join(
        legible(ast.literal_eval(part)) if number % 2 else _visible(part, longest)
        for number, part in enumerate(_BYTES.split(text))
    )


def _visible(text: str, longest: int) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in _cut(text, longest))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
