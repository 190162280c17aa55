"""What of ours takes a stream from the socket, KIND URL: says when it had all, on the monotonic clock, and how much.

`receive` is the network layer by itself, with its stamps, whose chunks are counted; `captured` is a whole session,
written to the capture FILE, without a screen and without output.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sse_inspect.config import Keep, Policy, Target
from sse_inspect.inputs import Chunk, Ended, Input
from sse_inspect.live import Live
from sse_inspect.net.addresses import parse_url
from sse_inspect.net.attempt import Attempt
from sse_inspect.net.client import Client
from sse_inspect.net.route import Route
from sse_inspect.net.transport import Transport
from sse_inspect.session.last_event_id import Sent


async def receive(url: str) -> int:
    """The bytes of the body."""
    target = Target(url)
    transport = Transport(Route(target, parse_url(url)))
    over: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
    size = 0

    def emit(_: int, happened: Input) -> None:
        nonlocal size
        if isinstance(happened, Chunk):
            size += len(happened.data)
            attempt.taken(len(happened.data), 1)
        elif isinstance(happened, Ended):
            over.set_result(happened)

    attempt = Attempt(
        Client(target, transport, version="bench"),
        1,
        Sent(None, None),
        clock=time.monotonic,
        emit=emit,
        awaited=lambda: False,
        failed=over.set_exception,
    )
    ended = await over
    await attempt.abandon()
    if ended.reason != "eof":
        raise RuntimeError(f"the stream ended otherwise than expected: {ended}")
    return size


def captured(url: str, file: str) -> int:
    """The events."""
    live = Live(Target(url), Policy(max_retries=0), look_back=False, keep=Keep(Path(file)))
    asyncio.run(live.run())
    live.close()
    if live.not_recorded:
        raise RuntimeError(live.not_recorded)
    return live.inspection.session.events


def main(kind: str, rest: Sequence[str]) -> None:
    before = time.process_time()
    count = asyncio.run(receive(*rest)) if kind == "receive" else captured(*rest)
    print(json.dumps({"at": time.monotonic(), "cpu": time.process_time() - before, "count": count}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
