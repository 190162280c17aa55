"""Worker processes that hang, and whose parent is gone."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal

import pytest

from sse_inspect.config import Policy, Target
from sse_inspect.load import workers
from sse_inspect.load.plan import Plan
from sse_inspect.load.result import Now, Result
from sse_inspect.load.workers import Workers
from tests.load.serving import FanOutServer


def hung(monkeypatch: pytest.MonkeyPatch, seconds: float, *, stops: bool = False) -> Result:
    """A load of two workers, the second of which hangs once all clients have their streams; then it may be ended."""
    monkeypatch.setattr(workers, "FINISH", 1.0)

    async def made() -> Result:
        async with FanOutServer(20.0) as server:

            def hang(now: Now) -> None:
                process = load._workers[1].process
                if now.open == 4 and process.pid:
                    os.kill(process.pid, signal.SIGSTOP)
                    if stops:
                        load.stop()

            load = Workers(Target(server.url), Policy(), Plan(4, 1000, seconds, workers=2), progress=hang)
            async with asyncio.timeout(30):
                return await load.run()

    return asyncio.run(made())


@pytest.mark.parametrize(("seconds", "stops"), [(1.2, False), (60.0, True)])
def test_one_that_hangs_is_ended_and_the_others_are_heard(
    monkeypatch: pytest.MonkeyPatch, seconds: float, stops: bool
) -> None:
    result = hung(monkeypatch, seconds, stops=stops)
    assert [each.number for each in result.clients] == [0, 2]
    assert result.events > 0
    assert result.notes == ["Worker 2 hung and was ended: what its 2 clients saw is missing here."]
    assert (result.interrupted, result.is_good) == (stops, False)


def test_one_whose_parent_is_gone_ends_without_a_word() -> None:
    ours, theirs = multiprocessing.Pipe()
    ours.close()
    with theirs:
        workers._work(theirs, Target("http://127.0.0.1:9/"), Policy(), Plan(1), "1")
