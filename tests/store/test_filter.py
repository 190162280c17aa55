from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_inspect.errors import UsageError
from sse_inspect.records import Comment, Disconnect, Event, Gap, Record
from sse_inspect.store.filter import WORDS_LOOK_AT, FilteredView, parse_filter
from sse_inspect.store.record_log import RecordLog
from sse_inspect.store.stretch import Piece, Wish

PING = Comment(2.0, 1, "ping")
LOST = Disconnect(3.0, 1, "reset", "Connection reset by peer", 44.2, 44, 5300, 0)
GAP = Gap(4.0, 1, 40, 42, 3, "", "step")


def event(
    data: str = "x",
    *,
    n: int = 1,
    type: str = "tick",  # noqa: A002 reads best
    id: str | None = "1",  # noqa: A002 reads best
    size: int = 100,
    flags: str = "",
) -> Event:
    return Event(1.0, 1, n, type, data, id, "", 0, size, "d" in flags, "r" in flags, "l" in flags, "c" in flags)


@pytest.mark.parametrize(
    ("text", "record", "holds"),
    [
        ("", event(), True),
        ("   ", PING, True),
        ("Price", event('{"price": 1}'), True),
        ("volume", event('{"price": 1}'), False),
        ("ping", PING, True),
        ("PEER", LOST, True),
        ("reset", LOST, True),
        ('"by peer"', LOST, True),
        ('"by  peer"', LOST, False),
        ('say "\\"price\\": 1"', event('say {"price": 1}'), True),
        ("-", event("a-b"), True),
        ("-ping", PING, False),
        ("-ping", event(), True),
        ('-"by peer"', LOST, False),
        ("12:03", event("at 12:03"), True),
        ("type:tick", event(), True),
        ("type:TICK", event(), True),
        ("type:trade,tick", event(), True),
        ("type:tic", event(), False),
        ('type:"my type"', event(type="my type"), True),
        ("type:tick", LOST, False),
        ("-type:tick", event(), False),
        ("-type:tick", LOST, True),
        ("id:40..60", event(id="feed-40"), True),
        ("id:40..60", event(id="60"), True),
        ("id:40..60", event(id="61"), False),
        ("id:40..60", event(id=None), False),
        ("id:40..60", event(id="a50b"), True),
        ("id:40..60", event(id="1700-50"), True),
        ("id:40..60", event(id="abc"), False),
        ("id:40..", event(id="9" * 60), True),
        ("id:40..", event(id="1" * 1_000_000), True),
        ("id:..60", event(id="0"), True),
        ("id:abc", event(id="abc"), True),
        ("id:abc", event(id="ABC"), False),
        ("id:40", event(id="40"), True),
        ("id:40", event(id="feed-40"), False),
        ("id:a..b", event(id="a..b"), True),
        ("id:40..60", GAP, False),
        ("n:10..20", event(n=10), True),
        ("n:10..20", event(n=21), False),
        ("n:7", event(n=7), True),
        ("n>=7", event(n=7), True),
        ("n>7", event(n=7), False),
        ("size>1000", event(size=1001), True),
        ("size>1000", event(size=1000), False),
        ("size<1.5k", event(size=1499), True),
        ("size<=1kB", event(size=1000), True),
        ("size=100", event(size=100), True),
        ("size:1k..", event(size=2_000_000), True),
        ("size>0", LOST, False),
        ("data~^x$", event("x"), True),
        ("data~^x$", event("xy"), False),
        (r"data~price\D+9\d", event('{"price": 99}'), True),
        ('data~"two  ?words"', event("two words"), True),
        ("data~X", event("x"), False),
        ("data~(?i)X", event("x"), True),
        ("data~ping", PING, False),
        ("-data~x", PING, True),
        ("is:dup", event(flags="d"), True),
        ("is:dup", event(flags="r"), False),
        ("is:replayed", event(flags="r"), True),
        ("is:late", event(flags="l"), True),
        ("is:cut", event(flags="c"), True),
        ("is:dup,cut", event(flags="c"), True),
        ("-is:dup", event(), True),
        ("is:dup", LOST, False),
        ("kind:gap,disconnect", LOST, True),
        ("kind:gap", LOST, False),
        ("kind:EVENT", event(), True),
        ("-kind:comment", PING, False),
        ("type:tick x", event("x"), True),
        ("type:tick x", event("y"), False),
        ("kind:disconnect peer", LOST, True),
        ("kind:disconnect,event peer", event("x"), False),
        ("Type:tick", event(), True),
    ],
)
def test_terms(text: str, record: Record, holds: bool) -> None:
    wanted = parse_filter(text)
    assert wanted.matches(record) is holds
    assert wanted.text == text


