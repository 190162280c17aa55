"""What is masked in event data, and that nothing else changes: not its size, not that it is JSON, not the rest."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_inspect.exporting import Redaction, Regex
from sse_inspect.exporting.body import MaskedBody, masked_block
from sse_inspect.exporting.json_path import json_path
from sse_inspect.wire import EventToken, Parser
from tests.wire.cutting import cut


def redaction(*rules: str) -> Redaction:
    return Redaction([Regex(rule, re.compile(rule[1:-1])) if rule[0] == "/" else json_path(rule) for rule in rules])


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("data.user.email", '{"user":{"email":"b@x.org","n":1}}', '{"user":{"email":"*******","n":1}}'),
        ("data.a", '{"a":"é€😀"}', '{"a":"*********"}'),
        ("data.a", '{"a":"\\u00e9\\n\\""}', '{"a":"**********"}'),
        ("data.a", '{"a":""}', '{"a":""}'),
        ("data.a", '{"a":0,"b":1}', '{"a":9,"b":1}'),
        ("data.a", '{"a":-12.5e3}', '{"a":9999999}'),
        ("data.a", '{"a":true}', '{"a":null}'),
        ("data.a", '{"a":false}', '{"a": null}'),
        ("data.a", '{"a":null}', '{"a":null}'),
        ("data.a", '{"a":{"k":[1,"x",false]}}', '{"a":{"k":[9,"*", null]}}'),
        ("data.a", '{"a":"cut of', '{"a":"******'),
        ("data.a", '{\n  "a": "x"\n}', '{\n  "a": "*"\n}'),
        ("data", "no JSON\nat all", "*******\n******"),
        ("/[a-z]+@x/", '{"a":"bob@x","b":"bob@y"}', '{"a":"*****","b":"bob@y"}'),
        ("/bob@x/", '{"a":"b\\u006fb@x!","b":"bob"}', '{"a":"**********!","b":"bob"}'),
        ("/é/", '{"a":"\\u00e9\\u00e8"}', '{"a":"******\\u00e8"}'),
        ("/00e9/", '{"a":"x\\u00e9y"}', '{"a":"x******y"}'),
        ('/"a":"[^"]*"/', '{"a":"x","b":"y"}', '{"*":"*","b":"y"}'),
        ('/"a":"([^"]*)"/', '{"a":"x","b":"y"}', '{"a":"*","b":"y"}'),
        ("/[0-9]{3}/", '{"a":12345,"b":"123 12"}', '{"a":99945,"b":"*** 12"}'),
        ("/123/", '{"a":-123.5}', '{"a":-999.5}'),
        ("/ru/", "[true,false]", "[null,false]"),
        ("/.+/", '{"a":[1,"x"]}', '{"*":[9,"*"]}'),
        ("/o/", "foo\nbob", "f**\nb*b"),
        ("/x*/", "abc", "abc"),
    ],
)
def test_what_is_masked(rule: str, text: str, expected: str) -> None:
    assert redaction(rule).text(text) == expected
    assert len(expected.encode()) == len(text.encode())


def test_several_rules() -> None:
    masks = redaction("data.a", "/secret/", "data.none", "/never/")
    assert masks.text('{"a":"x secret","b":"a secret"}') == '{"a":"********","b":"a ******"}'
    assert masks.unused == ["data.none", "/never/"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab") | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    """What is left of a value whose parts are masked: its containers and their names."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else None


def expected(value: Any) -> Any:
    """The shape below every `a`, the value itself elsewhere."""
    if isinstance(value, dict):
        return {name: shape(item) if name == "a" else expected(item) for name, item in value.items()}
    return [expected(item) for item in value] if isinstance(value, list) else value


def masked_shape(before: Any, after: Any) -> Any:
    if isinstance(before, dict):
        return {
            name: shape(after[name]) if name == "a" else masked_shape(item, after[name])
            for name, item in before.items()
        }
    return [masked_shape(*pair) for pair in zip(before, after, strict=True)] if isinstance(before, list) else after


