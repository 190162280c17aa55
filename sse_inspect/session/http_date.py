"""HTTP dates in their three forms (RFC 9110, 5.6.7)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_FORMS = (
    rf"[a-z]{{3}}, (?P<day>[0-9]{{1,2}}) (?P<month>[a-z]{{3}}) (?P<year>[0-9]{{4}}) {_TIME} (GMT|UTC|[+-]0000)",
    rf"[a-z]{{6,9}}, (?P<day>[0-9]{{1,2}})-(?P<month>[a-z]{{3}})-(?P<year>[0-9]{{2}}) {_TIME} (GMT|UTC)",
    rf"[a-z]{{3}} (?P<month>[a-z]{{3}}) +(?P<day>[0-9]{{1,2}}) {_TIME} (?P<year>[0-9]{{4}})",
)


def parse_http_date(text: str, now: datetime) -> datetime | None:
    """The instant in UTC, or None if it is no HTTP date; a year of two digits is the one nearest to `now`'s future."""
    match = next(filter(None, (re.fullmatch(form, text, re.IGNORECASE) for form in _FORMS)), None)
    if match is None or match["month"].lower() not in _MONTHS:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += now.year // 100 * 100
        if year > now.year + 50:
            year -= 100
    day, hour, minute = int(match["day"]), int(match["hour"]), int(match["minute"])
    second = min(int(match["second"]), 59)  # 60 is a leap second
    try:
        return datetime(year, _MONTHS.index(match["month"].lower()) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
