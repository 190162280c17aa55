"""The framing of HTTP/1.1 bodies: what is read and what is not, whole, torn, and byte by byte."""

from __future__ import annotations

import pytest

from sse_inspect.net.exchange import Head
from sse_inspect.net.failures import AttemptError
from sse_inspect.net.fields import parse_head
from sse_inspect.net.framing import LONGEST_LINE, Chunked, Framing, Sized, UntilClosed
from sse_inspect.net.http1 import framing_of

STEPS = [1, 2, 3, 7, 10_000_000]


def told(framing: Framing, sent: bytes, step: int) -> tuple[bytes, str]:
    """The content, and what is wrong."""
    content = b""
    try:
        for at in range(0, len(sent), step):
            for part in framing.feed(sent[at : at + step]):
                content += part
            if framing.over:
                return content, "over"
        framing.close()
    except AttemptError as error:
        return content, str(error)
    return content, "closed"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "size",
    [
        b"f",
        b"F",
        b"0" * 40 + b"f",
        b"0" * 10_000 + b"f",
        b"f;a=b",
        b"f ; a = b",
        b"f\t;\ta\t=\tb",
        b"f ",
        b"f\t \t",
        b"f;",
        b"f;a",
        b'f;a="x;y, \\"z";b=c',
        b"f;\xe4=\xff",
        b"f;" + b"x" * 10_000,
    ],
)
def test_sizes_that_are_read(size: bytes, step: int) -> None:
    sent = size + b"\r\nfifteen bytes 15\r\n"[: 2 + 15] + b"\r\n5\r\nagain\r\n0" + size[1:].lstrip(b"0f") + b"\r\n\r\n"
    assert told(Chunked(), sent, step) == (b"fifteen bytes 1again", "over")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("rest", "what"),
    [
        (b"f\nfifteen", "the length of a chunk ends with a line feed alone, in place of CR LF"),
        (b"f;a=b\nfifteen", "the length of a chunk ends with a line feed alone, in place of CR LF"),
        (b"zz\r\n", "the length of a chunk cannot be read: “zz”"),
        (b"zz\n", "the length of a chunk cannot be read: “zz”"),
        (b"\r\n", "the length of a chunk cannot be read: “”"),
        (b" f\r\n", "the length of a chunk cannot be read: “f”"),
        (b"0xf\r\n", "the length of a chunk cannot be read: “0xf”"),
        (b"-f\r\n", "the length of a chunk cannot be read: “-f”"),
        (b"f a\r\n", "the length of a chunk cannot be read: “f a”"),
        (b"f;\0\r\n", "the length of a chunk cannot be read: “f;\\x00”"),
        (b"f;a\rb\r\n", "the length of a chunk cannot be read: “f;a\\rb”"),
        (b"f" * 21 + b"\r\n", f"the length of a chunk cannot be read: “{'f' * 21}”"),
        (b"1" * LONGEST_LINE + b"\r\n", "a response head, or a line between its chunks, is too long"),
        (b"5\r\nagainX", "a chunk goes on where its length says it ends: “X”"),
        (b"5\r\nagain\n", "a chunk goes on where its length says it ends: “”"),
        (b"0\r\nX y\r\n\r\n", "a line of the trailer is no header field: “X y”"),
        (b"0\r\n" + b"X: y\r\n" * 20_000, "a response head, or a line between its chunks, is too long"),
        (b"", "the chunked body ended before its last chunk"),
        (b"0\r\n", "the chunked body ended before its last chunk"),
        (b"0\r\nX: y\r\n", "the chunked body ended before its last chunk"),
    ],
)
def test_what_came_before_a_fault_is_given(rest: bytes, what: str, step: int) -> None:
    content, said = told(Chunked(), b"3\r\nabc\r\n2;x\r\nde\r\n" + rest, step)
    assert content.startswith(b"abcde")
    assert said == what


@pytest.mark.parametrize("step", STEPS)
def test_a_trailer_is_passed_over(step: int) -> None:
    for trailer in (b"\r\n", b"\n", b"X: y\r\n\r\n", b"X: y\nZ: \n\n", b"X: y\r\n folded\r\n\r\n"):
        assert told(Chunked(), b"3\r\nabc\r\n0\r\n" + trailer, step) == (b"abc", "over")


def test_chunks_of_one_read_are_one_part() -> None:
    assert list(Chunked().feed(b"3\r\nabc\r\n" * 1000)) == [b"abc" * 1000]


@pytest.mark.parametrize("step", STEPS)
def test_a_length(step: int) -> None:
    assert told(Sized(5), b"again and more", step) == (b"again", "over")
    assert told(Sized(5), b"aga", step) == (b"aga", "received 3 bytes, expected 5")
    assert told(UntilClosed(), b"aga", step) == (b"aga", "closed")
    assert Sized(0).over


def head(*lines: str, status: int = 200) -> Head:
    return parse_head("\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode())


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ((), UntilClosed),
        (("Content-Length: 5",), Sized),
        (("Content-Length: 5, 5", "content-length: 5"), Sized),
        (("Transfer-Encoding: chunked", "Content-Length: 5"), Chunked),
        (("Content-Length: abc", "Transfer-Encoding: chunked"), Chunked),
        (("Content-Length: 5", "Content-Length: 6", "Transfer-Encoding: CHUNKED"), Chunked),
    ],
)
def test_chunks_win_over_any_length(lines: tuple[str, ...], kind: type) -> None:
    assert type(framing_of(b"GET", head(*lines))) is kind


def test_what_has_no_body() -> None:
    bare = head("Transfer-Encoding: rot13")
    assert framing_of(b"HEAD", bare).over
    assert framing_of(b"CONNECT", bare).over
    assert framing_of(b"GET", head("Content-Length: x", status=204)).over
    with pytest.raises(AttemptError):
        framing_of(b"GET", bare)


SEVERAL = [
    [b"one", b"two", b"three", b"four"],
    [b"a\r\n3\r\nb", b"two", b"three"],  # what stands in a chunk may look like what stands between two
    [b"one\r\n3\r\ntwo", b"\r\n1\r\n", b"x"],
    [b"\r\n", b"\r\n3\r\n", b"0\r\n\r\n"],
    [b"x" * 300, b"\r\n0\r\n", b"y" * 17],
]


@pytest.mark.parametrize("step", [*STEPS, 11, 64])
@pytest.mark.parametrize("contents", SEVERAL)
def test_many_chunks_at_once(contents: list[bytes], step: int) -> None:
    sent = b"".join(b"%x\r\n%b\r\n" % (len(content), content) for content in contents) + b"0\r\n\r\n"
    assert told(Chunked(), sent, step) == (b"".join(contents), "over")


@pytest.mark.parametrize("step", [*STEPS, 11, 64])
def test_a_length_that_is_wrong_among_many(step: int) -> None:
    sent = b"3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n3\r\nfour\r\n4\r\nfive\r\n0\r\n\r\n"
    content, what = told(Chunked(), sent, step)
    assert content == b"onetwothreefou"
    assert what.startswith("a chunk goes on where its length says it ends: ")
