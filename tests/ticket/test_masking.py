"""Bytes without what they say."""

from __future__ import annotations

import pytest

from sse_inspect.ticket.masking import covered, masked

SAMPLES = [
    (b'id: 41\nevent: tick\ndata: {"a": 1.5}\n\n', b'id: 41\nevent: tick\ndata: {"x": 0.0}\n\n'),
    (b"retry: 3000\r\ndata\rdata:\n", b"retry: 3000\r\ndata\rdata:\n"),
    (b": ping 7\n", b": xxxx 0\n"),
    (b"ident: 7\nsecret\n", b"xxxxx: 0\nxxxxxx\n"),
    (b"\xef\xbb\xbfid: 7\n\xef\xbb\xbfdata: q", b"\xef\xbb\xbfid: 7\n\xef\xbb\xbfdata: x"),
    ("data: größe\u2028٣ 漢\u200b😀\n".encode(), "data: xxxxxxx\u202800 xxx\u200b😀\n".encode()),
    (b"data: \xff\x00\x1bq\n", b"data: \xff\x00\x1bx\n"),
    (b"data: cut in the m", b"data: xxx xx xxx x"),
]


@pytest.mark.parametrize(("data", "expected"), SAMPLES)
def test_framing_stays_and_text_goes(data: bytes, expected: bytes) -> None:
    assert masked(data, begins_line=True) == expected
    assert len(expected) == len(data)


def test_a_line_that_began_before_is_masked_to_its_end() -> None:
    assert masked(b"id: 7\nid: 8\n", begins_line=False) == b"xx: 0\nid: 8\n"


def test_secrets_are_covered_wherever_they_stand() -> None:
    assert covered("data: töken\n".encode(), ["töken"]) == b"data: ******\n"
