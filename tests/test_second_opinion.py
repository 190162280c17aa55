"""The same bytes, read as we do and as httpx-sse does: each difference by its name."""

from __future__ import annotations

import pytest

from sse_inspect.batch import records_of
from sse_inspect.config import Policy
from sse_inspect.records import Event
from sse_inspect.second_opinion import EFFECTS, EXAMINED_BYTES, UNPAIRED, SecondOpinion
from sse_inspect.session.intake import Intake


def read(*chunks: bytes, content_type: str = "text/event-stream", apart: float = 0.0) -> SecondOpinion:
    """Both readings of one body; chunks come `apart` seconds from each other."""
    opinion, intake = SecondOpinion(), Intake(Policy(), "")
    opinion.open(content_type)
    intake.open(1)
    for number, chunk in enumerate(chunks):
        t = number * apart
        opinion.feed(t, chunk, records_of(intake.feed(t, chunk, len(chunk))))
    opinion.close()
    return opinion


def told(opinion: SecondOpinion) -> list[tuple[str, str, int, int]]:
    return [(each.kind, each.cause, each.count, each.offset) for each in opinion.differences()]


ID = b"id: 1\ndata: x\n\n"

SAMPLES = [
    (b"data: x\n\ndata: y\ndata: z\n\nevent: a\ndata\n\n", []),
    (b"id: 1\nevent: a\nretry: 10\ndata: x\n\n", []),
    (b": hello\n\ndata: x\n\n", []),
    (
        ID + b": ping\n\n: ping\n\n" + ID,
        [("phantom", "a comment with a blank line after it, once an ID was seen", 2, 15)],
    ),
    (b"retry: 3000\n\ndata: x\n\n", [("phantom", "a block with nothing but a retry field", 1, 0)]),
    (b"event: a\n\ndata: x\n\n", [("phantom", "a block with an event type but no data", 1, 0)]),
    (ID + b"\n\n", [("phantom", "a block without data", 2, 15)]),
    (b"\xef\xbb\xbfdata: x\n\ndata: y\n\n", [("lost", "the byte order mark in front of it", 1, 3)]),
    (b"\xef\xbb\xbfdata: x\ndata: y\n\ndata: z\n\n", [("misread", "the byte order mark in front of it", 1, 3)]),
    (b"\xef\xbb\xbfevent: a\ndata: x\n\n", [("misread", "the byte order mark in front of it", 1, 3)]),
    (b"\xef\xbb\xbfid: 1\ndata: x\n\n", [("misread", "the byte order mark in front of it", 1, 3)]),
    (b"\xef\xbb\xbf: hello\n\ndata: x\n\n", []),
    (b"\xef\xbb\xbfretry: 10\ndata: x\n\n", [("retry-misread", "the byte order mark in front of it", 1, 0)]),
    (b"\xef\xbb\xbfretry: x\ndata: x\n\n", []),
    (b"retry: -5\ndata: x\n\n", [("retry-misread", "a retry field that is no row of digits", 1, 0)]),
    (b"retry: 1_000\ndata: x\n\n", [("retry-misread", "a retry field that is no row of digits", 1, 0)]),
    (b"retry: 10 \ndata: x\n\n", [("retry-misread", "a retry field that is no row of digits", 1, 0)]),
    (b"retry: 10\nretry: 20\ndata: x\n\n", []),
    (b"id: a\0b\ndata: x\n\n", []),
]


@pytest.mark.parametrize(("data", "expected"), SAMPLES)
def test_differences(data: bytes, expected: list[tuple[str, str, int, int]]) -> None:
    assert told(read(data)) == expected


def test_lines_that_end_with_cr_are_held_back() -> None:
    body = [b"id: 1\rdata: x\r\r", b"id: 2\rdata: y\r\r"]
    assert told(read(*body, apart=1.0))[0] == ("held-back", "lines that end with CR", 1, 0)
    assert told(read(*body)) == []
    assert told(read(b"data: x\r\n\r", b"\ndata: y\r\n\r\n", apart=1.0))[0][0] == "held-back"


@pytest.mark.parametrize(
    ("cut", "kind", "cause"),
    [
        (False, "held-back", "lines that end with CR"),
        (True, "lost", "lines that end with CR, and a connection that was cut behind one"),
    ],
)
def test_what_is_held_back_comes_with_the_end_or_never(cut: bool, kind: str, cause: str) -> None:
    body = b"data: x\r\r"
    opinion, intake = SecondOpinion(), Intake(Policy(), "")
    opinion.open("text/event-stream")
    intake.open(1)
    opinion.feed(0.0, body, records_of(intake.feed(0.0, body, len(body))))
    assert told(opinion) == []
    opinion.close(5.0, cut=cut)
    assert told(opinion) == [(kind, cause, 1, 0)]


def test_a_byte_order_mark_is_seen_in_pieces() -> None:
    body = b"\xef\xbb\xbfdata: x\n\n"
    assert told(read(*(body[at : at + 1] for at in range(len(body))))) == told(read(body))


