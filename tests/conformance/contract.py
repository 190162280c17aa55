"""The records as the contract lists them: the fields each kind must have, and of what type.

Written down from the contract's tables, not from the program: a field may be added there, none may go.
"""

from __future__ import annotations

from typing import Any

STR, INT, NUM, BOOL, DICT, NULL = (str,), (int,), (int, float), (bool,), (dict,), (type(None),)

COMMON: dict[str, tuple[type, ...]] = {"kind": STR, "t": NUM, "time": STR, "connection": INT}

KINDS: dict[str, dict[str, tuple[type, ...]]] = {
    "session": {"schema": INT, "version": STR, "url": STR, "method": STR},
    "connecting": {"attempt": INT, "last_event_id": STR + NULL},
    "open": {"status": INT, "http_version": STR, "headers": DICT, "timings": DICT, "peer": STR},
    "event": {
        "n": INT,
        "event": STR,
        "data": STR,
        "id": STR + NULL,
        "last_event_id": STR,
        "offset": INT,
        "size": INT,
        "duplicate": BOOL,
        "replayed": BOOL,
        "out_of_order": BOOL,
        "truncated": BOOL,
    },
    "comment": {"text": STR},
    "retry": {"reconnection_time": INT},
    "gap": {"first": INT, "last": INT, "missing": INT},
    "gap_filled": {"first": INT, "last": INT, "remaining": INT},
    "stall": {"silence": NUM, "since_event": NUM + NULL},
    "resumed": {"silence": NUM},
    "disconnect": {"reason": STR, "detail": STR, "duration": NUM, "events": INT, "bytes": INT, "partial": INT},
    "backoff": {"delay": NUM, "attempt": INT, "source": STR},
    "recovered": {
        "outage": NUM,
        "reconnect": NUM,
        "attempts": INT,
        "replayed": INT,
        "duplicates": INT,
        "lost": INT,
    },
    "diagnosis": {"code": STR, "severity": STR, "title": STR, "evidence": STR, "fix": STR},
    "alert": {"name": STR, "state": STR, "value": NUM + NULL, "threshold": NUM},
    "end": {"reason": STR, "detail": STR},
    "summary": {
        "completion_rate": NUM + NULL,
        "reconnect_seconds": DICT,
        "messages_lost": INT,
        "duplicates": DICT,
        "stalls": DICT,
        "silent_failures": INT,
    },
}

PRINCIPAL = {
    "session": "url",
    "connecting": "last_event_id",
    "open": "status",
    "event": "data",
    "comment": "text",
    "retry": "reconnection_time",
    "disconnect": "reason",
    "backoff": "source",
    "diagnosis": "code",
    "alert": "name",
    "end": "reason",
}
"""The field that a plain value stands for where a case lists the records of a kind."""

VALUES: dict[tuple[str, str], set[Any]] = {
    ("session", "schema"): {1},
    ("disconnect", "reason"): {
        *("eof", "truncated", "reset", "timeout", "stall", "refused", "unreachable", "dns", "tls", "status"),
        *("content-type", "redirect", "protocol", "encoding", "forced"),
    },
    ("backoff", "source"): {"exponential", "retry-field", "retry-after"},
    ("diagnosis", "severity"): {"info", "warning", "error"},
    ("alert", "name"): {"LowCompletionRate", "SlowReconnect", "MessageLoss", "DuplicateDelivery", "StreamStalled"},
    ("alert", "state"): {"firing", "resolved"},
    ("end", "reason"): {"completed", "no-content", "limit", "interrupted", "max-retries", "fatal"},
    ("open", "http_version"): {"1.0", "1.1", "2"},
}
