"""What the probes found, as data, and as an object for JSON whose names stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sse_inspect.config import Target, shown_url
from sse_inspect.probing.alone import alone
from sse_inspect.probing.contrast import contrasts
from sse_inspect.probing.cors import crossing
from sse_inspect.probing.cuts import SILENCE, silently_cut
from sse_inspect.probing.finding import Finding
from sse_inspect.probing.hop import told_apart
from sse_inspect.probing.plan import IDENTITY, RESUME, Probe, Wishes
from sse_inspect.probing.resuming import resumed
from sse_inspect.probing.seen import Seen
from sse_inspect.probing.sides import Sides

SCHEMA = 1


@dataclass(slots=True)
class Report:
    """The probes in order and what each showed; those in `why_not` were not made, for the reason given."""

    target: Target
    wishes: Wishes
    version: str
    began_unix_us: int
    probes: tuple[Probe, ...] = ()
    seen: dict[str, Seen] = field(default_factory=dict)
    why_not: dict[str, str] = field(default_factory=dict)
    sent_id: str = ""
    sides: Sides | None = None
    interrupted: bool = False

    @property
    def connected(self) -> bool:
        """Whether some connection got a byte of a response."""
        both = () if self.sides is None else (self.sides.a, self.sides.b)
        return any(seen.responded for seen in (*self.seen.values(), *both))

    @property
    def longest_silence(self) -> float | None:
        """The longest silence in which a stream stayed open; None where one was cut in a silence, or none opened."""
        made: list[Seen] = [*self.seen.values(), *(() if self.sides is None else (self.sides.a, self.sides.b))]
        opened = [seen for seen in made if seen.opened]
        if not opened or any(not seen.stands and seen.quiet >= SILENCE for seen in opened):
            return None
        return max(seen.longest_silence for seen in opened)

    @property
    def findings(self) -> list[Finding]:
        """All findings, those with something to mend first."""
        return sorted(self._found(), key=lambda finding: not finding.trouble)

    def _found(self) -> Iterator[Finding]:
        if self.sides is not None:
            yield from told_apart(self.sides)
        yield from silently_cut(self.seen)
        yield from contrasts(self.seen)
        if IDENTITY in self.seen:
            yield from alone(self.seen[IDENTITY], has_direct=self.sides is not None)
        if RESUME in self.seen:
            yield from resumed(self.seen.get(IDENTITY), self.seen[RESUME], self.sent_id)
        if self.wishes.origin:
            yield from crossing(self.seen, self.wishes.origin, self.target)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON knows values; times are seconds, null where there is none."""
        return {
            "schema": SCHEMA,
            "version": self.version,
            "url": shown_url(self.target.url),
            "direct": shown_url(self.wishes.direct) if self.wishes.direct else None,
            "origin": self.wishes.origin or None,
            "began": datetime.fromtimestamp(self.began_unix_us / 1_000_000, UTC).isoformat().replace("+00:00", "Z"),
            "seconds_each": self.wishes.seconds,
            "interrupted": self.interrupted,
            "connected": self.connected,
            "longest_silence_seconds": _rounded(self.longest_silence),
            "probes": [self._probe(probe) for probe in self.probes],
            "sides": None if self.sides is None else {"a": _shown(self.sides.a), "b": _shown(self.sides.b)},
            "findings": [_finding(finding) for finding in self.findings],
        }

    def _probe(self, probe: Probe) -> dict[str, Any]:
        seen = self.seen.get(probe.name)
        told: dict[str, Any] = {"name": probe.name, "asks": probe.asks, "not_made": self.why_not.get(probe.name)}
        return told if seen is None else told | _shown(seen)


def _shown(seen: Seen) -> dict[str, Any]:
    pace, head = seen.pace, seen.head
    return {
        "status": seen.status,
        "http_version": None if head is None else head.http_version,
        "content_type": seen.field("content-type") or None,
        "content_encoding": seen.field("content-encoding") or None,
        "opened": seen.opened,
        "head_seconds": _rounded(seen.since_connected(seen.answered)),
        "first_byte_seconds": _rounded(seen.since_connected(seen.first_byte)),
        "first_event_seconds": _rounded(seen.since_connected(seen.first_event)),
        "watched_seconds": _rounded(seen.watched),
        "events": seen.count,
        "bytes": seen.bytes,
        "wire_bytes": seen.wire_bytes,
        "spacing_median_seconds": _rounded(pace.median),
        "silence_seconds": _rounded(pace.silence),
        "bursts": len(pace.bursts) if pace.is_bursty else 0,
        "events_per_burst": pace.per_burst if pace.is_bursty else None,
        "burst_bytes": pace.held if pace.is_bursty else None,
        "end": seen.end,
        "end_detail": None if seen.disconnect is None or seen.end == "open" else seen.disconnect.detail,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "certainty": finding.certainty.value,
        "trouble": finding.trouble,
        "sentence": finding.sentence,
        "advice": finding.advice or None,
        "probes": list(finding.probes),
        "measures": {
            name: _rounded(value) if isinstance(value, float) else value for name, value in finding.measures.items()
        },
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
