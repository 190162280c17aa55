"""`sse-inspect tail` as a process, and what its lines say."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
LONGEST = 40
"""Seconds no session exceeds, whatever happens in it."""

Record = dict[str, Any]


def program(*arguments: str) -> list[str]:
    """The command line of the program, in an environment that knows no proxy of this one."""
    return ["env", "-i", f"PATH={os.defpath}", f"PYTHONPATH={ROOT}", sys.executable, "-m", "sse_inspect", *arguments]


class Tail:
    """One run of `tail -f ndjson`, ended with the block at the latest; `records` are those read so far."""

    def __init__(self, url: str, *options: str) -> None:
        patience = ("--backoff-initial", "0.25", "--backoff-max", "0.25", "--jitter", "0", "--for", str(LONGEST))
        argv = program("tail", url, "--format", "ndjson", *patience, *options)
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        self.records: list[Record] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def until(self, holds: Callable[[Tail], object]) -> None:
        """Read on until that holds."""
        while not holds(self):
            assert self._read(), f"the program ended before: {self.records[-3:]}"

    def more(self, kind: str, count: int) -> None:
        """Read on until so many more records of that kind have come."""
        count += len(self.of(kind))
        self.until(lambda tail: len(tail.of(kind)) >= count)

    def stop(self) -> None:
        """Ask it to end, and read to the end."""
        self._process.send_signal(signal.SIGTERM)
        self.finish()
        assert self._process.returncode == 128 + signal.SIGTERM

    def finish(self) -> int:
        """Read to the end; gives the exit status."""
        while self._read():
            pass
        return self._process.wait()

    def _read(self) -> bool:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            self.records.append(json.loads(line))
        return bool(line)

    def of(self, kind: str) -> list[Record]:
        """The records of a kind."""
        return [each for each in self.records if each["kind"] == kind]

    @property
    def summary(self) -> Record:
        """The last record."""
        assert self.records[-1]["kind"] == "summary"
        return self.records[-1]
