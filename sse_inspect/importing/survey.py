"""What a session must have been asked for, from what came of it: records do not tell the options."""

from __future__ import annotations

import re
from math import floor

from sse_inspect.config import Policy
from sse_inspect.findings import CODES
from sse_inspect.importing import lines
from sse_inspect.importing.lines import Line
from sse_inspect.importing.source import LONGEST_SESSION, whole
from sse_inspect.records import Diagnosis, time_rests_on
from sse_inspect.unknown import PARTS_OF_TIMES, Unknown, unknown_of

_FOR = re.compile(r"--for (\d{1,9}(?:\.\d{1,9})?) s reached")
_NOT_REPEATED = re.compile(r"; ([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) is not repeated without --retry-unsafe")
_COUNT = re.compile(r"--count (\d{1,18}) reached")

MOST_TOLD = 500
"""Diagnoses that are taken over: more than a session has."""
LONGEST_TOLD = 4000
"""Characters of each of their texts."""
AS_TOLD = " (As told by the session that wrote the file.)"


def _told(line: lines.Diagnosis) -> Diagnosis:
    """The diagnosis as it was told then, and that it was."""
    title, evidence, fix = (whole(text)[:LONGEST_TOLD] for text in (line.title, line.evidence, line.fix))
    evidence = f"{evidence.removesuffix(AS_TOLD)}{AS_TOLD}"
    return Diagnosis(line.t, line.connection, line.code, line.severity, title, evidence, fix)


class Survey:
    """A fold over the records."""

    def __init__(self) -> None:
        self.version = self.url = self.sent_id = ""
        self.method = "GET"
        self.is_whole = False
        """Whether the session's end is among them."""
        self.for_seconds: float | None = None
        self.longest_data = 0
        """Bytes of data of the longest event that was cut."""
        self.silent_failures = 0
        self.told: list[Diagnosis] = []
        """What was recognised then; whether it is found anew is not known here."""
        self._untold = {Unknown.BYTES, Unknown.CHUNKS, Unknown.SILENT}
        self._count: int | None = None
        self._least_silence: float | None = None
        self._reconnects_on_stall = False
        self._connections = 0
        self._failed_in_a_row = 0
        self._is_open = False
        self._max_retries: int | None = None
        self._longest_line = 0
        self._reconnection_time: float | None = None
        self._draws: list[float] = []

    def take(self, line: Line) -> None:
        """Take in one record."""
        if line.told_t is None:
            self._untold.add(time_rests_on(line.kind()))
        match line:
            case lines.Session() if not self.version:
                self.version, self.url, self.method = line.version, line.url, line.method or "GET"
                self._untold |= unknown_of(line.unknown)
                if line.time is None:
                    self._untold.add(Unknown.CLOCK)
            case lines.Connecting():
                self._connections += 1
                if self._connections == 1:
                    self.sent_id = whole(line.last_event_id or "")
            case lines.Open():
                self._is_open, self._failed_in_a_row = True, 0
            case lines.Disconnect():
                self._reconnects_on_stall |= line.reason == "stall"
                self._failed_in_a_row += not self._is_open and self._connections > 1
                self._is_open = False
            case lines.Event():
                size = len(whole(line.data).encode())
                self._longest_line = max(self._longest_line, size)
                if line.truncated:
                    self.longest_data = max(self.longest_data, size)
            case lines.Retry():
                self._reconnection_time = min(line.reconnection_time, 1 << 53) / 1000
            case lines.Backoff():
                self._draws.append(self._draw(line))
            case lines.Diagnosis() if line.code in CODES and len(self.told) < MOST_TOLD:
                self.told.append(_told(line))
            case lines.Stall() if line.silence > 0:
                self._least_silence = min(line.silence, self._least_silence or line.silence)
            case lines.End():
                self._end(line)
            case lines.Summary() if line.silent_failures is not None:
                self.silent_failures = line.silent_failures
                self._untold.discard(Unknown.SILENT)

    def _end(self, line: lines.End) -> None:
        self.is_whole = True
        if (refused := _NOT_REPEATED.search(line.detail)) and Unknown.REQUEST in self._untold:
            self.method = refused[1]
        if line.reason == "max-retries" or "--max-retries 0" in line.detail:
            self._max_retries = self._failed_in_a_row
        if line.reason == "limit":
            waited, counted = _FOR.fullmatch(line.detail), _COUNT.fullmatch(line.detail)
            self.for_seconds = float(waited[1]) if waited else None
            self._count = int(counted[1]) if counted else None

    def _draw(self, line: lines.Backoff) -> float:
        """What a jitter of 100 % must have drawn for this delay, where all delays without it were 1 s."""
        if line.source == "retry-after":
            return 0.0
        usual = 1.0 if line.source == "exponential" else self._reconnection_time
        return line.delay / 2 / usual if usual and 0 <= line.delay <= LONGEST_SESSION else 0.5

    @property
    def unknown(self) -> frozenset[Unknown]:
        """What the records do not tell: where there are no times at all, nothing else is said of times."""
        untold = self._untold if self.is_whole else self._untold | {Unknown.END, Unknown.ENDING}
        return frozenset(untold - PARTS_OF_TIMES if Unknown.TIMES in untold else untold)

    @property
    def draws(self) -> tuple[float, ...]:
        """Numbers for the jitter from which the policy makes the delays that are told."""
        return tuple(self._draws)

    @property
    def stall_after(self) -> float:
        """The silence that counted as a stall, at the most; 0 if there was none."""
        silence = self._least_silence
        if silence is None:
            return 0.0
        return floor((silence - 1e-5) * 100) / 100 or silence / 2

    def policy(self) -> Policy:
        """The options as far as they can be known; raises UsageError where they cannot be."""
        return Policy(
            stall_after=self.stall_after,
            on_stall="reconnect" if self._reconnects_on_stall else "warn",
            backoff_initial=1.0,
            backoff_max=1.0,
            backoff_factor=1.0,
            jitter=1.0,
            max_retries=self._max_retries,
            max_event_bytes=self.longest_data or max(self._longest_line, Policy().max_event_bytes),
            for_seconds=self.for_seconds or None,
            count=self._count or None,
        )
