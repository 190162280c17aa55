"""Numbers in words: times, sizes, counts and rates, each with one spelling for the whole program.

What is unknown (`None`) is `–`. Times are seconds, sizes bytes.
"""

from __future__ import annotations

from datetime import datetime

from sse_inspect.records import Origin

UNKNOWN = "–"
_SIZES = ("kB", "MB", "GB", "TB", "PB")


def duration(s: float | None) -> str:
    """A length of time at a glance: `0.9 s`, `44.2 s`, `2 min 03 s`, `1 h 02 min`, `3 d 04 h`."""
    if s is None:
        return UNKNOWN
    s = max(s, 0.0)
    if round(s, 1) < 60:
        return f"{s:.1f} s"
    whole = round(s)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = whole // 60
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    hours = minutes // 60
    return f"{hours // 24} d {hours % 24:02d} h"


def seconds(s: float | None) -> str:
    """A measured time, exact where it is short: `0.4 ms`, `12 ms`, `1.03 s`, `12.3 s`, then as `duration`."""
    if s is None:
        return UNKNOWN
    s = max(s, 0.0)
    if 0 < s < 0.00095:
        return f"{s * 1000:.1f} ms"
    if s < 0.9995:
        return f"{s * 1000:.0f} ms"
    if round(s, 2) < 10:
        return f"{s:.2f} s"
    return duration(s)


def clock(t: float | None, origin: Origin) -> str:
    """The local wall-clock time at `t`, to the millisecond: `12:03:11.204`; dashes where it is not known."""
    if t is None or not origin.is_known:
        return "--:--:--.---"
    ms = (origin.unix_us + round(t * 1e6)) // 1000
    # In local time on purpose, and spelled by `isoformat`: `astimezone` and `strftime` take three times as long.
    return datetime.fromtimestamp(ms / 1000).isoformat(timespec="milliseconds")[11:]  # noqa: DTZ006


def date(t: float, origin: Origin) -> str:
    """The local date at `t`, and how far its clock is from UTC: `2026-11-23 (UTC+01:00)`."""
    if not origin.is_known:
        return "undated"
    at = origin.at(t).astimezone().isoformat(timespec="seconds")
    return f"{at[:10]} (UTC{at[19:]})"


def hms(t: float | None) -> str:
    """A running time as a clock counts it: `00:12:44`; hours go on above 99."""
    if t is None:
        return UNKNOWN
    whole = int(max(t, 0.0))
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def delta(s: float | None) -> str:
    """The time since the event before, in six cells: `+0.998`, `+12.35`, `+123.5`, `+1234`, `+2.8 h`, `+12 d`."""
    if s is None:
        return ""
    s = max(s, 0.0)
    for limit, places in ((9.9995, 3), (99.995, 2), (999.95, 1), (9999.5, 0)):
        if s < limit:
            return f"+{s:.{places}f}"
    hours = s / 3600
    return f"+{hours:.1f} h" if hours < 9.95 else f"+{hours:.0f} h" if hours < 99.5 else f"+{hours / 24:.0f} d"


def size(n: int | None) -> str:
    """An amount of bytes: `121 B`, `5.3 kB`, `16.8 MB` (powers of 1000)."""
    if n is None:
        return UNKNOWN
    if n < 1000:
        return f"{n} B"
    value = float(n)
    for unit in _SIZES:
        value /= 1000
        if value < 999.5 or unit == _SIZES[-1]:
            break
    return f"{value:.1f} {unit}" if value < 99.95 else f"{value:.0f} {unit}"


def short_size(n: int) -> str:
    """An amount of bytes for a narrow column, at most five cells: `121`, `9999`, `53.1k`, `16.8M`."""
    return str(n) if n < 10_000 else size(n).replace(" ", "").replace("B", "")


def transferred(plain: int, wire: int) -> str:
    """A body's size, and what compression left of it on the way: `5.3 kB (1.1 kB on the wire)`."""
    return size(plain) if wire in (0, plain) else f"{size(plain)} ({size(wire)} on the wire)"


def count(n: float | None) -> str:
    """A count with its thousands apart: `1,042`."""
    return UNKNOWN if n is None else f"{n:,}"


def counted(n: int, thing: str, things: str = "") -> str:
    """A count and its noun: `1 event`, `1,042 events`; `things` is the plural where it is no mere `s`."""
    return f"{n:,} {thing if n == 1 else things or thing + 's'}"


def percent(rate: float | None) -> str:
    """A rate from 0 to 1: `99.71 %`; rounded down, so that 100.00 % is never said of less than all."""
    if rate is None:
        return UNKNOWN
    return f"{int(round(rate * 10_000, 6)) / 100:.2f} %"
