"""How far pure Python can go: one expression that knows the workload, and, with `objects`, an object for each event.

No standard is kept: no other field, order or line end, nothing invalid, nothing without end.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate, repeat
from typing import Any

from sse_inspect.wire import EventToken
from tests.bench.workers.passes import run

_token = partial(tuple.__new__, EventToken)
_LINES = {
    "a": "()()data: (.*)\n",
    "b": "id: (.*)\nevent: (.*)\ndata: (.*)\n",
    "c": "()()data: (.*)\n",
    "d": "()()data: (.*(?:\ndata: .*)*+)\n",
}


def _blocks(chunks: Sequence[bytes]) -> Iterator[str]:
    """Decoded text that ends with the end of an event."""
    held = b""
    for chunk in chunks:
        data = held + chunk
        end = data.rfind(b"\n\n") + 2
        held = data[end:] if end > 1 else data
        if end > 1:
            yield data[:end].decode()


def rows(find: Callable[[str], list[Any]], many: bool, chunks: Sequence[bytes]) -> int:
    count = 0
    for text in _blocks(chunks):
        found = find(text)
        if many:
            found = [data.replace("\ndata: ", "\n") for _, _, data in found]
        count += len(found)
    return count


def objects(find: Callable[[str], list[Any]], many: bool, chunks: Sequence[bytes]) -> int:
    count, offset = 0, 0
    for text in _blocks(chunks):
        ids, events, data = zip(*find(text), strict=True)
        if many:
            data = tuple(each.replace("\ndata: ", "\n") for each in data)
        sizes = tuple(map(len, data))
        *offsets, offset = accumulate(sizes, initial=offset)
        columns = zip(events, data, ids, ids, offsets, sizes, repeat(False), strict=False)
        count += len(list(map(_token, columns)))
    return count


if __name__ == "__main__":
    kind, workload = sys.argv[1:3]
    expression = re.compile(_LINES[workload] + "\n")
    run(partial({"rows": rows, "objects": objects}[kind], expression.findall, workload == "d"))
