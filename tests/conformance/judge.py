"""Holds what came out against what a case expects, and every NDJSON output against what the contract says of all."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import groupby, pairwise
from typing import Any

from tests.conformance.case import Case, Wanted, wire
from tests.conformance.contract import COMMON, KINDS, PRINCIPAL, VALUES
from tests.conformance.program import Outcome
from tests.conformance.server import Request

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
JsonObject = dict[str, Any]
_OPERATORS = {"min", "max", "matches", "null", "has"}


def matches(wanted: Any, found: Any) -> bool:
    """Whether a value is what is wanted: itself, or a table of operators, or of fields it has among others."""
    if not isinstance(wanted, dict):
        return bool(found == wanted) and isinstance(found, bool) is isinstance(wanted, bool)
    if not _is_of_fields(wanted):
        return all(_holds(operator, operand, found) for operator, operand in wanted.items())
    return isinstance(found, dict) and all(key in found and matches(each, found[key]) for key, each in wanted.items())


def _holds(operator: str, operand: Any, found: Any) -> bool:
    match operator:
        case "null":
            return (found is None) is bool(operand)
        case "matches":
            return isinstance(found, str) and re.search(operand, found) is not None
        case "has":
            return operand in found
        case "min":
            return found is not None and bool(found >= operand)
        case _:
            return found is not None and bool(found <= operand)


def _is_of_fields(wanted: Any) -> bool:
    return isinstance(wanted, dict) and (not wanted or not wanted.keys() <= _OPERATORS)


def filled(value: Any, addresses: dict[str, str]) -> Any:
    """The value with the server's addresses put in wherever a string names them."""
    if isinstance(value, str):
        for name, address in addresses.items():
            value = value.replace(f"{{{name}}}", address)
        return value
    if isinstance(value, dict):
        return {key: filled(each, addresses) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, addresses) for each in value]
    return value


def judge(case: Case, outcome: Outcome) -> None:
    """Assert everything the case expects."""
    told = outcome.shown()
    expect = filled(case.expect, outcome.addresses)
    if "exit" in expect:
        assert outcome.status == expect["exit"], told
    assert "Traceback" not in outcome.stderr, told
    if "stdout" in expect:
        assert outcome.stdout == wire(expect["stdout"]), told
    if "stdout_matches" in expect:
        assert re.search(expect["stdout_matches"], outcome.stdout.decode()), told
    if "stderr_matches" in expect:
        assert re.search(expect["stderr_matches"], outcome.stderr), told
    if "requests" in expect:
        assert len(outcome.requests) == expect["requests"], told
    if "alone" in expect:
        assert_only(expect["alone"], outcome, told)
    judge_requests(case, outcome, told)
    kinds = expect.keys() & KINDS.keys()
    if kinds or "story" in expect:
        records = read(outcome.stdout)
        if case.leave_after is None:
            judge_all(records)
        for kind in kinds:
            judge_kind(kind, expect[kind], [record for record in records if record["kind"] == kind], told)
        if "story" in expect:
            judge_story(expect["story"], records, told)


def assert_only(name: str, outcome: Outcome, told: str) -> None:
    """Usage errors: nothing on stdout, one sentence on stderr that names what is wrong (contract: exit status 2)."""
    assert outcome.stdout == b"", told
    line, *hint = outcome.stderr.strip().split("\n")
    assert name in line, told
    assert len(hint) <= 1, told
    assert re.fullmatch(r"sse-inspect: .+[.?)]", line) or re.fullmatch(r"sse-inspect: .+ \.\.\.\.?", line), told


def judge_requests(case: Case, outcome: Outcome, told: str) -> None:
    """Every request that came was as wanted, and every one that is described came."""
    came = dict(outcome.requests)
    for number, connection in enumerate(case.connections):
        wanted = connection.request
        if wanted == Wanted():
            continue
        assert number in came, f"there was no request {number + 1}\n{told}"
        judge_request(wanted, came[number], outcome.addresses, told)


def judge_request(wanted: Wanted, request: Request, addresses: dict[str, str], told: str) -> None:
    if wanted.method is not None:
        assert request.method == wanted.method, told
    if wanted.target is not None:
        assert request.target == wanted.target, told
    if wanted.body is not None:
        assert request.body == wanted.body, told
    for name, value in filled(wanted.headers, addresses).items():
        values = request.values(name)
        found = ", ".join(values) if values else None
        assert matches(value, found), f"{name}: {found!r}\n{told}"


