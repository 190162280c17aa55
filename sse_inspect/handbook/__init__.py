"""The handbook: pages of Markdown, into which is written when they are read whatever the program knows better.

A page names in `{{…}}` what is to be put there. `facts` are those that others know, by that name; the examples are
files that run as they are, and are read by nobody but people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.resources import files

from sse_inspect.handbook import derived, troubleshooting

NAMES = ("quick", "server", "client", "troubleshooting")
Facts = Mapping[str, Callable[[], str]]

_PLACE = re.compile(r"\{\{(\w+)(?: ([\w.]+))?\}\}")
_LANGUAGES = {"py": "python", "mjs": "js", "go": "go"}
_OWN: Facts = {
    "stall": derived.stall,
    "completion": derived.completion,
    "reconnect": derived.reconnect,
    "redirects": derived.redirects,
    "retried": derived.retried,
    "walls": derived.walls,
    "metrics": derived.metrics,
    "kinds": derived.kinds,
    "symptoms": troubleshooting.tables,
}


def title(name: str) -> str:
    """What the page is about: its first line, without the sign of a heading."""
    return _source(name).partition("\n")[0].removeprefix("# ")


def page(name: str, facts: Facts) -> str:
    """The page as Markdown; raises KeyError where it names what nobody knows."""
    known = {**_OWN, **facts}

    def put(found: re.Match[str]) -> str:
        what, file = found.groups()
        return example(file) if what == "example" else known[what]()

    return _PLACE.sub(put, _source(name))


def example(file: str) -> str:
    """The file as a block of code."""
    text = files(__package__).joinpath("examples", file).read_text(encoding="utf-8")
    return f"```{_LANGUAGES[file.rpartition('.')[2]]}\n{text.strip()}\n```"


def _source(name: str) -> str:
    return files(__package__).joinpath("pages", f"{name}.md").read_text(encoding="utf-8")
