"""Diagnoses: every rule has a story that fires it and a near miss, a healthy stream has none, cuts of bytes none."""

from __future__ import annotations

import pickle
import re
from itertools import islice

import pytest

from sse_inspect.analysis.causes import Causes
from sse_inspect.analysis.rules import RULES
from sse_inspect.analysis.rules.heartbeat import HEARTBEAT
from sse_inspect.analysis.rules.ids import IDS
from sse_inspect.analysis.rules.text import TEXT
from sse_inspect.config import Policy, Target
from sse_inspect.findings import CODES, advice
from sse_inspect.findings.session import SESSION
from sse_inspect.findings.snippets import SNIPPETS
from sse_inspect.inspection import Inspection
from sse_inspect.records import Diagnosis
from sse_inspect.unknown import Unknown
from tests.analysis.diagnoses import FIRES, HEALTHY, NEAR
from tests.analysis.stories import Cut, Teller, breaks, ends, events, numbered, opens, quiet, sends, steady, story


def test_every_rule_has_its_words_and_both_stories() -> None:
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes)) >= 40
    assert set(codes) == CODES.keys() - {finding.code for finding in SESSION}
    assert set(codes) == FIRES.keys() == NEAR.keys()
    for rule in RULES:
        finding = CODES[rule.code]
        assert finding.cause, rule.code
        assert finding.probe, rule.code
        assert not finding.title.endswith(".")
        assert finding.fix.endswith(".")
        assert set(rule.yields_to) <= set(codes)


@pytest.mark.parametrize("code", FIRES)
def test_fires(code: str) -> None:
    told = FIRES[code].told()
    found = told.the(code)
    assert "ikely" in found.evidence or "Possibly" in found.evidence
    assert found.severity == CODES[code].severity, found.evidence
    assert told.codes.count(code) <= 3


@pytest.mark.parametrize("code", NEAR)
def test_a_near_miss_does_not_fire(code: str) -> None:
    told = NEAR[code].told()
    assert code not in told.codes, told.the(code).evidence


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_stream_has_nothing_above_information(name: str) -> None:
    told = HEALTHY[name].told()
    assert told.grave == [], [each for each in told.records if isinstance(each, Diagnosis)]


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("buffered-by-size", "buffered-by-size"),
        ("compression-buffering", "compression-buffering"),
        ("coalesced-batches", "coalesced-batches"),
        ("idle-cut", "idle-cut"),
        ("idle-cut-proxy-60", "idle-cut-proxy-60"),
        ("idle-cut-cloudflare", "idle-cut-cloudflare"),
        ("iis-buffering", "iis-buffering"),
        ("age-cut-30", "age-cut-30"),
    ],
)
def test_the_most_probable_comes_first(code: str, first: str) -> None:
    told = FIRES[code].told()
    assert told.grave[0] == first
    assert told.inspection.causes()[0].code == first
    assert told.inspection.snapshot().findings[0].code == first


def test_a_cause_is_told_again_only_when_it_is_surer() -> None:
    told = story(opens(), steady(5), ends("truncated", after=3), times=8).told()
    diagnoses = [each for each in told.records if isinstance(each, Diagnosis) and each.code == "idle-cut"]
    found = [re.search(r"(\w+ ?\w*) \(\d+%\)", each.evidence) for each in diagnoses]
    assert [each and each[1] for each in found] == ["Likely", "Very likely"]
    cause = told.inspection.causes()[0]
    assert cause.code == "idle-cut"
    assert cause.numbers not in diagnoses[-1].evidence  # it went on being counted


def test_after_one_occurrence_nothing_is_named() -> None:
    for wall in (10, 30, 60, 100, 300):
        told = story(opens(server="nginx"), steady(5), ends("truncated", after=wall), opens()).told()
        assert not told.grave


def test_settings_for_what_the_head_names_come_first() -> None:
    told = story(opens(server="envoy"), steady(4), ends("truncated", after=7), times=3).told()
    assert "Envoy: stream_idle_timeout" in told.the("idle-cut").fix
    assert told.the("idle-cut").fix.index("Envoy") < told.the("idle-cut").fix.index("nginx")
    assert next(product for product, _ in advice("idle-cut", ("HAProxy",))) == "HAProxy"
    for topic, products in SNIPPETS.items():
        assert products, topic
        assert all("\n" not in setting for setting in products.values())


def by(size: int) -> Cut:
    return lambda data: (data[at : at + size] for at in range(0, len(data), size))


LONG = {"large-event", "age-cut-api-gateway", "age-cut-cloud-run", "age-cut-node"}
ABOUT_BYTES = {rule.code for rule in (*HEARTBEAT, *TEXT, *IDS)}


