"""What a finding is: a code with its words. When it is told is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from sse_inspect.findings.snippets import Topic
from sse_inspect.records import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnosis code: `title` says what is so, `fix` what to do about it.

    `cause` is the likely cause, a sentence without its full stop, empty where the title says it all. `probe` names the
    command or key that would confirm it, `snippets` the topic of the settings that mend it.
    """

    code: str
    severity: Severity
    title: str
    fix: str
    cause: str = ""
    probe: str = ""
    snippets: Topic | None = None
