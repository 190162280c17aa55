"""What streams of a kind look like: how they are recognised, and which event ends a complete one.

`auto` recognises the kind by the first events; a kind without terminal events says nothing about ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sse_inspect.config import ProfileName

FIRST_EVENTS = 3
"""Events of a connection by which its kind is recognised."""
LOOKED_AT = 4096
"""Characters of an event's data, from each end, in which marks are looked for."""

Failure = Callable[[str, str], str]
"""Of an event's type and its data: what the server says of its failure, in short, or ""."""
QUOTED = 120
"""Characters of a server's message that are quoted."""
Terminal = Callable[[str, str, "str | None"], str]
"""Of an event's type, its data and the body of the request: how the event is called if it ends the stream, or ""."""

_CHAT = re.compile(r'"object"\s*:\s*"(?:chat\.completion\.chunk|text_completion)"')
_RESPONSES = re.compile(r'"type"\s*:\s*"(response\.(?:\w+\.?)+)"')
_FINISHES = "finish_reason"
_FINISH = re.compile(r'"finish_reason"\s*:\s*"(\w+)"')
_ANTHROPIC = re.compile(r'"type"\s*:\s*"(message_start|message_stop|content_block_\w+|message_delta|error)"')
_JSON_RPC = re.compile(r'"jsonrpc"\s*:\s*"2\.0"')
_JSON_RPC_ID = re.compile(r'"id"\s*:\s*("(?:[^"\\]|\\.){0,200}"|-?\d{1,20})')
_JSON_RPC_ANSWER = re.compile(r'"(?:result|error)"\s*:')
_ENDS_RESPONSE = frozenset({"response.completed", "response.incomplete", "response.cancelled"})
_FAILURES = ("error", "response.failed")


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of stream; `expected` names what ends a complete one, empty where nothing does."""

    name: ProfileName
    recognised: Callable[[str, str], bool]
    terminal: Terminal
    expected: str = ""
    failure: Failure = lambda _kind, _data: ""


def _openai_begins(kind: str, data: str) -> bool:
    return kind.startswith("response.") or bool(_CHAT.search(data) or _RESPONSES.search(data))


def _openai_ends(kind: str, data: str, _request: str | None) -> str:
    if data.strip() == "[DONE]":
        return "[DONE]"
    if finish := _FINISH.search(data):
        return f"{_FINISHES} {finish[1]}"
    if kind in _ENDS_RESPONSE:
        return kind
    match = _RESPONSES.search(data)
    return match[1] if match and match[1] in _ENDS_RESPONSE else ""


def _anthropic_begins(kind: str, data: str) -> bool:
    return kind == "message_start" or ((match := _ANTHROPIC.search(data)) is not None and match[1] == "message_start")


def _anthropic_ends(kind: str, data: str, _request: str | None) -> str:
    match = _ANTHROPIC.search(data) if kind == "message" else None
    return "message_stop" if "message_stop" in (kind, match[1] if match else "") else ""


def _fails(kind: str, data: str) -> str:
    """What an event says that ends an answer because the server failed."""
    told = _json(data)
    is_named = isinstance(told, dict) and (told.get("type") in _FAILURES or bool(told.get("error")))
    if kind not in _FAILURES and not is_named:
        return ""
    for name in ("response", "error", "message"):
        if isinstance(told, dict) and told.get(name):
            told = told[name]
    said = told if isinstance(told, str) else data
    return f"{said.strip()[:QUOTED]!r}"


def _mcp_begins(_kind: str, data: str) -> bool:
    return _JSON_RPC.search(data) is not None


def _mcp_ends(_kind: str, data: str, request: str | None) -> str:
    """A response to the request that was sent; where that is not known, to any."""
    if not (_JSON_RPC.search(data) and _JSON_RPC_ANSWER.search(data)):
        return ""
    wanted = _ids(request) if request else None
    if not wanted:
        return "a JSON-RPC response"
    came = _ids(data) or {_value(found[1]) for found in _JSON_RPC_ID.finditer(data)}
    return f"the JSON-RPC response {min(came & wanted, key=str)}" if came & wanted else ""


def _ids(text: str) -> set[object]:
    """The `id` of the JSON-RPC messages in a text, which may be one or a list; empty where it cannot be read."""
    messages = _json(text)
    messages = messages if isinstance(messages, list) else [messages]
    ids = [message.get("id") for message in messages if isinstance(message, dict)]
    return {each for each in ids if isinstance(each, str | int)}


def _json(text: str) -> Any:
    """The value of a text, None where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _value(text: str) -> object:
    value: object = json.loads(text)
    return value


def _never(_kind: str, _data: str) -> bool:
    return False


def _no_end(_kind: str, _data: str, _request: str | None) -> str:
    return ""


NONE = Profile("none", _never, _no_end)
PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        NONE,
        Profile("openai", _openai_begins, _openai_ends, "[DONE], a finish_reason or response.completed", _fails),
        Profile("anthropic", _anthropic_begins, _anthropic_ends, "message_stop", _fails),
        Profile("mcp", _mcp_begins, _mcp_ends, "the JSON-RPC response"),
        Profile("mercure", _never, _no_end),
    )
}


def recognised(kind: str, data: str) -> Profile | None:
    """The profile that an event of this type and data belongs to."""
    return next((profile for profile in PROFILES.values() if profile.recognised(kind, data)), None)


def terminal_of(profile: Profile, events: Iterable[tuple[str, str]], request: str | None) -> str:
    """What the terminal event among the last events is called, the latest first; empty where there is none.

    An answer of several choices has ended with the last of them: not where one that came is still open.
    """
    closed: set[int] = set()
    opened: set[int] = set()
    found = ""
    for kind, data in events:
        name = profile.terminal(kind, data, request)
        if name and not name.startswith(_FINISHES):
            return found or name
        found = found or name
        for index, is_closed in _choices(data) if profile.name == "openai" else ():
            (closed if is_closed else opened).add(index)
    return found if opened <= closed else ""


def failure_of(profile: Profile, events: Iterable[tuple[str, str]]) -> str:
    """What the server says of its failure in the last events, quoted; empty where it says none."""
    return next((said for kind, data in events if (said := profile.failure(kind, data))), "")


def _choices(data: str) -> list[tuple[int, bool]]:
    """The choices of a chunk of a chat: the index, and whether it is finished."""
    chunk = _json(data)
    choices = chunk.get("choices") if isinstance(chunk, dict) else None
    found = [each for each in choices if isinstance(each, dict)] if isinstance(choices, list) else []
    indices = [(each.get("index", 0), bool(each.get("finish_reason"))) for each in found]
    return [(index, is_closed) for index, is_closed in indices if isinstance(index, int)]


def shortened(data: str) -> str:
    """The data, or both ends of it where it is long."""
    return data if len(data) <= 2 * LOOKED_AT else f"{data[:LOOKED_AT]}{data[-LOOKED_AT:]}"
