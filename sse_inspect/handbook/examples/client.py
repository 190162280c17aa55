"""A client that comes back by itself.

pip install httpx httpx-sse; python client.py URL
"""

import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from httpx_sse import EventSource, ServerSentEvent


class Stream:
    """Iterate over it: each event comes once. Who gets `reset` loads anew.

    It ends at 204, and raises httpx.HTTPError where trying again would not
    help. An ID counts as received once you come back for the next event.
    """

    # Seconds without a byte, heartbeats included, until it counts as dead.
    stall = 30.0
    # Seconds before the first reconnect; the server's retry replaces it.
    first = 1.0
    # Seconds at which the doubling ends.
    longest = 30.0
    # IDs that are known again: more than a server sends again.
    remembered = 10_000

    def __init__(self, url: str, state: Callable[[str], object]) -> None:
        self.url = url
        # Is told what goes on, for whoever looks at the screen or the log.
        self.state = state
        self.last = ""
        self.seen: dict[str, None] = {}
        self.failures = 0
        self.is_over = False

    def __iter__(self) -> Iterator[ServerSentEvent]:
        timeout = httpx.Timeout(10, read=self.stall)
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            while True:
                self.state("connecting")
                asked, why = 0.0, "the server ended the stream"
                headers = {b"Accept": b"text/event-stream"}
                if self.last:
                    headers[b"Last-Event-ID"] = self.last.encode()
                request = client.stream("GET", self.url, headers=headers)
                try:
                    with request as answer:
                        status = answer.status_code
                        if is_passing(status):
                            asked, why = retry_after(answer), f"HTTP {status}"
                        else:
                            yield from self.read(answer)
                except httpx.TransportError as error:
                    # Refused, reset, cut short, or silent for too long.
                    why = type(error).__name__
                if self.is_over:
                    return
                self.failures += 1
                delay = backoff(self.failures, self.first, self.longest)
                delay = max(delay, asked * random.uniform(1, 1.5))
                self.state(f"waiting {delay:.1f} s: {why}")
                time.sleep(delay)

    def read(self, answer: httpx.Response) -> Iterator[ServerSentEvent]:
        self.is_over = answer.status_code == 204
        if self.is_over:
            return
        kind = answer.raise_for_status().headers.get("content-type", "")
        if not kind.startswith("text/event-stream"):
            raise httpx.DecodingError("no event stream", request=answer.request)
        self.state("open")
        before = ""
        for event in EventSource(answer).iter_sse():
            # Without an ID of its own it has that of the one before.
            own, before = "" if event.id == before else event.id, event.id
            if event.retry is not None:
                self.first = event.retry / 1000
            # httpx-sse makes empty events of some heartbeats.
            if not event.data or own in self.seen:
                continue
            yield event
            self.failures = 0
            if own:
                self.last, self.seen[own] = own, None
            if len(self.seen) > self.remembered:
                del self.seen[next(iter(self.seen))]


def is_passing(status: int) -> bool:
    """Whether another answer may come later; all others are final."""
    return status in (408, 425, 429) or status >= 500


def backoff(failures: int, first: float, longest: float) -> float:
    """Seconds to wait: never less than asked for, for no two the same."""
    doubled = first * 2.0 ** min(failures - 1, 30)
    return min(doubled, max(first, longest)) * random.uniform(1, 1.5)


def retry_after(answer: httpx.Response) -> float:
    value = answer.headers.get("retry-after", "")
    if re.fullmatch("[0-9]{1,9}", value):
        return float(value)
    try:
        then: datetime = parsedate_to_datetime(value)
        return (then - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return 0


if __name__ == "__main__":
    for received in Stream(sys.argv[1], state=print):
        print(received.event, received.id, received.data)
