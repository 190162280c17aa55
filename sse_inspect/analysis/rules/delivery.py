"""Bytes that come late, or together.

An application may well write in bursts: what speaks for a buffer is a size that is always the same, a run that stops in
the middle of a line, or times in the data that lie further apart than the arrivals.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from statistics import median

from sse_inspect.analysis.evidence import Connection, Evidence, Run
from sse_inspect.analysis.evidence.fold import EARLY, WITH_HEAD
from sse_inspect.analysis.evidence.fold import LATE_HEAD as LATE
from sse_inspect.analysis.rules.base import CERTAIN, HEADS, SPACING, Rule, Suspicion, seconds, sure
from sse_inspect.unknown import Unknown

BUFFER = 4096
LARGEST_BUFFERS = 16 * BUFFER
PAUSE = 0.4
"""Seconds of silence from which on the run behind it may be a buffer that was emptied."""
RHYTHM = (0.15, 0.35)
COLLECTED = 0.1
"""Seconds from the first byte to the end of a response that was collected somewhere."""
_WAIT_FOR_A_MODEL = frozenset({"openai", "anthropic", "mcp"})
"""Profiles whose head may come with the first event because there is nothing to say before."""
MOST = 0.6
"""Part of the bytes that comes behind silences where a buffer is emptied; on a slow line most comes in a flow."""
STEPS = 10
"""Seconds, about, for which the data must have gone on too slowly."""
FLOWING = 2.0
"""Seconds between two samples of the data's time from which on there was a pause."""
JITTER = 0.3
BEHIND = 3.0
"""Seconds that events must have come to lie behind."""
SLOW = 0.85
"""Seconds of the stream a second that a client or a line too slow for it gets at most."""
MANY = 20
"""Events of history that are called a burst."""


def _paused(evidence: Evidence) -> list[Run]:
    return [run for run in evidence.runs.kept if run.silence >= PAUSE and run.wire]


def _contemporary(runs: list[Run]) -> bool:
    """Whether the data says that the events of most runs were made together: the application's own pace."""
    held = [run.held for run in runs if run.held is not None]
    return len(held) >= 2 and sum(each < 0.1 for each in held) > len(held) / 2


def _held(runs: list[Run], share: float = 0.3) -> list[float]:
    """By how much the times in the data of a run lie apart, where that is a good part of the silence before it.

    What is far older than that is history.
    """
    return [
        run.held
        for run in runs
        if run.held is not None and max(0.1, share * run.silence) <= run.held <= 1.5 * run.silence + 1
    ]


def _exact(runs: list[Run]) -> list[Run]:
    return [run for run in runs if run.wire % BUFFER == 0 and 0 < run.wire <= LARGEST_BUFFERS]


def by_size(evidence: Evidence) -> Suspicion | None:
    """Bursts of exactly 4096 bytes, or a small multiple: two are no chance any more."""
    runs = _paused(evidence)
    exact = _exact(runs)
    if len(exact) < 2 or len(exact) < 0.6 * len(runs) or evidence.runs.share < MOST:
        return None
    sizes = sorted({run.wire for run in exact})
    torn = sum(run.boundary == "line" for run in exact)
    certainty = sure(0.55 + 0.1 * len(exact), ("nginx" in evidence.products, 0.1), (torn > 1, 0.1))
    return Suspicion(
        certainty,
        f"{len(exact)} of {len(runs)} bursts had exactly {' or '.join(f'{size:,}' for size in sizes[:4])} bytes, after "
        f"{seconds([run.silence for run in exact])} of silence; {torn} stopped in the middle of a line.",
    )


