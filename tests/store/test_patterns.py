from __future__ import annotations

import time

import pytest

from sse_inspect.errors import UsageError
from sse_inspect.store.patterns import LOOKS_AT, compile_pattern, expression, looks_at


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a*)*b",
        "(a|a)*",
        "(a|bc)+x",
        "(?:a?){30}a{30}",
        "(x+x+)+y",
        "((((a*))))*",
        "(a*?)*",
        "(?P<name>a+)*",
        "(?i:a+)*",
        r"([0-9]{1,3}\.){9}",
        "(ab?)+",
        "(?x)(a+) +",
        "(a+)(?#not)+",
        ".*.*.*.*x",
        "a*a*a*a*a*b",
        r"\w+x\w+x\w+x\w+",
        "(.*,){5}",
    ],
)
def test_expressions_that_can_take_for_ever_are_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"^filter: data~ takes .*\.$"):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(", "a{2}{3}", "[", "*", r"\N{nothing}", "(?P=x)", "(" * 5000 + ")" * 5000])
def test_what_is_no_expression_is_said_to_be_none(pattern: str) -> None:
    with pytest.raises(UsageError, match="expects a regular expression"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("price", 0),
        ("(tick|trade)", 0),
        ("colou?r{2}", 0),
        (r"([0-9]{1,3}\.){3}[0-9]{1,3}", 0),
        (r"\[\*\]\+", 0),
        ("[*+]", 0),
        ("[[a]", 0),
        ("a{}", 0),
        (r'"price":\s*\d+\.\d+', 1),
        ("a.*b", 1),
        ('"id": "[^"]+"', 1),
        ("[]a]+", 1),
        ("(ab)+", 1),
        (r"\d+.*\d+", 2),
        (".*.*", 2),
        ("a*a*", 2),
        ("(.*,){3}", 3),
        (r"a.*b.*c.*d", 3),
    ],
)
def test_the_more_an_expression_can_try_the_less_it_looks_at(pattern: str, count: int) -> None:
    compile_pattern(pattern)
    assert looks_at(pattern) == LOOKS_AT[count]


def test_behind_what_is_looked_at_nothing_is_found() -> None:
    limit = LOOKS_AT[1]
    assert compile_pattern("a.*b")("-" * (limit - 2) + "ab")
    assert not compile_pattern("a.*b")("-" * (limit - 1) + "ab")


def test_matching_is_that_of_re() -> None:
    assert compile_pattern("^a.c$")("abc")
    assert not compile_pattern("^a.c$")("xabc")
    assert compile_pattern("(?s)a.*c")("a\nc")


@pytest.mark.parametrize("pattern", ["x.*y", "[x1]+y"])
def test_hostile_text_does_not_hold_the_program(pattern: str) -> None:
    search = compile_pattern(pattern)
    start = time.process_time()
    assert not search("x1" * 5_000_000)
    assert time.process_time() - start < 5.0


@pytest.mark.parametrize("pattern", ["done", "(done|failed)$", r"\Adone|colou?r{2}|done"])
def test_an_expression_without_open_repetition_is_looked_for_in_all_of_the_data(pattern: str) -> None:
    assert expression(pattern).search("-" * (1 << 24) + "done")


def test_an_expression_with_open_repetitions_is_looked_for_in_the_beginning() -> None:
    search = expression("a.*b.*c").search
    assert search("-" * (LOOKS_AT[2] - 3) + "abc")
    assert not search("-" * (LOOKS_AT[2] - 2) + "abc")


@pytest.mark.parametrize(
    ("pattern", "unit"), [("a.*b", "a"), (r"\w+y", "a"), ("a.*b.*c", "ab"), ("[^x]*a[^x]*y", "a"), (r"\w*\w*\w*y", "a")]
)
def test_looking_for_it_in_a_huge_event_takes_no_longer_than_a_moment(pattern: str, unit: str) -> None:
    search = expression(pattern).search
    text = unit * (1 << 23)
    start = time.process_time()
    assert not search(text)
    assert time.process_time() - start < 3.0
