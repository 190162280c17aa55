"""Diagnoses: every rule has a story that fires it and a near miss, a healthy stream has none, cuts of bytes none."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace
from itertools import islice
from random import Random

import pytest

from sse_inspect.analysis.agreement import agreeing, no_chance
from sse_inspect.analysis.causes import Causes
from sse_inspect.analysis.rules import RULES
from sse_inspect.analysis.rules.heartbeat import HEARTBEAT
from sse_inspect.analysis.rules.ids import IDS
from sse_inspect.analysis.rules.text import TEXT
from sse_inspect.config import Policy, Target
from sse_inspect.findings import CODES, WITHDRAWN, advice
from sse_inspect.findings.session import SESSION
from sse_inspect.findings.snippets import SNIPPETS
from sse_inspect.inspection import Inspection
from sse_inspect.present import clocks
from sse_inspect.present.findings import explained
from sse_inspect.records import Diagnosis
from sse_inspect.unknown import Unknown
from tests.analysis.diagnoses import FIRES, HEALTHY, LIKELY, NEAR, POSSIBLE, UNTOLD
from tests.analysis.stories import (
    Cut,
    Step,
    Story,
    Teller,
    breaks,
    ends,
    events,
    numbered,
    opens,
    quiet,
    sends,
    steady,
    story,
)

_ONE_DATA = "data: the same, always: yes\n\n"
_TEN = "data: 1234567890\n\n"


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


@pytest.mark.parametrize("name", LIKELY)
def test_what_is_likely_is_told_above_information_and_first(name: str) -> None:
    code, story_of_it = LIKELY[name]
    told = story_of_it.told()
    assert told.the(code).severity == CODES[code].severity, told.the(code).evidence
    assert told.inspection.snapshot().findings[0].code == code


@pytest.mark.parametrize("name", POSSIBLE)
def test_what_is_only_possible_is_information(name: str) -> None:
    code, story_of_it = POSSIBLE[name]
    told = story_of_it.told()
    assert told.the(code).severity == "info", told.the(code).evidence
    assert told.grave == []
    assert told.inspection.snapshot().findings[0].code == code


@pytest.mark.parametrize("name", UNTOLD)
def test_what_comes_close_is_not_told(name: str) -> None:
    code, story_of_it = UNTOLD[name]
    told = story_of_it.told()
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
    told = story([[opens(), steady(n), ends("truncated", after=3)] for n in (5, 9, 3, 7, 12, 4, 8, 6)]).told()
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
        assert all(snippet.said.isprintable() for snippet in products.values())


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


@pytest.mark.parametrize("name", LIKELY)
def test_nor_of_what_is_likely(name: str) -> None:
    _, story_of_it = LIKELY[name]
    assert diagnoses(story_of_it.told()) == diagnoses(story_of_it.told(by(7)))


def test_jumps_that_are_a_rule_are_told_as_one() -> None:
    _, story_of_it = LIKELY["every seventh event is dropped"]
    (found,) = story_of_it.told().inspection.snapshot().findings
    assert found.evidence.startswith("8 times IDs jumped while the connection stood, 1 of every 7 missing.")


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


def test_heartbeats_in_data_are_too_slow_as_comments_are() -> None:
    beat = sends('data: {"type":"ping"}\n\n', 20)
    steps = [opens(), [[events(), quiet(20), events(), beat] for _ in range(6)], ends("truncated", after=30.0)]
    told = story(steps, opens(), events(), beat, ends("truncated", after=30.0)).told()
    assert "every 40.0 s" in told.the("heartbeat-too-slow").evidence


@pytest.mark.parametrize("url", ["http://h:99999/feed", "http://[x/feed", "http://h:0x1/", "//"])
def test_a_url_that_cannot_be_breaks_no_rule(url: str) -> None:
    assert story(opens(url=url), events()).told().codes == ["redirected"]
    assert story(opens(url=url, content_type="")).told().codes == ["wrong-content-type"]
    assert story(opens(status=302, location=url)).told().codes == ["redirect-broken"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"retry_after": "7"}, "Retry-After asks for 7 s."),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, "Retry-After is 'Wed, 21 Oct 2026 07:28:00 GMT'."),
        ({}, "There is no Retry-After."),
    ],
)
def test_how_long_a_server_wants_to_be_left_alone_is_told(fields: dict[str, str], said: str) -> None:
    assert said in story(opens(status=429, **fields)).told().the("too-many-requests").evidence


def test_what_came_with_a_late_head_is_counted_and_not_what_followed() -> None:
    told = story(opens(4), events(), steady(9, 0.05), steady(14)).told()
    assert "on 1 of 1 connections; the latest brought 1 event at once with it." in told.the("headers-late").evidence


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


def test_what_is_refuted_comes_last_and_says_so() -> None:
    cut = [[opens(), steady(n, 0.5), ends("truncated", after=3.0)] for n in (4, 7, 5)]
    told = story(cut).told()
    assert told.inspection.snapshot().findings[0].severity == "warning"
    told = story(
        cut, opens(), events(), quiet(9), events(), ends("reset", after=0.1), opens(), events(ids=False)
    ).told()
    assert told.the("idle-cut").severity == "warning", "the record stays as it was told"
    (last,) = [each for each in told.inspection.snapshot().findings if each.code == "idle-cut"]
    assert last.severity == "info"
    assert last.evidence.startswith("What came since does not bear it out any more. It was told of this: 3 of 3 ends")
    assert told.inspection.causes()[-1].code == "idle-cut"


def test_a_cause_that_has_become_less_sure_is_shown_so() -> None:
    alike = [[opens(), steady(n, 0.5), ends("truncated", after=3.0)] for n in (4, 7, 5)]
    others = [[opens(), steady(n, 0.5), ends("reset", after=n / 10)] for n in (2, 7)]
    told = story(alike, others).told()
    assert "3 of 3 ends" in told.the("idle-cut").evidence
    (shown,) = [each for each in told.inspection.snapshot().findings if each.code == "idle-cut"]
    assert "3 of 5 ends" in shown.evidence


def test_all_ends_that_agree_are_counted_and_the_closest_make_it_sure() -> None:
    late = [0.0, 0.001, 0.2, 0.0, 0.15, 0.002, 0.0, 0.18, 0.1, 0.0] * 2
    told = story([[opens(), steady(2 + n % 7), ends("truncated", after=3 + by)] for n, by in enumerate(late)]).told()
    (found,) = [each for each in told.inspection.snapshot().findings if each.code == "idle-cut"]
    assert found.evidence.startswith(
        "20 of 20 ends came 3.0 to 3.2 s (the latest: 3.0, 3.2, 3.1 and 3.0 s) after the last byte"
    )
    assert [each.times for each in told.inspection.snapshot().learned] == [20]


def test_of_a_long_session_the_latest_ends_are_counted() -> None:
    told = story([[opens(), steady(2 + n % 7), ends("truncated", after=3)] for n in range(40)]).told()
    (found,) = [each for each in told.inspection.snapshot().findings if each.code == "idle-cut"]
    assert found.evidence.startswith("32 of the latest 32 ends came 3.0 s after the last byte")


@pytest.mark.parametrize(
    ("code", "said", "steps"),
    [
        ("idle-cut", "their age (3.0 s); nothing", [opens(), ends("truncated", after=3.0)]),
        (
            "idle-cut",
            "their age (2.3 s) and their place (byte 348); nothing",
            [opens(), [sends(_ONE_DATA, 0.1)] * 12, ends("reset", after=1.1)],
        ),
        ("cut-at-same-place", "their age (2.4 s); nothing", [opens(), steady(8, 0.3), ends("reset")]),
        ("age-cut", "their place (after 24 events); nothing", [opens(), steady(24, 0.2), ends("reset", after=0.2)]),
    ],
)
def test_what_cannot_be_told_apart_is_named_and_makes_it_less_sure(code: str, said: str, steps: list[Step]) -> None:
    told = story(steps, times=6).told()
    (found,) = [each for each in told.inspection.snapshot().findings if each.code == code]
    assert said in found.evidence
    assert "Likely (60%)" in found.evidence


def test_where_no_byte_came_silence_counts_from_the_head() -> None:
    told = story([opens(), ends("truncated", after=3.0)], times=3).told()
    assert "3.0 s after the response head, without a byte, at" in told.the("idle-cut").evidence


def test_the_silence_before_a_break_at_the_same_place_is_told() -> None:
    told = FIRES["cut-at-same-place"].told()
    assert "0.0 s after the last byte" in told.the("cut-at-same-place").evidence


def test_a_wrong_length_says_that_it_is() -> None:
    told = FIRES["length-wrong"].told()
    said = "2 of 2 ends came at the Content-Length, inside an event: the length is wrong."
    assert told.the("length-wrong").evidence.startswith(said)
    assert "Very likely (95%)" in told.the("length-wrong").evidence
    assert told.grave == ["length-wrong", "length-wrong"]


def test_two_responses_of_one_length_by_chance_refute_no_limit_of_age() -> None:
    told = _in_order((9, 9, 11, 12, 13)).told()
    assert "5 of 5 ends" in _shown(told, "age-cut").evidence
    assert _shown(_in_order((9, 11, 12, 9, 9, 9)).told(), "age-cut").evidence.startswith(WITHDRAWN)


def _in_order(counts: tuple[int, ...]) -> Story:
    """Responses that end in order at the same age, each of so many events of the same size."""
    return story([[opens(), [sends(_TEN, 6 / n) for _ in range(n)], ends()] for n in counts])


def _shown(told: Teller, code: str) -> Diagnosis:
    (found,) = [each for each in told.inspection.snapshot().findings if each.code == code]
    return found


def test_what_is_refuted_asks_for_nothing_and_gives_way_to_what_explains() -> None:
    cut = [[opens(), steady(n, 0.5), ends("truncated", after=3.0)] for n in (4, 7, 5)]
    survived = [opens(), events(), quiet(9), events(), ends("reset", after=0.1)]
    last = _shown(story(cut, survived).told(), "idle-cut")
    assert (last.severity, last.fix) == ("info", "")
    assert explained(last).settings == ()
    assert explained(last).fix == ""
    more = story(cut, survived, opens(content_type="text/html")).told()
    assert [each.code for each in more.inspection.snapshot().findings] == ["html-instead"]
    assert "idle-cut" not in [each.code for each in more.inspection.causes()]


def test_a_single_break_names_no_cause_and_says_what_tells_more() -> None:
    cut = [opens(), steady(5), ends("reset", "Connection reset by peer", after=3.0)]
    once = story(cut, opens()).told()
    assert once.codes == []
    snapshot = replace(once.inspection.snapshot(), ended=None)
    assert clocks.advice(snapshot) == "one break names no cause so far; key P probes for one"
    assert clocks.advice(once.inspection.snapshot()) == "one break names no cause so far", "nobody is there to be asked"
    in_order = story(opens(), steady(5), ends(), opens()).told()
    assert clocks.advice(in_order.inspection.snapshot()) == ""


def test_chance_is_seldom_taken_for_a_timeout() -> None:
    """Crashes at random, whatever the silence before them: fewer than one session in twenty names a timeout."""
    chance = Random(7)
    for draw in (lambda: chance.uniform(0, 4), lambda: chance.uniform(0, 30), lambda: chance.expovariate(0.5)):
        named = 0
        for _ in range(400):
            silences: list[float] = []
            for _ in range(8):
                silences.append(draw())
                same = [silences[place] for place in agreeing(silences)]
                if same and min(same) >= 0.8 and no_chance(same, len(silences)) >= 0.5:
                    named += 1
                    break
        assert named < 20


def test_that_no_event_has_an_id_is_told_of_all_of_them() -> None:
    told = story(opens(), [[quiet(1), events(ids=False)] for _ in range(40)]).told()
    assert "3 events" in told.the("no-ids").evidence
    (shown,) = told.inspection.snapshot().findings
    assert shown.evidence == "40 events came, none with an ID."


def test_one_id_for_all_events_is_told_once_and_is_no_restart() -> None:
    told = story(opens(), [sends(f"id: 0\ndata: {n % 7}\n\n", 0.2) for n in range(30)]).told()
    assert told.grave == ["id-constant"]
    assert told.inspection.summary(told.t).duplicates == {"received": 0, "delivered": 0}
    again = story(
        opens(), numbered(1, 2, 3), sends("id: 1\ndata: other\n\n", 1), sends("id: 1\ndata: third\n\n", 1)
    ).told()
    assert "id-constant" not in again.codes
    assert "id-restart" in again.codes