@given(JSON, st.booleans())
def test_a_path_masks_its_values_and_no_others(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    masked = redaction("data..a").text(text)
    assert masked_shape(value, json.loads(masked)) == expected(value)
    assert len(masked.encode("utf-8", "surrogatepass")) == len(text.encode("utf-8", "surrogatepass"))


@given(JSON, st.sampled_from(["/./", "/[0-9]+/", "/a/", "/[^a-z]/", '/"(.)/', "/u0/", "/e/"]), st.booleans())
def test_json_stays_json_whatever_an_expression_matches(value: Any, rule: str, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    masked = redaction(rule).text(text)
    json.loads(masked)
    assert len(masked.encode("utf-8", "surrogatepass")) == len(text.encode("utf-8", "surrogatepass"))


BODY = (
    b"\xef\xbb\xbf: a secret comment stays\n\n"
    b'id: secret\ndata: {"a":\ndata: "two lines"}\n\n'
    b'data:{"a":"x\xffy\xe2\x82z","b":"\xff"}\r\n\r\n'
    b"event: e\rdata: secret\xf0\x9f text\rdata\r\r"
    b"data: 1\n\n\n\nretry: 5\n\n"
    b'data: {"a":"unfinished'
)
MASKED = (
    b"\xef\xbb\xbf: a secret comment stays\n\n"
    b'id: secret\ndata: {"a":\ndata: "*********"}\n\n'
    b'data:{"a":"******","b":"\xff"}\r\n\r\n'
    b"event: e\rdata: ******\xf0\x9f text\rdata\r\r"
    b"data: 1\n\n\n\nretry: 5\n\n"
    b'data: {"a":"**********'
)


def test_a_body_is_masked_however_it_is_cut() -> None:
    rules = redaction("data.a", "/secret/")
    middle = len(BODY) // 2
    for places in [range(len(BODY)), *([at] for at in range(len(BODY))), *([at, middle] for at in range(len(BODY)))]:
        masked = MaskedBody(rules, 1 << 20)
        assert b"".join([*map(masked.feed, cut(BODY, places)), masked.finish()]) == MASKED


def test_the_events_in_a_masked_body_are_the_masked_events() -> None:
    rules = "data.a", "/secret/"

    def events(body: bytes) -> list[EventToken]:
        parser = Parser(max_event_bytes=1 << 20, last_event_id="")
        return [token for token in parser.feed(body) if isinstance(token, EventToken)]

    for before, after in zip(events(BODY), events(MASKED), strict=True):
        assert (before.offset, before.size, before.id) == (after.offset, after.size, after.id)
        if "\ufffd" not in before.data:
            assert redaction(*rules).text(before.data) == after.data


@given(
    st.binary(max_size=40).map(lambda data: b"data: " + data.translate(None, b"\r\n")),
    st.sampled_from(["data", "/x/", "/./"]),
)
def test_bytes_that_are_no_text_keep_their_place(line: bytes, rule: str) -> None:
    block = line + b"\n\n"
    masked = masked_block(block, redaction(rule))
    assert len(masked) == len(block)
    assert masked.startswith(b"data:")
    assert rule != "/x/" or masked == block.replace(b"x", b"*")


def test_a_block_without_end_is_masked_whole_and_not_held() -> None:
    masked = MaskedBody(redaction("data.a"), 100)
    given_out = b"".join(masked.feed(b"data: 0123456789" * 10) for _ in range(50))
    assert len(given_out) > 7_900 - 100
    assert not set(given_out) - {ord("*")}
    rest = masked.feed(b'\n\ndata: {"a":"x","b":"y"}\n\n') + masked.finish()
    assert rest.endswith(b'\n\ndata: {"a":"*","b":"y"}\n\n')
    assert len(given_out + rest) == 8_000 + 27
