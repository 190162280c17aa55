"""For every rule a story that fires it, and a near miss that must not: as close to it as can be told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from random import Random
from typing import Any

from sse_inspect.analysis.lint import LARGE_EVENT
from tests.analysis.stories import (
    Step,
    Story,
    accepts,
    beats,
    breaks,
    ends,
    events,
    held_up,
    numbered,
    opens,
    quiet,
    reconnects,
    sends,
    steady,
    story,
)

_ONE = "id: 1\ndata: x\n\n"
_GZIP: dict[str, Any] = {"content_encoding": "gzip"}
_HEADER = 10
"""Bytes of the header of gzip."""


def _buffer(size: int) -> str:
    """Events that fill a buffer of this size, the last one not whole."""
    block = "data: " + "x" * 91 + "\n\n"
    return (block * (size // len(block) + 1))[:size]


def _idle(seconds: float, reason: str = "truncated", **fields: Any) -> Story:
    """Two connections of differing ages, each cut after this silence."""
    return story(
        opens(**fields),
        steady(5),
        ends(reason, after=seconds),
        opens(**fields),
        steady(11),
        ends(reason, after=seconds),
    )


def _aged(seconds: float, reason: str = "truncated", **fields: Any) -> Story:
    """Two connections cut at this age while an event comes every half second."""
    once = [opens(**fields), *steady(int(seconds * 2) - 1, 0.5), ends(reason, after=0.5)]
    return story(once, once, backoff_initial=0.1)


def _resumes(*each: tuple[int, ...], sent_first: tuple[int, ...] = (1, 2, 3, 4)) -> Story:
    """Reconnects that bring these IDs."""
    steps = [opens(), numbered(*sent_first), ends("reset")]
    for ids in each:
        steps += [opens(), numbered(*ids), quiet(1), ends("reset")]
    return story(steps)


def _answer(status: int = 200, after: float = 0.05, **fields: Any) -> Story:
    return story(opens(after, status=status, **fields))


def _page(origin: str, **fields: Any) -> Story:
    return story(
        opens(**fields), events(3), target={"headers": (("Origin", origin),), "cookies": ("a=b",), "url": "https://h/"}
    )


def _message(n: int) -> Step:
    return sends(f"event: note\ndata: message {n}\n\n", 0.4)


_ORIGIN = "https://page.example"
_CHAT = 'data: {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "a"}}]}\n\n'


def _collected(times: Iterable[float], hold: float, *, dated: bool = False) -> list[Step]:
    """Events made at these times, each sent on so long after the first one that waits; `dated`: they say when."""
    steps: list[Step] = []
    waiting: list[float] = []
    due = t = 0.0
    for at in times:
        if waiting and at > due:
            stamps = [due - each for each in waiting] if dated else None
            steps += [quiet(due - t), events(len(waiting), stamps=stamps)]
            waiting, t = [], due
        if not waiting:
            due = at + hold
        waiting.append(at)
    return steps


def _waits(times: Iterable[float], count: int) -> list[Step]:
    """Events made at these times, each sent on with the others once so many are there."""
    steps, waiting, t = [], [], 0.0
    for at in times:
        waiting.append(at)
        if len(waiting) == count:
            steps += [quiet(at - t), events(count, stamps=[at - each for each in waiting])]
            waiting, t = [], at
    return steps


def _rows(every: float, rate: float, seconds: float) -> list[Step]:
    """An application that looks for new rows by the clock, and sends them with the times at which they were made."""
    made: dict[int, list[float]] = {}
    for at in _uneven(rate, seconds):
        made.setdefault(int(at / every) + 1, []).append(at)
    steps, t = [], 0.0
    for tick, rows in sorted(made.items()):
        now = tick * every
        steps += [quiet(now - t), events(len(rows), stamps=[now - at for at in rows])]
        t = now
    return steps


def _uneven(rate: float, seconds: float) -> list[float]:
    """Times of events that nothing but chance sets apart."""
    chance, times = Random(1), [0.0]
    while times[-1] < seconds:
        times.append(times[-1] + chance.expovariate(rate))
    return times


def _polled(every: float, rate: float, seconds: float) -> list[Step]:
    """An application that wakes by the clock, and sends what is new."""
    steps, t = [], 0.0
    made = [int(at / every) for at in _uneven(rate, seconds)]
    for tick, count in sorted(Counter(made).items()):
        steps += [quiet((tick + 1) * every - t), events(count)]
        t = (tick + 1) * every
    return steps


def _late_ticks(every: float, by: float, count: int) -> list[Step]:
    """An application that wakes by the clock on a busy machine: now late, now early, with several events each time."""
    chance = Random(2)
    return [step for _ in range(count) for step in (quiet(chance.gauss(every, by)), events(chance.randint(1, 6)))]


def _throttled(least: float, rate: float, seconds: float) -> list[Step]:
    """An application that sends at once, but then collects for as long as this before it does again."""
    steps, t, due, waiting = [], 0.0, 0.0, 0
    for at in _uneven(rate, seconds):
        if waiting and at > due:
            steps += [quiet(due - t), events(waiting)]
            t, due, waiting = due, due + least, 0
        if at > due:
            steps += [quiet(at - t), events()]
            t, due = at, at + least
        else:
            waiting += 1
    return steps


FIRES: dict[str, Story] = {
    # delivery
    "buffered-by-size": story(opens(), events(), [sends(_buffer(4096), 3.0)] * 3),
    "compression-buffering": story(
        opens(**_GZIP), events(), [sends(_buffer(9030), 2.0, 700), sends(_buffer(8950), 2.0, 650)] * 2
    ),
    "compression-unflushed": story(opens(**_GZIP), sends("", 0.06, _HEADER), quiet(6), events(30), ends()),
    "coalesced-batches": story(opens(), events(), _collected([n / 10 for n in range(60)], 0.206, dated=True)),
    "held-until-end": story(opens(), quiet(8), events(20), ends(), times=2),
    "iis-buffering": story(opens(server="Microsoft-IIS/10.0"), quiet(8), events(20), ends(), times=2),
    "api-gateway-buffering": story(opens(apigw_requestid="x"), quiet(8), events(20), ends(), times=2),
    "cloudflare-tunnel-buffering": story(opens(cf_ray="x-FRA"), quiet(8), events(20), ends(), times=2),
    "held-back": story(opens(), events(), _waits(_uneven(2, 60), 8)),
    "headers-late": story(opens(4), events(3), steady(5), ends(), times=2),
    "no-response-head": story(accepts(), quiet(7), accepts(), quiet(7), stall_after=6.0),
    "first-event-late": story(opens(), quiet(9), events(), steady(3)),
    "replay-burst": story(opens(), events(200), steady(6)),
    "held-until-next": story(opens(), sends("data: 1\n"), [sends("\ndata: 2\n", 1.0)] * 6),
    "falls-behind": story(opens(), [step for n in range(300) for step in (quiet(0.1), events(stamps=(n * 0.08,)))]),
    # cuts
    "idle-cut": _idle(3.0),
    "idle-cut-bun": _idle(10.0, "reset"),
    "idle-cut-proxy-30": _idle(30.0),
    "idle-cut-heroku": _idle(55.0),
    "idle-cut-proxy-60": _idle(60.1, server="nginx/1.25"),
    "idle-cut-cloudflare": _idle(100.0, cf_ray="x"),
    "idle-cut-node": _idle(120.5, x_powered_by="Express"),
    "idle-cut-300": _idle(300.2),
    "idle-cut-nlb": _idle(350.0, "reset"),
    "age-cut": _aged(45),
    "age-cut-15": _aged(15),
    "age-cut-30": _aged(30),
    "age-cut-node": _aged(120),
    "age-cut-cloud-run": _aged(300, server="Google Frontend"),
    "age-cut-api-gateway": _aged(900),
    "connection-draining": story(
        opens(version="2"),
        steady(7),
        ends("protocol", "GOAWAY NO_ERROR (0)"),
        steady(0),
        opens(version="2"),
        steady(19),
        ends("protocol", "GOAWAY NO_ERROR (0)"),
    ),
    "cut-at-random": story(
        opens(), steady(7), ends("reset"), opens(), steady(23), ends("truncated"), opens(), steady(41), ends("reset")
    ),
    "no-terminal-event": story(opens(), sends(_CHAT), sends(_CHAT, 0.1), ends(after=0.1)),
    "close-delimited": story(opens(framed=False), steady(2), ends(), times=2),
    "cut-inside-event": story(opens(), steady(2), sends("id: 9\ndata: {"), ends("truncated")),
    "ends-at-once": story(opens(), events(), ends(), times=3),
    "cut-at-same-place": story([opens(), sends(_ONE * 6 + 'id: 9\ndata: {"half": "abc'), ends("truncated")], times=3),
    "length-wrong": story([opens(content_length="400"), sends(_buffer(400)), ends()], times=2),
    "answer-failed": story(opens(), sends(_CHAT), sends('data: {"error": {"message": "overloaded"}}\n\n'), ends()),
    "framing-invalid": story(opens(), steady(4), ends("protocol", "the length of a chunk cannot be read: “zz”")),
    "coding-invalid": story(opens(**_GZIP), ends("encoding", "the gzip body is broken: incorrect header check")),
    "head-too-long": story(accepts(), ends("protocol", "a response head, or a line between its chunks, is too long")),
    "not-http": story(accepts(), ends("protocol", "what came is no status line")),
    "stalled": story(opens(), steady(4), quiet(45), stall_after=40.0),
    "half-open": story(opens(), beats(5, 10.0), quiet(45), stall_after=40.0, on_stall="warn"),
    # heartbeat
    "no-heartbeat": story(opens(), events(), [quiet(32), events()] * 3),
    "heartbeat-too-slow": story(
        opens(),
        [step for _ in range(6) for step in (events(), quiet(20), events(), sends(": ping\n", 20))],
        ends("truncated", after=30.0),
        opens(),
        events(),
        sends(": ping\n", 20),
        ends("truncated", after=30.0),
    ),
    "only-comments": story(opens(), steady(12), beats(8, 15.0)),
    "phantom-heartbeat": story(opens(), events(2), sends(": ping\n\n", 5), events(), sends(": ping\n\n", 5), events()),
    "heartbeat-in-data": story(opens(), events(), sends('data: {"a": 1, : ping\n\n"b": 2}\n\n', 1), quiet(2), events()),
    # response
    "no-content": _answer(204),
    "html-instead": _answer(content_type="text/html; charset=utf-8"),
    "json-instead": _answer(content_type="application/problem+json"),
    "wrong-content-type": _answer(content_type="text/plain"),
    "auth-on-reconnect": story(opens(), steady(3), ends(), opens(status=401)),
    "unauthorized": _answer(401, www_authenticate="Bearer"),
    "forbidden": _answer(403),
    "not-found": _answer(404),
    "redirected": story(opens(url="https://h/feed"), events()),
    "redirect-broken": story(opens(status=302, location="")),
    "not-acceptable": _answer(406),
    "too-many-requests": _answer(429, retry_after="7"),
    "upstream-unavailable": _answer(502, server="nginx"),
    "first-byte-too-late": _answer(504, 20.0),
    "server-error": _answer(500),
    "http-1.0": story(opens(version="1.0", framed=False), events()),
    "six-connections": story(opens(), events(), target={"url": "https://h/", "http2": True}),
    "cors-refused": _page(_ORIGIN),
    "cors-credentials": _page(_ORIGIN, access_control_allow_origin="*"),
    "cacheable": story(opens(cache_control="public, max-age=60"), events()),
    "cache-control-missing": story(opens(x_cache="MISS from edge"), events()),
    "charset-not-utf8": story(opens(content_type="text/event-stream; charset=ISO-8859-1"), events()),
    # ids
    "full-replay": _resumes((1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6)),
    "resume-ignored": _resumes((3, 4, 5), (3, 4, 5, 6)),
    "resume-inclusive": _resumes((4, 5), (5, 6)),
    "history-too-short": _resumes((8, 9), (15, 16)),
    "ids-jump": story(opens(), numbered(1, 2, 3, 4, 7, 8, 9, 14, 15), quiet(2), numbered(16), ids="integer"),
    "ids-out-of-order": story(opens(), numbered(1, 2, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12), quiet(2), numbered(13)),
    "same-events-again": story(opens(), [_message(n) for n in range(11)], ends(), times=3),
    # text
    "byte-order-mark": story(opens(), sends("\ufeff" + _ONE)),
    "invalid-utf8": story(opens(), sends(b"data: \xff\n\n")),
    "nul-in-id": story(opens(), sends("id: a\0b\ndata: x\n\n")),
    "unknown-field": story(opens(), sends("data: one\nnote: two\n\n")),
    "no-colon": story(opens(), sends("data: one\ntwo\n\n")),
    "bad-retry": story(opens(), sends("retry: 3s\n\n")),
    "no-data": story(opens(), sends("event: done\n\n")),
    "unfinished": story(opens(), sends(_ONE + "data: y\n"), ends()),
    "odd-line-ends": story(opens(), sends("data: a\u2028b\n\n")),
    "large-event": story(opens(), sends("data: " + "x" * LARGE_EVENT + "\n\n")),
    "mixed-line-ends": story(opens(), sends(_ONE + "data: y\r\n\r\n")),
    "blank-line-missing": story(opens(), [sends('data: {"n": 1}\n', 1.0)] * 14),
    "retry-too-long": story(opens(), sends("retry: 9000000000000\n\n"), quiet(2), events()),
    # this program
    "held-up": story(opens(), steady(3), held_up(2), events(20), steady(3)),
}

NEAR: dict[str, Story] = {
    # delivery
    "buffered-by-size": story(
        opens(), events(), [sends(_buffer(4096) + "\n\n", 3.0), sends(_buffer(4000) + "\n\n", 3)] * 3
    ),
    "compression-buffering": story(opens(**_GZIP), events(), [quiet(2), events(5, stamps=(0.0,) * 5, size=400)] * 5),
    "compression-unflushed": story(opens(**_GZIP), sends("", 0.06, _HEADER), quiet(6), steady(30), ends()),
    "coalesced-batches": story(
        opens(), events(), [step for _ in range(14) for step in (quiet(0.21), events(4, stamps=(0.0,) * 4))]
    ),
    "held-until-end": story(opens(), quiet(8), events(20), quiet(2), ends(), times=2),
    "iis-buffering": story(opens(server="Microsoft-IIS/10.0"), quiet(8), events(20), ends()),
    "api-gateway-buffering": story(opens(), quiet(8), events(20), ends(), times=2),
    "cloudflare-tunnel-buffering": story(opens(cf_ray="x-FRA"), events(20), ends(), times=2),
    "held-back": story(opens(), events(), [quiet(4), events(5, stamps=(0.0,) * 5)] * 4),
    "headers-late": story(opens(4), quiet(2), events(3), steady(5), ends(), times=2),
    "no-response-head": story(quiet(12), quiet(12), stall_after=6.0),
    "first-event-late": story(opens(), sends(": connected\n"), quiet(9), events(), steady(3)),
    "replay-burst": story(opens(), events(200), steady(40, 0.1, count=40)),
    "held-until-next": story(opens(), events(), [sends(": ping\n", 1.0), events()] * 6),
    "falls-behind": story(opens(), [step for n in range(300) for step in (quiet(0.1), events(stamps=(n * 0.1,)))]),
    # cuts
    "idle-cut": story(opens(), steady(5), ends("truncated", after=3.0)),
    "idle-cut-bun": _idle(12.0, "reset"),
    "idle-cut-proxy-30": story(opens(), events(), quiet(33), events(), ends("truncated", after=30), times=2),
    "idle-cut-heroku": _idle(50.0),
    "idle-cut-proxy-60": story(
        opens(server="nginx"),
        events(),
        ends("truncated", after=60),
        opens(server="nginx"),
        events(),
        ends("truncated", after=40),
    ),
    "idle-cut-cloudflare": _idle(90.0, cf_ray="x"),
    "idle-cut-node": _idle(110.0),
    "idle-cut-300": _idle(280.0),
    "idle-cut-nlb": _idle(330.0, "reset"),
    "age-cut": story(
        [opens(), *steady(40, 0.5), sends("data: bye\n\n"), ends()], [opens(), *steady(60, 0.5), ends("truncated")]
    ),
    "age-cut-15": story([opens(), *[step for n in range(1, 16) for step in (quiet(1), numbered(n))], ends()], times=3),
    "age-cut-30": story([opens(), *steady(59, 0.5), ends("truncated", after=0.5)]),
    "age-cut-node": _aged(110),
    "age-cut-cloud-run": _aged(290),
    "age-cut-api-gateway": _aged(880),
    "connection-draining": story(opens(version="2"), steady(7), ends("protocol", "GOAWAY NO_ERROR (0)")),
    "cut-at-random": story(
        opens(),
        steady(7),
        ends("reset"),
        opens(),
        steady(23),
        breaks("reset"),
        ends("forced"),
        opens(),
        steady(41),
        ends("reset"),
    ),
    "no-terminal-event": story(opens(), sends(_CHAT), sends("data: [DONE]\n\n", 0.1), ends(after=0.1)),
    "close-delimited": story(opens(framed=False, content_length="999"), steady(2), ends(), times=2),
    "cut-inside-event": story(opens(), steady(2), sends("id: 9\ndata: {"), breaks("half"), ends("forced")),
    "ends-at-once": story([opens(), events(), ends()] * 2, opens(), steady(2), ends()),
    "cut-at-same-place": story([opens(), *steady(6, 0.1), ends("truncated")], times=2),
    "length-wrong": story(
        [opens(content_length="900"), sends(_buffer(400)), ends("truncated")],
        [opens(content_length="400"), sends(_buffer(400)[:-1] + "\n"), ends()],
        [opens(content_length="24"), sends(_ONE + _ONE[:-1]), ends()],
        [opens(), sends(_buffer(400)), ends()],
    ),
    "answer-failed": story(opens(), sends(_CHAT), sends('data: {"error": null}\n\n'), ends()),
    "framing-invalid": story(opens(version="2"), steady(4), ends("protocol", "RST_STREAM INTERNAL_ERROR (2)")),
    "coding-invalid": story(opens(**_GZIP), steady(4), ends("truncated")),
    "head-too-long": story(opens(), ends("protocol", "a response head, or a line between its chunks, is too long")),
    "not-http": story(ends("protocol", "the proxy says: command not supported")),
    "stalled": story(opens(), steady(4), quiet(35), events(), quiet(3), stall_after=40.0),
    "half-open": story(opens(), beats(5, 25.0), quiet(45), stall_after=40.0, on_stall="warn"),
    # heartbeat
    "no-heartbeat": story(opens(), events(), [sends(": ping\n", 14), quiet(14), events()] * 3),
    "heartbeat-too-slow": story(
        opens(), beats(6, 15.0), ends("truncated", after=30.0), opens(), beats(2, 15.0), ends("truncated", after=30.0)
    ),
    "only-comments": story(
        opens(), steady(12), [step for _ in range(8) for step in (sends(": ping\n", 15.0), events())]
    ),
    "phantom-heartbeat": story(
        opens(),
        sends(": connected\n\n"),
        events(2),
        [sends(": ping\n", 5), events(), sends("retry: 9\n\n"), events()] * 3,
        sends(": ping\n\n", 5),
        events(),
    ),
    "heartbeat-in-data": story(opens(), events(), sends("data: say : ping\n\n", 1), quiet(2), events()),
    # response
    "no-content": story(opens(), events(), ends(), opens(status=204)),
    "html-instead": story(opens(), events()),
    "json-instead": _answer(content_type="application/jsonl"),
    "wrong-content-type": _answer(content_type="Text/Event-Stream;charset=utf-8"),
    "auth-on-reconnect": _answer(401),
    "unauthorized": story(opens(), steady(3), ends(), opens(status=401)),
    "forbidden": story(opens(), steady(3), ends(), opens(status=403)),
    "not-found": _answer(405),
    "redirected": story(opens(url="http://h/feed?last=1"), events()),
    "redirect-broken": _answer(404),
    "not-acceptable": _answer(405),
    "too-many-requests": story(breaks("status:429"), quiet(2)),
    "upstream-unavailable": _answer(504, 20.0),
    "first-byte-too-late": _answer(503, 12.0),
    "server-error": _answer(501 - 1 + 3),
    "http-1.0": story(opens(), events()),
    "six-connections": story(opens(), events()),
    "cors-refused": _page(_ORIGIN, access_control_allow_origin=_ORIGIN, access_control_allow_credentials="true"),
    "cors-credentials": _page(_ORIGIN, access_control_allow_origin=_ORIGIN, access_control_allow_credentials="true"),
    "cacheable": story(opens(cache_control="no-cache, max-age=0"), events()),
    "cache-control-missing": story(opens(), events()),
    "charset-not-utf8": story(opens(content_type='text/event-stream; charset="UTF-8"'), events()),
    # ids
    "full-replay": _resumes((1, 2, 3, 4, 5)),
    "resume-ignored": _resumes((5, 6), (7, 8)),
    "resume-inclusive": _resumes((5, 6), (6, 7)),
    "history-too-short": _resumes((5, 6), (7, 8)),
    "ids-jump": story(opens(), numbered(1, 2, 3, 4, 7, 8, 9), quiet(2), numbered(10), ids="integer"),
    "ids-out-of-order": story(opens(), numbered(1, 2, 3, 5, 4, 6), quiet(2), numbered(7)),
    "same-events-again": story([[opens(), [_message(n) for n in range(first, 11)], ends()] for first in range(3)]),
    # text
    "byte-order-mark": story(opens(), sends(_ONE + "data: \ufeff\n\n")),
    "invalid-utf8": story(opens(), sends("data: Zoë \ufffd\n\n")),
    "nul-in-id": story(opens(), sends("id: ab\ndata: x\0\n\n")),
    "unknown-field": story(opens(), sends("data: one\ndata: note: two\n: note: three\n\n")),
    "no-colon": story(opens(), sends("data: one\ndata\n\n")),
    "bad-retry": story(opens(), sends("retry: 3000\n\n")),
    "no-data": story(opens(), sends("event: done\ndata:\n\n")),
    "unfinished": story(opens(), sends(_ONE + "data: y\n"), ends("reset")),
    "odd-line-ends": story(opens(), sends("data: a\\u2028b\n\n")),
    "large-event": story(opens(), sends("data: " + "x" * (LARGE_EVENT - 100) + "\n\n")),
    "mixed-line-ends": story(opens(), sends("data: x\r\n\r\ndata: y\r\n\r\n")),
    "blank-line-missing": story(opens(), [sends('data: {"n": 1}\n', 0.5)] * 14, sends("\n", 0.5), events(), ends()),
    "retry-too-long": story(opens(), sends("retry: 3600000\n\n"), quiet(2), events()),
    # this program
    "held-up": story(opens(), steady(3), held_up(0.9), events(9), steady(3), quiet(9), events(90), steady(3)),
}

HEARTBEATS = {
    "a ping in JSON": 'data: {"type":"ping"}\n\n',
    "a heartbeat with its time": 'data: {"type": "heartbeat", "t": "2026-01-01T00:00:00.123Z"}\n\n',
    "an event of type ping": "event: ping\ndata: {}\n\n",
    "a bare word": "data: heartbeat\n\n",
}
COMMENTS = {
    "a comment with the time": ": ping - 2026-01-01 12:00:00.123456+00:00\n\n",
    "a comment": ":keepalive\n\n",
}
LIKELY: dict[str, tuple[str, Story]] = {
    "HAProxy, uneven events with their times": (
        "coalesced-batches",
        story(opens(), _collected(_uneven(10, 30), 0.206, dated=True)),
    ),
    "something lets eight events wait for the eighth": ("held-back", story(opens(), _waits(_uneven(2, 90), 8))),
    **{
        f"a buffer of {size} bytes": ("buffered-by-size", story(opens(), events(), [sends(_buffer(size), 0.36)] * 12))
        for size in (2000, 6000, 8000)
    },
    "buffer and compression": (
        "compression-buffering",
        story(opens(4, **_GZIP), [sends(_buffer(30_030), 3.0, 7 * 4096), sends(_buffer(40_010), 3.0, 8 * 4096)] * 4),
    ),
    "the header of gzip, then all at the end": (
        "compression-unflushed",
        story(opens(**_GZIP), sends("", 0.01, _HEADER), quiet(8), events(20), ends(), times=2),
    ),
    "an application that was killed while it was waited for": ("upstream-unavailable", _answer(502, 9.0)),
    "HAProxy after its retries": ("upstream-unavailable", _answer(503, 12.0)),
    "504 at once": ("upstream-unavailable", _answer(504, 0.004)),
    "Heroku, H12": ("first-byte-too-late", _answer(503, 30.02, via="1.1 heroku-router")),
    "Cloudflare, 524": ("first-byte-too-late", _answer(524, 100.0, cf_ray="x")),
    "a pair of events overtakes another, IDs that cannot be counted": (
        "ids-out-of-order",
        story(opens(), [[quiet(0.15), numbered(each)] for n in range(0, 30, 3) for each in (n + 1, n + 3, n + 2)]),
    ),
    "HAProxy, uneven events": ("coalesced-batches", story(opens(), _collected(_uneven(10, 30), 0.206))),
    "HAProxy, few uneven events": ("coalesced-batches", story(opens(), _collected(_uneven(4, 60), 0.206))),
    "HAProxy, many uneven events": ("coalesced-batches", story(opens(), _collected(_uneven(30, 30), 0.206))),
    "HAProxy, 30 ms away": ("coalesced-batches", story(opens(0.03, tcp=0.03), _collected(_uneven(10, 30), 0.236))),
    **{
        f"stuck, with {name}": ("only-comments", story(opens(), steady(12), [sends(data, 15.0)] * 8))
        for name, data in HEARTBEATS.items()
    },
    **{
        f"{name} in the middle of data": (
            "heartbeat-in-data",
            story(opens(), events(), sends('data: {"a": 1, ' + data + '"b": 2}\n\n', 1), quiet(2), events()),
        )
        for name, data in {**HEARTBEATS, **COMMENTS}.items()
    },
    "a crash inside an event behind a proxy that ends in order": (
        "cut-inside-event",
        story([opens(), steady(6, 0.3), sends('id: 7\ndata: {"half": "abc'), ends()]),
    ),
    "a crash before the data of an event": (
        "cut-inside-event",
        story([opens(framed=False), steady(6, 0.3), sends("id: 7"), ends()]),
    ),
    "a blank line that is forgotten": (
        "unfinished",
        story(opens(), steady(6, 0.3), sends('id: 7\ndata: {"whole": "abc"}'), ends()),
    ),
    "a timeout that jitters": (
        "idle-cut",
        story([[opens(), steady(n, 0.5), ends("truncated", after=s)] for n, s in ((4, 3.01), (9, 3.05), (6, 3.03))]),
    ),
    "a timeout among other ends": (
        "idle-cut",
        story(
            [[opens(), steady(n, 0.5), ends("reset", after=s)] for n, s in ((4, 5.0), (9, 5.02), (6, 0.3), (8, 5.01))]
        ),
    ),
    "an idle timeout of nginx: the silences of the application are nearly as long": (
        "idle-cut",
        story(
            [
                [opens(server="nginx"), steady(n, 0.2), quiet(s), events(), ends("truncated", after=idle)]
                for n, s, idle in ((9, 2.58, 2.71), (13, 2.19, 3.0), (11, 2.19, 3.0), (15, 2.14, 3.0), (7, 2.1, 3.01))
            ]
        ),
    ),
    "an idle timeout of HAProxy, always at the same place of a rhythm": (
        "idle-cut",
        story(
            [
                [opens(), [quiet(first), events()], steady(n, 0.2), quiet(s), events(), ends("truncated", after=idle)]
                for first, n, s, idle in (
                    (2.4, 13, 3.26, 3.79),
                    (0.1, 13, 1.15, 3.8),
                    (0.1, 13, 1.2, 3.8),
                    (0.1, 13, 1.25, 3.8),
                )
            ]
        ),
    ),
    "a limit of bytes, inside of events that differ": (
        "cut-at-same-place",
        story(
            [
                [opens(), sends("data: " + "x" * n + "\n\n"), sends(_buffer(2000)[: 1192 - n]), ends("truncated")]
                for n in (11, 171, 331, 491)
            ]
        ),
    ),
    "a limit of age, and two responses of the same length by chance": (
        "age-cut",
        story(
            [
                [opens(), [sends("data: x\n\n" * n, 0.25) for n in sizes], ends("truncated", after=0.25)]
                for sizes in ([2, 1] * 4 + [1, 3, 1], [1, 2] * 4 + [1, 3, 1], [3, 1] * 4 + [2, 1, 1], [1, 1] * 5 + [1])
            ]
        ),
    ),
    "a short age, while data flows at random": (
        "age-cut",
        story([[opens(), steady(n, 3 / (n + 1)), ends("reset", after=3 / (n + 1))] for n in (9, 14, 11, 17)]),
    ),
    "every seventh event is dropped": (
        "ids-jump",
        story(opens(), [[quiet(0.5), numbered(n)] for n in range(1, 60) if n % 7]),
    ),
    "events are dropped again and again": (
        "ids-jump",
        story(opens(), [[quiet(0.5), numbered(n)] for n in range(1, 60) if n not in (9, 20, 21, 34, 50)]),
    ),
}
"""What is told as likely, and above information."""
POSSIBLE: dict[str, tuple[str, Story]] = {
    "rows that are looked for every 2 s": (
        "held-back",
        story(opens(), [[quiet(2), events(8, stamps=[2 - n / 4 for n in range(8)])] for _ in range(12)]),
    ),
    "rows that are looked for every second, made at any time": ("held-back", story(opens(), _rows(1.0, 9, 60))),
    "rows that are looked for every 250 ms": (
        "coalesced-batches",
        story(opens(), [[quiet(0.25), events(3, stamps=(0.25, 0.17, 0.09))] for _ in range(80)]),
    ),
    "a model that thinks, and then writes": (
        "headers-late",
        story(opens(4), events(), steady(40, 0.05), ends(), times=3),
    ),
    "one attempt without an answer": ("no-response-head", story(accepts(), quiet(7), opens(), stall_after=6.0)),
    "HAProxy, even events: an application's tick looks the same": (
        "coalesced-batches",
        story(opens(), _collected([n / 10 for n in range(300)], 0.206)),
    ),
    "a tick every 300 ms, varying counts": ("coalesced-batches", story(opens(), _polled(0.3, 10, 30))),
    "a tick every 250 ms, varying counts": ("coalesced-batches", story(opens(), _polled(0.25, 10, 30))),
    "a tick every 240 ms, more or less": ("coalesced-batches", story(opens(), _late_ticks(0.24, 0.015, 120))),
    "a possible cause, and a fact that explains nothing": (
        "coalesced-batches",
        story(opens(), [[quiet(0.3), *([] if n % 8 else [sends(": ping\n\n")]), events(3)] for n in range(99)]),
    ),
    "ends in order after the same silence": (
        "idle-cut",
        story([[opens(), steady(n, 0.5), ends(after=3.0)] for n in (2, 5, 3, 7, 4)]),
    ),
    "ends in order at an age of 30 s, and nothing is lost": (
        "age-cut-30",
        story(
            [[opens(), steady(n, 30 / (n + 1)), ends(after=30 / (n + 1))] for n in (57, 61, 43, 72, 66)],
            opens(),
            events(),
        ),
    ),
    "seconds since 1970 as IDs": (
        "ids-jump",
        story(opens(), [[quiet(0.5), numbered(1_795_471_000 + n)] for n in range(1, 60) if n not in (9, 20, 34, 50)]),
    ),
    "two jumps": (
        "ids-jump",
        story(opens(), [[quiet(0.5), numbered(n)] for n in range(1, 60) if n not in (9, 20)]),
    ),
}
"""What is told as information only: nothing on the wire makes it likely."""
UNTOLD: dict[str, tuple[str, Story]] = {
    "frames of exactly 4096 bytes": (
        "buffered-by-size",
        story(opens(), events(), [sends("data: " + "x" * 4088 + "\n\n", 0.5)] * 12),
    ),
    "four whole events of 1024 bytes each": (
        "buffered-by-size",
        story(opens(), events(), [sends(("data: " + "x" * 1016 + "\n\n") * 4, 0.5)] * 12),
    ),
    "events of one size, each complete with the next one": (
        "buffered-by-size",
        story(opens(), events(), [sends("\ndata: " + "x" * 400 + "\n", 0.5)] * 12),
    ),
    "segments of a slow line": ("buffered-by-size", story(opens(), events(), [sends(_buffer(1448), 0.36)] * 12)),
    "a snapshot and a change, flushed": (
        "compression-buffering",
        story(opens(**_GZIP), [[quiet(1.5), events(2, stamps=(0.6, 0.0))] for _ in range(12)]),
    ),
    "compression holds the buffer": (
        "buffered-by-size",
        story(opens(**_GZIP), [sends(_buffer(30_030), 3.0, 7 * 4096), sends(_buffer(40_010), 3.0, 8 * 4096)] * 4),
    ),
    "compression holds the head": (
        "headers-late",
        story(opens(4, **_GZIP), [sends(_buffer(30_030), 3.0, 7 * 4096), sends(_buffer(40_010), 3.0, 8 * 4096)] * 4),
    ),
    "the header of gzip came before the end": (
        "held-until-end",
        story(opens(**_GZIP), sends("", 0.01, _HEADER), quiet(8), events(20), ends(), times=2),
    ),
    "502 after a while": ("first-byte-too-late", _answer(502, 9.0)),
    "504 at once": ("first-byte-too-late", _answer(504, 0.004)),
    "IDs at random": ("ids-out-of-order", story(opens(), [numbered(n * 7919 % 10_007) for n in range(1, 200)])),
    "a greeting": (
        "same-events-again",
        story(
            [[opens(), _message(0), _message(1), [_message(9 * k + n) for n in range(5)], ends()] for k in (1, 2, 3)]
        ),
    ),
    "the same word again and again": ("same-events-again", story(opens(), [_message(1)] * 9, ends(), times=3)),
    "answers of a model, asked again": (
        "same-events-again",
        story(opens(), [sends(_CHAT.replace('"a"', f'"{n}"'), 0.1) for n in range(9)], ends(), times=3),
    ),
    "a tick every 200 ms, often with nothing": ("coalesced-batches", story(opens(), _polled(0.2, 3, 60))),
    "an application sends at once, then every 200 ms": ("coalesced-batches", story(opens(), _throttled(0.2, 4, 60))),
    "every 300 ms from the first on": ("coalesced-batches", story(opens(), _collected(_uneven(4, 60), 0.3))),
    "a heartbeat in data every 20 s": (
        "no-heartbeat",
        story(opens(), events(), [sends('data: {"type":"ping"}\n\n', 20.0)] * 6, events()),
    ),
    "events beside heartbeats in data": (
        "only-comments",
        story(opens(), steady(12), [[sends("data: ping\n\n", 15.0), quiet(1), events()] for _ in range(8)]),
    ),
    "data that names a heartbeat": (
        "heartbeat-in-data",
        story(
            opens(),
            events(),
            sends('data: {"log": "data: {\\"type\\":\\"ping\\"}"}\n\nnote: x\n\n', 1),
            quiet(2),
            events(),
        ),
    ),
    "crashes after silences of chance": (
        "idle-cut",
        story([[opens(), steady(n, 0.3), ends("reset", after=s)] for n, s in ((3, 0.9), (2, 1.2), (5, 2.3), (4, 0.4))]),
    ),
    "two of seven crashes after the same silence": (
        "idle-cut",
        story([[opens(), steady(3, 0.3), ends("reset", after=s)] for s in (0.9, 2.0, 1.4, 0.4, 2.02, 0.1, 1.7)]),
    ),
    "crashes at the same age": (
        "cut-at-random",
        story([[opens(), steady(8, 0.3), ends("reset", after=0.1)] for _ in range(4)]),
    ),
    "crashes after the same silence, and a longer one before": (
        "cut-at-random",
        story(
            [opens(), beats(3, 4.0), steady(3, 0.3), ends("truncated", after=3.0)],
            [[opens(), steady(3, 0.3), ends("truncated", after=3.0)] for _ in range(4)],
        ),
    ),
    "the first and the last answer alike, and take long": (
        "ends-at-once",
        story([opens(5.0), events(29), ends()], times=4),
    ),
    "a crash behind a proxy that ends in order": (
        "unfinished",
        story([opens(), steady(6, 0.3), sends('id: 7\ndata: {"half": "abc'), ends()]),
    ),
    "a blank line that is forgotten": (
        "cut-inside-event",
        story(opens(), steady(6, 0.3), sends('id: 7\ndata: {"whole": "abc"}'), ends()),
    ),
    "one end": ("idle-cut", story(opens(), steady(5), ends("truncated", after=3.0), opens(), events())),
    "an idle timeout, always at the same place of a rhythm": (
        "cut-at-same-place",
        story([opens(), steady(12, 0.2), quiet(1.2), events(), ends("truncated", after=3.8)], times=4),
    ),
    "lines without a blank one, and an end in order": (
        "cut-at-same-place",
        story([opens(), [sends(f"data: {n}\n", 0.3) for n in range(8)], ends()], times=4),
    ),
    "a wrong length, after as many events": (
        "cut-at-same-place",
        story([[opens(content_length="400"), sends(_buffer(400), 0.5), ends(after=1)]], times=4),
    ),
    "a wrong length": (
        "cut-inside-event",
        story([[opens(content_length="400"), sends(_buffer(400), 0.5), ends(after=1)]], times=4),
    ),
    "a page of the same origin": ("cors-refused", _page("https://h")),
    "the same URL with its port": ("redirected", story(opens(url="http://H:80/feed"), events())),
    "late IDs": ("ids-jump", story(opens(), [numbered(n + 2, n + 1, n + 3) for n in range(0, 60, 3)], quiet(3))),
}
"""What comes close, and is not told at all."""

HEALTHY: dict[str, Story] = {
    "steady, with a heartbeat": story(opens(), [*steady(10), *beats(1, 5.0)] * 20),
    "quiet, with a heartbeat": story(opens(), events(), beats(20, 15.0), events(2)),
    "bursts of an application": story(opens(), events(), [quiet(2), events(7), quiet(5), events(12)] * 20),
    "bursts, compressed and flushed": story(opens(**_GZIP), events(), [quiet(2), events(7), quiet(5), events(12)] * 20),
    "compressed, its header at once": story(
        [opens(**_GZIP), sends("", 0.01, _HEADER), [quiet(6), events(30)] * 3, ends("forced")] * 3
    ),
    "a model that thinks": story(opens(5), [sends(_CHAT, 0.03)] * 40, sends("data: [DONE]\n\n"), ends(), times=4),
    "short answers of a model": story(
        opens(), quiet(3), [sends(_CHAT, 0.03)] * 5, sends("data: [DONE]\n\n"), ends(), times=4
    ),
    "bursts that are large": story(opens(), events(), [quiet(3), events(40, size=400)] * 40),
    "a tick every 250 ms": story(opens(), events(), [quiet(0.25), events(3)] * 400),
    "fast": story(opens(), [quiet(0.01), events(10)] * 4000),
    "with times in its data": story(opens(), steady(100, 0.1, stamps=(0.02,)), steady(20, stamps=(0.2,))),
    "with the time of another clock": story(opens(), steady(300, 0.1, stamps=(3000.0,))),
    "an old stream, played again": story(opens(), [[quiet(0.1), events(stamps=(3000 - n / 5,))] for n in range(300)]),
    "a chat": story(opens(), quiet(1.5), [sends(_CHAT, 0.03)] * 900, sends("data: [DONE]\n\n"), ends(), times=3),
    "history, then live": story(opens(), events(300), [*steady(10), *beats(1, 5.0)] * 10),
    "finite": story(opens(), [sends(f"data: {n}\n\n", 1.0) for n in range(30)], ends(), times=4),
    "resumed": story(opens(), [[*steady(n), ends(), opens()] for n in (9, 4, 13, 7, 21)], steady(3)),
    "broken on purpose": story(
        opens(),
        [
            [*steady(5), breaks("stall"), quiet(3), breaks("stall", lifted=True), ends("forced"), opens()]
            for _ in range(1)
        ],
        steady(5),
        reconnects(),
        opens(),
        steady(5),
        breaks("handoff"),
        ends("truncated", after=20),
        opens(),
        steady(3),
        breaks("handoff"),
        ends("truncated", after=20),
        opens(),
        steady(2),
    ),
}
"""Nothing above information is to be found in these, in minutes."""
