"""Bytes that come late, or together.

An application may well write in bursts: what speaks for a buffer is a size that is always the same while runs stop in
the middle of a line. Times in the data that lie further apart than the arrivals are no proof: they may be those of
rows that an application looks for now and then. They are one where the bursts follow the events and not a clock.
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
SMALLEST = 256
"""Bytes from which on bursts that are all of one size are called those of a buffer."""
_SEGMENTS = (536, 1360, 1380, 1388, 1400, 1408, 1420, 1428, 1440, 1448, 1460)
"""Bytes of a TCP segment on usual lines: what comes in these comes slowly, and was not held back."""
FLUSHED = 1000
"""Bytes of coding that a compressor which is not flushed has always gathered before it gives any away."""
PAUSE = 0.4
"""Seconds of silence from which on the run behind it may be a buffer that was emptied."""
RHYTHM = (0.15, 0.35)
CORK = (0.185, 0.25)
"""Seconds, beyond the round trip, that Linux holds what is sent with MSG_MORE: 200 ms and the grain of its clock."""
TIMED = 40
"""Distances from which on it is told whether the first event of each batch began them."""
LEAN = 0.33
"""Where the middle of the distances lies at most, from the least, 0, to the greatest: lateness by chance has 0.5."""
SOONER = 0.85
"""The part of the least distance, but for a few, that even those few are not below."""
ALMOST_ALL = 0.9
"""Part of the bursts that have the size of a buffer where it is none of the usual sizes."""
ALL = 0.95
"""Part of the bytes that comes behind silences where nothing comes sooner."""
COLLECTED = 0.1
"""Seconds from the first byte to the end of a response that was collected somewhere."""
WAITS = 3.0
"""How many times a wait must have gone by again for it to be told as one at the beginning."""
GOES_ON = 0.45
"""How sure at most it is of a stream that goes on: what comes next tells."""
_WAIT_FOR_A_MODEL = frozenset({"openai", "anthropic", "mcp"})
"""Profiles whose head may come with the first event because there is nothing to say before."""
MOST = 0.6
"""Part of the bytes that comes behind silences where a buffer is emptied; on a slow line most comes in a flow."""
STEPS = 10
"""Seconds, about, for which the data must have gone on too slowly."""
UNEVEN = 0.3
"""The part of the middle distance by which distances that follow no clock vary at least: a busy machine has some."""
LOCKED = 0.2
"""The part of what the distances vary by, within which times that follow the events stay the same."""
GRAIN = 0.02
"""Seconds by which such times vary in any case."""
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


def _spread(values: list[float], part: int = 10) -> float:
    """By how much values vary, but for that part of them at either end."""
    ordered, few = sorted(values), len(values) // part
    return ordered[-1 - few] - ordered[few]


def _dated(runs: list[Run]) -> list[tuple[float, float, float]]:
    """When each run came, and when its first and its last event were made, of those of the latest connection."""
    return [(run.t, *run.made) for run in runs if run.made is not None and run.connection == runs[-1].connection]


def _follows(runs: list[Run]) -> bool:
    """Whether bursts come so long after their first or their last event was made, at distances of all lengths.

    Who looks for new rows by the clock finds some that are just made and others that have waited.
    """
    dated = _dated(runs)
    if len(dated) < 4:
        return False
    distances = [later[0] - earlier[0] for earlier, later in pairwise(dated)]
    apart = _spread(distances)
    locked = min(_spread([t - first for t, first, _ in dated]), _spread([t - last for t, _, last in dated]))
    is_uneven = apart > max(5 * GRAIN, UNEVEN * median(distances))
    return is_uneven and locked <= max(GRAIN, LOCKED * apart)


def _follows_even_ones(runs: list[Run]) -> bool:
    """The same where events are made evenly: each batch then begins at an event, and the events go on over its end."""
    dated = _dated(runs)
    within = [(run.held or 0) / (run.events - 1) for run in runs if run.made is not None]
    between = [later[1] - earlier[2] for earlier, later in pairwise(dated)]
    if len(dated) < 4:
        return False
    every = median(within)
    is_locked = _spread([t - first for t, first, _ in dated], 4) <= max(GRAIN, every / 4)
    return is_locked and abs(median(between) - every) <= 0.05 * every and _spread(within) <= 0.2 * every


def _is_torn(run: Run) -> bool:
    """Whether it stopped inside a line: a buffer does not know where one ends."""
    return run.boundary == "line"


def _exact(runs: list[Run]) -> list[Run]:
    return [run for run in runs if run.wire % BUFFER == 0 and 0 < run.wire <= LARGEST_BUFFERS]


def _alike(runs: list[Run]) -> list[Run]:
    """Those of the most frequent size, if nearly all have it."""
    size = int(median(run.wire for run in runs)) if len(runs) > 2 else 0
    if size < SMALLEST or any(size % segment == 0 for segment in _SEGMENTS):
        return []
    same = [run for run in runs if run.wire == size]
    return same if len(same) >= ALMOST_ALL * len(runs) else []


def by_size(evidence: Evidence) -> Suspicion | None:
    """Bursts of a size that is always the same, or a small multiple of 4096 bytes, torn: two are no chance any more.

    Whole events may be of one size: an application that sends frames has nothing in between.
    """
    runs = [run for run in evidence.runs.kept if run.wire]
    found = _alike(runs)
    if not found:
        runs = _paused(evidence)
        found = _exact(runs)
    if len(found) < 2 or len(found) < 0.6 * len(runs) or evidence.runs.share < MOST or evidence.here.coding:
        return None
    sizes = sorted({run.wire for run in found})
    torn = sum(map(_is_torn, found))
    if torn <= len(found) / 2:
        return None
    certainty = sure(0.55 + 0.1 * len(found), ("nginx" in evidence.products, 0.1))
    return Suspicion(
        certainty,
        f"{len(found)} of {len(runs)} bursts had exactly {' or '.join(f'{size:,}' for size in sizes[:4])} bytes, after "
        f"{seconds([run.silence for run in found])} of silence; {torn} stopped in the middle of a line.",
    )


def by_compression(evidence: Evidence) -> Suspicion | None:
    """Compressed, and several events at once after each silence."""
    coding = evidence.here.coding
    runs = _paused(evidence)
    if not coding or not runs or _contemporary(runs) or evidence.runs.share < MOST:
        return None
    batches = [run for run in runs if run.boundary == "line" or (run.events > 1 and run.wire >= FLUSHED)]
    torn = sum(run.boundary == "line" for run in batches)
    held, exact = _held(batches), _exact(runs)
    if len(batches) > 1 and len(batches) >= 0.7 * len(runs):
        certainty = sure(
            0.3,
            (torn > 1 and len(batches) > 2, 0.3),
            (len(held) > 1, 0.15),
            (_follows(batches), 0.15),
            (len(exact) > 1, 0.4),
            most=0.97,
        )
    elif len(batches) == len(runs) and batches[0].events >= MANY:  # one burst, but many events that waited for it
        certainty = sure(0.2, (torn > 0, 0.1), (len(held) > 0, 0.3), (len(exact) > 0, 0.2))
    else:
        return None
    stamps = f" By the times in their data the events of a burst lie {seconds(held)} apart." if held else ""
    stamps += f" {len(exact)} had a multiple of {BUFFER:,} bytes." if len(exact) > 1 else ""
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
        waited = until - max(connection.first_wire, connection.asked)
        came = f"{connection.early_wire} bytes of {connection.coding}"
        came = f"{came} came {connection.first_wire - _head(connection):.2f} s"
        if connection.first_byte is None and waited >= 10:
            return Suspicion(0.4, f"{came} after the head, and nothing that can be read in {waited:.1f} s since.")
        if connection.first_byte is not None and waited >= 1 and connection.at_once > 2:
            at_end = connection.ended is not None and connection.ended - connection.first_byte < EARLY
            first = [run for run in evidence.runs.kept if run.t == connection.first_byte]
            goes_on = not at_end and waited <= 5
            if _contemporary(first * 2) or (
                goes_on and not _went_on(evidence, connection, waited, connection.first_byte)
            ):
                continue
            certainty = sure(
                0.3,
                (at_end, 0.3),
                (any(run.boundary == "line" for run in first), 0.25),
                (bool(_held(first)), 0.35),
                (waited > 5, 0.05),
                most=GOES_ON if goes_on else 0.95,
            )
            return Suspicion(
                certainty,
                f"{came} after the head, the first readable byte {waited:.1f} s later with {connection.at_once:,} "
                f"events at once{', when the response ended' if at_end else ''}.",
            )
    return None


def no_head(evidence: Evidence) -> Suspicion | None:
    """Connected, asked, and given up on; likely where it happened more than once."""
    found = [
        each
        for each in evidence.past
        if each.reason == "timeout" and each.connected is not None and each.answered is None and not each.spoiled
    ]
    if not found:
        return None
    waited = [each.ended - each.asked for each in found if each.ended is not None]
    return Suspicion(
        sure(0.25 + 0.15 * len(found), most=0.7),
        f"{len(found)} of {len(evidence.past)} connections stood for {seconds(waited)} without a response head.",
    )


def _head(connection: Connection) -> float:
    return connection.started if connection.answered is None else connection.answered


def _is_mute(connection: Connection) -> bool:
    """Whether nothing that can be read came, for long and by no fault of ours."""
    return connection.first_byte is None and connection.age >= LATE * 2 and not connection.spoiled


def coalesced(evidence: Evidence) -> Suspicion | None:
    """Small batches at a distance that is not the application's, as far as the data and the distances tell."""
    runs = [run for run in evidence.runs.kept if run.connection == evidence.here.ordinal]
    head = evidence.here.head
    if len(runs) < 10 or evidence.here.coding or head is None or not head.http_version.startswith("1"):
        return None
    gaps = sorted(later.t - earlier.t for earlier, later in pairwise(runs))
    period = median(gaps)
    spread = gaps[len(gaps) * 9 // 10] - gaps[len(gaps) // 10]
    each = median(run.events for run in runs)
    is_steady = RHYTHM[0] <= period <= RHYTHM[1] and spread <= 0.4 * period and each >= 2
    is_timed = evidence.runs.share >= ALL and _by_first_event(runs, evidence.here.round_trip)
    is_dated = _follows(runs) or _follows_even_ones(runs)
    if not (is_steady or is_timed) or _contemporary(runs):
        return None
    held = _held(runs)
    rhythm = f"one every {period * 1e3:.0f} ms (±{spread / 2 * 1e3:.0f})"
    if is_timed:
        rhythm = f"{gaps[0] * 1e3:.0f} ms apart or more, as if each left so long after its first event"
    stamps = f" By the times in their data the events of a batch lie {median(held):.2f} s apart." if held else ""
    return Suspicion(
        sure(0.35, (is_timed, 0.25), (len(held) > 5 and is_dated, 0.25)),
        f"{len(runs)} batches of {each:.0f} events, {rhythm}.{stamps}",
    )


def _by_first_event(runs: list[Run], round_trip: float) -> bool:
    """Whether each batch was sent so long after its first event came that the kernel's cork explains it.

    The distances are that time and the wait for the next event then: none is shorter, and those of uneven events
    trail off above. An application that wakes by the clock has multiples of one distance, or its lateness is spread
    to both sides; one that sends at once and then keeps a distance sends a single event after a long one.
    """
    pairs = sorted((later.t - earlier.t, later.events) for earlier, later in pairwise(runs))
    gaps = [gap for gap, _ in pairs]
    few = len(gaps) // 20
    least, middle, most = gaps[few], median(gaps), gaps[-1 - few]
    if len(gaps) < TIMED or not CORK[0] <= least - round_trip <= CORK[1] or gaps[0] < SOONER * least:
        return False
    if middle - least > LEAN * (most - least):
        return False
    late = [events for gap, events in pairs if 0.15 < gap / least % 1 < 0.85]
    gathered = sum(events > 1 for events in late)
    return len(late) >= 0.3 * len(gaps) and gathered >= 0.4 * len(late)


def held_back(evidence: Evidence) -> Suspicion | None:
    """The times in the data say it, and nothing says by what."""
    runs = _paused(evidence)
    held = _held(runs, 0.5)
    if len(held) < 3 or len(held) < 0.6 * len(runs):
        return None
    torn, follows = sum(map(_is_torn, runs)), _follows(runs)
    told = " They came at uneven distances, but always as long after their first or last event." if follows else ""
    told += f" {torn} stopped in the middle of a line." if torn > 1 else ""
    return Suspicion(
        sure(min(0.4, 0.25 + 0.03 * len(held)), (follows, 0.3), (torn > 0.5 * len(runs), 0.3), most=0.9),
        f"{len(held)} of {len(runs)} bursts held events whose times in their data lie {seconds(held)} apart, and which "
        f"came within 15 ms.{told}",
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
        and each.ended is not None
        and not each.end_waited
        and each.first_wire is not None
        and each.ended - each.first_wire < COLLECTED
        and each.first_wire - each.asked >= LATE
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
        waits = [each.first_wire - each.asked for each in found if each.first_wire is not None]
        return Suspicion(
            certainty,
            f"{len(found)} of {len(evidence.past)} responses brought their first byte {seconds(waits)} after the "
            f"request, and all {found[-1].events:,} events within {COLLECTED:g} s of their end.",
        )

    return predicate


def _went_on(evidence: Evidence, connection: Connection, waited: float, since: float) -> bool:
    """Whether long enough has gone by to know how what was waited for goes on: more waits have causes of their own."""
    return connection.ended is not None or evidence.now - since >= WAITS * waited


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
        and _went_on(evidence, each, each.opened - each.asked, each.opened)
    ]
    if not late:
        return None
    waiting = [each for each in late if each.at_once > 1]  # one event alone is when the application had something
    certainty = sure(0.15 + 0.25 * len(waiting), most=0.75) if waiting else sure(0.1 + 0.1 * len(late), most=GOES_ON)
    events = late[-1].at_once
    came = {0: "no event", 1: "1 event"}.get(events, f"{events:,} events")
    return Suspicion(
        certainty,
        f"The head came {seconds([(each.opened or 0) - each.asked for each in late])} after the request on "
        f"{len(late)} of {len(evidence.connections)} connections; the latest brought {came} at once with it.",
    )


def first_event_late(evidence: Evidence) -> Suspicion | None:
    """Nothing at all for long after the head."""
    here = evidence.here
    if here.opened is None or here.spoiled or here.first_wire is None:
        return None
    waited = here.first_wire - max(here.opened, here.asked)
    if waited < 5:
        return None
    return Suspicion(CERTAIN, f"The first byte of the stream came {waited:.1f} s after the head.")


def replay_burst(evidence: Evidence) -> Suspicion | None:
    """Much at once right after the head, and much less since: history."""
    here = evidence.here
    if here.opened is None or here.spoiled or here.first_byte is None or here.early_events < MANY:
        return None
    since = evidence.now - here.first_byte - EARLY
    live = here.events - here.early_events
    if here.first_wire is not None and here.first_byte - here.first_wire >= 1:  # it waited for its compressor
        return None
    if since < 3 or not live or live / since > 0.2 * here.early_events / EARLY:
        return None
    if here.early_events - here.held_up * live / since < MANY:  # that many just waited for this program
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


_HOLDS = (
    "buffered-by-size",
    "compression-buffering",
    "compression-unflushed",
    "coalesced-batches",
    "held-until-end",
    *_NAMED,
)
_SPACING = SPACING | {Unknown.BYTES}
DELIVERY = (
    Rule("buffered-by-size", by_size, _SPACING, live=True),
    Rule("compression-buffering", by_compression, _SPACING | HEADS, live=True),
    Rule("compression-unflushed", unflushed, _SPACING | HEADS, live=True, yields_to=("compression-buffering",)),
    Rule("coalesced-batches", coalesced, _SPACING | HEADS, live=True),
    *(Rule(code, _until_end(code), _SPACING | HEADS | {Unknown.END, Unknown.ENDING}) for code in _NAMED),
    Rule(
        "held-until-end",
        _until_end("held-until-end"),
        _SPACING | {Unknown.END, Unknown.ENDING},
        yields_to=tuple(_NAMED),
    ),
    Rule("held-back", held_back, _SPACING, live=True, yields_to=_HOLDS),
    Rule("headers-late", headers_late, _SPACING | {Unknown.OPENING}, live=True, yields_to=_HOLDS),
    Rule("no-response-head", no_head, _SPACING | HEADS | {Unknown.END, Unknown.ENDING}),
    Rule("first-event-late", first_event_late, _SPACING | {Unknown.OPENING}, live=True),
    Rule("replay-burst", replay_burst, _SPACING, live=True, yields_to=_HOLDS),
    Rule("held-until-next", until_next, _SPACING, live=True),
    Rule("falls-behind", falls_behind, _SPACING, live=True, yields_to=_HOLDS),
)
