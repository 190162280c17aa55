"""Text of any origin in Markdown where addresses and what stands between backticks are code."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sse_inspect.present.documents.text import line, prose

CASES = [
    "`x` and `y z`",
    "`x``y`",
    "``x``",
    "`a`https://x.example/",
    "https://x.example/`a`",
    "\\`a`",
    "\\https://x.example",
    "\\u2028 and \\",
    "\\[x](javascript:y)",
    "see https://x.example/a_b*c*?d=[e](f), then (http://y.example/z.png)",
    "![](http://evil.example/x.png)",
    "<http://e.example|>",
    "`a|b`",
    "http://x|y",
    "# x",
    "a #1 @b",
    "* x",
    "*x* a * b",
    "&lt; & &#60; &x",
    "{{ x }} {%y%} {z}",
    "<script>`</script>`",
    "`<!--",
    "- `x`",
    "`@everyone` @everyone",
]


def tokens(text: str) -> list[Token]:
    found: list[Token] = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        found += [token, *(token.children or ())]
    return found


@pytest.mark.parametrize("text", CASES)
def test_prose_is_text_and_code_and_nothing_else(text: str) -> None:
    for before, after in (("", ""), ("- ", ""), ("| a |\n| - |\n| ", " |")):
        made = tokens(f"{before}{prose(text)}{after}")
        allowed = {each.type for each in tokens(f"{before}x{after}")} | {"text", "text_special", "code_inline"}
        assert {each.type for each in made} <= allowed
        shown = "".join(each.content for each in made if each.type in ("text", "text_special", "code_inline"))
        told = shown.replace("\u200b", "").replace("`", "").removeprefix("a" if after else "").strip()
        assert told == line(text).replace("`", "").strip()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("without `option x-y`;", "without `option x-y`;"),
        ("(https://x.example/a).", "(`https://x.example/a`)."),
        ("a & b, {c}, d * e, \\u2028, # f", "a & b, {c}, d * e, \\u2028, # f"),
    ],
)
def test_what_is_harmless_is_spelled_as_it_is(text: str, written: str) -> None:
    assert prose(text) == written
