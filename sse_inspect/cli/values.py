"""What a person writes after an option -> the value.

Each reader raises ValueError with one sentence that says what was expected; the option's name is put before it
by whoever knows it. (`UsageError`, where the configuration's own readers raise it, is complete already.)
"""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from sse_inspect.cli.signals import released
from sse_inspect.errors import UsageError

if TYPE_CHECKING:
    from sse_inspect.faults import Plan
    from sse_inspect.store.patterns import Expression

STDOUT = STDIN = "-"
"""Stands for standard output, or input, where the name of a file is expected."""
MOST_TEXT = 1 << 20
"""Bytes that a file of settings or headers may hold."""
MOST_BODY = 256 << 20
"""Bytes that the body of a request may hold."""
_PIECE = 1 << 20
_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_TIME = re.compile(r"([-+.0-9]+(?:e[-+]?[0-9]+)?) ?(ms|s|m|h|)", re.IGNORECASE)
_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
_SIZE = re.compile(r"([0-9]{1,18}) ?([kmg]?)(?:i?b)?", re.IGNORECASE)


Reader = Callable[[str], Any]


def shown(text: str) -> str:
    """The text as a message quotes it: short, and nothing in it invisible."""
    short = text if len(text) <= 60 else text[:57] + "..."
    return repr(short) if short.isprintable() else ascii(short)


def text(given: str) -> str:
    """Any text that is UTF-8."""
    if any("\ud800" <= char <= "\udfff" for char in given):
        raise ValueError("the value holds bytes that are not UTF-8; expected UTF-8 text.")
    return given


def names(given: str) -> tuple[str, ...]:
    """Names with commas between them."""
    found = tuple(name.strip() for name in text(given).split(",") if name.strip())
    if not found:
        raise ValueError("no name is given; expected one, or several with commas between.")
    return found


def seconds(given: str) -> float:
    """A time in seconds: `30`, `0.5`, `500ms`, `2m`."""
    match = _TIME.fullmatch(given.strip())
    number = _finite(match[1]) if match else None
    if match is None or number is None:
        raise ValueError(f"{shown(given)} is not a number; expected seconds such as 30, or 500ms, or 2m.")
    return number * _SECONDS[match[2].lower()]


def number(given: str) -> float:
    """A plain number."""
    value = _finite(given.strip())
    if value is None:
        raise ValueError(f"{shown(given)} is not a number; expected one such as 0.5.")
    return value


def _finite(given: str) -> float | None:
    value = float(given) if _NUMBER.fullmatch(given) else math.inf
    return value if math.isfinite(value) else None


def integer(given: str) -> int:
    """A whole number."""
    if not _INTEGER.fullmatch(given.strip()):
        raise ValueError(f"{shown(given)} is not a whole number; expected one such as 5.")
    return int(given)


def address(given: str) -> str:
    """An address to listen on; an empty one would mean every interface there is."""
    if not given.strip():
        raise ValueError("it is empty; expected an address such as 127.0.0.1, or 0.0.0.0 for every interface.")
    return text(given)


def port(given: str) -> int:
    """A TCP port; 0 takes a free one."""
    value = integer(given)
    if not 0 <= value <= 65535:
        raise ValueError(f"{value} is no port; expected 1 to 65535, or 0 for a free one.")
    return value


def size(given: str) -> int:
    """A number of bytes: `65536`, `64k`, `16MiB`; the units are powers of 1024."""
    match = _SIZE.fullmatch(given.strip())
    if match is None:
        raise ValueError(f"{shown(given)} is not a size; expected bytes such as 65536, or 64k, or 16MiB.")
    return int(match[1]) * _BYTES[match[2].lower()]


def choice(*words: str) -> Callable[[str], str]:
    """A reader that takes one of these words."""

    def read(given: str) -> str:
        if given not in words:
            raise ValueError(f"{shown(given)} is not known; expected {' or '.join(words)}.")
        return given

    return read


def pattern(given: str) -> Expression:
    """A regular expression of Python's `re` that is bounded in time: nothing could interrupt it."""
    from sse_inspect.store.patterns import expression

    try:
        return expression(text(given))
    except ValueError as error:
        message = str(error)
        raise ValueError(f"{shown(given)} {message}" if message.startswith("is ") else message) from None


def existing_file(given: str) -> str:
    """The path of a file that can be read."""
    try:
        with released(), open(given, "rb"):
            return given
    except (OSError, ValueError) as error:
        raise ValueError(_unreadable(given, error)) from None


def new_file(given: str) -> Path:
    """The path of a file to be written; whether it can be is seen when it is."""
    if not given:
        raise ValueError("the name is empty; expected that of a file to write.")
    return Path(given).expanduser()


def report_file(given: str) -> str:
    """The name of a file that can be written to, as far as can be told before; `-` is standard output."""
    path = Path(given).expanduser()
    if given != STDOUT and (not given or path.is_dir() or not path.parent.is_dir()):
        raise ValueError(f"{shown(given)} cannot be written; expected a file in a folder that exists, or -.")
    return given


def plan(given: str) -> tuple[Plan, ...]:
    """A fault and when it begins."""
    from sse_inspect.faults import parse_plan

    try:
        return (parse_plan(given),)
    except UsageError as error:
        raise ValueError(error.message) from None


def credentials(given: str) -> str:
    """`NAME:PASSWORD`; no message repeats it."""
    if ":" not in text(given):
        raise ValueError("there is no colon in it; expected NAME:PASSWORD.")
    return given


def token(given: str) -> str:
    """A bearer token (RFC 6750, 2.1); no message repeats it."""
    if not given or not given.isascii() or not given.isprintable() or " " in given:
        raise ValueError("a token is one word of visible ASCII characters.")
    return given


def headers(given: str) -> tuple[tuple[str, str | None], ...]:
    """`Name: value`, or `@file` (`@-`: standard input) with one of them on each line."""
    from sse_inspect.config import parse_header

    if not given.startswith("@"):
        return (parse_header(text(given)),)
    try:
        lines = _named(given[1:], MOST_TEXT).decode().replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        raise ValueError(f"{shown(given[1:])} is not UTF-8 text.") from None
    return tuple(parse_header(line) for line in lines if line.strip())


def cookies(given: str) -> tuple[str, ...]:
    """`name=value`, several of them separated by `; `."""
    if "=" not in text(given) or not given.isprintable():
        raise ValueError("expected 'name=value', printable and on one line.")
    return (given,)


def body(given: str) -> bytes:
    """The exact bytes: of the text, of `@file`, or of standard input for `@-`."""
    return _named(given[1:], MOST_BODY) if given.startswith("@") else os.fsencode(given)


def contents(name: str | Path, most: int) -> bytes:
    """What is in a file, or comes through a pipe until it ends, which a signal may do before.

    Raises OSError where it cannot be read, and ValueError where it is more than this many bytes.
    """
    with released(), _standard_input() if name == STDIN else open(name, "rb") as file:
        found = bytearray()
        while piece := file.read(min(_PIECE, most + 1 - len(found))):
            found += piece
    if len(found) > most:
        raise ValueError(f"it holds more than {most >> 20} MiB")
    return bytes(found)


def _standard_input() -> AbstractContextManager[BinaryIO]:
    """It stays open."""
    return nullcontext(sys.stdin.buffer if sys.stdin else BytesIO())


def _named(name: str, most: int) -> bytes:
    try:
        return contents(name, most)
    except (OSError, ValueError) as error:
        raise ValueError(_unreadable(name, error)) from None


def _unreadable(name: str, error: OSError | ValueError) -> str:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"cannot read {shown(name)} ({reason}); expected the name of a file."