def by_compression(evidence: Evidence) -> Suspicion | None:
    """Compressed, and several events at once after each silence."""
    coding = evidence.here.coding
    runs = _paused(evidence)
    if not coding or not runs or _contemporary(runs) or evidence.runs.share < MOST:
        return None
    batches = [run for run in runs if run.events > 1 or run.boundary == "line"]
    torn = sum(run.boundary == "line" for run in batches)
    held, exact = _held(batches), _exact(runs)
    if len(batches) > 1 and len(batches) >= 0.7 * len(runs):
        certainty = sure(
            0.3, (torn > 1 and len(batches) > 2, 0.3), (len(held) > 1, 0.4), (len(exact) > 1, 0.4), most=0.97
        )
    elif len(batches) == len(runs) and batches[0].events >= MANY:  # one burst, but many events that waited for it
        certainty = sure(0.2, (torn > 0, 0.1), (len(held) > 0, 0.3), (len(exact) > 0, 0.2))
    else:
        return None
    stamps = f" By the times in their data the events of a burst lie {seconds(held)} apart." if held else ""
    return Suspicion(
        certainty,
        f"Content-Encoding is {coding}; {len(batches)} of {len(runs)} bursts held several events or stopped in the "
        f"middle of a line ({torn}), {median(run.wire for run in batches):,.0f} bytes on the wire and "
        f"{median(run.events for run in batches):.0f} events each, after "
        f"{seconds([run.silence for run in batches])} of silence.{stamps}",
    )


def unflushed(evidence: Evidence) -> Suspicion | None:
    """The header of the coding alone, and everything else much later or never."""
    mute = [each for each in evidence.past if each.opened is not None and each.coding and _is_mute(each)]
    if len(mute) > 1:
        return Suspicion(
            0.65,
            f"Content-Encoding is {mute[-1].coding}; {len(mute)} of {len(evidence.past)} connections brought nothing "
            f"that can be read in {seconds([each.age for each in mute])}, but {mute[-1].early_wire} bytes of coding.",
        )
    for connection in reversed(evidence.connections):
        if connection.spoiled or not connection.coding or connection.first_wire is None or not connection.early_wire:
            continue
        until = evidence.now if connection.first_byte is None else connection.first_byte
        waited = until - connection.first_wire
        came = f"{connection.early_wire} bytes of {connection.coding}"
        came = f"{came} came {connection.first_wire - _head(connection):.2f} s"
        if connection.first_byte is None and waited >= 10:
            return Suspicion(0.4, f"{came} after the head, and nothing that can be read in {waited:.1f} s since.")
        if connection.first_byte is not None and waited >= 1 and connection.early_events > 2:
            at_end = connection.ended is not None and connection.ended - connection.first_byte < EARLY
            first = [run for run in evidence.runs.kept if run.t == connection.first_byte]
            if _contemporary(first * 2):
                continue
            certainty = sure(
                0.3,
                (at_end, 0.3),
                (any(run.boundary == "line" for run in first), 0.25),
                (bool(_held(first)), 0.35),
                (waited > 5, 0.05),
            )
            return Suspicion(
                certainty,
                f"{came} after the head, the first readable byte {waited:.1f} s later with {connection.early_events:,} "
                f"events at once{', when the response ended' if at_end else ''}.",
            )
    return None


def no_head(evidence: Evidence) -> Suspicion | None:
    """Connected, asked, and given up on, more than once."""
    found = [
        each
        for each in evidence.past
        if each.reason == "timeout" and each.connected is not None and each.answered is None and not each.spoiled
    ]
    if len(found) < 2:
        return None
    waited = [each.ended - each.asked for each in found if each.ended is not None]
    return Suspicion(
        sure(0.4 + 0.1 * len(found), most=0.7),
        f"{len(found)} of {len(evidence.past)} connections stood for {seconds(waited)} without a response head.",
    )


def _head(connection: Connection) -> float:
    return connection.started if connection.answered is None else connection.answered


def _is_mute(connection: Connection) -> bool:
    """Whether nothing that can be read came, for long and by no fault of ours."""
    return connection.first_byte is None and connection.age >= LATE * 2 and not connection.spoiled


