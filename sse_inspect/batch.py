"""Batches of records: what one input led to, with the ordinary events of it in columns.

Nearly all records are events about which there is nothing to say but themselves. What has to keep up with a stream
takes those by the column; to all others a batch is its records, one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, repeat

from sse_inspect.records import PIECE, Event, Origin, Record, encoded, json_pieces, to_json
from sse_inspect.stepping import Numbered
from sse_inspect.wire import EventRun, EventToken


class Events:
    """Events that came together, in a row: none a duplicate, replayed, out of order or truncated.

    `n` is the number of the first; each is made into a record when it is asked for. `numbered` is prefix and number of
    the first ID where the IDs step by 1 from there on, None where they do not or nobody looked.
    """

    __slots__ = ("connection", "n", "numbered", "run", "t")

    def __init__(self, t: float, connection: int, n: int, run: EventRun, numbered: Numbered | None = None) -> None:
        self.t = t
        self.connection = connection
        self.n = n
        self.run = run
        self.numbered = numbered

    def __len__(self) -> int:
        return len(self.run)

    def __iter__(self) -> Iterator[Event]:
        return map(self._record, self.run, range(self.n, self.n + len(self.run)))

    def slice(self, start: int, stop: int) -> list[Event]:
        """The records from place `start` up to, not including, `stop`."""
        return [self._record(token, n) for n, token in enumerate(self.run.tokens(start, stop), self.n + start)]

    def _record(self, token: EventToken, n: int) -> Event:
        return Event(
            self.t,
            self.connection,
            n,
            token.event,
            token.data,
            token.id,
            token.last_event_id,
            token.offset,
            token.size,
            False,
            False,
            False,
            False,
        )


Item = Record | Events
"""What a batch is made of."""
Batch = Sequence[Item]


def size_of(batch: Batch) -> int:
    """How many records there are in a batch."""
    return sum(len(item) if type(item) is Events else 1 for item in batch)


def records_of(batch: Iterable[Item]) -> list[Record]:
    """The records of a batch, one by one."""
    records: list[Record] = []
    for item in batch:
        if isinstance(item, Events):
            records += item
        else:
            records.append(item)
    return records


def json_lines(events: Events, origin: Origin) -> Iterable[str]:
    """The records as `records.json_pieces` spells them, each with a line feed behind it."""
    ids, types, data, _ = events.run.columns
    sizes = events.run.sizes
    if max(sizes) > PIECE:
        for record in events:
            yield from json_pieces(record, origin)
            yield "\n"
        return
    (first,) = events.slice(0, 1)
    begin = to_json(first, origin).partition(',"n":')[0]
    spelled_ids: Iterable[str] = map(encoded, ids) if ids is not None else repeat("null")
    before = encoded(first.last_event_id)
    kinds = {name: encoded(name) for name in set(types or ("message",))}
    offset, beyond = first.offset, events.run.beyond
    rows = zip(count(events.n), types or repeat("message"), map(encoded, data), spelled_ids, sizes, strict=False)
    for n, kind, text, own, size in rows:
        last = before if ids is None else own
        yield (
            f'{begin},"n":{n},"event":{kinds[kind]},"data":{text},"id":{own},"last_event_id":{last},"offset":{offset},'
            f'"size":{size},"duplicate":false,"replayed":false,"out_of_order":false,"truncated":false}}\n'
        )
        offset += size + beyond
