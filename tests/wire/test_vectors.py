"""Bodies and what they tell, worked out by hand from WHATWG HTML 9.2.5 and 9.2.6, however they are cut."""

from __future__ import annotations

import pytest

from sse_inspect.wire.parser import Parser
from sse_inspect.wire.tokens import CommentToken, CutToken, EventToken, IdToken, RetryToken, Token
from tests.wire.cutting import run, ways
from tests.wire.reference_parser import parse


def E(
    data: str,
    offset: int,
    size: int,
    event: str = "message",
    id: str | None = None,  # noqa: A002 - the token's own word
    last: str = "",
    truncated: bool = False,
) -> EventToken:
    return EventToken(event, data, id, last or id or "", offset, size, truncated)


C, R, I, X = CommentToken, RetryToken, IdToken, CutToken  # noqa: E741 - as short as the table wants them

Vector = tuple[bytes, list[Token], int, str]

# body, tokens, partial, last event ID string
VECTORS: dict[str, Vector] = {
    # Line ends and blank lines
    "nothing": (b"", [], 0, ""),
    "one blank line": (b"\n", [], 0, ""),
    "blank lines": (b"\n\r\n\r\n\r", [], 0, ""),
    "lf": (b"data: x\n\n", [E("x", 0, 9)], 0, ""),
    "crlf": (b"data: x\r\n\r\n", [E("x", 0, 10)], 0, ""),
    "cr": (b"data: x\r\r", [E("x", 0, 9)], 0, ""),
    "lf then cr": (b"data: x\n\r", [E("x", 0, 9)], 0, ""),
    "lf then crlf": (b"data: x\n\r\n", [E("x", 0, 9)], 0, ""),
    "crlf then lf": (b"data: x\r\n\n", [E("x", 0, 10)], 0, ""),
    "crlf then cr": (b"data: x\r\n\r", [E("x", 0, 10)], 0, ""),
    "cr cr lf is two line ends": (b"data: x\r\r\n", [E("x", 0, 9)], 0, ""),
    "cr lf lf": (b"data: x\r\n\ndata: y\n\n", [E("x", 0, 10), E("y", 10, 9)], 0, ""),
    "two lf": (b"data: x\n\ndata: y\n\n", [E("x", 0, 9), E("y", 9, 9)], 0, ""),
    "two crlf": (b"data: x\r\n\r\ndata: y\r\n\r\n", [E("x", 0, 10), E("y", 11, 10)], 0, ""),
    "two cr": (b"data: x\r\rdata: y\r\r", [E("x", 0, 9), E("y", 9, 9)], 0, ""),
    "each its own line end": (b"data: a\rdata: b\ndata: c\r\n\n", [E("a\nb\nc", 0, 26)], 0, ""),
    "blank lines before": (b"\n\n\ndata: x\n\n", [E("x", 3, 9)], 0, ""),
    "blank crlf before": (b"\r\n\r\ndata: x\n\n", [E("x", 4, 9)], 0, ""),
    "blank lines after": (b"data: x\n\n\n\n\r\n", [E("x", 0, 9)], 0, ""),
    "blank lines between": (b"data: x\n\n\ndata: y\n\n", [E("x", 0, 9), E("y", 10, 9)], 0, ""),
    "u+2028 u+2029 u+0085 end no line": (
        b"data: a\xe2\x80\xa8b\xe2\x80\xa9c\xc2\x85d\n\n",
        [E("a\u2028b\u2029c\u0085d", 0, 20)],
        0,
        "",
    ),
    "vertical tab, form feed, separators end no line": (
        b"data: a\x0bb\x0cc\x1cd\x1de\x1ef\n\n",
        [E("a\x0bb\x0cc\x1cd\x1de\x1ef", 0, 19)],
        0,
        "",
    ),
    # Byte order mark
    "bom": (b"\xef\xbb\xbfdata: x\n\n", [E("x", 3, 9)], 0, ""),
    "bom, crlf": (b"\xef\xbb\xbfdata: x\r\n\r\ndata: y\n\n", [E("x", 3, 10), E("y", 14, 9)], 0, ""),
    "bom alone": (b"\xef\xbb\xbf", [], 0, ""),
    "half a bom": (b"\xef\xbb", [], 2, ""),
    "a third of a bom": (b"\xef", [], 1, ""),
    "bom and a blank line": (b"\xef\xbb\xbf\ndata: x\n\n", [E("x", 4, 9)], 0, ""),
    "two boms: the second is in the field name": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata: x\n\ndata: y\n\n",
        [E("y", 15, 9)],
        0,
        "",
    ),
    "bom in the second line is text": (b"data: x\n\xef\xbb\xbfdata: y\n\n", [E("x", 0, 20)], 0, ""),
    "bom after a blank line is text": (b"\n\xef\xbb\xbfdata: x\n\n", [], 0, ""),
    "bom in a value is text": (b"data: \xef\xbb\xbfx\n\n", [E("\ufeffx", 0, 12)], 0, ""),
    "bom broken off": (b"\xef\xbbdata: x\n\ndata: y\n\n", [E("y", 11, 9)], 0, ""),
    "utf-16 is noise": (b"\xff\xfed\x00a\x00:\x00\n\x00\n\x00", [], 12, ""),
    # Data
    "no space after the colon": (b"data:x\n\n", [E("x", 0, 8)], 0, ""),
    "only one space goes": (b"data:  x\n\n", [E(" x", 0, 10)], 0, ""),
    "a tab stays": (b"data:\tx\n\n", [E("\tx", 0, 9)], 0, ""),
    "spaces at the end stay": (b"data: x  \n\n", [E("x  ", 0, 11)], 0, ""),
    "a colon in the value": (b"data: a:b: c\n\n", [E("a:b: c", 0, 14)], 0, ""),
    "two data lines": (b"data: a\ndata: b\n\n", [E("a\nb", 0, 17)], 0, ""),
    "three crlf data lines": (b"data: a\r\ndata: b\r\ndata: c\r\n\r\n", [E("a\nb\nc", 0, 28)], 0, ""),
    "data lines with and without space": (b"data: a\ndata:b\ndata:  c\n\n", [E("a\nb\n c", 0, 25)], 0, ""),
    "data, colon, nothing": (b"data:\n\n", [E("", 0, 7)], 0, ""),
    "data, colon, space": (b"data: \n\n", [E("", 0, 8)], 0, ""),
    "data without colon": (b"data\n\n", [E("", 0, 6)], 0, ""),
    "data without colon twice": (b"data\ndata\n\n", [E("\n", 0, 11)], 0, ""),
    "empty first data line": (b"data:\ndata: x\n\n", [E("\nx", 0, 15)], 0, ""),
    "empty last data line": (b"data: x\ndata:\n\n", [E("x\n", 0, 15)], 0, ""),
    "the standard's stock example": (
        b"data: YHOO\ndata: +2\ndata: 10\n\n",
        [E("YHOO\n+2\n10", 0, 30)],
        0,
        "",
    ),
    "the standard's two events": (
        b"data\n\ndata\ndata\n\ndata:",
        [E("", 0, 6), E("\n", 6, 11)],
        5,
        "",
    ),
    "the standard's four blocks": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
        [
            C("test stream", 0),
            E("first event", 15, 25, id="1"),
            E("second event", 40, 22, id="", last=""),
        ],
        19,
        "",
    ),
    "data lines around other fields": (b"data: a\nid: 1\ndata: b\n\n", [E("a\nb", 0, 23, id="1")], 0, "1"),
    "nul in data": (b"data: a\x00b\n\n", [E("a\x00b", 0, 11)], 0, ""),
    "something like a field in data": (b"data: id: 5\n\n", [E("id: 5", 0, 13)], 0, ""),
    # Field names
    "names are case-sensitive": (b"Data: x\nDATA: y\n\n", [], 0, ""),
    "a space before the name": (b" data: x\n\n", [], 0, ""),
    "a space before the colon": (b"data : x\n\n", [], 0, ""),
    "unknown fields": (b"foo: bar\ndata: x\nbaz\n\n", [E("x", 0, 22)], 0, ""),
    "names that begin alike": (b"dat: a\ndatas: b\nids: c\nevents: d\n\n", [], 0, ""),
    # Event type
    "event type": (b"event: tick\ndata: x\n\n", [E("x", 0, 21, "tick")], 0, ""),
    "event type after data": (b"data: x\nevent: tick\n\n", [E("x", 0, 21, "tick")], 0, ""),
    "the last event type wins": (b"event: a\nevent: b\ndata: x\n\n", [E("x", 0, 27, "b")], 0, ""),
    "an empty event type is message": (b"event: a\nevent:\ndata: x\n\n", [E("x", 0, 25)], 0, ""),
    "event type without colon": (b"event\ndata: x\n\n", [E("x", 0, 15)], 0, ""),
    "event type without data is dropped": (b"event: a\n\ndata: x\n\n", [E("x", 10, 9)], 0, ""),
    "event type holds for one block": (
        b"event: a\ndata: x\n\ndata: y\n\n",
        [E("x", 0, 18, "a"), E("y", 18, 9)],
        0,
        "",
    ),
    # ID
    "id": (b"id: 7\ndata: x\n\n", [E("x", 0, 15, id="7")], 0, "7"),
    "id after data": (b"data: x\nid: 7\n\n", [E("x", 0, 15, id="7")], 0, "7"),
    "id holds for later blocks": (
        b"id: 7\ndata: x\n\ndata: y\n\n",
        [E("x", 0, 15, id="7"), E("y", 15, 9, last="7")],
        0,
        "7",
    ),
    "an empty id resets": (
        b"id: 7\ndata: x\n\nid:\ndata: y\n\n",
        [E("x", 0, 15, id="7"), E("y", 15, 13, id="")],
        0,
        "",
    ),
    "id without colon resets": (
        b"id: 7\ndata: x\n\nid\ndata: y\n\n",
        [E("x", 0, 15, id="7"), E("y", 15, 12, id="")],
        0,
        "",
    ),
    "id with nul is ignored": (
        b"id: 7\ndata: x\n\nid: 8\x009\ndata: y\n\n",
        [E("x", 0, 15, id="7"), E("y", 15, 17, last="7")],
        0,
        "7",
    ),
    "id with nul leaves the id before it": (b"id: 7\nid: \x00\ndata: x\n\n", [E("x", 0, 21, id="7")], 0, "7"),
    "the last id wins": (b"id: 7\nid: 8\ndata: x\n\n", [E("x", 0, 21, id="8")], 0, "8"),
    "id without data": (b"id: 7\n\n", [I("7", 0)], 0, "7"),
    "empty id without data": (b"id: 7\n\nid:\n\n", [I("7", 0), I("", 7)], 0, ""),
    "id and event type without data": (b"event: a\nid: 7\n\n", [I("7", 0)], 0, "7"),
    "id without data, then data": (b"id: 7\n\ndata: x\n\n", [I("7", 0), E("x", 7, 9, last="7")], 0, "7"),
    "an unfinished block sets no id": (b"id: 7\ndata: x\n", [], 14, ""),
    "spaces in an id": (b"id:  7 \ndata: x\n\n", [E("x", 0, 17, id=" 7 ")], 0, " 7 "),
    "id of any letters": (
        b"id: \xe6\x97\xa5\xe6\x9c\xac\ndata: x\n\n",
        [E("x", 0, 20, id="日本")],
        0,
        "日本",
    ),
    # Comments
    "comment": (b": ping\n", [C("ping", 0)], 0, ""),
    "comment without space": (b":ping\n", [C("ping", 0)], 0, ""),
    "comment loses one space only": (b":  ping\n", [C(" ping", 0)], 0, ""),
    "empty comment": (b":\n:\n", [C("", 0), C("", 2)], 0, ""),
    "comment of a colon": (b"::\n", [C(":", 0)], 0, ""),
    "comment, crlf": (b": a\r\n: b\r\n", [C("a", 0), C("b", 5)], 0, ""),
    "comment with its own blank line": (b": a\n\ndata: x\n\n", [C("a", 0), E("x", 5, 9)], 0, ""),
    "comment before data counts to the event": (b": a\ndata: x\n\n", [C("a", 0), E("x", 0, 13)], 0, ""),
    "comment inside a block": (b"data: a\n: c\ndata: b\n\n", [C("c", 8), E("a\nb", 0, 21)], 0, ""),
    "comment that looks like a field": (b":data: x\n\n", [C("data: x", 0)], 0, ""),
    # Reconnection time
    "retry": (b"retry: 1500\n\n", [R(1500, 0)], 0, ""),
    "retry at once, without a blank line": (b"retry: 1500\n", [R(1500, 0)], 0, ""),
    "retry without space": (b"retry:5\n", [R(5, 0)], 0, ""),
    "retry zero and leading zeros": (b"retry: 0\nretry: 007\n", [R(0, 0), R(7, 9)], 0, ""),
    "retry inside a block": (b"data: x\nretry: 9\n\n", [R(9, 8), E("x", 0, 18)], 0, ""),
    "no retry": (b"retry\nretry:\nretry: -5\nretry: +5\nretry: 1.5\nretry: 1e3\nretry: 5 \nretry:  5\n", [], 0, ""),
    "retry in other digits": (b"retry: \xd9\xa3\nretry: \xc2\xb2\nretry: 1_0\n", [], 0, ""),
    "retry beyond all reason": (b"retry: 99999999999999999999\n", [R(2**53 - 1, 0)], 0, ""),
    "retry at the edge": (
        b"retry: 9007199254740992\nretry: 9007199254740990\n",
        [R(2**53 - 1, 0), R(2**53 - 2, 24)],
        0,
        "",
    ),
    # Order
    "everything in the order of the wire": (
        b": a\nretry: 5\nid: 1\n\n: b\nevent: e\ndata: x\nid: 2\n: c\n\n",
        [C("a", 0), R(5, 4), I("1", 0), C("b", 20), C("c", 47), E("x", 20, 32, "e", "2")],
        0,
        "2",
    ),
    # UTF-8
    "letters of two, three and four bytes": (
        b"data: \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n\n",
        [E("é€😀", 0, 17)],
        0,
        "",
    ),
    "a letter in every field": (
        b"id: \xc3\xa9\nevent: \xc3\xa9\ndata: \xc3\xa9\n\n",
        [E("é", 0, 27, "é", "é")],
        0,
        "é",
    ),
    "offsets after letters": (b"data: \xe2\x82\xac\n\ndata: \xe2\x82\xac\n\n", [E("€", 0, 11), E("€", 11, 11)], 0, ""),
    "a stray byte": (b"data: a\xffb\n\n", [E("a\ufffdb", 0, 11)], 0, ""),
    "a letter cut by the line end": (b"data: \xe2\x82\n\n", [E("\ufffd", 0, 10)], 0, ""),
    "a letter cut by another": (b"data: \xf0\x9f\x98\xc3\xa9\n\n", [E("\ufffdé", 0, 13)], 0, ""),
    "overlong forms": (b"data: \xc0\xaf\xe0\x80\xaf\n\n", [E("\ufffd" * 5, 0, 13)], 0, ""),
    "surrogates": (b"data: \xed\xa0\x80\n\n", [E("\ufffd" * 3, 0, 11)], 0, ""),
    "beyond unicode": (b"data: \xf4\x90\x80\x80\n\n", [E("\ufffd" * 4, 0, 12)], 0, ""),
    "a stray byte in a field name": (b"data\xff: x\n\n", [], 0, ""),
    "a stray byte in one event of three": (
        b"data: a\n\ndata: \xff\n\ndata: c\n\n",
        [E("a", 0, 9), E("\ufffd", 9, 9), E("c", 18, 9)],
        0,
        "",
    ),
    # Unfinished blocks
    "partial: an unfinished line": (b"data: x\n\nda", [E("x", 0, 9)], 2, ""),
    "partial: an unfinished comment": (b": a", [], 3, ""),
    "partial: a finished data line": (b"data: x\n", [], 8, ""),
    "partial: a finished data line, crlf": (b"data: x\r\n", [], 9, ""),
    "partial: a finished event line": (b"event: x\n", [], 9, ""),
    "partial: a finished id line": (b"id\n", [], 3, ""),
    "partial: an id line with nul is one": (b"id: \x00\n", [], 6, ""),
    "partial: comments, retry and unknown do not count": (b": a\nretry: 5\nfoo: bar\n", [C("a", 0), R(5, 4)], 0, ""),
    "partial: but count beside data": (b": a\ndata: x\n", [C("a", 0)], 12, ""),
    "partial: after crlf": (b"data: x\r\n\r\nd", [E("x", 0, 10)], 1, ""),
    "partial: blank line ended by cr": (b"data: x\r\n\r", [E("x", 0, 10)], 0, ""),
    # Looks that change
    "the look changes": (
        b"data: a\n\nid: 1\ndata: b\n\nevent: e\nid: 2\ndata:c\n\ndata: d\n\n",
        [E("a", 0, 9), E("b", 9, 15, id="1"), E("c", 24, 23, "e", "2"), E("d", 47, 9, last="2")],
        0,
        "2",
    ),
    "fields in another order": (
        b"data: a\nevent: e\nid: 1\n\ndata: b\nevent: f\nid: 2\n\n",
        [E("a", 0, 24, "e", "1"), E("b", 24, 24, "f", "2")],
        0,
        "2",
    ),
    "a heartbeat among events": (
        b"id: 1\ndata: a\n\n:\n\nid: 2\ndata: b\n\n",
        [E("a", 0, 15, id="1"), C("", 15), E("b", 18, 15, id="2")],
        0,
        "2",
    ),
    "no space, then a space": (b"data:a\n\ndata: b\n\ndata:c\n\n", [E("a", 0, 8), E("b", 8, 9), E("c", 17, 8)], 0, ""),
    "one data line, then several": (
        b"data: a\n\ndata: b\ndata: c\n\ndata: d\n\n",
        [E("a", 0, 9), E("b\nc", 9, 17), E("d", 26, 9)],
        0,
        "",
    ),
    "lf, then crlf": (
        b"data: a\n\ndata: b\r\n\r\ndata: c\n\n",
        [E("a", 0, 9), E("b", 9, 10), E("c", 20, 9)],
        0,
        "",
    ),
    "a lone cr among crlf": (
        b"data: a\rdata: b\r\n\r\ndata: c\r\n\r\n",
        [E("a\nb", 0, 18), E("c", 19, 10)],
        0,
        "",
    ),
    "a lone lf among crlf": (
        b"data: a\ndata: b\r\n\r\ndata: c\r\n\r\n",
        [E("a\nb", 0, 18), E("c", 19, 10)],
        0,
        "",
    ),
}

