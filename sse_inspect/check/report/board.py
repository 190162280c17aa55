"""How a check goes, kept for a display: what runs now, since when, what is being done, and what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sse_inspect.check.report.words import SIGNS, seen
from sse_inspect.check.result import Outcome
from sse_inspect.check.scenario import Scenario
from sse_inspect.present.documents.text import line
from sse_inspect.present.rows import clip_spans
from sse_inspect.present.safe import fit
from sse_inspect.present.signs import KINDS
from sse_inspect.present.styles import Span
from sse_inspect.present.words import parts, sign_of
from sse_inspect.records import Record

_NUMBER, _VERDICT, _TITLE = 7, 11, 24


class Board:
    """A `Progress` that remembers; `done` is handed the line of each scenario that is judged, `now` is the clock."""

    def __init__(self, now: Callable[[], float], done: Callable[[list[Span]], None]) -> None:
        self._now = now
        self._done = done
        self._number, self._total = 0, 0
        self._title = ""
        self._began = 0.0
        self._limit: float | None = None
        self._doing: tuple[str, Span] = ("", ("", ""))

    def begins(self, scenario: Scenario, number: int, total: int) -> None:
        """See `Progress`."""
        self._number, self._total = number, total
        self._title = line(scenario.title)
        self._began = self._now()
        self._limit = None
        self._doing = ("", (line(scenario.does), ""))

    def run(self, name: str, limit: float) -> None:
        """See `Progress`."""
        self._limit = limit
        self._doing = (line(name), ("connecting", KINDS["connecting"].style))

    def step(self, name: str, record: Record) -> None:
        """See `Progress`."""
        sign = sign_of(record)
        self._doing = (line(name), (f"{sign.sign} {' · '.join(parts(record))}", sign.style))

    def result(self, outcome: Outcome) -> None:
        """See `Progress`."""
        sign = SIGNS[outcome.verdict]
        elapsed = self._now() - self._began
        self._title = ""
        self._done(
            [
                *_lead(self._number, self._total, (f"{sign.sign} {sign.word}", sign.style), line(outcome.title)),
                (f"{elapsed:5.1f} s  ", "time"),
                (" ".join(seen(outcome)), ""),
            ]
        )

    def running(self, width: int) -> list[Span]:
        """The scenario that runs now, in a line of at most `width` cells; empty between two."""
        return clip_spans(list(self._running()), width) if self._title else []

    def _running(self) -> Iterator[Span]:
        yield from _lead(self._number, self._total, ("… running", "warn"), self._title)
        yield f"{self._now() - self._began:5.1f} s  ", "time"
        run, doing = self._doing
        if self._limit is not None:
            yield f"of {self._limit:.0f} s at most  ", "dim"
        if run:
            yield f"{run}: ", "dim"
        yield doing


def _lead(number: int, total: int, verdict: Span, title: str) -> Iterator[Span]:
    yield fit(f"{number}/{total}", _NUMBER, right=True) + "  ", "dim"
    yield fit(verdict[0], _VERDICT), verdict[1]
    yield fit(title, _TITLE) + "  ", ""
