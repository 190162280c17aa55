"""Reports to be written: one that has everything in it, and texts that want to be markup."""

from __future__ import annotations

from dataclasses import replace

from sse_inspect.analysis.timeline import TimelineFold
from sse_inspect.check.result import Outcome, Report, Result, Run, Verdict
from sse_inspect.records import (
    Comment,
    Connecting,
    Disconnect,
    Event,
    Fault,
    Gap,
    GapFilled,
    Open,
    Origin,
    Record,
    Recovered,
    Stall,
)

UNIX_US = 1_795_500_000_000_000
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> </title></style></svg> &amp; \" ' ]]> | a `code` ```` ~~~ "
    "[l](http://evil.example) ![i](//evil.example/i.png) @someone #12 GH-7 www.evil.example https://evil.example "
    "*b* _i_ <!-- \x00\x1b[31m\x07\x85\u202e\u200b\ufffe\ud800 \U000e0041 \r\n# head\n- item\n1. one"
)


def event(t: float, n: int, data: str = "x", **changes: object) -> Event:
    made = Event(t, 1, n, "tick", data, str(n), str(n), 10 * n, 9, False, False, False, False)
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def opened(t: float, connection: int) -> Open:
    headers = {"content-type": "text/event-stream", "set-cookie": "sid=SECRET; Path=/"}
    timings = {"dns": None, "tcp": 0.001, "tls": None, "first_byte": 0.002}
    return Open(t, connection, 200, "1.1", headers, timings, "127.0.0.1:80")


def story(text: str = "x") -> list[Record]:
    return [
        Connecting(0.0, 1, 1, None),
        opened(0.2, 1),
        *(event(0.5 + 0.25 * n, n, text) for n in range(1, 9)),
        Comment(2.6, 1, text),
        Fault(3.0, 1, "offline:2", "begun", text),
        Stall(3.5, 1, 1.0, 1.0),
        Disconnect(4.0, 1, "reset", f"{text} https://h/?token=SECRET", 3.8, 8, 80, 3),
        Connecting(5.0, 2, 1, "8"),
        opened(5.2, 2),
        Gap(5.3, 2, 9, 10, 2, "", ""),
        event(5.3, 11, text),
        event(5.4, 9, text, duplicate=True, replayed=True, connection=2),
        GapFilled(5.4, 2, 9, 9, 1, ""),
        Recovered(5.5, 2, 1.4, 1.2, 1, 1, 1, 1),
        Disconnect(8.0, 2, "forced", "", 2.8, 3, 30, 0),
    ]


def report(text: str = "plain", **changes: object) -> Report:
    """A report with every verdict; `text` stands wherever something from outside can."""
    records = story(text)
    fold = TimelineFold()
    for record in records:
        fold.fold(record)
    run = Run(
        "outage",
        0.5,
        8.0,
        Origin(UNIX_US + 500_000),
        "https://u:SECRET@h/?token=SECRET",
        ("offline:2@3s",),
        fold.view(8.0),
        len(records),
        10,
        capture=f"dir/{text.partition(' ')[0]} outage.sse",
    )
    kinds = tuple(records[i] for i in (1, 2, 11, 12, 13, 16, 17, 20))
    lost = Result(
        "nothing-lost",
        Verdict.FAIL,
        f"2 IDs lost: {text}",
        (f"First {text}", "Second."),
        kinds,
        f"Resume. {text}",
        {"completion_rate": 0.8181818181, "lost": 2, "word": text, "rest_seconds": None},
    )
    back = Result("reconnects", Verdict.PASS, "Open again in 1.2 s.", measures={"reconnect_p95_seconds": 1.2})
    outcomes = (
        Outcome(
            "heartbeat",
            "Heartbeat",
            "Looks.",
            "outage",
            Verdict.PASS,
            (
                Result(
                    "alive",
                    Verdict.PASS,
                    f"Alive {text}",
                    measures={"longest_silence_seconds": 12.5, "read_bytes": 1500},
                ),
            ),
        ),
        Outcome("outage", f"Outage {text}", f"Goes offline. {text}", "outage", Verdict.FAIL, (back, lost)),
        Outcome(
            "twice",
            "Twice",
            "Asks again.",
            "",
            Verdict.WARNING,
            (Result("nothing-twice", Verdict.WARNING, f"Came twice {text}", records=(records[4],)),),
        ),
        Outcome(
            "resume",
            "Resume",
            "Resumes.",
            "",
            Verdict.UNKNOWN,
            (Result("resumes", Verdict.UNKNOWN, f"Cannot be known: {text}", advice="Send IDs."),),
        ),
    )
    limits = {"min_completion_rate": 0.995, "max_reconnect_p95_seconds": 5.0, "max_heartbeat_seconds": 10.0}
    made = Report("0.1.0", "https://u:SECRET@h/?token=SECRET&q=1", UNIX_US, 9.25, limits, (run,), outcomes)
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name
