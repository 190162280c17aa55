"""A/B: which of the two connections ended while the other one stood, both watched at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sse_inspect.findings import CODES
from sse_inspect.present.safe import preview
from sse_inspect.present.units import counted, seconds
from sse_inspect.probing.finding import Certainty, Finding, Measure
from sse_inspect.probing.seen import Seen

APART = 0.25
"""Seconds between two ends that are not one."""
SILENCE = 1.0
"""Seconds without a byte before an end that may be what led to it."""


def cut_apart(a: Seen, b: Seen) -> Iterator[Finding]:
    """What the ends show of the hop between `a`, which is behind it, and `b`, the direct one; both were opened."""
    if a.stands and b.stands:
        return
    both = (a.name, b.name)
    ahead = (b.began + b.watched_until) - (a.began + a.watched_until)
    measures = _figures("a", a) | _figures("b", b)
    if not a.stands and ahead >= APART:
        stays = f"direct it stays open ({seconds(b.watched)})"
        if not b.stands:
            stays = f"direct it ended {seconds(ahead)} later ({b.end})"
        sentence = f"The hop between A and B ends the connection {_when(a)} ({_how(a)}); {stays}{_meanwhile(a, b)}."
        advice = CODES["idle-cut" if _was_idle(a, b) else "age-cut"].fix
        yield Finding("hop-ends", Certainty.LIKELY, sentence, both, True, advice, measures)
    elif not b.stands and a.stands and -ahead >= APART:
        sentence = (
            f"B, the direct one, ended {_when(b)} ({_how(b)}), and A stays open: it is not the hop that ends it, and "
            "the hop does not hand the end on."
        )
        yield Finding("direct-ends", Certainty.LIKELY, sentence, both, True, measures=measures)
    elif not a.stands and not b.stands and abs(ahead) < APART:
        sentence = f"A and B ended at the same time ({a.end} and {b.end}): it is not the hop that ends them."
        if a.end == b.end:
            sentence = f"A and B ended at the same time, in the same way ({_how(a)}): it is not the hop that ends them."
        yield Finding("both-end", Certainty.LIKELY, sentence, both, measures=measures)


def silently_cut(seen: Mapping[str, Seen]) -> Iterator[Finding]:
    """What probes show that were cut while nothing came, without another beside them."""
    opened = [each for each in seen.values() if each.opened]
    cut = [each for each in opened if not each.stands and each.end != "eof" and each.quiet >= SILENCE]
    if not cut:
        return
    times = seconds(cut[-1].quiet)
    sentence = (
        f"{len(cut)} of {counted(len(opened), 'stream')} {'was' if len(cut) == 1 else 'were'} cut in a silence, the "
        f"latest after {times} without a byte ({_how(cut[-1])}): an idle limit on the way does so. --direct tells "
        "which side of a hop has it."
    )
    measures = {f"{each.name}_quiet_seconds": each.quiet for each in cut}
    names = tuple(each.name for each in cut)
    yield Finding("cut-in-silence", Certainty.LIKELY, sentence, names, True, CODES["idle-cut"].fix, measures)


def _how(seen: Seen) -> str:
    detail = preview(seen.disconnect.detail, 80) if seen.disconnect is not None else ""
    return f"{seen.end}: {detail}" if detail else seen.end


def _when(seen: Seen) -> str:
    """After how long it ended: from its last byte on where it was silent then."""
    if seen.last_byte is None:
        return f"{seconds(seen.watched)} after it stood, without a byte"
    if seen.quiet < SILENCE:
        return f"{seconds(seen.watched)} after it stood"
    return f"{seconds(seen.quiet)} after the last byte"


def _was_idle(a: Seen, b: Seen) -> bool:
    """Whether `a` ended in a silence that was not of its own: `b` brought nothing in it either."""
    return a.quiet >= SILENCE and not _meanwhile(a, b)


def _meanwhile(a: Seen, b: Seen) -> str:
    """That `b` had bytes while `a` was silent before its end, if so."""
    since, until = (a.began + t - b.began for t in (a.watched_until - a.quiet + APART, a.watched_until - APART))
    came = any(since <= piece.t <= until for piece in b.pieces)
    return ", and there bytes came while none came through the hop" if came and a.quiet >= SILENCE else ""


def _figures(name: str, seen: Seen) -> dict[str, Measure]:
    return {
        f"{name}_end": seen.end,
        f"{name}_watched_seconds": seen.watched,
        f"{name}_quiet_seconds": seen.quiet,
    }
