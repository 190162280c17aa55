"""Ways of cutting a body into chunks, and what a parser makes of it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise

from sse_inspect.wire.parser import Parser
from sse_inspect.wire.tokens import Token


def run(chunks: Iterable[bytes], **options: object) -> tuple[list[Token], int, str]:
    """All tokens, what `close` returns, and the last event ID string."""
    parser = Parser(**options)  # type: ignore[arg-type]  # the tests pass the parser's own options through
    tokens: list[Token] = []
    size = 0
    for chunk in chunks:
        tokens += parser.feed(chunk)
        size += len(chunk)
        assert parser.consumed == size
    partial = parser.close()
    return tokens, partial, parser.last_event_id


def cut(body: bytes, places: Iterable[int]) -> list[bytes]:
    """`body` in pieces that begin at `places`."""
    return [body[start:end] for start, end in pairwise([0, *sorted(places), len(body)])]


def ways(body: bytes) -> Iterator[list[bytes]]:
    """Whole, byte by byte, cut once and twice everywhere, and at random places, with empty chunks among them."""
    yield [body]
    yield [body[index : index + 1] for index in range(len(body))]
    for places in combinations(range(len(body) + 1), 2):
        yield cut(body, places)
    dice = random.Random(len(body))
    for _ in range(50):
        yield cut(body, dice.choices(range(len(body) + 1), k=dice.randint(3, 8)))