def judge_kind(kind: str, wanted: list[Any], found: list[JsonObject], told: str) -> None:
    """The records of a kind are these, all of them, in order."""
    shown = f"{kind}: {json.dumps(found, ensure_ascii=False)}\n{told}"
    assert len(found) == len(wanted), shown
    for each, record in zip(wanted, found, strict=True):
        table = each if _is_of_fields(each) else {PRINCIPAL[kind]: each}
        assert matches(table, record), f"{table} is not {record}\n{told}"


def judge_story(wanted: list[Any], records: list[JsonObject], told: str) -> None:
    """These records come in this order; others may come between them."""
    rest = iter(records)
    for each in wanted:
        table = {"kind": each} if isinstance(each, str) else each
        assert any(matches(table, record) for record in rest), f"{table} does not follow\n{told}"


def read(stdout: bytes) -> list[JsonObject]:
    """NDJSON: every line ends with LF, is UTF-8 and a JSON object (RFC 8259) with no name twice and no NaN."""
    assert stdout.endswith(b"\n")

    def pairs(items: list[tuple[str, Any]]) -> JsonObject:
        assert len({key for key, _ in items}) == len(items), items
        return dict(items)

    def constant(name: str) -> None:
        raise AssertionError(name)

    return [
        json.loads(line, object_pairs_hook=pairs, parse_constant=constant)
        for line in stdout.decode("utf-8").split("\n")[:-1]
    ]


def judge_all(records: list[JsonObject]) -> None:
    """What the contract says of every session."""
    for record in records:
        judge_fields(record)
    kinds = [record["kind"] for record in records]
    assert kinds[0] == "session"
    assert kinds[-1] == "summary"
    assert kinds[-2] == "end"
    for kind in ("session", "end", "summary"):
        assert kinds.count(kind) == 1, kind
    assert [record["n"] for record in of("event", records)] == list(range(1, kinds.count("event") + 1))
    assert all(before["t"] <= after["t"] for before, after in pairwise(records))
    assert all(before["connection"] <= after["connection"] for before, after in pairwise(records))
    assert [record["connection"] for record in of("connecting", records)] == list(
        range(1, kinds.count("connecting") + 1)
    )
    for _, group in groupby(records, key=lambda record: record["connection"]):
        judge_connection([record["kind"] for record in group])
    judge_summary(records)


def of(kind: str, records: list[JsonObject]) -> list[JsonObject]:
    return [record for record in records if record["kind"] == kind]


def judge_fields(record: JsonObject) -> None:
    """The common fields first and in order, the kind's own there and of their types; `time` is RFC 3339."""
    assert list(record)[:4] == list(COMMON), record
    assert record["kind"] in KINDS or record["kind"] == "fault", record
    for name, types in {**COMMON, **KINDS.get(record["kind"], {})}.items():
        assert type(record[name]) in types, f"{name} of {record}"
        if (record["kind"], name) in VALUES:
            assert record[name] in VALUES[record["kind"], name], record
    assert TIME.fullmatch(record["time"]), record
    assert datetime.fromisoformat(record["time"]).tzinfo == UTC


def judge_connection(kinds: list[str]) -> None:
    """A dropped connection is exactly one disconnect, and what is read comes between `open` and that."""
    assert kinds.count("disconnect") <= 1, kinds
    assert kinds.count("open") <= 1, kinds
    assert kinds.count("connecting") <= 1, kinds
    read_kinds = {"event", "comment", "retry", "gap", "gap_filled", "stall", "resumed"}
    places = [place for place, kind in enumerate(kinds) if kind in read_kinds]
    if places:
        assert kinds.index("open") < places[0], kinds
        assert places[-1] < kinds.index("disconnect"), kinds
    if "open" in kinds:
        assert "disconnect" in kinds, "the connection open at the end gets a forced disconnect"


def judge_summary(records: list[JsonObject]) -> None:
    """The summary agrees with the records before it."""
    summary = records[-1]
    recovered = sorted(record["reconnect"] for record in of("recovered", records))
    stated = summary["reconnect_seconds"]
    assert set(stated) >= {"count", "mean", "p50", "p95", "p99", "max"}, summary
    assert stated["count"] == len(recovered), summary
    if not recovered:
        assert all(stated[name] is None for name in ("mean", "p50", "p95", "p99", "max")), summary
    else:
        assert abs(stated["max"] - recovered[-1]) < 0.002, summary
    events = of("event", records)
    assert summary["duplicates"]["received"] == sum(record["duplicate"] for record in events), summary
    assert summary["duplicates"]["delivered"] == 0, summary
    assert summary["stalls"]["count"] == len(of("stall", records)), summary
    assert (summary["stalls"]["longest"] == 0) == (not of("stall", records)), summary
    missing = sum(record["missing"] for record in of("gap", records)) - sum(
        record["last"] - record["first"] + 1 for record in of("gap_filled", records)
    )
    assert summary["messages_lost"] == missing, summary
