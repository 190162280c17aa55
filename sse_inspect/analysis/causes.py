"""Why: takes what happened and what is known of it, gives verdicts on ends and diagnoses, the most probable first.

The rules are asked where a response begins, a connection ends or stalls, and every second of the session while bytes
come: always at the time of an input, so that the same inputs give the same diagnoses. A code is told once a session,
and again only when its cause has become a step surer (possible, likely, very likely). What is known of it now may be
less: what was told is then shown with the numbers of now, what was refuted comes last, and is shown no more where
anything else is likely, nor is what has a better explanation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sse_inspect.analysis.endings import verdict
from sse_inspect.analysis.evidence import Evidence
from sse_inspect.analysis.limits import Learned
from sse_inspect.analysis.rules import LIVE, RULES, Rule, Suspicion
from sse_inspect.analysis.rules.repeated import learned
from sse_inspect.batch import Batch
from sse_inspect.config import Policy, Target
from sse_inspect.findings import CODES, LIKELY, WITHDRAWN, diagnosis, how_sure
from sse_inspect.inputs import Chunk, Input, Opened
from sse_inspect.records import Diagnosis, Disconnect, End, Stall
from sse_inspect.unknown import Unknown

REFUTED = 0.05
"""How sure a cause still is that was refuted."""
EVERY = 1.0
"""Seconds of the session between two looks while nothing but bytes comes."""
_TELLING = (Disconnect, Stall, End)
_GRAVITY = {"error": 0, "warning": 1, "info": 2}
Place = tuple[bool, bool, float, int]
"""Where a diagnosis stands among the others, the first being the least."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What is known of a code now: how sure its cause is and the numbers, also where it was told with others before."""

    code: str
    certainty: float
    numbers: str
    products: tuple[str, ...]
    is_over: bool = False
    """Whether what came since refuted it."""


class Causes:
    """The verdicts and diagnoses of a session; `unknown` is what the source of its inputs does not tell.

    Of the diagnoses that were `told` before, those of rules that cannot be asked are told again, each at its time.
    """

    def __init__(
        self,
        target: Target,
        policy: Policy,
        unknown: frozenset[Unknown] = frozenset(),
        told: Iterable[Diagnosis] = (),
    ) -> None:
        self.evidence = Evidence(target, policy)
        self._unknown = unknown
        self._causes: dict[str, Cause] = {}
        self._told: dict[str, int] = {}
        self._explained: set[str] = set()
        """Codes that were told, and of which others know more by now."""
        unasked = {rule.code for rule in RULES if not unknown.isdisjoint(rule.needs)}
        self._to_tell = sorted((each for each in told if each.code in unasked), key=lambda each: each.t, reverse=True)
        self._due = EVERY
        self.learned: tuple[Learned, ...] = ()
        """The limits of silence and age that the ends so far show."""

    @property
    def ranked(self) -> tuple[Cause, ...]:
        """All causes, the most probable first."""
        return tuple(sorted((each for code, each in self._causes.items() if self._is_shown(code)), key=_rank))

    def cause(self, code: str) -> Cause | None:
        """What is known of a code, None if it was not recognised by a rule."""
        return self._causes.get(code)

    def in_order(self, found: Iterable[Diagnosis], numbers: Mapping[str, str]) -> tuple[Diagnosis, ...]:
        """The diagnoses with the numbers of now, the most probable first; what is information only comes last.

        `numbers` are those of the session's own findings, of which no rule knows.
        What no rule recognised explains nothing: unless it is an error, it comes behind the causes.
        """
        known = [each for each in found if self._is_shown(each.code)]
        as_now = (self._as_known_now(each, numbers) for each in known)
        return tuple(sorted(as_now, key=self._place))

    def _is_shown(self, code: str) -> bool:
        """Not what others explain better, nor what was refuted where others explain anything."""
        cause = self._causes.get(code)
        if code in self._explained:
            return False
        return cause is None or not cause.is_over or not any(map(_explains, self._causes.values()))

    def _as_known_now(self, found: Diagnosis, numbers: Mapping[str, str]) -> Diagnosis:
        cause = self._causes.get(found.code)
        if cause is None:
            return replace(found, evidence=numbers.get(found.code, found.evidence))
        return diagnosis(found.code, cause.numbers, found.t, found.connection, cause.certainty, cause.products)

    def _place(self, found: Diagnosis) -> Place:
        cause = self._causes.get(found.code)
        if cause is not None:
            return _rank(cause)
        is_minor, is_error = found.severity == "info", found.severity == "error"
        return is_minor, is_minor, -1.0 if is_error else 0.0, _GRAVITY[found.severity]

    def take(self, happened: Input, records: Batch) -> list[Diagnosis]:
        """Take in an input and its records; puts verdicts on the ends among them, returns what is to be told."""
        found = self._found(happened, records)
        while self._to_tell and self._to_tell[-1].t <= happened.t:
            found.append(self._to_tell.pop())
        return found

    def _found(self, happened: Input, records: Batch) -> list[Diagnosis]:
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

    def _judged(self, happened: Input, records: Batch) -> list[Diagnosis]:
        """Put verdicts on ends; the diagnoses where something begins, ends or stalls."""
        telling = type(happened) is Opened
        for record in records:
            if type(record) is Disconnect:
                self._judge(record)
            telling |= type(record) in _TELLING
        if not telling:
            return []
        found = self._look(RULES)
        self.learned = learned(self.evidence)
        return found

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
                elif rule.weighs:
                    self._drop(rule.code)
        if not seen:
            return []
        products = evidence.products
        told: list[tuple[Cause, Diagnosis]] = []
        for rule in rules:
            suspicion = seen.get(rule.code)
            if suspicion is None:
                continue
            if any(self._outdone(suspicion, other, seen) for other in rule.yields_to):
                if rule.weighs:
                    self._explained.add(rule.code)
                continue
            self._explained.discard(rule.code)
            cause = Cause(rule.code, suspicion.certainty, suspicion.numbers, products)
            step, before = how_sure(cause.certainty), self._told.get(rule.code, -1)
            self._causes[rule.code] = cause
            if step > before:
                self._told[rule.code] = step
                record = diagnosis(
                    rule.code, cause.numbers, evidence.now, evidence.here.ordinal, cause.certainty, products
                )
                told.append((cause, record))
        return [record for _, record in sorted(told, key=lambda each: _rank(each[0]))]

    def _drop(self, code: str) -> None:
        """What was recognised of a code is no longer."""
        before = self._causes.get(code)
        if before is not None and not before.is_over:
            numbers = f"{WITHDRAWN} It was told of this: {before.numbers}"
            self._causes[code] = replace(before, certainty=REFUTED, numbers=numbers, is_over=True)

    def _outdone(self, suspicion: Suspicion, other: str, seen: dict[str, Suspicion]) -> bool:
        rival = seen.get(other) or self._causes.get(other)
        if isinstance(rival, Cause) and rival.is_over:
            return False
        return rival is not None and how_sure(rival.certainty) >= how_sure(suspicion.certainty)


def _explains(cause: Cause) -> bool:
    """Whether it is likely, and more than information."""
    return not cause.is_over and cause.certainty >= LIKELY and CODES[cause.code].severity != "info"


def _rank(cause: Cause) -> Place:
    """What is told as information only comes last, and there what would be more if it were likely first.

    Behind all that stands what is over.
    """
    severity = CODES[cause.code].severity
    if cause.is_over:
        return True, True, 0.0, _GRAVITY["info"]
    is_minor = severity == "info"
    return is_minor or cause.certainty < LIKELY, is_minor, -cause.certainty, _GRAVITY[severity]
