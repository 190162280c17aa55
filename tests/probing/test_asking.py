"""Which requests are made, what resuming and CORS are judged by."""

from __future__ import annotations

from typing import Any

import pytest

from sse_inspect.config import Target
from sse_inspect.errors import UsageError
from sse_inspect.probing.cors import crossing
from sse_inspect.probing.plan import IDENTITY, ORIGIN, PREFLIGHT, RESUME, Wishes, announced, beside, planned
from sse_inspect.probing.resuming import id_to_send, resumed
from sse_inspect.probing.seen import Seen
from tests.probing.sessions import STREAM, seen

URL = "http://127.0.0.1:1/feed"
PAGE = "https://app.example.com"


def made(target: Target, **wishes: Any) -> dict[str, Target]:
    return {probe.name: probe.target for probe in planned(target, Wishes(**wishes)) if not probe.why_not}


def reasons(target: Target, **wishes: Any) -> dict[str, str]:
    return {probe.name: probe.why_not for probe in planned(target, Wishes(**wishes)) if probe.why_not}


def test_each_differs_from_the_first_in_one_thing() -> None:
    given = Target(
        URL, headers=(("accept-encoding", "zstd"), ("X-Tenant", "7")), last_event_id="9", bearer="t", http2=True
    )
    found = made(given, post=True)
    assert list(found) == ["identity", "compressed", "post", "resume"]
    first = found["identity"]
    assert first.headers == (("X-Tenant", "7"), ("Accept-Encoding", "identity"))
    assert (first.method, first.last_event_id, first.http2, first.bearer) == ("GET", "", False, "t")
    assert found["compressed"].headers == (("X-Tenant", "7"), ("Accept-Encoding", "gzip, br"))
    assert (found["post"].method, found["resume"].last_event_id) == ("POST", "9")


def test_what_is_not_made_says_why() -> None:
    assert reasons(Target(URL)) == {
        "http2": "HTTP/2 is agreed upon in the TLS handshake, and this is http://",
        "post": "only with --post",
    }
    assert made(Target(URL.replace("http", "https")))["http2"].http2
    assert made(Target(URL, method="POST", body=b"x"))["get"].body is None


def test_a_preflight_carries_no_credentials() -> None:
    given = Target(
        "http://me:secret@127.0.0.1:1/feed",
        headers=(("authorization", "secret"), ("Cookie", "secret"), ("X-Tenant", "7")),
        cookies=("a=secret",),
        body=b"secret",
        method="POST",
    )
    asked = made(given, origin=PAGE)[PREFLIGHT]
    assert "secret" not in repr(asked)
    assert asked.method == "OPTIONS"
    assert {("Origin", PAGE), ("Access-Control-Request-Method", "POST")} <= set(asked.headers)


def test_the_two_sides_differ_in_the_url_alone() -> None:
    a, b = beside(Target(URL, bearer="t", last_event_id="4"), Wishes(direct="http://127.0.0.1:2/"))
    assert (a.url, b.url, a.bearer, b.bearer, a.last_event_id) == (URL, "http://127.0.0.1:2/", "t", "t", "")


def test_what_will_be_done_is_said_without_secrets() -> None:
    lines = announced(Target(f"{URL}?token=secret"), Wishes(direct="http://me:secret@127.0.0.1:2/", seconds=2))
    assert lines[0] == f"Opens 3 connections, one at a time, of 2 s at most (6 s in all), to {URL}?token=***:"
    assert lines[-1] == "  B           http://127.0.0.1:2/ (direct)"
    assert "secret" not in "".join(lines)


@pytest.mark.parametrize(
    "wishes", [{"only": ("nonsense",)}, {"seconds": 0.0}, {"origin": "app.example.com"}, {"origin": f"{PAGE}/path"}]
)
def test_wrong_use(wishes: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Wishes(**wishes)


# Last-Event-ID

EVERY = [n * 0.1 for n in range(10)]
BASE = seen(IDENTITY, EVERY, first=1)


def test_the_id_that_is_sent_has_events_behind_it() -> None:
    assert id_to_send(BASE) == "5"
    assert id_to_send(seen(IDENTITY, EVERY[:1])) == ""
    assert id_to_send(seen(IDENTITY, [n * 0.01 for n in range(1000)])) == "980"


@pytest.mark.parametrize(
    ("first", "code", "begins"),
    [
        (6, "resumes", "Last-Event-ID 5 is heeded: the 5 events that had followed it came first."),
        (1, "resume-ignored", "Last-Event-ID 5 has no effect: the stream begins with 1, as without it."),
        (4, "resume-repeats", "With Last-Event-ID 5 came 2 events again"),
        (8, "resume-partial", "With Last-Event-ID 5 only 3 of the 5 events"),
        (40, "resume-ignored", "Last-Event-ID 5 has no effect: none of the 5 events"),
    ],
)
def test_resuming(first: int, code: str, begins: str) -> None:
    (found,) = resumed(BASE, seen(RESUME, EVERY, first=first), "5")
    assert found.code == code
    assert found.sentence.startswith(begins)


def test_resuming_that_had_no_time_for_all_is_resuming() -> None:
    (found,) = resumed(BASE, seen(RESUME, EVERY[:2], first=6), "5")
    assert found.sentence == "Last-Event-ID 5 is heeded: the stream goes on with 6, the next one."


def test_of_an_id_nobody_saw_nothing_is_said() -> None:
    assert list(resumed(BASE, seen(RESUME, EVERY, first=40), "39")) == []
    assert list(resumed(BASE, seen(RESUME), "5")) == []


# CORS


def allowing(origin: str = "", **more: str) -> tuple[tuple[str, str], ...]:
    fields = {"access-control-allow-origin": origin} if origin else {}
    return tuple((fields | {f"access-control-allow-{name}": value for name, value in more.items()}).items())


def crossed(session: Seen, **target: Any) -> str:
    (found,) = crossing({session.name: session}, PAGE, Target(URL, **target))
    return f"{found.code}: {found.sentence}"


@pytest.mark.parametrize(
    ("fields", "target", "told"),
    [
        (allowing(), {}, "cors-refuses: .* no Access-Control-Allow-Origin"),
        (allowing("https://other.example"), {}, "cors-refuses: .* is https://other.example"),
        (allowing("*"), {}, "cors-allows: .* without cookies"),
        (allowing("*"), {"cookies": ("a=b",)}, r"cors-refuses: .* is \*"),
        (allowing(PAGE), {"cookies": ("a=b",)}, "cors-refuses: .*Credentials: true"),
        (allowing(PAGE, credentials="true"), {"cookies": ("a=b",)}, r"cors-allows: .*\)\.$"),
    ],
)
def test_who_may_read(fields: tuple[tuple[str, str], ...], target: dict[str, Any], told: str) -> None:
    import re

    assert re.match(told, crossed(seen(ORIGIN, EVERY, fields=(*STREAM, *fields)), **target))


@pytest.mark.parametrize(
    ("status", "fields", "told"),
    [
        (405, (), "answered with 405"),
        (204, (), "does not allow the origin"),
        (204, allowing("*"), "does not allow last-event-id, cache-control, authorization"),
        (204, allowing("*", headers="*"), "does not allow authorization"),
        (200, allowing(PAGE, headers="Authorization, LAST-EVENT-ID,cache-control"), "preflight allows"),
    ],
)
def test_what_a_page_may_send(status: int, fields: tuple[tuple[str, str], ...], told: str) -> None:
    assert told in crossed(seen(PREFLIGHT, status=status, fields=fields))
