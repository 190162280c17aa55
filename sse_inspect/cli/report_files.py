"""Where a command writes its reports: each to a file of its own, and at most one to standard output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sse_inspect.cli import values
from sse_inspect.errors import UsageError


def report_files(asked: Mapping[str, Any], formats: Iterable[str], prefix: str = "--") -> dict[str, str]:
    """The file of every format that was asked for, as it was named; raises UsageError where one would replace another.

    `prefix` is what the option of a format begins with.
    """
    named = {name: file for name in formats if (file := asked.get(name)) is not None}
    first: dict[object, str] = {}
    for name, file in named.items():
        is_stdout = file == values.STDOUT
        other = first.setdefault(file if is_stdout else Path(file).expanduser().resolve(), name)
        if other != name and is_stdout:
            raise UsageError(f"{prefix}{name}", "only one report can go to standard output.")
        if other != name:
            raise UsageError(f"{prefix}{name}", f"{file} is the file of {prefix}{other} too; name another.")
    return named
