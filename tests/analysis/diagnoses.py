"""For every rule a story that fires it, and a near miss that must not: as close to it as can be told apart."""

from __future__ import annotations

from typing import Any

from sse_inspect.analysis.lint import LARGE_EVENT
from tests.analysis.stories import (
    Story,
    accepts,
    beats,
    breaks,
    ends,
    events,
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
    block = "data: " + "x" * 92 + "\n\n"
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


_ORIGIN = "https://page.example"
_CHAT = 'data: {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "a"}}]}\n\n'

FIRES: dict[str, Story] = {
    # delivery
    "buffered-by-size": story(opens(), events(), [sends(_buffer(4096), 3.0)] * 3),
    "compression-buffering": story(
        opens(**_GZIP), events(), [sends(_buffer(9030), 2.0, 700), sends(_buffer(8950), 2.0, 650)] * 2
    ),
    "compression-unflushed": story(opens(**_GZIP), sends("", 0.06, _HEADER), quiet(6), events(30), ends()),
    "coalesced-batches": story(
        opens(), events(), [step for _ in range(14) for step in (quiet(0.21), events(4, stamps=(0.2, 0.14, 0.07, 0.0)))]
    ),
    "held-until-end": story(opens(), quiet(8), events(20), ends(), times=2),
    "iis-buffering": story(opens(server="Microsoft-IIS/10.0"), quiet(8), events(20), ends(), times=2),
    "api-gateway-buffering": story(opens(apigw_requestid="x"), quiet(8), events(20), ends(), times=2),
    "cloudflare-tunnel-buffering": story(opens(cf_ray="x-FRA"), quiet(8), events(20), ends(), times=2),
    "held-back": story(opens(), events(), [quiet(4), events(5, stamps=(3.6, 2.7, 1.8, 0.9, 0.1))] * 4),
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
    "idle-cut-node": _idle(120.5, "eof", x_powered_by="Express"),
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
}

NEAR: dict[str, Story] = {
    # delivery
    "buffered-by-size": story(
        opens(), events(), [sends(_buffer(4096) + "\n\n", 3.0), sends(_buffer(4000) + "\n\n", 3)] * 3
    ),
    "compression-buffering": story(opens(**_GZIP), events(), [quiet(2), events(5, stamps=(0.0,) * 5)] * 5),
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
        opens(), events(2), [sends(": ping\n", 5), events(), sends("retry: 9\n\n"), events()] * 3
    ),
    "heartbeat-in-data": story(opens(), events(), sends("data: say : ping\n\n", 1), quiet(2), events()),
    # response
    "no-content": story(opens(), events(), ends(), opens(status=204)),
    "html-instead": story(opens(), events()),
    "json-instead": _answer(content_type="application/jsonl"),
    "wrong-content-type": _answer(content_type="Text/Event-Stream;charset=utf-8"),
    "auth-on-reconnect": _answer(401),
    "redirected": story(opens(url="http://h/feed?last=1"), events()),
    "redirect-broken": _answer(404),
    "not-acceptable": _answer(405),
    "too-many-requests": story(breaks("status:429"), quiet(2)),
    "upstream-unavailable": _answer(502, 20.0),
    "first-byte-too-late": _answer(503, 2.0),
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
}

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
