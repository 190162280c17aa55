"""Our parser: chunks in, events out, which are counted: `objects`, or `columns`, as a session takes them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sse_inspect.wire import EventRun, EventToken, Parser
from tests.bench.workers.passes import run


def objects(chunks: Sequence[bytes]) -> int:
    count = 0
    feed = Parser().feed
    for chunk in chunks:
        for token in feed(chunk):
            if type(token) is EventToken:
                count += 1
    return count


def columns(chunks: Sequence[bytes]) -> int:
    count = 0
    take = Parser().take
    for chunk in chunks:
        for item in take(chunk):
            if type(item) is EventRun:
                count += len(item.columns.data)
            elif type(item) is EventToken:
                count += 1
    return count


if __name__ == "__main__":
    run({"objects": objects, "columns": columns}[sys.argv[1]])
