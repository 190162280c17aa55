"""When an event was made, as its own data says: times in JSON under the usual names.

That is often when a row was stored or something was measured, and not when it was sent: an application that asks its
database every second sends times a second apart at once.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_STAMP = re.compile(
    r'"(?:t|ts|time|timestamp|created|created_?at|createdAt|sent|sent_?at|sentAt|at|date|now|server_?time)"\s*:\s*'
    r'(?:"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"|"?(\d{10,19}(?:\.\d{1,9})?)"?)'
)
_UNITS = ((1e9, 1e10, 1.0), (1e12, 1e13, 1e3), (1e15, 1e16, 1e6), (1e18, 1e19, 1e9))
"""Numbers from, to, and how many of them are a second, for times since 1970 that lie between 2001 and 2286."""
_LOOKED_AT = 2048


def stamp(data: str) -> float | None:
    """Seconds since 1970 that the data tells, to at least a tenth; None where it tells none."""
    match = _STAMP.search(data, 0, _LOOKED_AT)
    if match is None:
        return None
    text, number = match.groups()
    return _of_text(text) if text else _of_number(number)


def _of_text(text: str) -> float | None:
    if not re.search(r"[.,]\d", text):  # whole seconds say nothing about what lies within one
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _of_number(number: str) -> float | None:
    value = float(number)
    for least, most, per_second in _UNITS:
        if least <= value < most:
            return None if per_second == 1.0 and "." not in number else value / per_second
    return None
