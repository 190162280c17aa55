"""What a browser would do, by rule: each rule with what makes it speak, and what must not."""

from __future__ import annotations

import pytest

from sse_inspect.analysis.browser import Browser
from sse_inspect.analysis.crossing import crosses, origin_of
from sse_inspect.config import Target
from sse_inspect.records import Backoff, Disconnect, End, Event, Open, Record, Retry, Stall

URL = "https://api.example.com/feed"


def opened(http: str = "2", **headers: str) -> Open:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Open(1.0, 1, 200, http, {"content-type": "text/event-stream", **named}, {}, "")


def ended(reason: str, detail: str = "") -> Disconnect:
    return Disconnect(2.0, 1, reason, detail, 1.0, 0, 0, 0)  # type: ignore[arg-type]  # any reason


def event(kind: str) -> Event:
    return Event(1.5, 1, 1, kind, "x", None, "", 0, 9, False, False, False, False)


def told(*records: Record, url: str = URL, **asked: object) -> list[tuple[str, str]]:
    browser = Browser(Target(url, **asked))  # type: ignore[arg-type]  # fields of Target
    for record in records:
        browser.fold(record)
    return [(each.rule, each.outcome) for each in browser.remarks()]


PAGE = (("Origin", "https://app.example"),)
COOKIES = ("sid=1",)

SAMPLES: list[tuple[tuple[Record, ...], dict[str, object], list[tuple[str, str]]]] = [
    ((opened(), event("message"), ended("reset")), {}, []),
    ((), {"headers": (("Accept", "text/event-stream"), ("Cookie", "a=b"), ("Sec-Fetch-Mode", "cors"))}, []),
    ((), {"headers": (("X-Api-Key", "k"),)}, [("headers", "cannot")]),
    ((), {"headers": (("X-Api-Key", None),)}, []),
    ((), {"bearer": "t"}, [("headers", "cannot")]),
    ((), {"method": "POST", "body": b"{}"}, [("method", "cannot")]),
    ((), {"insecure": True}, [("certificate", "differs")]),
    ((), {"last_event_id": "7"}, [("first-last-event-id", "differs")]),
    ((), {"last_event_id_param": "since"}, [("last-event-id-parameter", "differs")]),
    ((), {"url": "http://api.example.com/"}, [("mixed-content", "differs")]),
    ((), {"url": "http://localhost:8000/"}, []),
    ((opened("1.1"),), {}, [("six-connections", "same")]),
    ((opened("1.0"),), {}, [("six-connections", "same")]),
    ((opened(content_type="text/event-stream; charset=UTF-8"),), {}, []),
    ((opened(content_type="text/event-stream;charset=latin-1"),), {}, [("charset", "same")]),
    ((ended("status", "HTTP 503"),), {}, [("status", "gives-up")]),
    ((ended("content-type"),), {}, [("content-type", "gives-up")]),
    ((ended("refused"),), {}, [("network-error", "same")]),
    ((End(1.0, 1, "no-content", "204"),), {}, [("status", "gives-up")]),
    ((opened(), ended("eof")), {}, [("reconnects-after-end", "same")]),
    ((Stall(1.0, 1, 30.0, None),), {}, [("no-stall-limit", "differs")]),
    ((Backoff(1.0, 1, 9.0, 1, "retry-after"),), {}, [("retry-after", "differs")]),
    ((Backoff(1.0, 1, 9.0, 1, "exponential"),), {}, []),
    ((Retry(1.0, 1, 500),), {}, [("retry-field", "same")]),
    ((event("tick"),), {}, [("event-types", "same")]),
    ((opened(),), {"headers": PAGE}, [("cors", "gives-up")]),
    ((opened(),), {"headers": (("Origin", "https://api.example.com"),)}, []),
    ((opened(access_control_allow_origin="*"),), {"headers": PAGE}, []),
    ((opened(access_control_allow_origin="*"),), {"headers": PAGE, "cookies": COOKIES}, [("cors", "gives-up")]),
    ((opened(access_control_allow_origin="https://app.example"),), {"headers": PAGE}, []),
    ((opened(access_control_allow_origin="https://other.example"),), {"headers": PAGE}, [("cors", "gives-up")]),
    (
        (opened(access_control_allow_origin="https://app.example"),),
        {"headers": PAGE, "cookies": COOKIES},
        [("cors", "gives-up")],
    ),
    (
        (opened(access_control_allow_origin="https://app.example", access_control_allow_credentials="true"),),
        {"headers": PAGE, "cookies": COOKIES},
        [],
    ),
]


@pytest.mark.parametrize(("records", "asked", "expected"), SAMPLES)
def test_rules(records: tuple[Record, ...], asked: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert told(*records, **asked) == expected  # type: ignore[arg-type]  # fields of Target


def test_the_gravest_first_and_each_once_with_its_count() -> None:
    browser = Browser(Target(URL, bearer="t"))
    for _ in range(3):
        browser.fold(opened("1.1"))
        browser.fold(Stall(1.0, 1, 30.0, None))
        browser.fold(ended("eof"))
        browser.fold(ended("status", "HTTP 502"))
    remarks = browser.remarks()
    assert [each.outcome for each in remarks] == ["cannot", "gives-up", "differs", "same", "same"]
    assert [(each.rule, each.count, each.t) for each in remarks[1:]] == [
        ("status", 3, 2.0),
        ("no-stall-limit", 3, 1.0),
        ("six-connections", 3, 1.0),
        ("reconnects-after-end", 3, 2.0),
    ]
    assert remarks[1].evidence == "HTTP 502"


def test_types_are_named_up_to_a_limit() -> None:
    browser = Browser(Target(URL))
    for number in range(100):
        browser.fold(event(f"{number}" * 100))
    (remark,) = browser.remarks()
    assert len(remark.evidence) < 500


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.example.com:443/x", "https://api.example.com"),
        ("http://h:8000/", "http://h:8000"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://h:99999/", "null"),
        ("http://[::1/", "null"),
        ("http://h:x/", "null"),
        ("(unknown)", "null"),
    ],
)
def test_origins(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_a_page_of_the_same_origin_crosses_nothing() -> None:
    assert not crosses(Target(URL, headers=(("Origin", "https://API.example.com"),)))
    assert crosses(Target(URL, headers=PAGE))
    assert not crosses(Target(URL))
