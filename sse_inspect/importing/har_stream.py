"""An event stream of a HAR, or an attempt at one: what an entry tells, and the inputs that it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sse_inspect.importing.source import NO_HEAD, PIECE, block
from sse_inspect.inputs import Chunk, Input, Opened, ResponseHead, Timings
from sse_inspect.session.outcome import REDIRECTS
from sse_inspect.unknown import Unknown
from sse_inspect.wire import EventToken, IdToken, Parser


@dataclass(slots=True)
class Message:
    """An event as Chromium saves it; `t` in seconds since the request, None where it is not told."""

    t: float | None
    event: str
    id: str
    data: str


@dataclass(slots=True)
class Stream:
    """An entry that is an event stream, or an attempt at one.

    Times are seconds, but `begin_us`: microseconds since the Unix epoch, 0 if unknown.
    """

    url: str
    method: str
    sent_id: str
    begin_us: int
    opened: float
    length: float
    head: ResponseHead
    timings: Timings
    peer: str
    body: bytes
    error: str
    may_reconnect: bool
    """Whether it may be a browser's `EventSource`, which connects again by itself."""
    has_headers: bool
    """Whether the fields of the request are told."""
    lacks_body: bool
    """Whether a body came that is not in the HAR: nothing tells what was in it."""
    is_stream: bool
    """Whether the answer says that it is an event stream, or messages of one came."""
    is_asked_for: bool
    """Whether it is one or was asked for as one; if not, it may still be how another one went on."""
    location: str
    """The URL a redirect leads to, empty where there is none."""
    page: str
    """What names the page that asked, empty if it is not told."""
    origin: str
    """The `Origin` that was sent, where the fields of the answer are told that allow it, or do not."""
    cookies: tuple[str, ...]
    """Names of the cookies that were sent."""
    messages: list[Message] | None = None

    @property
    def unknown(self) -> frozenset[Unknown]:
        """What it does not tell."""
        times = {Unknown.CLOCK: self.begin_us > 0, Unknown.ENDING: self.length > 0}
        if self.is_answered:  # else there is nothing that could be untold of the answer
            times[Unknown.OPENING] = self.opened > 0  # there must be numbers, so a writer that has none writes 0
        if self.is_accepted:
            times[Unknown.ARRIVALS] = self.messages is not None and None not in [each.t for each in self.messages]
        untold = {each for each, is_told in times.items() if not is_told} if any(times.values()) else {Unknown.TIMES}
        if self.is_answered and self.head is NO_HEAD:
            untold.add(Unknown.HEAD)
        if not self.url:
            untold.add(Unknown.REQUEST)
        if not self.has_headers:
            untold.add(Unknown.FIELDS)
        if self.messages is not None:
            untold |= {Unknown.COMMENTS, Unknown.RETRIES, Unknown.IDS, Unknown.BYTES}
        return frozenset({*untold, Unknown.CHUNKS, Unknown.END})

    @property
    def events(self) -> int:
        """How many it holds."""
        if self.messages is not None:
            return len(self.messages)
        return sum(isinstance(token, EventToken) for token in Parser().feed(self.body))

    @property
    def is_accepted(self) -> bool:
        """Whether the response was an event stream, as far as it is told; then the browser may have connected again."""
        return self.is_answered and self.head.status == 200 and (self.is_stream or self.head is NO_HEAD)

    @property
    def is_answered(self) -> bool:
        """Whether there was a response at all."""
        return self.head is not NO_HEAD or bool(self.body or self.messages)

    @property
    def is_refused(self) -> bool:
        """Whether there was a response that is no event stream."""
        return self.is_answered and not self.is_accepted

    @property
    def is_redirect(self) -> bool:
        """Whether another URL is to be asked instead."""
        return self.head is not NO_HEAD and self.head.status in REDIRECTS and bool(self.location)

    @property
    def lasted(self) -> float:
        """Until when it is known to have been, since its request."""
        times = (message.t or 0.0 for message in self.messages or ())
        return max(self.opened, self.length, *times)

    def last_id(self, before: str) -> str:
        """The last event ID string it leaves behind, `before` being that in front of it."""
        if self.messages:
            return self.messages[-1].id
        found = [token for token in Parser().feed(self.body) if isinstance(token, EventToken | IdToken)]
        own = [token.id for token in found if token.id is not None]
        return own[-1] if own else before

    def inputs(self, begin: float, last_id: str) -> Iterator[Input]:
        """What came of a request at `begin`, the last event ID string then being `last_id`, up to an unknown end."""
        if not self.is_answered or self.is_redirect:
            return
        t = begin + self.opened
        yield Opened(t, self.head, self.timings, self.peer)
        for place in range(0, len(self.body), PIECE):
            yield Chunk(t, self.body[place : place + PIECE])
        for message in self.messages or ():
            t = max(t, begin + (message.t or 0.0))
            own_id = message.id if message.id != last_id else None
            kind = message.event if message.event not in ("", "message") else None
            yield Chunk(t, block(message.data, kind, own_id))
            last_id = message.id


def redirected(stream: Stream, there: Stream) -> Stream:
    """The attempt that was sent on, with the answer of another URL."""
    later = max((there.begin_us - stream.begin_us) / 1e6, 0.0) if stream.begin_us and there.begin_us else 0.0
    messages = there.messages
    if messages is not None:
        messages = [replace(each, t=None if each.t is None else each.t + later) for each in messages]
    head = there.head if there.head is NO_HEAD else replace(there.head, url=there.head.url or there.url)
    return replace(
        there,
        url=stream.url,
        sent_id=stream.sent_id,
        begin_us=stream.begin_us,
        opened=later + there.opened if there.opened else 0.0,
        length=later + there.length if there.length else 0.0,
        head=head,
        timings=Timings(),
        may_reconnect=stream.may_reconnect,
        has_headers=stream.has_headers,
        is_asked_for=stream.is_asked_for or there.is_asked_for,
        origin=stream.origin if there.origin else "",
        cookies=stream.cookies,
        messages=messages,
    )
