"""Beats as Locust's statistics: what happens once a connection is a request of its own, what happens with every event
comes in bulk.

    SSE connect       DNS, TCP and TLS; its failures are attempts that led to no stream
    SSE first byte    from the connection to the response
    SSE first event   from the client's start to its first event
    SSE stream        one for each end of an open stream, which is a failure
    SSE reconnect     from the end that was noticed to the next response
    SSE event         all events; how far behind the first client of the same worker each came, where that is known; its
                      failures are gaps and stalls
    SSE event age     since the time in the event that --sse-timestamp names
"""

from __future__ import annotations

import time
from typing import Any

from locust.stats import StatsEntry, StatsError, bucket_response_time

from sse_inspect.load.distributed.pulse import Beat
from sse_inspect.present.safe import visible

TYPE = "SSE"
EVENT, AGE = "event", "event age"
MS = 1000.0


class FoundError(Exception):
    """What went wrong, as Locust shows it."""

    def __repr__(self) -> str:
        return str(self)


def feed(environment: Any, beat: Beat) -> None:
    """Put it into the statistics of this process, which Locust sends to its master."""
    for name, found in (
        ("connect", beat.connects),
        ("first byte", beat.first_bytes),
        ("first event", beat.first_events),
        ("reconnect", beat.reconnects),
    ):
        for value in found:
            _fire(environment, name, value * MS)
    for reason, number in beat.ends.items():
        for _ in range(number):
            _fire(environment, "stream", None, f"ended: {reason}")
    for reason, number in beat.refusals.items():
        for _ in range(number):
            _fire(environment, "connect", None, reason)
    if beat.events:
        _extend(environment.stats, EVENT, beat.behind, beat.events, beat.size)
    if beat.ages:
        _extend(environment.stats, AGE, beat.ages, len(beat.ages), 0)
    for what, number in (("gap in the IDs", beat.gaps), ("stall", beat.stalls)):
        if number:
            _failed(environment.stats, what, number)


def _fire(environment: Any, name: str, milliseconds: float | None, failure: str = "") -> None:
    environment.events.request.fire(
        request_type=TYPE,
        name=name,
        response_time=milliseconds,
        response_length=0,
        response=None,
        context={},
        exception=FoundError(visible(failure)) if failure else None,
    )


def _extend(stats: Any, name: str, times: list[float], number: int, size: int) -> None:
    """As if each had been logged, of which some have no time."""
    now = time.time()
    entry = StatsEntry(stats, name, TYPE)
    entry.num_requests = number
    entry.num_none_requests = max(0, number - len(times))
    entry.num_reqs_per_sec[int(now)] = number
    entry.last_request_timestamp = now
    entry.total_content_length = size
    for each in times:
        entry.response_times[bucket_response_time(each * MS)] += 1
    if times:
        entry.total_response_time = sum(times) * MS
        entry.min_response_time, entry.max_response_time = min(times) * MS, max(times) * MS
    stats.get(name, TYPE).extend(entry)
    stats.total.extend(entry)


def _failed(stats: Any, what: str, number: int) -> None:
    """As if that many had been logged."""
    stats.log_error(TYPE, EVENT, FoundError(what))
    for entry in (stats.total, stats.get(EVENT, TYPE)):
        entry.num_failures += number - 1
        entry.num_fail_per_sec[int(time.time())] += number - 1
    stats.errors[StatsError.create_key(TYPE, EVENT, FoundError(what))].occurrences += number - 1
