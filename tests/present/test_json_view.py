from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sse_inspect.present.json_view import DEEPEST, INDENT, JsonView, json_lines, json_view
from sse_inspect.present.styles import STYLES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def shown(text: str) -> str | None:
    lines = json_lines(text)
    return None if lines is None else "\n".join("".join(part for part, _ in line) for line in lines)


def is_json(text: str) -> bool:
    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        return isinstance(json.loads(text, parse_constant=refuse), dict | list)
    except ValueError:
        return False


@settings(max_examples=40)
@given(JSON.filter(lambda value: isinstance(value, dict | list)), st.sampled_from([None, 0, 3]))
def test_ascii_json_is_laid_out_as_python_does_it(value: Any, indent: int | None) -> None:
    assert shown(json.dumps(value, indent=indent)) == json.dumps(value, indent=2).replace("\x7f", "␡")


@given(st.text('{}[]":, \n\\u0019-+.eEtrufalsn', max_size=30))
@example('{"a":1,}')
@example("[1,]")
@example("[,1]")
@example("[01]")
@example("[1.]")
@example('{"a" 1}')
@example('["a":1]')
@example("[}")
@example("[1]x")
@example("[[1],[2]]]")
@example('["\\x"]')
@example('["\\u12"]')
@example("[ ]")
@example(' {"a": [ ] , "b": { } } ')
def test_what_is_json_and_what_is_not(text: str) -> None:
    assert (shown(text) is not None) == is_json(text)


@pytest.mark.parametrize("text", ["", "  ", "1", '"x"', "null", "hello", "[NaN]", '["\n"]', "\ufeff[1]"])
def test_nothing_to_lay_out(text: str) -> None:
    assert json_view(text) is None


def test_everything_stays_as_it_was_on_the_wire() -> None:
    text = '{"a": 1.50, "b": 1e5, "a": -0, "n": 123456789012345678901234567890.10, "s": "\\u0041\\/"}'
    assert shown(text) == (
        '{\n  "a": 1.50,\n  "b": 1e5,\n  "a": -0,\n  "n": 123456789012345678901234567890.10,\n  "s": "\\u0041\\/"\n}'
    )


def test_spans_name_what_they_are() -> None:
    lines = json_lines('{"k": "v", "n": [1, true, {}]}')
    assert lines is not None
    styles = {style for line in lines for _, style in line}
    assert styles <= set(STYLES)
    assert lines[1] == [
        ("  ", ""),
        ('"k"', "json.key"),
        (": ", "json.punct"),
        ('"v"', "json.string"),
        (",", "json.punct"),
    ]
    assert lines[3][1:] == [("1", "json.number"), (",", "json.punct")]
    assert lines[4][1:] == [("true", "json.word"), (",", "json.punct")]
    assert lines[5][1:] == [("{}", "json.punct")]


def test_strings_are_made_visible() -> None:
    assert shown('["\u202e\x9b31m\u0301"]') == '[\n  "⟨202E⟩⟨009B⟩31m\u0301"\n]'


def test_deep_nesting_neither_recurses_nor_runs_off_to_the_right() -> None:
    view = json_view("[" * 100_000 + "]" * 100_000, 1 << 20)
    assert view is not None
    assert len(view) == 199_999
    assert view.line(50_000) == [(" " * (INDENT * DEEPEST), ""), ("[", "json.punct")]
    assert json_view("[" * 100_000, 1 << 20) is None


def test_a_long_string_is_shown_in_part() -> None:
    view = json_view('["' + "x" * 5_000_000 + '"]', 1 << 24)
    assert view is not None
    (_, (text, style)) = view.line(1)
    assert len(text) == 10_000
    assert text.endswith("…")
    assert style == "json.string"


def test_a_view_is_made_bit_by_bit() -> None:
    text = json.dumps(list(range(10_000)))
    view = JsonView(text)
    assert not view.extend(100)
    known = len(view)
    assert 0 < known < 100
    while not view.extend(1_000):
        assert len(view) > known
        known = len(view)
    assert len(view) == 10_002
    assert view.error is None


def test_a_text_that_stops_being_json_late_says_where() -> None:
    view = json_view("[" + "1," * 1_000 + "\x1boops]", 100)
    assert view is not None
    assert view.extend(10_000)
    assert view.error == 2_001
    assert view.line(len(view) - 1) == [("✖ no JSON from here on: ", "bad"), ("␛oops]", "")]
    cut = json_view("[" + "1," * 1_000, 100)
    assert cut is not None
    cut.extend(10_000)
    assert cut.line(len(cut) - 1)[0] == ("✖ the JSON ends too early", "bad")


def test_hostile_texts_take_linear_time() -> None:
    size = 200_000
    texts = [
        '["' + "\\n" * size + '"]',
        "[" + " " * size + "x",
        '["' + "a" * size,
        "[" + '"a" ' * size,
        "[1" + "0" * size,
    ]
    start = time.process_time()
    for text in texts:
        JsonView(text).extend(len(text) + 1)
    assert time.process_time() - start < 2.0
