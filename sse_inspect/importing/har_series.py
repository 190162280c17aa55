"""The entries of a HAR that are one session: an `EventSource` of a browser that connected again, and again.

Each is an entry of its own there. They belong together where the request is the same, each begins after the one before
was over, and the ID that was sent, if the fields of the request are told, is the one that was left behind. An answer
that is no event stream is how it went on even without an ID. Where several could have gone on so, none is said to have:
they may be those of several tabs. An entry that was redirected is one attempt with the entry that answered it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sse_inspect.config import REDACTED, shown_url
from sse_inspect.importing.har_stream import Stream, redirected
from sse_inspect.importing.source import here_it_ends
from sse_inspect.inputs import Asked, Ended, Input, Started
from sse_inspect.unknown import Unknown


@dataclass(slots=True)
class _Going:
    """A series that may go on, and the last event ID string that it left behind."""

    connections: list[Stream]
    last_id: str


Connections = Sequence[Stream]
"""The connections of one session, in their order; often only one."""
_NO_MORE = "the HAR tells no more"
_MOVED = "redirected, and the HAR does not tell what answered there"
_AT_ONCE = 16
"""Series of one URL that may still go on, the latest ones: more tabs than are told apart."""
_HOPS = 20
"""Redirects that a browser follows (Fetch standard, "HTTP-redirect fetch")."""


class Choices:
    """What there is to choose from: each entry that was asked for as a stream, and behind them the series."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self._streams = [stream for stream in streams if stream.is_asked_for]
        self._series = [
            series
            for series in (_series(streams) if len(streams) > 1 else [])
            if len(series) > 1 and any(stream.is_asked_for for stream in series)
        ]

    def __len__(self) -> int:
        return len(self._streams)

    @property
    def default(self) -> Connections | None:
        """The series that all of them are, or the only one; None where there is a choice."""
        wanted = len(self._streams)
        whole = (each for each in self._series if sum(stream.is_asked_for for stream in each) == wanted)
        return next(whole, self._streams if wanted == 1 else None)

    def get(self, number: int) -> Connections | None:
        """The one with this number, from 1."""
        of_one = [[stream] for stream in self._streams]
        return [*of_one, *self._series][number - 1] if 1 <= number <= len(of_one) + len(self._series) else None

    def shown(self, most: int) -> list[str]:
        """A line each, of `most` entries and as many series."""
        number_of = {id(stream): number for number, stream in enumerate(self._streams, 1)}
        lines = [_line(number, [stream], "") for number, stream in enumerate(self._streams[:most], 1)]
        for number, series in enumerate(self._series[:most], len(self._streams) + 1):
            members = ", ".join(str(number_of.get(id(stream), "a refusal")) for stream in series)
            lines.append(_line(number, series, f"  ({len(series)} connections of one session: {members})"))
        return lines


def unknown_in(connections: Connections) -> frozenset[Unknown]:
    """What is not told of one or another of them."""
    return frozenset().union(*(stream.unknown for stream in connections))


def asked_by(connections: Connections) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The header fields and the cookies that all of them were asked with and that matter, without what is secret."""
    origins = {stream.origin for stream in connections if stream.is_answered}
    origin = origins.pop() if len(origins) == 1 else ""
    if not origin:
        return (), ()
    cookies = tuple(f"{name}={REDACTED}" for name in dict.fromkeys(n for each in connections for n in each.cookies))
    return (("Origin", origin),), cookies


def inputs_of(connections: Connections) -> Iterator[Input]:
    """What happened, as far as the entries tell."""
    first, last = connections[0], connections[-1]
    last_id = first.sent_id
    yield Started(0.0, first.begin_us)
    for stream in connections:
        begin = (stream.begin_us - first.begin_us) / 1e6
        if stream is not first:
            afresh = stream.has_headers and not stream.sent_id and last_id
            yield Asked(begin, "afresh" if afresh else "reconnect")
        yield from stream.inputs(begin, last_id)
        last_id = stream.last_id(last_id)
        if stream is last:
            what = _MOVED if stream.is_redirect else _NO_MORE
            yield here_it_ends(begin + stream.lasted, f"{what} ({stream.error})" if stream.error else what)
        else:
            yield Ended(begin + stream.lasted, "unknown", stream.error or _NO_MORE, responded=stream.is_answered)


def without_redirects(streams: Sequence[Stream]) -> list[Stream]:
    """The streams, those that were redirected as one with what answered them, as far as that is there."""
    left = list(streams)
    by_url: dict[str, list[Stream]] = {}
    for stream in left:
        by_url.setdefault(stream.url, []).append(stream)
    taken: set[int] = set()
    found: list[Stream] = []
    for stream in left:
        if id(stream) in taken:
            continue
        whole, at = stream, stream
        for _ in range(_HOPS):
            there = _answer_to(at, by_url, taken) if at.is_redirect else None
            if there is None:
                break
            taken.add(id(there))
            whole, at = redirected(whole, there), there
        found.append(whole)
    return found


def _answer_to(stream: Stream, by_url: dict[str, list[Stream]], taken: set[int]) -> Stream | None:
    """The first request behind a redirect that went where it leads."""
    later = (
        each
        for each in by_url.get(stream.location, ())
        if each is not stream
        and id(each) not in taken
        and each.begin_us >= stream.begin_us
        and _same_page(stream, each)
    )
    return min(later, key=lambda each: each.begin_us, default=None)


def _series(streams: Sequence[Stream]) -> list[list[Stream]]:
    found: list[list[Stream]] = []
    latest: dict[str, deque[_Going]] = {}
    for stream in sorted(streams, key=lambda stream: stream.begin_us):
        going = latest.setdefault(stream.url, deque(maxlen=_AT_ONCE))
        before = [each for each in going if _follows(stream, each.connections[-1], each.last_id)]
        if len(before) == 1:
            before[0].connections.append(stream)
            before[0].last_id = stream.last_id(before[0].last_id)
        else:
            series = [stream]
            found.append(series)
            going.append(_Going(series, stream.last_id(stream.sent_id)))
    return found


def _follows(stream: Stream, before: Stream, last_id: str) -> bool:
    over_us = before.begin_us + round(before.lasted * 1e6)
    is_later = before.begin_us > 0 and stream.begin_us >= over_us
    goes_on = stream.sent_id == last_id or not stream.has_headers
    # A browser connects again behind an event stream and behind a network error, but not behind any other answer.
    comes_again = (before.is_accepted or not before.is_answered) and _same_page(before, stream)
    if stream.is_refused:
        is_same = stream.method == before.method == "GET" and before.is_asked_for
        return is_later and comes_again and is_same and (goes_on or not stream.sent_id)
    return is_later and goes_on and comes_again and before.may_reconnect and stream.may_reconnect


def _same_page(one: Stream, other: Stream) -> bool:
    """Whether the same page may have asked for both."""
    return not one.page or not other.page or one.page == other.page


def _line(number: int, connections: Connections, more: str) -> str:
    begin_us = connections[0].begin_us
    at = datetime.fromtimestamp(begin_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S") if begin_us else "unknown time"
    events = sum(stream.events for stream in connections)
    word = "event " if events == 1 else "events"
    return f"{number:>4}  {at:<19}  {events:>7,} {word}  {shown_url(connections[0].url)}{more}"
