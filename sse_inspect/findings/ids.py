"""Event IDs over reconnects."""

from __future__ import annotations

from sse_inspect.findings.base import Finding

_RESUME = "Reconnect with key r and look at what was sent and what came first: lines `connecting` and `recovered`."

IDS = (
    Finding(
        "full-replay",
        "warning",
        "After every reconnect the stream begins at its first event",
        "Read the request header Last-Event-ID, and begin behind it.",
        "the server ignores Last-Event-ID and replays all it has",
        _RESUME,
    ),
    Finding(
        "resume-ignored",
        "warning",
        "After reconnects events come again that were received before",
        "Read the request header Last-Event-ID, and begin behind it.",
        "the server ignores Last-Event-ID, and replays the latest part of its history",
        _RESUME,
    ),
    Finding(
        "resume-inclusive",
        "info",
        "After reconnects the event that was named by Last-Event-ID comes again",
        "Begin behind the ID that was sent, not with it.",
        "the server compares with `>=` where `>` is meant",
        _RESUME,
    ),
    Finding(
        "history-too-short",
        "warning",
        "IDs are missing after reconnects",
        "Keep a longer history, or tell clients that they have to load the state anew.",
        "the history that the server replays from is shorter than the outage, or there is none",
        "Reconnect at once with key r: if then nothing is missing, it is the length of the history.",
    ),
    Finding(
        "ids-jump",
        "warning",
        "IDs jump while the connection stands",
        "Say with --ids opaque that IDs may jump; if they may not, look for a queue that drops.",
        "the server drops events, as for a client that reads slowly; or IDs are left out on purpose, because the "
        "stream is filtered or its numbers are shared with others, and nothing is missing",
        "Watch with a second client: if the same IDs are missing, they were never sent.",
    ),
    Finding(
        "ids-out-of-order",
        "warning",
        "Events arrive in another order than their IDs",
        "Write events of one stream from one queue.",
        "several writers or servers number and send events independently",
        "Watch with a second client: if the order is the same, it is the server's.",
    ),
    Finding(
        "same-events-again",
        "info",
        "Connections begin with the same events, and none of these has an ID",
        "Send an id field with every event, and begin behind the Last-Event-ID that a client sends.",
        "the server sends its history, or what it always begins with, to whoever connects; a client cannot tell such "
        "events from new ones of the same data",
        "Reconnect with key r and look at what comes first.",
    ),
)
