"""Whether a stream goes on behind the event whose ID is sent (WHATWG 9.2.3, Last-Event-ID)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from sse_inspect.present.safe import preview
from sse_inspect.present.units import counted
from sse_inspect.probing.finding import Certainty, Finding, Measure
from sse_inspect.probing.plan import IDENTITY, RESUME
from sse_inspect.probing.seen import Seen

MOST_BEHIND = 20
"""Events that are asked for again at most."""
_REPLAY = "Keep the last events, and send those behind Last-Event-ID first."


def id_to_send(seen: Seen) -> str:
    """The ID of an event that was seen with others behind it, or "" if there is none."""
    ids = list(dict.fromkeys(seen.ids))
    return ids[max(len(ids) - 1 - MOST_BEHIND, (len(ids) - 1) // 2)] if len(ids) > 1 else ""


def resumed(base: Seen | None, other: Seen, sent: str) -> Iterator[Finding]:
    """What came of an ID that was seen in `base`; of one the user gave only the answer can be told."""
    pair = (IDENTITY, RESUME)
    if base is None or not base.opened:
        return
    if not other.opened:
        sentence = f"With Last-Event-ID {_shown(sent)} the answer is {other.answer}, without it {base.answer}."
        yield Finding("resume-answer", Certainty.CERTAIN, sentence, pair, other.status != 204)
        return
    known = base.ids
    if sent not in known:
        return
    behind = known[known.index(sent) + 1 :]
    came = other.ids
    if not came:
        return
    again = set(came) & set(behind)
    measures: dict[str, Measure] = {"sent": sent, "behind": len(behind), "again": len(again), "came": len(came)}
    wanted = f"the {counted(len(behind), 'event')} that had followed it"
    lead = f"Last-Event-ID {_shown(sent)}"
    shared = min(len(came), len(behind))
    if came[:shared] == behind[:shared]:
        sentence = f"{lead} is heeded: {wanted} came first."
        if shared < len(behind):
            sentence = f"{lead} is heeded: the stream goes on with {_shown(came[0])}, the next one."
        yield Finding("resumes", Certainty.CERTAIN, sentence, pair, measures=measures)
    elif came[0] == known[0]:
        sentence = f"{lead} has no effect: the stream begins with {_shown(came[0])}, as without it."
        yield Finding("resume-ignored", Certainty.CERTAIN, sentence, pair, True, _REPLAY, measures)
    elif came[0] in known and came[0] not in behind:
        early = len(set(takewhile(lambda each: each != behind[0], came)) & set(known))
        sentence = (
            f"With {lead} came {counted(early, 'event')} again that no client has missed; {len(again)} of {wanted}."
        )
        advice = "Begin behind the event that Last-Event-ID names."
        yield Finding("resume-repeats", Certainty.CERTAIN, sentence, pair, True, advice, measures)
    elif again:
        sentence = f"With {lead} only {len(again)} of {wanted} came: the history may be too short."
        yield Finding("resume-partial", Certainty.LIKELY, sentence, pair, True, "Keep more events.", measures)
    else:
        sentence = (
            f"{lead} has no effect: none of {wanted} came, and {_shown(came[0])} was the first. It is ignored, or the "
            "history is too short."
        )
        yield Finding("resume-ignored", Certainty.LIKELY, sentence, pair, True, _REPLAY, measures)


def _shown(text: str) -> str:
    return preview(text, 40)
