"""What libraries say is told to people: no Python in it, nothing invisible, the bytes at fault in view."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Callable
from typing import Any

import h11
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import H2Error, NoSuchStreamError, StreamClosedError
from hpack import Encoder

from sse_inspect.net.failures import AttemptError
from sse_inspect.net.fields import BLANK_LINE, parse_head
from sse_inspect.net.http1 import framing_of
from sse_inspect.net.sentences import LONGEST, sentence, told

PYTHON = ("b'", 'b"', "bytearray", "_SWITCH", "Error", "Inputs.", "_ssl", "role=", "pseudo")


def answered(answer: bytes) -> None:
    """Reads all of it, as `Http1` does."""
    end = BLANK_LINE.search(answer)
    assert end is not None
    framing = framing_of(b"GET", parse_head(answer[: end.end()]))
    list(framing.feed(answer[end.end() :]))


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (b"ICY 200 OK\r\n\r\n", "the answer does not begin with a status line of HTTP: “ICY 200 OK”"),
        (b"\xff\x1b[31m \x00\r\n\r\n", "the answer does not begin with a status line of HTTP: “\\xff\\x1b[31m \\x00”"),
        ("\u202eабв\r\n\r\n".encode(), "the answer does not begin with a status line of HTTP: “\\u202eабв”"),
        (b'it\'s "so"\r\n\r\n', 'the answer does not begin with a status line of HTTP: “it\'s "so"”'),
        (b"y" * 61 + b"\r\n\r\n", f"the answer does not begin with a status line of HTTP: “{'y' * 60}…”"),
        (b"HTTP/1.1 099 No\r\n\r\n", "99 is no status of HTTP"),
        (HEAD + b"X y\r\n\r\n", "a line of the response head is no header field: “X y”"),
        (HEAD + b"X: a\0b\r\n\r\n", "a line of the response head is no header field: “X: a\\x00b”"),
        (HEAD + b"X: a\r\n b\x00\r\n\r\n", "a line of the response head is no header field: “X: a b\\x00”"),
        (CHUNKED + b"zz\r\n", "the length of a chunk cannot be read: “zz”"),
        (CHUNKED + b"1\r\nabc", "a chunk goes on where its length says it ends: “bc”"),
    ],
)
def test_http_1_1(answer: bytes, meaning: str) -> None:
    with pytest.raises(AttemptError) as error:
        answered(answer)
    assert str(error.value) == meaning


@pytest.mark.parametrize(
    ("headers", "meaning"),
    [
        ([("Host", "a"), ("Host", "b")], "the request has more than one Host field"),
        ([("Host", "a"), ("Content-Length", "x")], "the Content-Length of the request is no number of bytes"),
        ([("Host", "a"), ("X", "a\0")], "no request can have a header of this value: “a\\x00”"),
    ],
)
def test_a_request_that_cannot_be_sent(headers: list[tuple[str, str]], meaning: str) -> None:
    with pytest.raises(h11.LocalProtocolError) as error:
        h11.Request(method="GET", target="/", headers=headers)
    assert sentence(error.value) == meaning


def frame(kind: int, payload: bytes, *, flags: int = 0, stream: int = 1) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def fields(*given: tuple[str, str]) -> bytes:
    return frame(1, Encoder().encode(given, huffman=False), flags=4)


OK = (":status", "200")


@pytest.mark.parametrize(
    ("frames", "meaning"),
    [
        (fields(("X", "y"), OK), "a header name has capital letters, which HTTP/2 forbids: “X”"),
        (fields(OK, ("x\0", "y")), "a header name has a character HTTP forbids: “x\\x00”"),
        (fields(OK, ("x", "a\nb")), "a header value has a character HTTP forbids: “a\\nb”"),
        (fields(OK, ("x", "it's'")), None),
        (fields(OK, ("x", " y")), "a header value begins or ends with white space: “y”"),
        (fields(OK, ("connection", "close")), "the response has a field that HTTP/2 forbids: “connection”"),
        (fields(("x", "y")), "the response head has no “:status”"),
        (fields(OK, OK), "the response head has this field twice: “:status”"),
        (fields(("x", "y"), OK), "this field must come first in a response head: “:status”"),
        (fields(OK, (":x", "y")), "HTTP/2 knows no such field: “:x”"),
        (fields(OK, (":path", "/")), "the response head has fields of a request: {“:path”}"),
        (fields(OK, ("content-length", "x")), "the content-length of the response is no number of bytes: “x”"),
        (
            fields(OK, ("content-length", "1"), ("content-length", "2")),
            "the response has two content-length fields that differ: 1 and 2",
        ),
        (frame(1, b"\xff\xff\xff\xff", flags=4), "the compression of the response head (HPACK) is broken"),
        (frame(0, b"body"), "the body came before the response head"),
        (frame(4, b"", stream=1), "an HTTP/2 frame that names a stream must not (Settings)"),
        (frame(4, b"odd", stream=0), "an HTTP/2 frame cannot be read"),
        (frame(4, b"\0\x04\xff\xff\xff\xff", stream=0), "the server sent a value that an HTTP/2 setting cannot have"),
        (frame(0, b"x", stream=0), "an HTTP/2 frame that needs a stream names none (Data)"),
        (frame(0, b"\xffx", flags=8), "an HTTP/2 frame has more padding than content"),
        (frame(1, b"", flags=0) + frame(6, b"12345678", stream=0), "another HTTP/2 frame came inside a response head"),
        (frame(5, b"\0\0\0\x02", flags=4), "the server pushed a response nobody asked for"),
        (frame(8, b"\x7f\xff\xff\xff", stream=0), "the server opened too wide a window"),
        (frame(9, b"x", flags=4), None),
    ],
)
def test_http_2(frames: bytes, meaning: str | None) -> None:
    connection = H2Connection(H2Configuration(client_side=True))
    connection.initiate_connection()
    connection.update_settings({2: 0})
    connection.receive_data(frame(4, b"", stream=0) + frame(4, b"", flags=1, stream=0) * 2)
    connection.send_headers(1, [(":method", "GET"), (":path", "/"), (":scheme", "https"), (":authority", "h")], True)
    try:
        connection.receive_data(frames)
    except H2Error as error:
        said = sentence(error)
        assert not any(word in said for word in PYTHON), said
        assert said.isprintable()
        assert meaning is None or said.startswith(meaning)
    else:
        assert meaning is None


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (StreamClosedError(1), "a frame came for an HTTP/2 stream that is closed"),
        (NoSuchStreamError(1), "a frame came for an HTTP/2 stream that does not exist"),
        (AssertionError(), "the response could not be read (AssertionError)"),
        (ValueError("new words: bytearray(b'a\\xff\\r\\n') and b\"c'd\""), "new words: “a\\xff” and “c'd”"),
        (ValueError("x" * 10_000), "x" * LONGEST + "…"),
        (ValueError("ab\x1b\u202ecd"), "ab\\x1b\\u202ecd"),
    ],
)
def test_what_else_is_said(error: BaseException, meaning: str) -> None:
    assert sentence(error) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("wrong version number", "the answer is not TLS: is this an http:// address?"),
        ("record layer failure", "the answer is not TLS: is this an http:// address?"),
        ("sslv3 alert handshake failure", "the server refused TLS: handshake failure"),
        ("ssl/tls alert handshake failure", "the server refused TLS: handshake failure"),
        ("tlsv1 alert protocol version", "the server refused TLS: protocol version"),
        ("tlsv1 unrecognized name", "the server refused TLS: unrecognized name"),
        ("tlsv13 alert certificate required", "the server refused TLS: certificate required"),
        ("unexpected eof while reading", "the connection was closed in the middle of TLS"),
        ("EOF occurred in violation of protocol (_ssl.c:1006)", "the connection was closed in the middle of TLS"),
        ("unsupported protocol", "the server speaks no version of TLS that is safe"),
        ("dh key too small", "dh key too small"),
    ],
)
def test_tls(text: str, meaning: str) -> None:
    assert told(text) == meaning


def unzipped(data: bytes) -> Any:
    return zlib.decompressobj(31).decompress(data)


@pytest.mark.parametrize(
    ("decode", "data", "meaning"),
    [
        (unzipped, b"no gzip at all", "incorrect header check"),
        (unzipped, b"\x1f\x8b\x07\0", "unknown compression method"),
    ],
)
def test_codings(decode: Callable[[bytes], Any], data: bytes, meaning: str) -> None:
    with pytest.raises(zlib.error) as error:
        decode(data)
    assert told(str(error.value)) == meaning


def test_errors_of_ssl_are_no_longer_numbered() -> None:
    assert told(str(ssl.SSLError(1, "[SSL: SOMETHING] something new (_ssl.c:1006)"))).endswith("something new")