@pytest.mark.parametrize("code", sorted(FIRES.keys() - LONG))
def test_how_the_bytes_are_cut_changes_nothing(code: str) -> None:
    """They come at the same time, in however many pieces."""
    cut = by(1) if code in ABOUT_BYTES else by(97)
    whole, cutting = FIRES[code].told(), FIRES[code].told(cut)
    assert diagnoses(whole) == diagnoses(cutting)


def diagnoses(told: Teller) -> list[Diagnosis]:
    return [record for record in told.records if isinstance(record, Diagnosis)]


@pytest.mark.parametrize("code", ["idle-cut", "coalesced-batches", "phantom-heartbeat", "full-replay"])
def test_the_same_inputs_give_the_same_diagnoses(code: str) -> None:
    """Also where a walk through a capture puts its state aside on the way."""
    told = FIRES[code].told()
    again = Inspection(
        Target("http://h/feed"), Policy(stall_after=0.0, jitter=0.0), clock=lambda: 0.0, random=lambda: 0.5
    )
    records = [record for happened in told.inputs for record in again.handle(happened)]
    assert records == told.records
    halfway = Causes(Target("http://h/feed"), Policy())
    handled = iter(told.inputs)
    feeding = Inspection(
        Target("http://h/feed"), Policy(stall_after=0.0, jitter=0.0), clock=lambda: 0.0, random=lambda: 0.5
    )
    taken = [(happened, feeding.session.handle(happened)) for happened in handled]
    found: list[Diagnosis] = []
    for happened, records in islice(taken, len(taken) // 2):
        found += halfway.take(happened, records)
    halfway = pickle.loads(pickle.dumps(halfway))
    for happened, records in islice(taken, len(taken) // 2, None):
        found += halfway.take(happened, records)
    assert found == diagnoses(told)


def test_what_the_source_does_not_tell_is_not_concluded_from() -> None:
    told = FIRES["idle-cut"].told()
    unknowing = Inspection(
        Target("http://h/feed"),
        Policy(stall_after=0.0),
        clock=lambda: 0.0,
        random=lambda: 0.5,
        unknown=frozenset({Unknown.ENDING}),
    )
    assert not [r for each in told.inputs for r in unknowing.handle(each) if isinstance(r, Diagnosis)]


def test_compressed_streams_that_never_speak_are_told() -> None:
    steps = [opens(content_encoding="gzip"), sends("", 0.1, 10), quiet(31)]
    told = story(steps, times=3, stall_after=30.0).told()
    assert "compression-unflushed" in told.grave
    assert "no-heartbeat" not in told.codes  # what the compressor holds may well be one
    assert not story(steps, stall_after=30.0).told().grave


def test_a_cause_comes_before_what_explains_nothing() -> None:
    """IDs that begin again with each connection are so, but they cut none."""
    steps = [
        [opens(), [sends(f"id: {n}\ndata: {n} of {count}\n\n", 0.5) for n in range(count)], ends("reset", after=3.0)]
        for count in (5, 6, 7)
    ]
    found = story(steps).told().inspection.snapshot().findings
    assert [each.code for each in found if each.severity != "info"] == ["idle-cut", "id-restart"]


def test_a_single_burst_that_came_with_a_late_head_is_told_by_the_times_in_it() -> None:
    stamps = [22 - n / 10 for n in range(200)]
    steps = [opens(22.5, content_encoding="gzip"), events(200, stamps=stamps), quiet(5)]
    assert story(steps).told().grave == ["compression-buffering"]
    history = [opens(4, content_encoding="gzip"), events(200, stamps=[1000 + each for each in stamps]), quiet(5)]
    assert not story(history).told().grave


def test_memory_is_bounded() -> None:
    told = story(opens(), [sends(f": {n}\n\ndata: {n}\n\n", 0.3) for n in range(60)], ends("reset"), times=60).told()
    assert len(pickle.dumps(told.inspection._causes)) < 100_000
    assert len(told.codes) < 3 * len(CODES)


def test_text_that_a_fault_spoiled_is_not_examined() -> None:
    told = story(opens(), events(), breaks("corrupt:10"), sends("dat\xe0: x\n\n", 1), quiet(3), events()).told()
    assert not told.grave


def test_a_finding_has_the_numbers_of_now() -> None:
    """It is told once; but it goes on."""
    jumping = [numbered(first, first + 1, first + 2, first + 3) for first in range(1, 80, 8)]
    told = story(opens(), [[some, quiet(2)] for some in jumping], numbered(81), ids="integer").told()
    assert "2 times" in told.the("ids-jump").evidence
    (shown,) = [each for each in told.inspection.snapshot().findings if each.code == "ids-jump"]
    assert "10 times" in shown.evidence
    assert shown.t == told.the("ids-jump").t
