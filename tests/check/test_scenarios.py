"""Scenario files: what is read, what is refused, and which runs follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from sse_inspect.check.scenario import chosen, load, plans_of, read, runs_of
from sse_inspect.cli.check import PROFILE, REPORT_OPTIONS
from sse_inspect.errors import UsageError

OUTAGE = """
name = "outage"
title = "An outage"
does = "Goes offline."
[run]
faults = ["offline:2@3s"]
limit = 30
[fast]
limit = 15
[[expect]]
name = "reconnects"
seconds = 2.5
"""


def refused(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(text.encode(), "outage.toml")
    return str(caught.value)


def test_a_file() -> None:
    scenario = read(OUTAGE.encode(), "outage.toml")
    assert (scenario.name, scenario.run) == ("outage", "outage")
    assert scenario.plan is not None
    assert (scenario.plan.faults, scenario.plan.limit) == (("offline:2@3s",), 30.0)
    assert [(each.name, dict(each.parameters)) for each in scenario.expects] == [("reconnects", {"seconds": 2.5})]
    fast = read(OUTAGE.encode(), "outage.toml", fast=True)
    assert fast.plan is not None
    assert fast.plan.limit == 15.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("title", "titel"), "'titel' is not known; did you mean title?"),
        (("limit = 30", "limits = 30"), "'run.limits' is not known; did you mean limit?"),
        (("limit = 15", "limits = 15"), "'fast.limits' is not known"),
        (("limit = 30", 'limit = "30"'), "run.limit: expected `float`, got `str`"),
        (("limit = 30", "limit = 3000"), "run.limit is 3000; expected 0.05 to 600 seconds"),
        (("limit = 30", "limit = 30\nevents = 0"), "run.events is 0"),
        (("limit = 30", 'limit = 30\nresume = "magic"'), "run.resume: invalid enum value 'magic'"),
        (("offline:2", "offlin:2"), "is no fault; known are disconnect"),
        (("@3s", "@later"), "expected FAULT@WHEN"),
        (("reconnects", "reconects"), "the expectation 'reconects' is not known; did you mean reconnects?"),
        (("seconds = 2.5", "second = 2.5"), "reconnects knows no parameter 'second'; known are seconds"),
        (("seconds = 2.5", 'seconds = "x"'), "reconnects.seconds: expected `float | null`, got `str`"),
        (('name = "reconnects"', ""), "an expectation needs a name"),
        (('[[expect]]\nname = "reconnects"\nseconds = 2.5', ""), "nothing is expected"),
        (("[run]", "[run"), "is no TOML"),
        (("limit = 30", "settle = 1"), "run: missing required field `limit`"),
        (('name = "outage"', 'name = "../outage"'), "name is '../outage'; expected letters, digits"),
        (('name = "outage"', 'name = ""'), "name is ''; expected letters, digits"),
        (("limit = 30", 'limit = 30\nshare = "a,b"'), "run.share is 'a,b'; expected letters, digits"),
    ],
)
def test_what_is_refused(change: tuple[str, str], words: str) -> None:
    assert change[0] in OUTAGE
    told = refused(OUTAGE.replace(*change))
    assert words in told
    assert told.startswith("--scenarios: outage.toml")


def test_a_fast_run_is_named_by_its_own_figures() -> None:
    own = 'limit = 15\ntitle = "Short"\ndoes = "Blinks."'
    written = OUTAGE.replace("limit = 15", own).encode()
    named = [(each.title, each.does) for each in (read(written, "o.toml"), read(written, "o.toml", fast=True))]
    assert named == [("An outage", "Goes offline."), ("Short", "Blinks.")]
    assert "fast.title: expected `str`, got `int`" in refused(OUTAGE.replace("limit = 15", "title = 15"))
    for fast, seconds in ((False, "8"), (True, "2")):
        offline = next(each for each in load(fast=fast) if each.name == "offline")
        assert offline.plan is not None
        assert offline.plan.faults[0].startswith(f"offline:{seconds}@")
        assert offline.title == f"Offline for {seconds} s"
        assert offline.does.startswith(f"Goes offline for {seconds} s and")


def test_bytes_that_are_not_utf8() -> None:
    with pytest.raises(UsageError, match=r"night\.toml is not UTF-8, first at byte 9;"):
        read(b'title = "\xe9"', "night.toml")


def test_two_files_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(OUTAGE)
    (tmp_path / "b.toml").write_text(OUTAGE)
    with pytest.raises(UsageError, match=r"b.toml: a.toml has the name 'outage' too"):
        load(tmp_path)


def test_what_a_file_says_of_itself_cannot_reach_the_terminal() -> None:
    scenario = read(OUTAGE.replace('title = "', 'title = "\\u001b[31m').encode(), "outage.toml")
    assert scenario.title.startswith("␛[31m")


def test_whatever_must_lose_nothing_must_repeat_nothing() -> None:
    for scenario in load():
        names = {each.name for each in scenario.expects}
        assert ("nothing-lost" in names) == ("nothing-twice" in names), scenario.name


def test_the_profile_of_a_check_is_told_among_the_others() -> None:
    with pytest.raises(ValueError, match=r"'foo' is not known; expected auto .* or mercure or ci\."):
        PROFILE.read("foo")


def test_that_a_report_replaces_a_file_is_told() -> None:
    assert [each.name for each in REPORT_OPTIONS if "replaced" in each.help] == ["json", "junit", "markdown", "html"]


def test_the_built_in_ones_are_sound() -> None:
    for fast in (False, True):
        scenarios = load(fast=fast)
        plans = plans_of(scenarios)
        assert len({each.name for each in scenarios}) == len(scenarios) == 18
        assert sum(plan.limit for plan in plans.values()) < (200 if fast else 420)


def test_own_ones_are_added_or_replace(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(OUTAGE)
    (tmp_path / "b.toml").write_text(OUTAGE.replace('"outage"', '"offline"'))
    (tmp_path / "notes.txt").write_text("no scenario")
    built_in, scenarios = load(), load(tmp_path)
    assert [each.name for each in scenarios] == [*(each.name for each in built_in), "outage"]
    assert next(each for each in scenarios if each.name == "offline").title == "An outage"


def test_a_folder_without_any(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no scenario"):
        load(tmp_path)


def test_runs_that_nobody_makes(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(OUTAGE.replace('faults = ["offline:2@3s"]\nlimit = 30', 'share = "nowhere"'))
    with pytest.raises(UsageError, match="no scenario says how the run 'nowhere' is made"):
        load(tmp_path)
    (tmp_path / "a.toml").write_text(OUTAGE.replace("limit = 30", 'limit = 30\nshare = "observe"'))
    with pytest.raises(UsageError, match="another scenario says already how the run 'observe' is made"):
        load(tmp_path)
    (tmp_path / "a.toml").write_text(OUTAGE.replace("limit = 30", 'limit = 30\nresume = "header"\nafter = "nothing"'))
    with pytest.raises(UsageError, match="continues the run 'nothing'"):
        load(tmp_path)


def test_choosing() -> None:
    scenarios = load()
    assert [each.name for each in chosen(scenarios, ["ids", "wire"], ["wire"])] == ["ids"]
    with pytest.raises(UsageError, match=r"--only: 'idz' is not known; did you mean ids\?"):
        chosen(scenarios, ["idz"], [])
    with pytest.raises(UsageError, match="no scenario is left"):
        chosen(scenarios, ["ids"], ["ids"])


def test_what_is_continued_is_made_first() -> None:
    scenarios = load()
    wanted = chosen(scenarios, ["resume-header", "silent-failures"], [])
    assert list(runs_of(wanted, plans_of(scenarios))) == ["observe", "resume-header"]