def test_the_charset_of_the_response() -> None:
    body = "data: Zoë\n\n".encode()
    cause = "the charset iso8859-1 in Content-Type, though event streams are always UTF-8"
    assert told(read(body, content_type="text/event-stream; charset=ISO-8859-1")) == [("misread", cause, 1, 0)]
    assert told(read(body, content_type='text/event-stream; charset="utf-8"')) == []
    assert told(read(body, content_type="text/event-stream; charset=klingon")) == []


@pytest.mark.parametrize("charset", ["hex", "zlib", "undefined", "idna", "base64"])
def test_a_charset_that_is_none_of_text(charset: str) -> None:
    opinion = read(b"data: x\n\ndata: y\n\n", content_type=f"text/event-stream; charset={charset}")
    ((kind, cause, count, offset),) = told(opinion)
    assert (kind, count, offset, opinion.events) == ("lost", 2, 0, 0)
    assert cause.startswith("the charset ")


def test_a_charset_that_fails_on_the_way() -> None:
    opinion = read(b"data: x\n\n", b"data: \xc3\xab\n\n", content_type="text/event-stream; charset=punycode")
    assert told(opinion)[0][0] == "lost"


def test_a_content_type_in_other_letters_is_refused() -> None:
    opinion = read(ID, content_type="Text/Event-Stream; charset=utf-8")
    (difference,) = opinion.differences()
    assert (difference.kind, difference.count, opinion.events) == ("lost", 1, 0)
    assert difference.cause.startswith("a Content-Type not spelled text/event-stream")
    assert told(read(ID, content_type="")) == []


def test_the_event_is_told_that_it_befell_or_that_was_before() -> None:
    body = b": ping\n\n" + ID + b": ping\n\n" + b"id: 2\ndata: y\r\r"
    opinion = read(body[:-1], body[-1:], b"data: z\n\n", apart=1.0)
    assert [(each.kind, each.n) for each in opinion.differences()] == [("phantom", 1), ("held-back", 2)]


@pytest.mark.parametrize(("data", "expected"), SAMPLES)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_differences_in_chunks_of_any_size(data: bytes, expected: list[tuple[str, str, int, int]], size: int) -> None:
    assert told(read(*(data[at : at + size] for at in range(0, len(data), size)))) == expected


def test_where_blocks_begin_that_end_with_cr() -> None:
    body = b"id: 1\r\ndata: x\r\n\r\n: ping\r\n\r\nid: 2\rdata: y\r\rretry: -5\r\r"
    expected = [
        ("phantom", "a comment with a blank line after it, once an ID was seen", 1, 18),
        ("retry-misread", "a retry field that is no row of digits", 1, 43),
        ("phantom", "a block with nothing but a retry field", 1, 43),
    ]
    for size in (1, 2, 3, len(body)):
        opinion = read(*(body[at : at + size] for at in range(0, len(body), size)))
        assert told(opinion) == expected
        assert [each.n for each in opinion.differences()] == [1, 2, 2]


def test_every_effect_says_whom_it_befalls() -> None:
    assert all(effect.startswith("an httpx-sse client ") for effect in EFFECTS.values())
    assert EFFECTS["phantom"] == "an httpx-sse client gets an empty event here"


def test_comments_are_hidden_from_it() -> None:
    opinion = read(b": ping\ndata: x\n\n: ping\n")
    assert (opinion.comments, opinion.ours, opinion.events) == (2, 1, 1)
    assert opinion.differences() == ()


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_chunks_of_any_size(size: int) -> None:
    body = b"".join(b"id: %d\r\nevent: tick\r\ndata: %d\r\n\r\n" % (n, n) for n in range(50))
    opinion = read(*(body[start : start + size] for start in range(0, len(body), size)))
    assert (opinion.ours, opinion.events, opinion.differences()) == (50, 50, ())


def test_what_has_no_partner_is_found_again() -> None:
    opinion = SecondOpinion()
    opinion.open("")
    ours = [Event(0.0, 1, n, "message", str(n), str(n), str(n), 0, 9, False, False, False, False) for n in range(1, 9)]
    opinion.feed(0.0, b"".join(b"id: %d\ndata: %d\n\n" % (n, n) for n in (1, 2, 5, 6, 7, 8)), ours)
    opinion.close()
    assert [(each.kind, each.count) for each in opinion.differences()] == [("lost", 2)]


def test_it_stays_small() -> None:
    opinion = SecondOpinion()
    opinion.open("")
    for _ in range(4):
        opinion.feed(0.0, b"data: x\n\n" * 1000, [])
        assert len(opinion._theirs_waiting) <= UNPAIRED
    block = b"data: " + b"x" * (1 << 20) + b"\n\n"
    while opinion.is_complete:
        opinion.feed(0.0, block, [])
    assert opinion.examined < EXAMINED_BYTES + len(block)
    before = opinion.events
    opinion.feed(0.0, block, [])
    assert opinion.events == before
