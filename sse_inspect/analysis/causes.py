"""Why: takes what happened and what is known of it, gives verdicts on ends and diagnoses, the most probable first.

The rules are asked where a response begins, a connection ends or stalls, and every second of the session while bytes
come: always at the time of an input, so that the same inputs give the same diagnoses. A code is told once a session,
and again only when its cause has become a step surer (possible, likely, very likely).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sse_inspect.analysis.endings import verdict
from sse_inspect.analysis.evidence import Evidence
from sse_inspect.analysis.rules import LIVE, RULES, Rule, Suspicion
from sse_inspect.config import Policy, Target
from sse_inspect.findings import CODES, LIKELY, diagnosis, how_sure
from sse_inspect.inputs import Chunk, Input, Opened
from sse_inspect.records import Diagnosis, Disconnect, End, Record, Stall
from sse_inspect.unknown import Unknown

EVERY = 1.0
"""Seconds of the session between two looks while nothing but bytes comes."""
_TELLING = (Disconnect, Stall, End)
_GRAVITY = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Cause:
    """What is known of a code now: how sure its cause is and the numbers, also where it was told with others before."""

    code: str
    certainty: float
    numbers: str
    products: tuple[str, ...]


class Causes:
    """The verdicts and diagnoses of a session; `unknown` is what the source of its inputs does not tell."""

    def __init__(self, target: Target, policy: Policy, unknown: frozenset[Unknown] = frozenset()) -> None:
        self.evidence = Evidence(target, policy)
        self._unknown = unknown
        self._causes: dict[str, Cause] = {}
        self._told: dict[str, int] = {}
        self._due = EVERY

    @property
    def ranked(self) -> tuple[Cause, ...]:
        """All causes, the most probable first."""
        return tuple(sorted(self._causes.values(), key=_rank))

    def cause(self, code: str) -> Cause | None:
        """What is known of a code, None if it was not recognised by a rule."""
        return self._causes.get(code)

    def in_order(self, found: Iterable[Diagnosis]) -> tuple[Diagnosis, ...]:
        """The diagnoses with the numbers of now, the most probable first; what is information only comes last.

        What no rule recognised explains nothing: unless it is an error, it comes behind the causes.
        """
        return tuple(sorted(map(self._as_known_now, found), key=self._place))

    def _as_known_now(self, found: Diagnosis) -> Diagnosis:
        cause = self._causes.get(found.code)
        if cause is None:
            return found
        return diagnosis(found.code, cause.numbers, found.t, found.connection, cause.certainty, cause.products)

    def _place(self, found: Diagnosis) -> tuple[bool, float, int]:
        cause = self._causes.get(found.code)
        if cause is not None:
            return _rank(cause)
        return found.severity == "info", -1.0 if found.severity == "error" else 0.0, _GRAVITY[found.severity]

    def take(self, happened: Input, records: Sequence[Record]) -> list[Diagnosis]:
        """Take in an input and its records; puts verdicts on the ends among them, returns what is to be told."""
        evidence = self.evidence
        if type(happened) is Chunk:
            found: list[Diagnosis] = []
            if happened.t >= self._due:  # before it is taken in: how the bytes that come at a time are cut is chance
                evidence.now = max(evidence.now, happened.t)
                found = self._look(LIVE)
            evidence.take(happened, records)
            if not records or type(records[-1]) is not End:
                return found
            return [*found, *self._judged(happened, records)]
        evidence.take(happened, records)
        return self._judged(happened, records)

    def _judged(self, happened: Input, records: Sequence[Record]) -> list[Diagnosis]:
        """Put verdicts on ends; the diagnoses where something begins, ends or stalls."""
        telling = type(happened) is Opened
        for record in records:
            if type(record) is Disconnect:
                self._judge(record)
            telling |= type(record) in _TELLING
        return self._look(RULES) if telling else []

    def _judge(self, end: Disconnect) -> None:
        target = self.evidence.target
        connection = next(each for each in reversed(self.evidence.past) if each.ordinal == end.connection)
        body = None if target.body is None else target.body.decode("utf-8", "replace")
        end.verdict, end.meaning = verdict(
            connection,
            request=body,
            is_post=target.method.upper() == "POST",
            has_bytes=Unknown.BYTES not in self._unknown,
        )
        connection.verdict = end.verdict

    def _look(self, rules: Sequence[Rule]) -> list[Diagnosis]:
        evidence = self.evidence
        self._due = evidence.now + EVERY
        seen: dict[str, Suspicion] = {}
        for rule in rules:
            if self._unknown.isdisjoint(rule.needs):
                suspicion = rule.predicate(evidence)
                if suspicion is not None:
                    seen[rule.code] = suspicion
        if not seen:
            return []
        products = evidence.products
        told: list[tuple[Cause, Diagnosis]] = []
        for rule in rules:
            suspicion = seen.get(rule.code)
            if suspicion is None or any(self._outdone(suspicion, other, seen) for other in rule.yields_to):
                continue
            cause = Cause(rule.code, suspicion.certainty, suspicion.numbers, products)
            step, before = how_sure(cause.certainty), self._told.get(rule.code, -1)
            if step >= before:
                self._causes[rule.code] = cause
            if step > before:
                self._told[rule.code] = step
                record = diagnosis(
                    rule.code, cause.numbers, evidence.now, evidence.here.ordinal, cause.certainty, products
                )
                told.append((cause, record))
        return [record for _, record in sorted(told, key=lambda each: _rank(each[0]))]

    def _outdone(self, suspicion: Suspicion, other: str, seen: dict[str, Suspicion]) -> bool:
        rival = seen.get(other) or self._causes.get(other)
        return rival is not None and how_sure(rival.certainty) >= how_sure(suspicion.certainty)


def _rank(cause: Cause) -> tuple[bool, float, int]:
    """What is told as information only comes last, the rest by how sure it is."""
    severity = CODES[cause.code].severity
    return severity == "info" or cause.certainty < LIKELY, -cause.certainty, _GRAVITY[severity]