def coalesced(evidence: Evidence) -> Suspicion | None:
    """Small batches at a steady rhythm that is not the application's, as far as the data tells."""
    runs = [run for run in evidence.runs.kept if run.connection == evidence.here.ordinal]
    head = evidence.here.head
    if len(runs) < 10 or evidence.here.coding or head is None or not head.http_version.startswith("1"):
        return None
    periods = sorted(later.t - earlier.t for earlier, later in pairwise(runs))
    period = median(periods)
    spread = periods[len(periods) * 9 // 10] - periods[len(periods) // 10]
    each = median(run.events for run in runs)
    if not RHYTHM[0] <= period <= RHYTHM[1] or spread > 0.4 * period or each < 2 or _contemporary(runs):
        return None
    held = _held(runs)
    certainty = sure(0.35, (len(held) > 5, 0.5))
    stamps = f" By the times in their data the events of a batch lie {median(held):.2f} s apart." if held else ""
    return Suspicion(
        certainty,
        f"{len(runs)} batches of {each:.0f} events, one every {period * 1e3:.0f} ms (±{spread / 2 * 1e3:.0f}).{stamps}",
    )


def held_back(evidence: Evidence) -> Suspicion | None:
    """The times in the data say it, and nothing says by what."""
    runs = _paused(evidence)
    held = _held(runs, 0.5)
    if len(held) < 3 or len(held) < 0.6 * len(runs):
        return None
    return Suspicion(
        sure(0.6 + 0.05 * len(held), most=0.9),
        f"{len(held)} of {len(runs)} bursts held events that were made {seconds(held)} apart, by the times in their "
        f"data, and came within 15 ms.",
    )


def _collected(evidence: Evidence) -> list[Connection]:
    """Connections on which nothing came for long, and then all at the end."""
    return [
        each
        for each in evidence.past
        if each.opened is not None
        and not each.spoiled
        and each.reason in ("eof", "truncated", "reset")
        and each.events > 2
        and each.first_byte is not None
        and each.ended is not None
        and each.ended - each.first_byte < COLLECTED
        and each.first_byte - each.asked >= LATE
    ]


_NAMED: dict[str, Callable[[dict[str, str]], bool]] = {
    "iis-buffering": lambda headers: "microsoft-iis" in headers.get("server", "").lower(),
    "api-gateway-buffering": lambda headers: "apigw-requestid" in headers or "x-amz-apigw-id" in headers,
    "cloudflare-tunnel-buffering": lambda headers: "cf-ray" in headers,
}


def _until_end(code: str) -> Callable[[Evidence], Suspicion | None]:
    def predicate(evidence: Evidence) -> Suspicion | None:
        found = _collected(evidence)
        if code in _NAMED:
            found = [each for each in found if _NAMED[code](each.headers)]
            if len(found) < 2:  # a header raises the certainty of what was seen twice, it makes none
                return None
        if not found:
            return None
        certainty = sure(0.2 + 0.25 * len(found), (code in _NAMED, 0.1))
        waits = [each.first_byte - each.asked for each in found if each.first_byte is not None]
        return Suspicion(
            certainty,
            f"{len(found)} of {len(evidence.past)} responses brought their first byte {seconds(waits)} after the "
            f"request, and all {found[-1].events:,} events within {COLLECTED:g} s of their end.",
        )

    return predicate


def headers_late(evidence: Evidence) -> Suspicion | None:
    """The head waited for the first bytes of the body."""
    late = [
        each
        for each in evidence.connections
        if each.opened is not None
        and not each.spoiled
        and each.first_wire is not None
        and each.opened - each.asked >= LATE
        and each.first_wire - each.opened <= WITH_HEAD
        and each.profile not in _WAIT_FOR_A_MODEL
    ]
    if not late:
        return None
    return Suspicion(
        sure(0.15 + 0.25 * len(late), most=0.9),
        f"The head came {seconds([(each.opened or 0) - each.asked for each in late])} after the request, and with "
        f"it the first {late[-1].early_events:,} events, on {len(late)} of {len(evidence.connections)} connections.",
    )


def first_event_late(evidence: Evidence) -> Suspicion | None:
    """Nothing at all for long after the head."""
    here = evidence.here
    if here.opened is None or here.spoiled or here.first_wire is None or here.first_wire - here.opened < 5:
        return None
    return Suspicion(
        CERTAIN, f"The first byte of the stream came {here.first_wire - here.opened:.1f} s after the head."
    )


def replay_burst(evidence: Evidence) -> Suspicion | None:
    """Much at once right after the head, and much less since: history."""
    here = evidence.here
    if here.opened is None or here.spoiled or here.first_byte is None or here.early_events < MANY:
        return None
    since = evidence.now - here.first_byte - EARLY
    live = here.events - here.early_events
    if since < 3 or not live or live / since > 0.2 * here.early_events / EARLY:
        return None
    sent = "" if here.sent_id is None else f" Last-Event-ID {here.sent_id[:64]!r} was sent."
    return Suspicion(
        0.7,
        f"{here.early_events:,} events came within {EARLY:g} s of the first byte, {live / since:.1f} a second since; "
        f"{here.replayed:,} were received before.{sent}",
    )


def until_next(evidence: Evidence) -> Suspicion | None:
    """The blank line comes with the next event."""
    times = evidence.runs.resumed_at_line_end
    if times < 3:
        return None
    return Suspicion(
        sure(0.5 + 0.05 * times, most=0.9),
        f"{times} times the bytes stopped behind a line of an event, and its blank line came with the next one.",
    )


def falls_behind(evidence: Evidence) -> Suspicion | None:
    """The data goes on more slowly than the clock, without a pause: less gets through than is made."""
    samples = list(evidence.lag.samples)
    if evidence.here.spoiled or len(samples) < STEPS:
        return None
    steps = [(later.t - earlier.t, later.made - earlier.made) for earlier, later in pairwise(samples)]
    took = samples[-1].t - samples[0].t
    made = samples[-1].made - samples[0].made
    if not all(gone < FLOWING and 0 < on < gone + JITTER for gone, on in steps) or not took - made >= BEHIND:
        return None
    if made > SLOW * took:
        return None
    rate = (samples[-1].size - samples[0].size) / took
    return Suspicion(
        sure(0.5, (took - made >= 2 * BEHIND, 0.1), (len(samples) >= 2 * STEPS, 0.1)),
        f"In {took:.1f} s the times in the data went on by {made:.1f} s, at {rate:,.0f} bytes a second without a "
        f"pause: events come {took - made:.1f} s later than those before them.",
    )


_HOLDS = ("buffered-by-size", "compression-buffering", "compression-unflushed", "coalesced-batches", "held-until-end")
_SPACING = SPACING | {Unknown.BYTES}
DELIVERY = (
    Rule("buffered-by-size", by_size, _SPACING, live=True),
    Rule("compression-buffering", by_compression, _SPACING | HEADS, live=True),
    Rule("compression-unflushed", unflushed, _SPACING | HEADS, live=True),
    Rule("coalesced-batches", coalesced, _SPACING | HEADS, live=True),
    *(Rule(code, _until_end(code), _SPACING | HEADS | {Unknown.END, Unknown.ENDING}) for code in _NAMED),
    Rule(
        "held-until-end",
        _until_end("held-until-end"),
        _SPACING | {Unknown.END, Unknown.ENDING},
        yields_to=tuple(_NAMED),
    ),
    Rule("held-back", held_back, _SPACING, live=True, yields_to=_HOLDS),
    Rule("headers-late", headers_late, _SPACING | {Unknown.OPENING}, live=True),
    Rule("no-response-head", no_head, _SPACING | HEADS | {Unknown.END, Unknown.ENDING}),
    Rule("first-event-late", first_event_late, _SPACING | {Unknown.OPENING}, live=True),
    Rule("replay-burst", replay_burst, _SPACING, live=True, yields_to=_HOLDS),
    Rule("held-until-next", until_next, _SPACING, live=True),
    Rule("falls-behind", falls_behind, _SPACING, live=True, yields_to=_HOLDS),
)
