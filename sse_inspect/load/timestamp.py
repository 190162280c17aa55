"""When an event was sent, by a field of its data that the user names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sse_inspect.exporting.json_path import ANY, json_path

_UNITS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))
"""Times since 1970 are told apart by their size: seconds, milli-, micro- and nanoseconds; what is larger is no time."""


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
    return next((number / unit for limit, unit in _UNITS if 0 < number < limit), None)


def _of_text(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
