"""When an event was sent, by a field of its data that the user names."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sse_inspect.exporting.json_path import ANY, json_path

_SECONDS_BELOW = 1e11
_UNITS = ((1e14, 1e3), (1e17, 1e6))
"""Times since 1970 are told apart by their size: below 1e11 seconds, then milli-, micro- and nanoseconds."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """The place of a time in the data of an event; `text` is how it was written."""

    text: str
    keys: tuple[str | int, ...]

    def of(self, data: str) -> float | None:
        """Seconds since 1970, or None where the data has no such time."""
        try:
            value = json.loads(data)
            for key in self.keys:
                value = value[key]
        except (ValueError, LookupError, TypeError, RecursionError):
            return None
        return _time(value)


def timestamp(text: str) -> Timestamp:
    """Read a path such as `data.sent_at` or `data.meta[0].ts`; raises ValueError."""
    keys = tuple(step.key for step in json_path(text).steps if not step.deep)
    steps = json_path(text).steps
    if not steps or len(keys) < len(steps) or any(key is ANY for key in keys):
        raise ValueError(f"{text!a} does not name one value; expected a path such as data.sent_at.")
    return Timestamp(text, tuple(key for key in keys if isinstance(key, str | int)))


def _time(value: Any) -> float | None:
    """A number of seconds or smaller units since 1970, as a number or as text, or a date and time (RFC 3339)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return _of_text(value) if isinstance(value, str) else None
    if not (math.isfinite(number) and number > 0):
        return None
    if number < _SECONDS_BELOW:
        return number
    return number / next((unit for limit, unit in _UNITS if number < limit), 1e9)


def _of_text(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
