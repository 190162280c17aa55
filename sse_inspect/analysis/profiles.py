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

Terminal = Callable[[str, str, "str | None"], str]
"""Of an event's type, its data and the body of the request: how the event is called if it ends the stream, or ""."""

_CHAT = re.compile(r'"object"\s*:\s*"(?:chat\.completion\.chunk|text_completion)"')
_RESPONSES = re.compile(r'"type"\s*:\s*"(response\.(?:\w+\.?)+)"')
_FINISH = re.compile(r'"finish_reason"\s*:\s*"(\w+)"')
_ANTHROPIC = re.compile(r'"type"\s*:\s*"(message_start|message_stop|content_block_\w+|message_delta|error)"')
_JSON_RPC = re.compile(r'"jsonrpc"\s*:\s*"2\.0"')
_JSON_RPC_ID = re.compile(r'"id"\s*:\s*("(?:[^"\\]|\\.){0,200}"|-?\d{1,20})')
_JSON_RPC_ANSWER = re.compile(r'"(?:result|error)"\s*:')
_ENDS_RESPONSE = frozenset({"response.completed", "response.failed", "response.incomplete", "response.cancelled"})
_ENDS_MESSAGE = frozenset({"message_stop", "error"})


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of stream; `expected` names what ends a complete one, empty where nothing does."""

    name: ProfileName
    recognised: Callable[[str, str], bool]
    terminal: Terminal
    expected: str = ""


def _openai_begins(kind: str, data: str) -> bool:
    return kind.startswith("response.") or bool(_CHAT.search(data) or _RESPONSES.search(data))


def _openai_ends(kind: str, data: str, _request: str | None) -> str:
    if data.strip() == "[DONE]":
        return "[DONE]"
    if finish := _FINISH.search(data):
        return f"finish_reason {finish[1]}"
    if kind in _ENDS_RESPONSE:
        return kind
    if kind == "error":
        return kind
    match = _RESPONSES.search(data)
    return match[1] if match and match[1] in _ENDS_RESPONSE else ""


def _anthropic_begins(kind: str, data: str) -> bool:
    return kind == "message_start" or ((match := _ANTHROPIC.search(data)) is not None and match[1] == "message_start")


def _anthropic_ends(kind: str, data: str, _request: str | None) -> str:
    if kind in _ENDS_MESSAGE:
        return kind
    match = _ANTHROPIC.search(data) if kind == "message" else None
    return match[1] if match and match[1] in _ENDS_MESSAGE else ""


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
    try:
        messages: Any = json.loads(text)
    except (ValueError, RecursionError):
        return set()
    messages = messages if isinstance(messages, list) else [messages]
    ids = [message.get("id") for message in messages if isinstance(message, dict)]
    return {each for each in ids if isinstance(each, str | int)}


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
        Profile("openai", _openai_begins, _openai_ends, "[DONE], a finish_reason or response.completed"),
        Profile("anthropic", _anthropic_begins, _anthropic_ends, "message_stop"),
        Profile("mcp", _mcp_begins, _mcp_ends, "the JSON-RPC response"),
        Profile("mercure", _never, _no_end),
    )
}


def recognised(kind: str, data: str) -> Profile | None:
    """The profile that an event of this type and data belongs to."""
    return next((profile for profile in PROFILES.values() if profile.recognised(kind, data)), None)


def terminal_of(profile: Profile, events: Iterable[tuple[str, str]], request: str | None) -> str:
    """What the terminal event among the last events is called, the latest first; empty where there is none."""
    for kind, data in events:
        name = profile.terminal(kind, data, request)
        if name:
            return name
    return ""


def shortened(data: str) -> str:
    """The data, or both ends of it where it is long."""
    return data if len(data) <= 2 * LOOKED_AT else f"{data[:LOOKED_AT]}{data[-LOOKED_AT:]}"
