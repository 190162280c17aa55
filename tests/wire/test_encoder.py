"""What the encoder writes, and that the parser reads it back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_inspect.wire.encoder import encode_comment, encode_event
from sse_inspect.wire.tokens import CommentToken, EventToken, RetryToken
from tests.wire.cutting import run

LINE_ENDS = ["\n", "\r", "\r\n"]
text = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\r\n\0: \ufeff\u2028\u0085")), max_size=30
)
one_line = text.map(lambda value: re.sub("[\r\n]", "", value))


def normal(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n")


def test_bytes_of_an_event() -> None:
    assert encode_event("a\nb", event="tick", id="7", retry=5) == (
        b"id: 7\nevent: tick\nretry: 5\ndata: a\ndata: b\n\n"
    )
    assert encode_event("", newline="\r\n") == b"data: \r\n\r\n"
    assert encode_event("x", id="", event="") == b"id: \nevent: \ndata: x\n\n"


def test_only_line_ends_of_the_standard_split_data() -> None:
    data = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"
    assert encode_event(data) == f"data: {data}\n\n".encode()
    assert encode_event("a\r\nb\rc\nd") == b"data: a\ndata: b\ndata: c\ndata: d\n\n"


def test_bytes_of_a_comment() -> None:
    assert encode_comment("ping") == b": ping\n"
    assert encode_comment("a\r\nb", newline="\r") == b": a\r: b\r"


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "\r\n", "1\ndata: injected"])
def test_no_field_can_be_injected(value: str) -> None:
    with pytest.raises(ValueError, match="event type cannot hold a line break"):
        encode_event("x", event=value)
    with pytest.raises(ValueError, match="event ID cannot hold a line break"):
        encode_event("x", id=value)


def test_what_could_not_be_read_back_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        encode_event("x", id="a\0b")
    with pytest.raises(ValueError, match="negative"):
        encode_event("x", retry=-1)
    with pytest.raises(ValueError, match="LF, CR or CRLF"):
        encode_event("x", newline="\u2028")
    with pytest.raises(ValueError, match="LF, CR or CRLF"):
        encode_comment("x", newline="")


@given(
    data=text,
    event=st.none() | one_line,
    event_id=st.none() | one_line.map(lambda value: value.replace("\0", "")),
    retry=st.none() | st.integers(0, 2**53 - 1),
    newline=st.sampled_from(LINE_ENDS),
    size=st.integers(1, 50),
)
def test_an_event_comes_back(
    data: str, event: str | None, event_id: str | None, retry: int | None, newline: str, size: int
) -> None:
    body = encode_event(data, event=event, id=event_id, retry=retry, newline=newline)
    tokens, partial, last_event_id = run(body[start : start + size] for start in range(0, len(body), size))
    *retries, token = tokens
    assert [found.reconnection_time for found in retries if isinstance(found, RetryToken)] == (
        [] if retry is None else [retry]
    )
    assert token == EventToken(
        event or "message", normal(data), event_id, event_id or "", 0, len(body) - len(newline) + 1, False
    )
    assert (partial, last_event_id) == (0, event_id or "")


@given(value=text, newline=st.sampled_from(LINE_ENDS))
def test_a_comment_comes_back(value: str, newline: str) -> None:
    tokens, partial, _ = run([encode_comment(value, newline=newline)])
    assert [token.text for token in tokens if isinstance(token, CommentToken)] == normal(value).split("\n")
    assert partial == 0
