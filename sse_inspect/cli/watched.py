"""The file of `sse-inspect watch`: endpoints, with the options of the command line by their long names.

[defaults]
stall-after = 20

[endpoint.prices]
url = "https://api.example.com/prices"
header = ["X-Tenant: 7", "@token.txt"]
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sse_inspect.cli import values
from sse_inspect.cli.options import KEEPING, SHARED, Option, connecting, planned
from sse_inspect.cli.signals import released
from sse_inspect.errors import UsageError
from sse_inspect.monitoring.watching import Endpoint

OPTIONS: dict[str, Option] = {option.flag.removeprefix("--"): option for option in SHARED if option not in KEEPING}
"""What may stand in the file, by its key."""

DEFAULTS, ENDPOINT, URL = "defaults", "endpoint", "url"
_MARK = "\ufeff"
"""Some editors begin a file of UTF-8 with it."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}")


def read(path: Path) -> list[Endpoint]:
    """The endpoints in the file; raises UsageError, naming the place that is wrong."""
    try:
        written = values.contents(path, values.MOST_TEXT)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(str(path), f"it cannot be read ({why}).") from None
    try:
        with released():  # what is nested and repeated can take long
            table = tomllib.loads(written.decode().removeprefix(_MARK))
    except RecursionError:
        raise UsageError(
            str(path), "it is nested too deeply; expected tables of endpoints with values in them."
        ) from None
    except UnicodeDecodeError as error:
        raise UsageError(str(path), f"it is not UTF-8, first at byte {error.start}; save it as UTF-8.") from None
    except ValueError as error:
        raise UsageError(str(path), f"it is no TOML: {error}.") from None
    _known(table, (DEFAULTS, ENDPOINT), str(path))
    defaults = _dotted(_table(table.get(DEFAULTS, {}), f"{path}: {DEFAULTS}"))
    _known(defaults, OPTIONS, f"{path}: {DEFAULTS}")
    endpoints = _table(table.get(ENDPOINT, {}), f"{path}: {ENDPOINT}")
    if not endpoints:
        raise UsageError(str(path), "it names no endpoint; add [endpoint.NAME] with a url.")
    found = [_endpoint(name, table, defaults, f"{path}: {ENDPOINT}.{name}") for name, table in endpoints.items()]
    same: dict[str, str] = {}
    for name in endpoints:
        first = same.setdefault(name.lower(), name)
        if first != name:  # their captures would be, where the names of files have no case
            raise UsageError(
                f"{path}: {ENDPOINT}.{name}", f"only upper and lower case tell it from {first}; rename it."
            )
    return found


def _endpoint(name: str, written: object, defaults: Mapping[str, Any], place: str) -> Endpoint:
    if not _NAME.fullmatch(name):
        raise UsageError(place, "the name is that of a label and of files; expected letters, digits, and any of _ . -")
    table = _dotted(_table(written, place))
    _known(table, (URL, *OPTIONS), place)
    url = table.get(URL, "")
    if not isinstance(url, str):
        raise UsageError(f"{place}.{URL}", "it takes a text.")
    given: dict[str, Any] = {URL: [url] if URL in table else None}
    for key, value in {**defaults, **table}.items():
        if key != URL:
            given[OPTIONS[key].name] = _given(OPTIONS[key], value, f"{place}.{key}")
    try:
        target, policy = connecting(given, environment=False)
        return Endpoint(name, target, policy, planned(given))
    except UsageError as error:
        raise UsageError(f"{place}.{error.option.removeprefix('--').lower()}", error.message) from None


def _given(option: Option, value: object, place: str) -> Any:
    """The value as the command line would give it."""
    if not option.takes:
        if not isinstance(value, bool):
            raise UsageError(place, "it takes true or false.")
        return value
    if option.many:
        return [_text(each, place) for each in (value if isinstance(value, list) else [value])]
    return _text(value, place)


def _text(value: object, place: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageError(place, "it takes a text or a number.")
    return str(value)


def _table(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(place, "it is a table; expected keys with values in it.")
    return value


def _dotted(table: Mapping[str, Any]) -> dict[str, Any]:
    """The same with `http1.1 = true` under that name, where TOML has a table: no option takes one."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        parts = value if isinstance(value, dict) else {}
        found.update({f"{key}.{rest}": each for rest, each in parts.items()} or {key: value})
    return found


def _known(table: Iterable[str], known: Iterable[str], place: str) -> None:
    known = list(known)
    for key in table:
        if key not in known:
            close = get_close_matches(key, known, 1)
            guess = f"did you mean {close[0]}? " if close else ""
            raise UsageError(place, f"{values.shown(key)} is not known; {guess}known are {', '.join(known)}.")
