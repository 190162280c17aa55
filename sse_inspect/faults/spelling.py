"""How faults are written: `NAME[:ARGUMENT][/SECONDS]`, and `@WHEN` behind it for one that is planned."""

from __future__ import annotations

import math
import re
from urllib.parse import unquote

from sse_inspect.errors import UsageError
from sse_inspect.faults.agenda import Plan, When
from sse_inspect.faults.vocabulary import KINDS, Argument, Fault, FaultKind

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")
_WHEN = re.compile(r"(?P<every>every)?(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>ev|ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse(spelled: str) -> Fault:
    """Read `NAME[:ARGUMENT][/SECONDS]`; raises UsageError that names what is expected.

    In an argument that is a text `%2F`, `%40` and `%25` stand for `/`, `@` and `%`.
    """
    before, slash, after = spelled.rpartition("/")
    seconds = _number(after) if slash else None
    if seconds is None:
        before = spelled
    name, colon, text = before.partition(":")
    kind = KINDS.get(name) or KINDS.get(spelled.partition(":")[0].partition("/")[0])
    if kind is None:
        raise UsageError("fault", f"{spelled!r} is no fault; known are {', '.join(KINDS)}.")
    if kind.name != name:
        raise _wrong(spelled, kind)
    if seconds is not None and not kind.can_be_timed:
        raise UsageError("fault", f"{spelled!r}: {name} takes no /SECONDS.")
    if seconds is not None and not 0 < seconds < math.inf:
        raise UsageError("fault", f"{spelled!r}: expected seconds above 0 behind the slash.")
    if kind.argument is None:
        if colon:
            raise UsageError("fault", f"{spelled!r}: {name} takes no argument.")
        return Fault(kind, None, seconds)
    argument = _argument(kind.argument, text) if colon else kind.argument.default
    if argument is None:
        raise _wrong(spelled, kind)
    return Fault(kind, argument, seconds)


def parse_plan(spelled: str) -> Plan:
    """Read `FAULT[@WHEN]`; raises UsageError that names what is expected.

    WHEN is `5s`, that long after the stream was open first; `20ev`, after that many events; or `every30s`. Without it
    the fault begins as soon as the stream is open first.
    """
    fault, at, when = spelled.rpartition("@")
    if not at:
        return Plan(parse(spelled), When())
    match = _WHEN.fullmatch(when)
    if match is None:
        raise UsageError("fault", f"{spelled!r}: expected FAULT@WHEN with WHEN such as 5s, 20ev or every30s.")
    number = float(match["number"])
    whole = match["unit"] != "ev" or (number >= 1 and not number % 1)
    if not whole or not math.isfinite(number) or (match["every"] and not number):
        raise UsageError("fault", f"{spelled!r}: expected a WHEN above 0, of events a whole number.")
    if match["unit"] == "ev":
        return Plan(parse(fault), When(events=int(number), every=bool(match["every"])))
    return Plan(parse(fault), When(seconds=number * _UNITS[match["unit"]], every=bool(match["every"])))


def _argument(argument: Argument, text: str) -> float | str | None:
    """What the text means, or None where it means nothing."""
    if argument.is_text:
        meant = unquote(text).strip(" \t")
        return None if not meant or _CONTROL.search(meant) else meant
    number = _number(text)
    if number is None or not 0 < number < math.inf or not argument.least <= number <= argument.most:
        return None
    return None if argument.whole and number % 1 else number


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _wrong(spelled: str, kind: FaultKind) -> UsageError:
    expected = f" with {kind.argument.name}: {kind.argument.expected}" if kind.argument is not None else ""
    return UsageError("fault", f"{spelled!r}: expected {kind.spelling}{expected}.")