@pytest.mark.parametrize("text", ['"price": 108', '"price":', 'a"b', '"pri'])
def test_a_quote_that_is_not_one_around_words_stands_for_itself(text: str) -> None:
    assert parse_filter(text).matches(event(data='{"price": 108, "note": "a"b"}'))
    assert not parse_filter(text).matches(event(data="price 108"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("typ:tick", "there is no typ:; known are type:"),
        ("http://x", "text that holds one goes in quotes"),
        ("type~x", "there is no type~"),
        ("n~5", "there is no n~"),
        ("type:", "type: needs a value right behind it"),
        ("type: tick", "type: needs a value right behind it"),
        ('id:""', "id: needs a value"),
        ("is:new", "is: takes dup, replayed, late, cut"),
        ("is:dup,", "is: takes dup"),
        ("kind:gaps", "kind: takes session, connecting"),
        ("size>big", "is no number; expected one such as 40"),
        ("n:a..b", "is no number"),
        ("n:..", "is no number"),
        ("n:1..2..3", "is no number"),
        ("size>1..2", "is no number"),
        ('data~"open', "a quote is not closed"),
        ('data~"closed"x', "something follows it"),
        ("data~(", "expects a regular expression"),
        ("data~(a+)+", "no repetition of what itself varies"),
    ],
)
def test_errors_say_what_is_allowed_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_filter(text)
    assert caught.value.option == "filter"
    assert says in caught.value.message
    assert caught.value.message.endswith(".")
    assert "\n" not in caught.value.message


@given(st.text(st.characters(exclude_categories=()), max_size=40) | st.text('-:~<>"\\ typeidsn1.', max_size=30))
def test_any_text_is_a_filter_or_a_usage_error(text: str) -> None:
    try:
        wanted = parse_filter(text)
    except UsageError:
        return
    for record in (event(), PING, LOST, GAP):
        wanted.matches(record)


def test_words_look_at_the_first_part_of_a_long_event() -> None:
    wanted = parse_filter("needle")
    assert wanted.matches(event("x" * (WORDS_LOOK_AT - 6) + "NEEDLE"))
    assert not wanted.matches(event("x" * WORDS_LOOK_AT + "needle"))


def test_a_view_finds_its_records_bit_by_bit() -> None:
    log = RecordLog()
    log.append([event(n=n) if n % 3 else PING for n in range(100)])
    view = FilteredView(log, parse_filter("kind:comment"))
    assert len(view) == 0
    assert not view.extend(10)
    assert list(view) == [90, 93, 96, 99]
    assert view.extend(1000)
    assert list(view) == list(range(0, 100, 3))
    log.append([PING, event(), PING])
    assert not view.extend(1)
    assert view.extend(2)
    assert list(view)[-3:] == [99, 100, 102]
    assert len(view) == 36
    assert view.extend(10)


@pytest.mark.parametrize("start", [0, 1, 50, 99, 100])
@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
def test_a_view_begins_where_it_is_told_and_finds_the_same(start: int, limit: int) -> None:
    log = RecordLog()
    log.append([event(n=n) if n % 3 else PING for n in range(100)])
    view = FilteredView(log, parse_filter("kind:comment"), start)
    looked = -1
    while not view.extend(limit):
        assert view.looked > looked
        looked = view.looked
        found = list(view)
        assert found == sorted(found)
        assert [view[-index - 1] for index in range(len(found))] == found[::-1]
        assert view.older == sum(ordinal < start for ordinal in found)
    assert list(view) == list(range(0, 100, 3))
    assert view.looked == 100


@pytest.mark.parametrize(
    ("text", "columns", "words"),
    [
        ("type:tick id:1 -is:dup n:1..2 size>1 kind:gap", {"types", "ids", "flags", "sizes"}, ()),
        ("Two words", {"data"}, ("two", "words")),
        ("data~X+yz", {"data"}, ("yz",)),
        ("data~[a-z]", {"data"}, ()),
        ("type:tick -y", {"data", "types"}, ()),
        ('"two\nlines" Σ', {"data"}, ()),
        ("n:1..2", set(), ()),
    ],
)
def test_a_view_asks_only_for_what_the_filter_looks_at(text: str, columns: set[str], words: tuple[str, ...]) -> None:
    asked: list[Wish] = []

    class Log(RecordLog):
        def candidates(self, start: int, stop: int, wish: Wish) -> list[Piece]:
            asked.append(wish)
            return super().candidates(start, stop, wish)

    log = Log()
    log.append([event()])
    FilteredView(log, parse_filter(text)).extend(10)
    assert asked == [Wish(frozenset(columns), words)]


def test_an_empty_log_has_been_looked_at() -> None:
    assert FilteredView(RecordLog(), parse_filter("x")).extend(1)
