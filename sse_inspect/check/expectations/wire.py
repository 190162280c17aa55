"""The bytes themselves."""

from __future__ import annotations

from sse_inspect.analysis.lint import Issue
from sse_inspect.check.expectations.base import FAIL, PASS, WARNING, Seen, expectation, judged, passed, unknown
from sse_inspect.check.result import Measure, Result, worst
from sse_inspect.present.units import counted

_VERDICTS = {"error": FAIL, "warning": WARNING, "info": PASS}


@expectation("wire-lint")
def wire_lint(seen: Seen) -> Result:
    """Nothing on the wire is lost on clients, or asks for trouble."""
    run = seen.run
    if not run.bytes:
        return unknown("Not a byte came that could be looked at.")
    issues = sorted(run.lint.issues(), key=lambda issue: ("error", "warning", "info").index(issue.rule.severity))
    measures: dict[str, Measure] = {
        "examined_bytes": run.lint.examined,
        **{issue.code: issue.count for issue in issues},
    }
    size = f"{run.lint.examined:,} bytes" + ("" if run.lint.is_complete else ", the first ones")
    if not issues:
        return passed(f"Nothing to say about {size}.", measures=measures)
    verdict = worst([_VERDICTS[issue.rule.severity] for issue in issues])
    serious = [issue for issue in issues if issue.rule.severity != "info"]
    advice = " ".join(dict.fromkeys(issue.rule.fix for issue in serious))
    first, *rest = (_told(issue) for issue in issues)
    return judged(verdict, first, evidence=tuple(rest), advice=advice, measures=measures)


def _told(issue: Issue) -> str:
    rule = issue.rule
    example = f" ({issue.example})" if issue.example else ""
    where = f"at byte {issue.offset:,}" + (f" of connection {issue.connection}" if issue.connection > 1 else "")
    times = "" if issue.count == 1 else f", {counted(issue.count, 'time')}"
    return f"{rule.title[:1].upper()}{rule.title[1:]}{example}, first {where}{times}: {rule.effect}."
