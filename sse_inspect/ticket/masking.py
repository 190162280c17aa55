"""Bytes of a stream without what they say: as many bytes, the framing and the punctuation as they were.

In the values of `id`, `event` and `retry` nothing is masked; in all else a letter becomes `x` and a digit `0`, one for
each byte of UTF-8. So a block, a cut in the middle of JSON or a stray character can still be told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)?")
_PLAIN = re.compile(rb"(?:\xef\xbb\xbf)?(?:id|event|retry)(?::|\Z)")
_NAME = re.compile(rb"(?:\xef\xbb\xbf)?(?:data)?(?::|(?=[\r\n])|\Z)")
_WHOLE_NAME = re.compile(rb"(?:\xef\xbb\xbf)?(?:id|event|retry|data)[\r\n]*\Z")


def masked(data: bytes, *, begins_line: bool) -> bytes:
    """The bytes, masked; `begins_line`: the first of them is the first of a line."""
    lines = _LINE.findall(data)
    return b"".join(_masked_line(line, begins=begins_line or number > 0) for number, line in enumerate(lines))


def _masked_line(line: bytes, *, begins: bool) -> bytes:
    if begins and (_PLAIN.match(line) or _WHOLE_NAME.match(line)):
        return line
    name = _NAME.match(line) if begins else None
    value = line[name.end() :] if name else line
    return line[: len(line) - len(value)] + _masked_text(value)


def _masked_text(text: bytes) -> bytes:
    if text.isascii():
        return bytes(_ASCII[code] for code in text)
    return b"".join(_stand_in(char) for char in text.decode("utf-8", "surrogateescape"))


def _stand_in(char: str) -> bytes:
    spelled = char.encode("utf-8", "surrogateescape")
    match unicodedata.category(char)[0]:
        case "L" | "M":
            return b"x" * len(spelled)
        case "N":
            return b"0" * len(spelled)
    return spelled


_ASCII = [_stand_in(chr(code))[0] for code in range(128)]


def covered(data: bytes, secrets: Iterable[str]) -> bytes:
    """The bytes with these secrets covered by asterisks, as long as they were."""
    for secret in secrets:
        spelled = secret.encode("utf-8", "surrogateescape")
        data = data.replace(spelled, b"*" * len(spelled))
    return data
