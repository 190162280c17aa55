"""Text of any origin with the secrets taken out, for what is written down or handed on: logs of a crash above all."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from sse_inspect.config import REDACTED, Target, is_secret_name, shown_url

_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"<>]+", re.IGNORECASE)
_SCHEME = re.compile(r"\b(Bearer|Basic|Digest)\s+[^\s,'\")]+", re.IGNORECASE)
_PAIR = re.compile(r"""([A-Za-z][\w.-]*)(['"]?\s*[=:,]\s*b?)('[^'\n]*'|"[^"\n]*"|[^\s'"&,;)\]}]+)""")
_COOKIES = frozenset(("cookie", "set-cookie"))


def redacted(text: str, target: Target) -> str:
    """The text without the secrets of `target`, wherever they stand, and without any value that is named like one."""
    for secret in secrets_of(target):
        text = text.replace(secret, REDACTED)
    text = _URL.sub(lambda match: shown_url(match[0]), text)
    text = _SCHEME.sub(rf"\1 {REDACTED}", text)
    return _PAIR.sub(_pair, text)


def secrets_of(target: Target) -> list[str]:
    """The secret values among what was asked for, the longest first, as they may have been spelled."""
    return sorted(set(_secrets(target)), key=len, reverse=True)


def _pair(match: re.Match[str]) -> str:
    name, between, value = match.groups()
    if not _is_secret(name) or value == REDACTED or value.lower() in ("bearer", "basic", "digest"):
        return match[0]
    quote = value[0] if value[0] in "'\"" else ""
    return f"{name}{between}{quote}{REDACTED}{quote}"


def _is_secret(name: str) -> bool:
    return name.lower() in _COOKIES or is_secret_name(name)


def _secrets(target: Target) -> Iterator[str]:
    given = [target.bearer, *(value for name, value in target.headers if _is_secret(name))]
    given += [pair.partition("=")[2] for pair in target.cookies]
    if target.user:
        given += [target.user, target.user.partition(":")[2], b64encode(target.user.encode()).decode()]
    for url in filter(None, (target.url, target.proxy)):
        parts = urlsplit(url)
        given += [parts.password, unquote(parts.password or "")]
        given += [value for name, value in parse_qsl(parts.query) if _is_secret(name)]
    return (value for value in given if value)
