"""Regular expressions written by a user, run over text written by somebody else: bounded in time.

Python's engine tries again what it tried before, and holds the interpreter while it does. Two things keep that
short: an expression that can take exponential time (a repetition of something that is itself of variable length,
such as `(a+)+`) is refused, and the more an expression can try, the less of an event's data it looks at:

    65,536 characters   without an open repetition
    16,384              with one, such as `.*` or `[a-z]+`
       512              with two
       128              with three; more are refused

Repetitions of one character, of digits or of white space with something fixed between them (`[0-9]+` is spelled
`\\d+` for that) count as one together. The expression is read here only as far as that takes, by its tokens;
whether it is one at all says `re`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from sse_inspect.errors import UsageError

LOOKS_AT = (65_536, 16_384, 512, 128)
"""Characters looked at, by the number of open repetitions that count."""

_FEW = 4
"""A group may be repeated this often although its length varies, as in `([0-9]{1,3}\\.){3}`."""

_TOKEN = re.compile(
    r"(?P<odd>\(\?(?:\#|[a-zA-Z-]*x))"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<open>\((?:\?(?:P<\w+>|<[=!]|\([^)]*\)|[a-zA-Z-]*:|[=!>]))?)"
    r"|(?P<close>\))"
    r"|(?P<branch>\|)"
    r"|(?P<repeat>[*+?]|\{(?!\})(?P<low>\d*)(?P<comma>,)?(?P<high>\d*)\})[?+]?"
    r"|(?P<atom>\\N\{[^}]*\}|\\.|.)",
    re.DOTALL,
)
_NARROW = re.compile(r"[^.\[\\]|\\[ds]|\\[^a-zA-Z0-9]")
_SPELLED = re.compile(r"\\[a-zA-Z0-9](?<![dDsSwWbBAZntrfva])")
"""Begins a character by its number or its name, or what was matched before."""
_PLAIN = re.compile(r"[^.^$\\]|\\[^a-zA-Z0-9]", re.DOTALL)
_MANY = 1 << 30


@dataclass(slots=True)
class _Part:
    """What an atom or a group can do: `varies` in length, and how many repetitions in it count."""

    atom: str = ""
    varies: bool = False
    wide: int = 0
    narrow: bool = False

    def add(self, part: _Part, times: int) -> None:
        """Take in a part that stands `times` times in this one."""
        self.varies |= part.varies
        self.narrow |= part.narrow
        self.wide += part.wide * times


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression and how many characters of a text it looks at; None for all of them."""

    pattern: re.Pattern[str]
    limit: int | None

    def __str__(self) -> str:
        return self.pattern.pattern

    def search(self, text: str) -> bool:
        """Whether it matches somewhere in what it looks at."""
        return self.pattern.search(text, 0, len(text) if self.limit is None else self.limit) is not None


def expression(text: str) -> Expression:
    """The expression to be looked for once in each event: without an open repetition in all of its data.

    Raises ValueError if it is none, or could take for ever.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "possible nested set" is for programmers
            pattern = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is no regular expression ({error}).") from None
    limit = looks_at(text)
    return Expression(pattern, None if limit == LOOKS_AT[0] else limit)


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """A test whether the expression matches somewhere; raises UsageError if it is none, or can take for ever."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "possible nested set": would be written across the screen
            search = re.compile(pattern).search
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError("filter", f"data~ expects a regular expression; {pattern!r} is none ({error}).") from None
    try:
        limit = looks_at(pattern)
    except ValueError as error:
        raise UsageError("filter", f"data~ {error}") from None
    return lambda text: search(text, 0, limit) is not None


def looks_at(pattern: str) -> int:
    """How many characters of a text a valid expression looks at; raises ValueError if it could take for ever."""
    count = _open_repetitions(pattern)
    if count >= len(LOOKS_AT):
        raise ValueError(f"takes at most {len(LOOKS_AT) - 1} open repetitions such as .*; use fewer.")
    return LOOKS_AT[count]


def literal(pattern: str) -> str:
    """The longest piece of text that stands in all that a valid expression matches; "" if none is known."""
    tokens = list(_TOKEN.finditer(pattern))
    if "(?" in pattern or any(token.lastgroup == "branch" or _SPELLED.match(token[0]) for token in tokens):
        return ""
    pieces = [""]
    depth = 0
    for token in tokens:
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if not depth and token.lastgroup == "atom" and _PLAIN.fullmatch(token[0]):
            pieces[-1] += token[0][-1]
            continue
        if token.lastgroup == "repeat":  # what is repeated may not stand there at all
            pieces[-1] = pieces[-1][:-1]
        pieces.append("")
    return max(pieces, key=len)


def _open_repetitions(pattern: str) -> int:
    tokens = list(_TOKEN.finditer(pattern))
    groups = [_Part()]
    last = _Part()
    for index, token in enumerate(tokens):
        match token.lastgroup:
            case "open":
                groups.append(_Part())
            case "odd":
                raise ValueError("takes no comments and no (?x) inside the expression.")
            case "branch":
                groups[-1].varies = True
            case "close":
                last = groups.pop()
                groups[-1].add(last, 1)
            case "repeat":
                again = index >= 3 and tokens[index - 2].lastgroup == "repeat" and tokens[index - 3][0] == last.atom
                groups[-1].add(*_repeated(last, *_times(token), again))
            case _:
                last = _Part(token[0])
    return groups[0].wide + groups[0].narrow


def _repeated(part: _Part, least: int, most: int, again: bool) -> tuple[_Part, int]:
    """What a repetition adds; `again` if the one before it repeats the same atom, as in `a*a*`."""
    if most > _FEW and part.varies:
        raise ValueError("takes no repetition of what itself varies in length, as in (a+)+ or (a|bc)*.")
    is_open = most > _FEW and least != most
    narrow = is_open and not again and _NARROW.fullmatch(part.atom) is not None
    own = _Part(varies=least != most, wide=is_open and not narrow, narrow=narrow)
    own.add(part, most - 1)
    return own, 1


def _times(token: re.Match[str]) -> tuple[int, int]:
    simple = {"*": (0, _MANY), "+": (1, _MANY), "?": (0, 1)}.get(token["repeat"])
    if simple is not None:
        return simple
    low = int(token["low"][:9] or 0)
    high = int(token["high"][:9]) if token["high"] else _MANY if token["comma"] else low
    return low, high
