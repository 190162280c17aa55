"""The pages that say what to do about an alert, one for each, as Markdown."""

from __future__ import annotations

from importlib.resources import files

from sse_inspect.analysis.alerts import RULES

NAMES = tuple(rule.name for rule in RULES)


def page(name: str) -> str:
    """The page of this alert."""
    return files(__package__).joinpath("runbooks", f"{name}.md").read_text(encoding="utf-8")


def title(name: str) -> str:
    """Its first line, without the sign of a heading."""
    return page(name).partition("\n")[0].removeprefix("# ")
