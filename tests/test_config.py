"""What may be asked for, and how it is said where it may not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_inspect.config import Policy, Target, is_secret_name, parse_header, parse_url, shown_url
from sse_inspect.errors import UsageError


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://h/feed", "http://h/feed"),
        ("https://h", "https://h/"),
        ("HTTPS://H/Feed?a=B", "https://H/Feed?a=B"),
        (" http://h/ ", "http://h/"),
        ("http://h/feed#part", "http://h/feed"),
        ("http://h?a=1", "http://h/?a=1"),
        ("localhost:8000/events", "http://localhost:8000/events"),
        ("LOCALHOST/events", "http://LOCALHOST/events"),
        ("localhost", "http://localhost/"),
        ("localhost?a", "http://localhost/?a"),
        ("app.localhost:3000", "http://app.localhost:3000/"),
        ("127.0.0.1:9/x", "http://127.0.0.1:9/x"),
        ("127.1.2.3", "http://127.1.2.3/"),
        ("[::1]:8000/x", "http://[::1]:8000/x"),
        ("me:pw@localhost:8000/", "http://me:pw@localhost:8000/"),
        ("example.com/feed", "https://example.com/feed"),
        ("example.com:8443", "https://example.com:8443/"),
        ("localhost.example.com", "https://localhost.example.com/"),
        ("notlocalhost", "https://notlocalhost/"),
        ("127.0.0.1.example.com", "https://127.0.0.1.example.com/"),
        ("192.168.0.1/x", "https://192.168.0.1/x"),
        ("localhost:pw@example.com/", "https://localhost:pw@example.com/"),
        ("example.com/to?url=http://other/", "https://example.com/to?url=http://other/"),
        ("localhost/to?url=http://other/", "http://localhost/to?url=http://other/"),
        ("http://h/ü?q=ä", "http://h/ü?q=ä"),
        ("http://h/s?", "http://h/s?"),
        ("http://h?#part", "http://h/?"),
        ("http://h/s#part?", "http://h/s"),
    ],
)
def test_urls(text: str, url: str) -> None:
    assert parse_url(text) == url


@pytest.mark.parametrize(
    "text",
    ["", "http://", "https:///path", "ftp://h/", "file:///etc/passwd", "http://h:0/", "http://h:65536/", "http://h:x/",
     "http://h/a b", "http://h/a\nb", "http://h/a\tb", "http://h/\x7f", "http://h/\u202e", "http://h/\ud800", "http://h/\u2028x",
     "http://[::1/", "://h", "mailto:me@h:x"],
)  # fmt: skip
def test_what_is_no_url(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_url(text, "--proxy")
    assert str(caught.value).startswith("--proxy: ")
    assert caught.value.option == "--proxy"


@given(st.text(max_size=30))
def test_no_text_makes_parse_url_raise_anything_else(text: str) -> None:
    try:
        url = parse_url(text)
    except UsageError:
        return
    assert parse_url(url) == url


@pytest.mark.parametrize(
    "text", ["https://me:hunter2@h:99999/", "https://me:hunter2@/", "http://me:hunter2@[::1/?token=hunter2"]
)
def test_no_message_repeats_a_password(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_url(text)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in shown_url(text)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h/feed?a=1", "http://h/feed?a=1"),
        ("http://me:secret@h:80/", "http://h:80/"),
        ("http://me@h/", "http://h/"),
        ("http://h/?a=1&token=x&b=2", "http://h/?a=1&token=***&b=2"),
        ("http://h/?api_key=x&api-key=y&apikey=z&key=w", "http://h/?api_key=***&api-key=***&apikey=***&key=***"),
        ("http://h/?accessToken=x&X-Amz-Signature=y", "http://h/?accessToken=***&X-Amz-Signature=***"),
        ("http://h/?%74oken=x", "http://h/?%74oken=***"),
        ("http://h/?max_tokens=100&monkey=1&author=me", "http://h/?max_tokens=100&monkey=1&author=me"),
        ("http://h/?token", "http://h/?token"),
        ("http://h/?token=", "http://h/?token=***"),
        ("http://h/s?", "http://h/s?"),
        ("http://h/s?#part", "http://h/s?#part"),
        ("http://user:12/34@h", "http://user:12/***@h"),
        ("http://user:12/3/4@h:80/@x", "http://user:12/***@x"),
        ("http://h:80/@user/feed", "http://h:80/@user/feed"),
        ("http://h/users/a@b.c/feed", "http://h/users/a@b.c/feed"),
        ("http://localhost:80/users/a@b.c/feed", "http://localhost:80/users/a@b.c/feed"),
    ],
)
def test_shown_url(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    "name",
    ["Authorization", "password", "client_secret", "clientSecret", "sessionId", "session", "sig", "jwt", "X-Api-Key",
     "refresh_token", "credentials"],
)  # fmt: skip
def test_secret_names(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    ("url", "name", "event_id", "asked"),
    [
        ("http://h/f", "last_event_id", "5", "http://h/f?last_event_id=5"),
        ("http://h/f?a=1", "last_event_id", "5", "http://h/f?a=1&last_event_id=5"),
        ("http://h/f?last_event_id=1&a=1", "last_event_id", "5", "http://h/f?last_event_id=5&a=1"),
        ("http://h/f?a=1&id=1&b=2&id=9&c", "id", "5", "http://h/f?a=1&id=5&b=2&c"),
        ("http://h/f?%69d=1", "id", "5", "http://h/f?id=5"),
        ("http://h/f?a=1&&b=", "id", "5", "http://h/f?a=1&&b=&id=5"),
        ("http://h/f", "last id", "ä&b=c/d+e", "http://h/f?last%20id=%C3%A4%26b%3Dc%2Fd%2Be"),
        ("http://h/f?id=1", "id", None, "http://h/f?id=1"),
        ("http://h/f?id=1", "id", "", "http://h/f?id=1"),
        ("http://h/f", None, "5", "http://h/f"),
    ],
)
def test_request_url(url: str, name: str | None, event_id: str | None, asked: str) -> None:
    assert Target(url, last_event_id_param=name).request_url(event_id) == asked


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"method": ""}, "--request"),
        ({"method": "GE T"}, "--request"),
        ({"method": "GET\r\n"}, "--request"),
        ({"headers": (("Na me", "x"),)}, "--header"),
        ({"headers": (("", "x"),)}, "--header"),
        ({"headers": (("Name", "a\r\nB: c"),)}, "--header"),
        ({"headers": (("Name", "a\x1b[0m"),)}, "--header"),
        ({"user": "a:b", "bearer": "t"}, "--user"),
        ({"last_event_id": "a\nb"}, "--last-event-id"),
        ({"last_event_id": "a\0b"}, "--last-event-id"),
        ({"last_event_id_param": ""}, "--last-event-id-param"),
        ({"key": "file"}, "--key"),
    ],
)
def test_targets_that_cannot_be(options: dict[str, Any], option: str) -> None:
    with pytest.raises(UsageError) as caught:
        Target("http://h/", **options)
    assert caught.value.option == option
    assert str(caught.value).startswith(f"{option}: ")


@pytest.mark.parametrize(
    ("options", "option"),
    [
        *[({name: value}, f"--{name.replace('_', '-')}") for name in ("stall_after", "backoff_initial", "backoff_max")
          for value in (-0.001, float("nan"), float("inf"))],
        *[({"backoff_factor": value}, "--backoff-factor") for value in (0.99, 0, -1, float("nan"), float("inf"))],
        *[({"jitter": value}, "--jitter") for value in (-0.1, 1.1, float("nan"))],
        *[({"connect_timeout": value}, "--connect-timeout") for value in (0, -1, float("nan"), float("inf"))],
        *[({"for_seconds": value}, "--for") for value in (0, -1, float("nan"), float("inf"))],
        ({"max_retries": -1}, "--max-retries"),
        ({"max_event_bytes": 0}, "--max-event-bytes"),
        ({"count": 0}, "--count"),
    ],
)  # fmt: skip
def test_policies_that_cannot_be(options: dict[str, Any], option: str) -> None:
    with pytest.raises(UsageError) as caught:
        Policy(**options)
    assert caught.value.option == option
    assert str(caught.value).startswith(f"{option}: ")
    assert str(caught.value).endswith(".")


def test_the_defaults_of_the_contract() -> None:
    policy = Policy()
    assert (policy.stall_after, policy.on_stall, policy.connect_timeout) == (30, "reconnect", 10)
    assert (policy.backoff_initial, policy.backoff_max, policy.backoff_factor, policy.jitter) == (1, 4, 2, 0.1)
    assert (policy.max_retries, policy.retry_unsafe, policy.ids, policy.max_event_bytes) == (
        None,
        False,
        "auto",
        16 << 20,
    )
    target = Target("http://h/")
    assert (target.method, target.encoding, target.last_event_id_param) == ("GET", "any", None)


def test_bounds_that_are_allowed() -> None:
    Policy(stall_after=0, backoff_initial=0, backoff_max=0, backoff_factor=1, jitter=0, max_retries=0, count=1)
    Policy(jitter=1)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("A: b", ("A", "b")),
        ("A:b", ("A", "b")),
        ("A:  b\t", ("A", "b")),
        ("A:", ("A", None)),
        ("A: \t", ("A", None)),
        ("A;", ("A", "")),
        ("A: b: c", ("A", "b: c")),
    ],
)
def test_headers(text: str, header: tuple[str, str | None]) -> None:
    assert parse_header(text) == header


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (("Content-Length", "5"), "--header: Content-Length is '5', but the body has 3 bytes."),
        (("transfer-encoding", "chunked"), "--header: Transfer-Encoding is set by this program"),
        (("Host", None), "--header: Host cannot be left out"),
        (("Host", ""), "--header: Host cannot be left out"),
    ],
)
def test_headers_that_contradict_the_request(header: tuple[str, str | None], says: str) -> None:
    with pytest.raises(UsageError) as error:
        Target("http://h/", method="POST", body=b"abc", headers=(header,))
    assert str(error.value).startswith(says)


def test_headers_that_agree_with_the_request() -> None:
    headers = (("Content-Length", "3"), ("Host", "other"), ("Content-Type", None))
    assert Target("http://h/", method="POST", body=b"abc", headers=headers).headers == headers


@pytest.mark.parametrize("text", ["A", ": b", "A b: c", "A: b\nc", "ä: b"])
def test_what_is_no_header(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--header: "):
        parse_header(text)


@pytest.mark.parametrize(("method", "safe"), [("GET", True), ("head", True), ("POST", False), ("QUERY", False)])
def test_safe_methods(method: str, safe: bool) -> None:
    assert Target("http://h/", method=method).is_safe is safe
