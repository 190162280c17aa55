"""The program as a process in the lab: the reference server at one end, `tail` at the other, and what its lines say."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from tests.lab.net import SERVER, Lab

PORT = 8000
RATE = 20
"""Events per second: so dense that a silence is the network's."""
STALL = 3.0
PROMPT = 1.0
"""Seconds in which the stream must be back, once that is noticed and the network lets it."""
SLACK = 1.1
"""How much later than the limit a stall may be noticed on a machine that is busy with other things."""
LONGEST = 40
"""Seconds no session exceeds, whatever happens in it."""

Record = dict[str, Any]
_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = ("env", "-i", f"PATH={os.defpath}", f"PYTHONPATH={_ROOT}")
PYTHON = (*_ENVIRONMENT, sys.executable)
"""An interpreter that knows no proxy of the host's."""


class Session:
    """One run of `tail` over a stream of `count` events that the server ends; its lines as they arrive.

    A client without an ID gets such a stream from its first event on, and one that names the last ID is told that there
    is no more (204): so the program ends by itself, and what the server sent are the IDs from 1 to `count`.
    """

    def __init__(self, lab: Lab, count: int, *options: str, size: int = 0) -> None:
        server = lab.server.start(*PYTHON, "-m", "sse_inspect", "serve", "--host", SERVER, "--port", str(PORT))
        assert server.stdout is not None
        assert SERVER in server.stdout.readline()
        self.url = f"http://{SERVER}:{PORT}/feed?rate={RATE}&count={count}&size={size}&heartbeat=0"
        self.count = count
        self.lines: list[tuple[float, Record]] = []
        """When each line came here, by this process's monotonic clock, and the record in it."""
        patience = ("--stall-after", str(STALL), "--backoff-initial", "0.25", "--backoff-max", "0.25")
        limits = ("--connect-timeout", "0.5", "--for", str(LONGEST))
        argv = ("tail", self.url, "--format", "ndjson", *patience, *limits, *options)
        self._process = lab.client.start(*PYTHON, "-m", "sse_inspect", *argv)
        self._arrived: SimpleQueue[tuple[float, str]] = SimpleQueue()
        Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """Take the time of each line, whatever the test is waiting for; an empty one is the end."""
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            self._arrived.put((time.monotonic(), line))
        self._arrived.put((time.monotonic(), line))

    def __iter__(self) -> Iterator[Record]:
        """Records as they arrive, from where the last reader stopped."""
        while (arrival := self._arrived.get())[1]:
            record = json.loads(arrival[1])
            self.lines.append((arrival[0], record))
            yield record

    def until(self, kind: str, count: int = 1) -> None:
        """Read on until so many records of that kind have come."""
        for record in self:
            count -= record["kind"] == kind
            if not count:
                return
        raise AssertionError(f"the program ended before it wrote {kind}: {self.lines[-3:]}")

    def finish(self) -> None:
        """Read to the end, and hold it to what is always so: see `assert_nothing_lost` and `assert_never_silent`."""
        for _ in self:
            pass
        assert self._process.wait() == 0
        self.assert_nothing_lost()
        self.assert_never_silent()

    def of(self, kind: str) -> list[Record]:
        """All records of a kind."""
        return [record for _, record in self.lines if record["kind"] == kind]

    @property
    def summary(self) -> Record:
        """The last record."""
        return self.lines[-1][1]

    def assert_nothing_lost(self) -> None:
        """Each event was delivered once and in order, and the summary says the same."""
        assert [each["id"] for each in self.of("event") if not each["duplicate"]] == [
            str(number) for number in range(1, self.count + 1)
        ]
        assert [each["reason"] for each in self.of("end")] == ["no-content"]
        assert self.summary["kind"] == "summary"
        assert self.summary["messages_lost"] == 0
        assert self.summary["completion_rate"] == 1
        assert self.summary["duplicates"]["delivered"] == 0

    def assert_never_silent(self) -> None:
        """No silent failure: neither by the summary nor by the watch here, on when lines came.

        Where events were further apart than the limit, a stall or a disconnect was written at the limit.
        """
        assert self.summary["silent_failures"] == 0
        events = [at for at, record in self.lines if record["kind"] == "event"]
        for last, following in pairwise(events):
            if following - last > STALL * SLACK:
                told = [at for at, record in self.lines if at > last and record["kind"] in ("stall", "disconnect")]
                assert told
                assert told[0] - last < STALL * SLACK

    def silences(self, least: float) -> list[float]:
        """The times between two events that are longer than that."""
        times = [each["t"] for each in self.of("event")]
        return [after - before for before, after in pairwise(times) if after - before > least]

    def assert_noticed(self) -> Record:
        """One stall, noticed at the limit, and one recovery from it; gives that record."""
        [stall], recovered = self.of("stall"), self.of("recovered")
        assert STALL <= stall["silence"] < STALL * SLACK
        assert self.of("disconnect")[0]["reason"] == "stall"
        assert recovered
        assert recovered[0]["lost"] == 0
        return recovered[0]

    def back_at(self) -> float:
        """Seconds from the stall to the first event after it, by the record's clock."""
        [stall] = self.of("stall")
        since: Iterator[float] = (each["t"] - stall["t"] for each in self.of("event"))
        return next(seconds for seconds in since if seconds > 0)

    def tell(self, scenario: str, **more: object) -> None:
        """Write the figures of this run, for those who look on with `pytest -s`."""
        summary = self.summary
        figures: dict[str, object] = {
            "received": summary["received"],
            "lost": summary["messages_lost"],
            "duplicates": summary["duplicates"],
            "stalls": summary["stalls"],
            "ended": [each["reason"] for each in self.of("disconnect")],
            "recovered": [[each["outage"], each["attempts"]] for each in self.of("recovered")],
            **more,
        }
        print(f"\n{scenario}: {json.dumps(figures)}")
