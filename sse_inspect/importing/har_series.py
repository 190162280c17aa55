"""The entries of a HAR that are one session: an `EventSource` of a browser that connected again, and again.

Each is an entry of its own there. They belong together where the request is the same, each begins after the one before
was over, and the ID that was sent, if the fields of the request are told, is the one that was left behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sse_inspect.config import shown_url
from sse_inspect.importing.har_entry import Stream
from sse_inspect.importing.source import here_it_ends
from sse_inspect.inputs import Asked, Ended, Input, Started
from sse_inspect.unknown import Unknown

Connections = Sequence[Stream]
"""The connections of one session, in their order; often only one."""
_NO_MORE = "the HAR tells no more"


class Choices:
    """What there is to choose from: each entry by itself, and behind them the series."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self._streams = streams
        self._series = [series for series in _series(streams) if len(series) > 1] if len(streams) > 1 else []

    @property
    def default(self) -> Connections | None:
        """The only one, or the series that all of them are; None where there is a choice."""
        if len(self._streams) == 1:
            return self._streams
        return next((series for series in self._series if len(series) == len(self._streams)), None)

    def get(self, number: int) -> Connections | None:
        """The one with this number, from 1."""
        of_one = [[stream] for stream in self._streams]
        return [*of_one, *self._series][number - 1] if 1 <= number <= len(of_one) + len(self._series) else None

    def shown(self, most: int) -> list[str]:
        """A line each, of `most` entries and as many series."""
        number_of = {id(stream): number for number, stream in enumerate(self._streams, 1)}
        lines = [_line(number, [stream], "") for number, stream in enumerate(self._streams[:most], 1)]
        for number, series in enumerate(self._series[:most], len(self._streams) + 1):
            members = ", ".join(str(number_of[id(stream)]) for stream in series)
            lines.append(_line(number, series, f"  ({len(series)} connections of one session: {members})"))
        return lines


def unknown_in(connections: Connections) -> frozenset[Unknown]:
    """What is not told of one or another of them."""
    return frozenset().union(*(stream.unknown for stream in connections))


def inputs_of(connections: Connections) -> Iterator[Input]:
    """What happened, as far as the entries tell."""
    first, last = connections[0], connections[-1]
    last_id = first.sent_id
    yield Started(0.0, first.begin_us)
    for stream in connections:
        begin = (stream.begin_us - first.begin_us) / 1e6
        if stream is not first:
            yield Asked(begin, "reconnect")
        yield from stream.inputs(begin, last_id)
        last_id = stream.last_id(last_id)
        if stream is last:
            yield here_it_ends(begin + stream.lasted, f"{_NO_MORE} ({stream.error})" if stream.error else _NO_MORE)
        else:
            yield Ended(begin + stream.lasted, "unknown", stream.error or _NO_MORE, responded=stream.is_answered)


def _series(streams: Sequence[Stream]) -> list[list[Stream]]:
    found: list[list[Stream]] = []
    latest: dict[str, list[Stream]] = {}
    ids: dict[str, str] = {}
    for stream in sorted(streams, key=lambda stream: stream.begin_us):
        series = latest.get(stream.url)
        before = stream.sent_id if series is None else ids[stream.url]
        if series is not None and _follows(stream, series[-1], before):
            series.append(stream)
        else:
            before = stream.sent_id
            series = latest[stream.url] = [stream]
            found.append(series)
        ids[stream.url] = stream.last_id(before)
    return found


def _follows(stream: Stream, before: Stream, last_id: str) -> bool:
    over_us = before.begin_us + round(before.lasted * 1e6)
    is_later = before.begin_us > 0 and stream.begin_us >= over_us
    goes_on = stream.sent_id == last_id or not stream.has_headers
    # A browser connects again behind an event stream and behind a network error, but not behind any other answer.
    comes_again = before.is_accepted or not before.is_answered
    return is_later and goes_on and comes_again and before.may_reconnect and stream.may_reconnect


def _line(number: int, connections: Connections, more: str) -> str:
    begin_us = connections[0].begin_us
    at = datetime.fromtimestamp(begin_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S") if begin_us else "unknown time"
    events = sum(stream.events for stream in connections)
    word = "event " if events == 1 else "events"
    return f"{number:>4}  {at:<19}  {events:>7,} {word}  {shown_url(connections[0].url)}{more}"
