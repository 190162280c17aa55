"""Paths into event data: how they are written, and what they mean."""

from __future__ import annotations

import json

import pytest

from sse_inspect.exporting.json_path import ANY, Paths, Step, json_path
from sse_inspect.exporting.json_values import DEEPEST, values


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("data", ()),
        ("$", ()),
        ("data.user.email", (Step("user"), Step("email"))),
        ("$.user", (Step("user"),)),
        ("data.items[*].name", (Step("items"), Step(ANY), Step("name"))),
        ("data.*", (Step(ANY),)),
        ("data[0][12]", (Step(0), Step(12))),
        ('data["a.b"]["\\u00e9"]', (Step("a.b"), Step("é"))),
        ("data..token", (Step("token", deep=True),)),
        ('data..["a b"].x', (Step("a b", deep=True), Step("x"))),
        ("data.größe-1", (Step("größe-1"),)),
    ],
)
def test_how_a_path_is_read(text: str, steps: tuple[Step, ...]) -> None:
    assert json_path(text).steps == steps


@pytest.mark.parametrize(
    "text", ["", "user.email", "data.", "data..", "data[", "data[-1]", "data[x]", "dataset", "data.a b"]
)
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no path into event data; expected one such as"):
        json_path(text)


def meant(text: str, *paths: str) -> list[str]:
    return [text[value.start : value.end] for value in values(text, Paths([*map(json_path, paths)])) if value.meant]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("data.a", '{"a":"x","b":{"a":"y"}}', ["x"]),
        ("data..a", '{"a":"x","b":[{"a":"y"}]}', ["x", "y"]),
        ("data.b", '{"a":1,"b":{"c":[2,true,null,"z"]},"d":3}', ["2", "true", "null", "z"]),
        ("data[1]", '["p","q","r"]', ["q"]),
        ("data.a[*].b", '{"a":[{"b":1},{"c":2},{"b":3}]}', ["1", "3"]),
        ("data.*", '{"a":1,"b":[2]}', ["1", "2"]),
        ("data.1", '["p","q"]', []),
        ("data[1]", '{"1":"q"}', []),
        ("data.a", '{"\\u0061":"x"}', ["x"]),
        ("data.a", '{"a":"cut o', ["cut o"]),
        ("data.a", '{"a":"cut \\', ["cut \\"]),
        ("data.a", '{"a":[1,"x', ["1", "x"]),
        ("data.a", '{"a":"x"}\n{"a":"y"}', ["x", "y"]),
        ("data.a", 'no JSON {"a":"x"}', []),
        ("data", 'no JSON {"a":"x"}', ['no JSON {"a":"x"}']),
        ("data.a", '{"a":"x"} and then text', ["x"]),
        ("data.a", '{"a" "x"}', ["x"]),  # rather too much than too little
        ("data.a", '{"b":"a","a":"x"}', ["x"]),
        ("data.a", '{"a":"first","a":"second"}', ["first", "second"]),
        ("data[2][1].email", '42["event",{"email":"x"}]', []),
        ("data[1].email", '42["event",{"email":"x"}]', ["x"]),
    ],
)
def test_what_a_path_means(path: str, text: str, expected: list[str]) -> None:
    assert meant(text, path) == expected


def test_paths_are_followed_at_once() -> None:
    assert meant('{"a":1,"b":{"c":2,"d":3}}', "data.a", "data.b.d") == ["1", "3"]


def test_every_value_is_found_where_it_stands() -> None:
    text = json.dumps({"a": [1, -2.5e3, True, None, "s\\"], "é": {"": "x"}}, ensure_ascii=False)
    found = [(value.kind, text[value.start : value.end]) for value in values(text, Paths(()))]
    assert found == [
        ("key", "a"),
        ("number", "1"),
        ("number", "-2500.0"),
        ("literal", "true"),
        ("literal", "null"),
        ("string", "s\\\\"),
        ("key", "é"),
        ("key", ""),
        ("string", "x"),
    ]


def test_what_is_too_deep_is_masked_where_a_path_could_lead_there() -> None:
    text = "[" * (DEEPEST + 10) + '"secret"'
    assert "secret" in meant(text, "data..token")[-1]
    assert meant(text, "data.token") == []
