"""What the lint notices, wherever the bytes are cut."""

from __future__ import annotations

import pytest

from sse_inspect.analysis.lint import EXAMINED_BYTES, HELD_LINE, LARGE_EVENT, RULES, Issue, Lint

FED = ("whole", "by bytes", "by threes")


def pieces(data: bytes, fed: str) -> list[bytes]:
    size = {"whole": len(data) or 1, "by bytes": 1, "by threes": 3}[fed]
    return [data[start : start + size] for start in range(0, len(data), size)]


def linted(data: bytes, fed: str = "whole", *, complete: bool = True) -> list[Issue]:
    lint = Lint()
    lint.open()
    for piece in pieces(data, fed):
        lint.feed(piece)
    lint.close(complete=complete)
    return list(lint.issues())


SAMPLES = [
    (b"id: 1\nevent: a\ndata: x\nretry: 3000\n: note\n\n", []),
    (b"data: x\r\rdata: y\r\r", []),
    (b"data: x\r\n\r\n", []),
    (b"data\n\n", []),
    ("data: Zoë 日本 🙂\n\n".encode(), []),
    (b"id: 7\n\n", []),
    (b"\xef\xbb\xbfdata: x\n\n", [("byte-order-mark", 1, 0, "")]),
    (b"data: a\xffb\n\ndata: \xe2\x82\n\n", [("invalid-utf8", 2, 7, "")]),
    (b"data: x\n\nid: a\0b\ndata: y\n\n", [("nul-in-id", 1, 9, "")]),
    (b"data: a\0b\n\n", []),
    (b"dta: x\nDATA: y\ndta: z\n\n", [("unknown-field", 3, 0, "'dta', 'DATA'")]),
    (b"data: x\nsecond line\n\n", [("no-colon", 1, 8, "'second line'")]),
    (b"retry: -5\n\nretry: soon\n\nretry:\n\n", [("bad-retry", 3, 0, "'-5', 'soon'")]),
    (b"event: x\n\ndata: y\n\n", [("no-data", 1, 0, "")]),
    (b"data: x\n\ndata: y\n", [("unfinished", 1, 9, "")]),
    (b"data: x\n\ndata: y", [("unfinished", 1, 9, "")]),
    (b"data: x\n\n: bye", []),
    ("data: a\u2028b\u0085c\n\ndata: \u2029\n\n".encode(), [("odd-line-ends", 2, 0, "")]),
    (b"data: x\n\r\ndata: y\n\n", [("mixed-line-ends", 2, 8, "")]),
]


@pytest.mark.parametrize("fed", FED)
@pytest.mark.parametrize(("data", "expected"), SAMPLES)
def test_samples(data: bytes, expected: list[tuple[str, int, int, str]], fed: str) -> None:
    found = [(issue.code, issue.count, issue.offset, issue.example) for issue in linted(data, fed)]
    assert found == expected


def test_an_event_that_we_cut_off_is_not_the_endpoints_fault() -> None:
    assert linted(b"data: x\n\ndata: y", complete=False) == []


def test_bodies_are_counted_apart() -> None:
    lint = Lint()
    for data in (b"data: x\n\n", b"data: y\n\nbad: z\n\n"):
        lint.open()
        lint.feed(data)
        lint.close(complete=True)
    assert [(issue.connection, issue.offset) for issue in lint.issues()] == [(2, 9)]


@pytest.mark.parametrize("size", [HELD_LINE - 1, HELD_LINE * 3, LARGE_EVENT])
def test_long_lines(size: int) -> None:
    data = b"data: " + b"x" * size + b"\n\nbad: y\n\n"
    lint = Lint()
    lint.open()
    for start in range(0, len(data), 1000):
        lint.feed(data[start : start + 1000])
        assert len(lint._held) <= HELD_LINE
    lint.close(complete=True)
    found = {issue.code: issue.offset for issue in lint.issues()}
    assert found.pop("unknown-field") == size + 8
    assert found == ({"large-event": 0} if size >= LARGE_EVENT else {})


def test_only_so_much_is_looked_at() -> None:
    lint = Lint()
    lint.open()
    block = b"data: x\n\n" * 200_000
    while lint.is_complete:
        lint.feed(block)
    assert lint.examined < EXAMINED_BYTES + len(block)
    lint.feed(b"bad: x\n\n")
    lint.close(complete=True)
    assert lint.issues() == ()


def test_every_rule_says_what_to_do() -> None:
    for rule in RULES.values():
        assert rule.fix.endswith(".")
        assert not rule.title.endswith(".")
        assert not rule.effect.endswith(".")
