"""Text of any origin in documents: nothing from the wire becomes markup, a link or a mention.

Everything passes `present.safe` on its way, so that nothing in it is invisible either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from sse_inspect.present.safe import preview, visible

LONGEST = 2000
"""Characters of a text that a document holds on one line."""

_SPECIAL = re.compile(
    r"(?P<names>@|#(?=\w)|:(?=//)|(?<=mailto):|(?<=xmpp):|(?<=ww)w(?=\.)|(?<=GH)-)"
    r"|[`\[\]<>|~$]|\\(?=[!-/:-@\[-`{-~]|$)|\{(?=[{%])|(?<=[}%])\}|&(?=[#\w])|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])"
    r"|^(?:[-+# ]|\d+[.)](?=\s|$))",
    re.IGNORECASE,
)
_PROSE = re.compile(
    r"(?P<code>(?<![`\w\\])(?:`[^`|]+`(?![`\w])|(?:https?|wss?)://[^\s`|]*[\w/](?!`)))|" + _SPECIAL.pattern,
    re.IGNORECASE,
)
"""Before what would be markup comes what is code: what stands between two single backticks, and an address."""
_TICKS = re.compile("`+")


def line(text: str) -> str:
    """The text as one visible line."""
    return preview(text, LONGEST) if len(text) > LONGEST else visible(text)


def html(text: str) -> str:
    """The text as text of a page, in an attribute too."""
    return escape(line(text))


def markdown(text: str) -> str:
    """The text as text in a line of GitHub Flavored Markdown, in a table too.

    All that could be markup is written as a character reference, and what names people, issues or addresses is broken
    by a space without width. An underline within a word is none.
    """
    return _SPECIAL.sub(_reference, line(text))


def _reference(found: re.Match[str]) -> str:
    return "".join(f"&#{ord(char)};" for char in found[0]) + ("&#8203;" if found["names"] else "")


def prose(text: str) -> str:
    """Like `markdown`, but what stands between backticks is code, and an address too: within code nothing is markup."""
    return _PROSE.sub(lambda found: f"`{found['code'].strip('`')}`" if found["code"] else _reference(found), line(text))


def inline(text: str) -> str:
    """Text of any origin as code within a line; no place for it in tables."""
    shown = line(text)
    fence = "`" * (max((len(ticks) for ticks in _TICKS.findall(shown)), default=0) + 1)
    return f"{fence} {shown} {fence}" if "`" in shown else f"`{shown}`"


def fenced(lines: Iterable[str]) -> Iterator[str]:
    """Visible lines as a code block of Markdown whose fence nothing in them can end."""
    lines = list(lines)
    longest = max((len(ticks) for text in lines for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield from lines
    yield fence