# body, limit, tokens, partial, last event ID string
LIMITED: dict[str, tuple[bytes, int, list[Token], int, str]] = {
    "data as long as the limit": (b"data: abcd\n\n", 4, [E("abcd", 0, 12)], 0, ""),
    "data longer than the limit": (b"data: abcde\n\n", 4, [E("abcd", 0, 13, truncated=True)], 0, ""),
    "data lines longer together": (b"data: ab\ndata: cd\n\n", 4, [E("ab\nc", 0, 19, truncated=True)], 0, ""),
    "the line feed counts": (b"data: abcd\ndata\n\n", 4, [E("abcd", 0, 17, truncated=True)], 0, ""),
    "cut back to a whole letter": (
        b"data: a\xe2\x82\xac\xe2\x82\xac\n\n",
        5,
        [E("a€", 0, 15, truncated=True)],
        0,
        "",
    ),
    "cut after a whole letter": (b"data: a\xe2\x82\xacb\n\n", 4, [E("a€", 0, 13, truncated=True)], 0, ""),
    "a replaced byte counts as its three": (b"data: \xffa\n\n", 3, [E("\ufffd", 0, 10, truncated=True)], 0, ""),
    "other fields still count": (
        b"data: abcde\nid: 1\nevent: e\n\n",
        4,
        [E("abcd", 0, 28, "e", "1", truncated=True)],
        0,
        "1",
    ),
    "the next event is whole": (
        b"data: abcde\n\ndata: f\n\n",
        4,
        [E("abcd", 0, 13, truncated=True), E("f", 13, 9)],
        0,
        "",
    ),
    "event type": (b"event: abcde\ndata: x\n\n", 4, [X("event type", 0), E("x", 0, 22, "abcd")], 0, ""),
    "id is dropped, not cut": (
        b"id: 1\n\nid: 12345\ndata: x\n\n",
        4,
        [I("1", 0), X("id", 7), E("x", 7, 19, last="1")],
        0,
        "1",
    ),
    "comment": (b": abcde\n\n", 4, [C("abcd", 0), X("comment", 0)], 0, ""),
    "unknown field": (b"data: x\nfoo: abcde\n\n", 4, [X("line", 8), E("x", 0, 20)], 0, ""),
    "endless name": (b"abcdefgh\n", 4, [X("line", 0)], 0, ""),
    "retry": (b"retry: 12345\nretry: 1234\n", 4, [X("line", 0), R(1234, 13)], 0, ""),
    "field names are beside the point": (b"event: abcd\nretry: 1234\nid: abcd\ndata: abcd\n\n", 4,
        [R(1234, 12), E("abcd", 0, 45, "abcd", "abcd")], 0, "abcd"),
    "a limit of nothing": (b"data: x\n\ndata:\n\n", 0, [E("", 0, 9, truncated=True), E("", 9, 7)], 0, ""),
    "partial counts all bytes, kept or not": (b"data: abcdefghijklmnopqrstuvwxyz", 4, [], 32, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_vector(name: str) -> None:
    body, *expected = VECTORS[name]
    for chunks in ways(body):
        assert list(run(chunks)) == expected, chunks


@pytest.mark.parametrize("name", VECTORS)
def test_vector_by_the_reference(name: str) -> None:
    body, *expected = VECTORS[name]
    found = parse(body)
    assert [found.tokens, found.partial, found.last_event_id] == expected


@pytest.mark.parametrize("name", LIMITED)
def test_limited_vector(name: str) -> None:
    body, limit, *expected = LIMITED[name]
    for chunks in ways(body):
        assert list(run(chunks, max_event_bytes=limit)) == expected, chunks


@pytest.mark.parametrize("name", LIMITED)
def test_limited_vector_by_the_reference(name: str) -> None:
    body, limit, *expected = LIMITED[name]
    found = parse(body, limit=limit)
    assert [found.tokens, found.partial, found.last_event_id] == expected


def test_many_blocks_of_one_look_between_odd_ones() -> None:
    """Long enough for the fast path, with misfits in its midst."""
    body, expected, offset = b"", [], 0
    for n in range(200):
        block = f"id: {n}\nevent: tick\ndata: {n * 'x'}\n\n".encode()
        if n % 50 == 20:
            expected.append(C("ping", offset))
            block = b": ping\n" + block
        if n % 50 == 30:
            block = block[:-1] + b"unknown: field\n\n"
        expected.append(E(n * "x", offset, len(block), "tick", str(n)))
        body += block
        offset += len(block)
    for size in (1, 7, 64, 1000, len(body)):
        chunks = [body[start : start + size] for start in range(0, len(body), size)]
        assert run(chunks) == (expected, 0, "199")


def test_last_event_id_is_brought_along() -> None:
    assert run([b"data: x\n\n"], last_event_id="7") == ([E("x", 0, 9, last="7")], 0, "7")
    assert run([b"id:\n\n"], last_event_id="7") == ([I("", 0)], 0, "")


def test_lone_cr_dispatches_before_its_lf_comes() -> None:
    assert run([b"data: x\r\r"])[0] == [E("x", 0, 9)]
    assert run([b"data: x\r\n\r", b"\ndata: y\r\n\r", b"\n"])[0] == [E("x", 0, 10), E("y", 11, 10)]


ODD_AFTER_ORDINARY = {
    "nul in the id": (b"id: 8\x00\ndata: y\n\n", [E("y", 30, 16, last="7")]),
    "a lone cr in data": (b"id: 8\ndata: y\rz\n\n", [E("y", 30, 17, id="8")]),
    "a lone cr that begins a field": (b"id: 8\ndata: y\rdata: z\n\n", [E("y\nz", 30, 23, id="8")]),
    "invalid utf-8": (b"id: 8\ndata: \xff\n\n", [E("\ufffd", 30, 15, id="8")]),
    "letters": (b"id: 8\ndata: \xe2\x82\xac\n\n", [E("€", 30, 17, id="8")]),
    "no data": (b"id: 8\ndata: \n\n", [E("", 30, 14, id="8")]),
    "longer than the limit": (
        b"id: 8\ndata: 1234567890123456789012\n\n",
        [E("12345678901234567890", 30, 36, id="8", truncated=True)],
    ),
    "another order": (b"data: y\nid: 8\n\n", [E("y", 30, 15, id="8")]),
    "a second data line": (b"id: 8\ndata: y\ndata: z\n\n", [E("y\nz", 30, 23, id="8")]),
    "two blocks": (b"id: 8\ndata: y\n\nid: 9\ndata: z\n\n", [E("y", 30, 15, id="8"), E("z", 45, 15, id="9")]),
    "crlf": (b"id: 8\r\ndata: y\r\n\r\n", [E("y", 30, 17, id="8")]),
    "a comment": (b": ping\n\n", [C("ping", 30)]),
    "a blank line": (b"\n", []),
    "cr": (b"id: 8\rdata: y\r\r", [E("y", 30, 15, id="8")]),
    "half a block": (b"id: 8\nda", []),
}


@pytest.mark.parametrize("name", ODD_AFTER_ORDINARY)
def test_odd_chunk_after_chunks_of_one_ordinary_event(name: str) -> None:
    body, tokens = ODD_AFTER_ORDINARY[name]
    ordinary = b"id: 7\ndata: x\n\n"
    parser = Parser(max_event_bytes=20)
    assert parser.feed(ordinary) + parser.feed(ordinary) == [E("x", 0, 15, id="7"), E("x", 15, 15, id="7")]
    assert parser.feed(body) == tokens


LOOKS = {
    "data": (b"data: x\n\n", "x", "message", None),
    "data without space": (b"data:x\n\n", "x", "message", None),
    "two data lines": (b"data: x\ndata: y\n\n", "x\ny", "message", None),
    "three data lines without space": (b"data:x\ndata:y\ndata:z\n\n", "x\ny\nz", "message", None),
    "id, data": (b"id: 1\ndata: x\n\n", "x", "message", "1"),
    "data, id": (b"data: x\nid: 1\n\n", "x", "message", "1"),
    "data, id, data": (b"data: x\nid: 1\ndata: y\n\n", "x\ny", "message", "1"),
    "event, data": (b"event: e\ndata: x\n\n", "x", "e", None),
    "data, event": (b"data: x\nevent: e\n\n", "x", "e", None),
    "id, event, data": (b"id: 1\nevent: e\ndata: x\n\n", "x", "e", "1"),
    "event, id, data": (b"event: e\nid: 1\ndata: x\n\n", "x", "e", "1"),
    "event, data, id": (b"event: e\ndata: x\nid: 1\n\n", "x", "e", "1"),
    "data, two lines, event, id": (b"data: x\ndata: y\nevent: e\nid: 1\n\n", "x\ny", "e", "1"),
    "id twice": (b"id: 0\nid: 1\ndata: x\n\n", "x", "message", "1"),
    "unknown field": (b"foo: 1\ndata: x\n\n", "x", "message", None),
    "letters": ("id: é\nevent: €\ndata: 😀\n\n".encode(), "😀", "€", "é"),
}


@pytest.mark.parametrize("newline", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("name", LOOKS)
def test_blocks_of_one_look(name: str, newline: bytes) -> None:
    block, data, event, event_id = LOOKS[name]
    block = block.replace(b"\n", newline)
    size = len(block) - len(newline) + 1
    expected = [E(data, n * len(block), size, event, event_id) for n in range(5)]
    assert run([block] * 5) == (expected, 0, event_id or "")
    assert run([block * 5]) == (expected, 0, event_id or "")
    assert run([block * 2, block * 3]) == (expected, 0, event_id or "")


def test_a_look_with_cr_is_not_seen_in_a_block_with_lf() -> None:
    chunks = [b"data: x\r\r", b"\nid: 1\n", b"\n", b"data: y\nz\r\r", b"\n", b"data: z\n\n"]
    events = [E("x", 0, 9), I("1", 10), E("y", 17, 11, last="1"), E("z", 29, 9, last="1")]
    assert run(chunks) == (events, 0, "1")
