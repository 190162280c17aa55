"""The verdict on every end."""

from __future__ import annotations

from typing import Any

import pytest

from sse_inspect.records import Disconnect, Verdict
from tests.analysis.stories import Story, Teller, breaks, ends, events, opens, quiet, reconnects, sends, story

CHAT = 'data: {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "a"}, "finish_reason": null}]}\n\n'
STOP = 'data: {"object": "chat.completion.chunk", "choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n'
USAGE = 'data: {"object": "chat.completion.chunk", "choices": [], "usage": {"total_tokens": 9}}\n\n'
RESPONSE = 'event: response.created\ndata: {"type": "response.created"}\n\n'
MESSAGE = 'event: message_start\ndata: {"type": "message_start"}\n\n'
ASKED: dict[str, Any] = {"method": "POST", "body": b'{"jsonrpc": "2.0", "id": 7, "method": "tools/call"}'}
PROGRESS = 'data: {"jsonrpc": "2.0", "method": "notifications/progress"}\n\n'

CASES: list[tuple[str, Story, Verdict, str]] = [
    ("done", story(opens(), sends(CHAT), sends("data: [DONE]\n\n"), ends()), "finished", "[DONE]"),
    ("finish reason", story(opens(), sends(CHAT + STOP + USAGE), ends()), "finished", "finish_reason stop"),
    ("a chat that breaks off", story(opens(), sends(CHAT), ends()), "cut-between-events", "[DONE]"),
    (
        "a chat, but no profile is wanted",
        story(opens(), sends(CHAT), ends(), profile="none"),
        "ended",
        "between events",
    ),
    (
        "a profile that is given",
        story(opens(), sends("data: hello\n\n"), ends(), profile="openai"),
        "cut-between-events",
        "[DONE]",
    ),
    (
        "completed",
        story(opens(), sends(RESPONSE + RESPONSE.replace("created", "completed")), ends()),
        "finished",
        "completed",
    ),
    ("failed", story(opens(), sends(RESPONSE + RESPONSE.replace("created", "failed")), ends()), "failed", "failed"),
    ("no response.completed", story(opens(), sends(RESPONSE), ends()), "cut-between-events", "response.completed"),
    (
        "message_stop",
        story(opens(), sends(MESSAGE + MESSAGE.replace("start", "stop")), ends()),
        "finished",
        "message_stop",
    ),
    (
        "an error of Anthropic's",
        story(opens(), sends(MESSAGE + 'event: error\ndata: {"type": "error"}\n\n'), ends()),
        "failed",
        "error",
    ),
    (
        "an error in a chat",
        story(opens(), sends(CHAT), sends('data: {"error": {"message": "Over\u202eloaded", "type": "x"}}\n\n'), ends()),
        "failed",
        "'Over\\u202eloaded'",
    ),
    (
        "an error, and then [DONE]",
        story(opens(), sends(CHAT + 'data: {"error": "no credit"}\n\n' + "data: [DONE]\n\n"), ends()),
        "failed",
        "'no credit'",
    ),
    (
        "a chat about errors",
        story(opens(), sends(CHAT.replace('"a"', '"{\\"error\\": 1}"') + STOP), ends()),
        "finished",
        "finish_reason stop",
    ),
    (
        "one of two choices",
        story(opens(), sends(CHAT + STOP + CHAT.replace('"delta"', '"index": 1, "delta"')), ends("truncated")),
        "framing-broken",
        "so it was",
    ),
    (
        "both of two choices",
        story(opens(), sends(CHAT + STOP.replace('"delta"', '"index": 1, "delta"') + CHAT + STOP), ends()),
        "finished",
        "finish_reason stop",
    ),
    ("no message_stop", story(opens(), sends(MESSAGE), ends("truncated")), "framing-broken", "so it was"),
    (
        "the answer of MCP",
        story(
            opens(), sends(PROGRESS), sends('data: {"result": {}, "jsonrpc": "2.0", "id": 7}\n\n'), ends(), target=ASKED
        ),
        "finished",
        "JSON-RPC response 7",
    ),
    (
        "an answer to somebody else",
        story(opens(), sends('data: {"jsonrpc": "2.0", "id": 8, "result": {}}\n\n'), ends(), target=ASKED),
        "cut-between-events",
        "JSON-RPC",
    ),
    ("MCP that is listened to", story(opens(), sends(PROGRESS), ends()), "ended", "in order"),
    ("broken after [DONE]", story(opens(), sends(CHAT + "data: [DONE]\n\n"), ends("reset")), "finished", "[DONE]"),
    ("inside an event", story(opens(), events(), sends("data: {"), ends()), "cut-inside-event", "7 bytes"),
    ("inside, and truncated", story(opens(), sends("data: {"), ends("truncated")), "cut-inside-event", "stops short"),
    ("truncated", story(opens(), events(), ends("truncated", "no last chunk")), "framing-broken", "no last chunk"),
    ("broken compression", story(opens(), events(), ends("encoding")), "framing-broken", "compression"),
    ("reset", story(opens(), events(), ends("reset", "Connection reset by peer")), "reset", "reset by peer"),
    (
        "a reset of HTTP/2 inside an event",
        story(opens(version="2"), sends("data"), ends("protocol", "RST_STREAM INTERNAL_ERROR (2)")),
        "reset",
        "INTERNAL_ERROR (2)), inside an event: 4 bytes",
    ),
    ("chunks", story(opens(), events(), ends()), "ended", "in order"),
    ("a length", story(opens(framed=False, content_length="99"), events(), ends()), "ended", "in order"),
    ("HTTP/2", story(opens(version="2", framed=False), events(), ends()), "ended", "in order"),
    ("no framing", story(opens(framed=False), events(), ends()), "unknowable", "looks the same"),
    ("HTTP/1.0", story(opens(version="1.0", framed=False), events(), ends()), "unknowable", "HTTP/1.0"),
    ("HTTP/1.0 on the way", story(opens(via="1.0 old, 1.1 edge"), events(), ends()), "unknowable", "hop"),
    ("HTTP/1.1 on the way", story(opens(via="1.1 edge"), events(), ends()), "ended", "in order"),
    (
        "no framing, but [DONE]",
        story(opens(framed=False), sends(CHAT + "data: [DONE]\n\n"), ends()),
        "finished",
        "DONE",
    ),
    ("no framing, and no [DONE]", story(opens(framed=False), sends(CHAT), ends()), "cut-between-events", "DONE"),
    ("we leave", story(opens(), events(), reconnects()), "left", "This side"),
    ("a fault", story(opens(), events(), breaks("reset"), ends("forced")), "left", "This side"),
    ("a stall", story(opens(), events(), quiet(9), stall_after=5.0), "left", "This side"),
    ("never opened", story(opens(status=503)), "", ""),
]


def first_end(told: Teller) -> Disconnect:
    return told.ends[0]


@pytest.mark.parametrize(("name", "told", "verdict", "meaning"), CASES, ids=[case[0] for case in CASES])
def test_verdicts(name: str, told: Story, verdict: Verdict, meaning: str) -> None:
    end = first_end(told.told())
    assert end.verdict == verdict, end.meaning
    assert meaning in end.meaning
    assert bool(end.meaning) == bool(verdict)


@pytest.mark.parametrize(("name", "told", "verdict", "meaning"), CASES, ids=[case[0] for case in CASES])
def test_verdicts_do_not_depend_on_how_bytes_are_cut(name: str, told: Story, verdict: Verdict, meaning: str) -> None:
    cut = first_end(told.told(lambda data: (data[at : at + 1] for at in range(len(data)))))
    assert cut == first_end(told.told())
