"""Paths into JSON, such as `data.user.email`: which values of an event's data they mean."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

ANY = object()
"""Every member of an object, every element of an array."""

_STEP = re.compile(
    r"""(?P<dots>\.\.?)(?P<name>[^.\[\]"*\s]+|\*)
    |(?P<deep>\.\.)?\[(?:(?P<index>[0-9]{1,9})|(?P<all>\*)|(?P<quoted>"[^"\\]*(?:\\.[^"\\]*)*"))\]""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step down: a member's name, an element's number or `ANY`; `deep` looks for it at any depth."""

    key: object
    deep: bool = False


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path from the whole of the data; `text` is how it was written."""

    text: str
    steps: tuple[Step, ...]


def json_path(text: str) -> JsonPath:
    """Read `data.user.email`, `data.items[*].name`, `data[0]["a.b"]`, `data..email`; raises ValueError."""
    root = re.match(r"data|\$", text)
    at = root.end() if root else 0
    steps = []
    while root and at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            break
        steps.append(Step(_key(match), deep=match["dots"] == ".." or match["deep"] is not None))
        at = match.end()
    if not root or at < len(text):
        shown = text if len(text) <= 60 else text[:57] + "..."
        raise ValueError(
            f"{shown!a} is no path into event data; expected one such as data.user.email, data.items[*].name, "
            "data..token or /regex/."
        )
    return JsonPath(text, tuple(steps))


def _key(match: re.Match[str]) -> object:
    if match["index"] is not None:
        return int(match["index"])
    if match["quoted"] is not None:
        return json.loads(match["quoted"])
    return ANY if match["all"] or match["name"] == "*" else match["name"]


_MEMBER = r"""(?:[ \t\r\n]*,?[ \t\r\n]*"(?!(?:%s)")[^"\\]*"[ \t\r\n]*:[ \t\r\n]*
    (?:"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*|true|false|null))+"""

States = tuple[tuple[int, int], ...]
"""Places in paths that the values inside a container may complete: number of the path, number of the step."""


class Paths:
    """Several paths, followed at once."""

    def __init__(self, paths: Sequence[JsonPath]) -> None:
        self._steps = [path.steps for path in paths]
        self.start: States = tuple((number, 0) for number, steps in enumerate(self._steps) if steps)
        self.whole = [number for number, steps in enumerate(self._steps) if not steps]
        """The paths that mean all of the data."""
        self.passed_over = self._passed_over()
        """Finds members in a row that no path can mean or lead through; None where they cannot be told by name."""

    def _passed_over(self) -> re.Pattern[str] | None:
        keys = [step.key for steps in self._steps for step in steps]
        names = [re.escape(key) for key in keys if isinstance(key, str)]
        if not names or ANY in keys:
            return None
        return re.compile(_MEMBER % "|".join(names), re.VERBOSE | re.DOTALL)

    def descend(self, states: States, key: object) -> tuple[States, list[int]]:
        """One level down, to the member or element `key`: what may come below it, and the paths that mean it."""
        below: list[tuple[int, int]] = []
        meant: list[int] = []
        for state in states:
            number, at = state
            steps = self._steps[number]
            step = steps[at]
            if step.deep:
                below.append(state)
            if step.key == key or step.key is ANY:
                if at + 1 == len(steps):
                    meant.append(number)
                else:
                    below.append((number, at + 1))
        return tuple(below), meant
