from __future__ import annotations

from dataclasses import fields
from math import inf

import pytest

from sse_inspect.errors import UsageError
from sse_inspect.server import After, Behaviour
from sse_inspect.server.behaviour import describe, spell
from sse_inspect.server.script import Reset, Silence

USUAL = Behaviour()


def parsed(query: str) -> Behaviour:
    return Behaviour.from_query(query, USUAL)


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("rate=2.5", "rate", 2.5),
        ("count=7", "count", 7),
        ("ids=0", "ids", False),
        ("silent_heartbeats=true", "silent_heartbeats", True),
        ("close_after=20", "close_after", After(events=20)),
        ("close_after=2.5s", "close_after", After(seconds=2.5)),
        ("drop=4,8-12", "drop", ((4, 4), (8, 12))),
        ("retry=0", "retry", 0),
        ("newline=crlf", "newline", "crlf"),
        ("id_prefix=feed-", "id_prefix", "feed-"),
        ("last_event_id=%C3%BC%0A", "last_event_id", "ü\n"),
        ("type=", "type", ""),
        ("", "rate", 1.0),
    ],
)
def test_parameters_are_parsed(query: str, name: str, value: object) -> None:
    assert getattr(parsed(query), name) == value


@pytest.mark.parametrize(
    ("query", "named", "word"),
    [
        ("speed=3", "'speed'", "rate, count"),
        ("rate=fast", "rate", "a number from 0 to 1000000"),
        ("rate=nan", "rate", "'nan'"),
        ("rate=-1", "rate", "'-1'"),
        ("rate=inf", "rate", "'inf'"),
        ("count=1e3", "count", "whole number"),
        ("count=٣", "count", "whole number"),
        ("count=" + "9" * 5000, "count", "whole number"),
        ("ids=maybe", "ids", "0 or 1"),
        ("close_after=5m", "close_after", "such as 5s"),
        ("close_after=s", "close_after", "such as 5s"),
        ("drop=5-3", "drop", "ranges"),
        ("drop=", "drop", "ranges"),
        ("drop=" + "1," * 64 + "1", "drop", "64"),
        ("newline=lfcr", "newline", "lf, crlf, cr"),
        ("content_type=a%0d%0ab", "content_type", "printable"),
        ("content_type=text%20", "content_type", "printable"),
        ("charset=%C3%BC", "charset", "ASCII"),
        ("status=100", "status", "from 200"),
        ("rate=1&rate=2", "'rate'", "twice"),
        ("&".join(f"a{n}=1" for n in range(70)), "query", "64"),
        ("%1b%5b31m=1", r"'\x1b[31m'", "no parameter"),
    ],
)
def test_what_is_not_taken_is_named_in_one_sentence(query: str, named: str, word: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsed(query)
    sentence = str(refused.value)
    assert sentence.startswith(named + ":")
    assert word in sentence
    assert sentence.endswith(".")
    assert sentence.isprintable()


def test_what_the_query_leaves_out_is_the_servers_default() -> None:
    assert Behaviour.from_query("rate=3", Behaviour(heartbeat=2.0, rate=9.0)) == Behaviour(heartbeat=2.0, rate=3.0)


def test_python_values_are_spelled_and_parsed_back() -> None:
    values = {"rate": 5, "close_after": 3, "silent_after": After(seconds=0.5), "drop": [4, (8, 9)], "ids": False}
    texts = spell({**values, "retry": None, "type": "tick"})
    assert texts == {
        "rate": "5",
        "close_after": "3",
        "silent_after": "0.5s",
        "drop": "4,8-9",
        "ids": "0",
        "type": "tick",
    }
    assert Behaviour.from_texts(texts, USUAL).silent_after == After(seconds=0.5)
    with pytest.raises(UsageError, match="known are"):
        spell({"speed": 1})


def test_the_page_tells_every_parameter() -> None:
    page = describe(USUAL)
    for parameter in fields(Behaviour):
        assert f"\n  {parameter.name} " in page


def test_faults_can_be_left_out_and_nothing_else_is() -> None:
    faulty = parsed("rate=7&close_after=3&drop=4&bom=1&charset=x&status=503&ids=0&once=1")
    assert faulty.without_faults() == parsed("rate=7&status=503&ids=0")


def test_triggers_say_what_happens_when() -> None:
    asked = parsed("silent_after=2&silent_heartbeats=1&reset_after=4s")
    assert asked.triggers() == [
        (After(events=2), Silence(inf, heartbeats=True)),
        (After(seconds=4.0), Reset()),
    ]
    assert USUAL.triggers() == []
