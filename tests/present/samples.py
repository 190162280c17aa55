"""One record of every kind, and hostile ones."""

from __future__ import annotations

from sse_inspect.records import (
    KINDS,
    Alert,
    Backoff,
    Comment,
    Connecting,
    Diagnosis,
    Disconnect,
    End,
    Event,
    Fault,
    Gap,
    GapFilled,
    Open,
    Origin,
    Record,
    Recovered,
    Resumed,
    Retry,
    Session,
    Stall,
    Summary,
)

ORIGIN = Origin(1_790_000_000_000_000)
HOSTILE = "\x1b]52;c;AAAA\x07\x9b31m\u202eevil\u200b\U000e0041\n\r\t\x00\x7f[/red]\ud800" + "e" + "\u0301" * 90


def event(
    data: str = '{"price": 101.3}',
    *,
    t: float = 1.0,
    n: int = 1042,
    type: str = "tick",  # noqa: A002 reads best
    id: str | None = "1042",  # noqa: A002 reads best
    size: int = 121,
    duplicate: bool = False,
    replayed: bool = False,
    late: bool = False,
    cut: bool = False,
) -> Event:
    return Event(t, 1, n, type, data, id, id or "", 0, size, duplicate, replayed, late, cut)


def one_of_each(text: str = "x") -> list[Record]:
    """A record of every kind, `text` wherever foreign text can stand."""
    records: list[Record] = [
        Session(0.0, 0, 1, "0.1.0", f"https://api.example.com/{text}", "GET"),
        Connecting(0.0, 1, 1, text),
        Open(0.012, 1, 200, "1.1", {"server": text}, {"first_byte": 0.012}, "127.0.0.1:80"),
        event(text, type=text, id=text),
        Comment(9.7, 1, text),
        Retry(9.8, 1, 3000),
        Gap(12.0, 1, 1051, 1053, 3, text, "step"),
        GapFilled(13.0, 1, 1051, 1053, 0, text),
        Stall(50.0, 1, 30.0, 42.5),
        Resumed(52.0, 1, 31.2),
        Disconnect(53.0, 1, "forced", text, 44.2, 44, 5300, 12),
        Backoff(53.0, 1, 1.03, 1, "exponential"),
        Recovered(54.1, 2, 1.05, 1.04, 3, 12, 2, 0),
        Diagnosis(55.0, 2, "id-restart", "warning", "The event IDs have begun again", text, "fix"),
        Alert(55.0, 2, "MessageLoss", "firing", 3.0, 0.0),
        Fault(56.0, 2, "offline:8", "begun", text),
        End(57.0, 2, "limit", text),
        Summary(
            57.0,
            2,
            completion_rate=0.99712,
            reconnect_seconds={"count": 1, "mean": 1.04, "p50": 1.04, "p95": 1.04, "p99": 1.04, "max": 1.04},
            messages_lost=3,
            duplicates={"received": 12, "delivered": 0},
            stalls={"count": 1, "longest": 31.0},
            silent_failures=0,
            events=1042,
            received=1030,
            comments=10,
            connections=2,
            disconnects={"forced": 1},
            bytes=1_000_000,
            duration=57.0,
        ),
    ]
    assert {record.kind for record in records} == set(KINDS)
    return records
