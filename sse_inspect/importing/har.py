"""HTTP Archives (HAR 1.2) as browsers save them: the event streams among their entries.

Chromium writes the messages of an `EventSource` into `_eventSourceMessages`, each with its time, and with the last
event ID string it left behind: whether an event had an `id` field of its own is not told, so it is written only where
that string changes. Other writers put the body into `response.content.text`, without any times.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from sse_inspect.config import Target
from sse_inspect.errors import CaptureError, UsageError
from sse_inspect.importing.har_entry import stream_of
from sse_inspect.importing.har_series import Choices, asked_by, inputs_of, unknown_in, without_redirects
from sse_inspect.importing.source import AS_IT_CAME, NO_URL, File, Import, SeveralStreamsError
from sse_inspect.store.capture.facts import Facts

LARGEST = 512 << 20
"""Bytes a HAR may have: all of it is held in memory."""
_MENTIONS_A_STREAM = re.compile(rb"text/event-stream|_eventSourceMessages|\"eventsource\"", re.IGNORECASE)
_CHOICES_SHOWN = 1000


class _Request(msgspec.Struct):
    url: str


class _Entry(msgspec.Struct):
    request: _Request


class _Log(msgspec.Struct):
    entries: list[msgspec.Raw]


class _Har(msgspec.Struct):
    log: _Log


def load(file: File, version: str, entry: int | None) -> Import:
    """The event stream of the HAR, or the one with this number, from 1.

    Where all of them are one series, that is taken if none was named; what lacks its body is none of them. Raises
    SeveralStreamsError if there are several otherwise, CaptureError if there is none to be read.
    """
    if file.size > LARGEST:
        raise CaptureError(f"{file.path} is a HAR of more than {LARGEST >> 20} MiB, too large to be read.")
    entries = [stream for stream in map(stream_of, _entries(file)) if stream is not None]
    streams = without_redirects(entries)
    if not any(stream.is_asked_for for stream in streams):
        raise CaptureError(f"{file.path} is a HAR without any event stream in it.")
    choices = Choices([stream for stream in streams if not stream.lacks_body])
    if not len(choices):
        raise CaptureError(
            f"{file.path} is a HAR that does not hold the bodies of its event streams; save it again with content, or "
            "take the stream with curl -N."
        )
    if entry is None and choices.default is None:
        raise SeveralStreamsError(f"{file.path} holds {len(choices)} event streams.", choices.shown(_CHOICES_SHOWN))
    chosen = choices.default if entry is None else choices.get(entry)
    if chosen is None:
        there_are = "is 1 event stream" if len(choices) == 1 else f"are {len(choices)} event streams"
        raise CaptureError(f"{file.path}: there is no event stream {entry}; there {there_are} in it.")
    first = chosen[0]
    try:
        headers, cookies = asked_by(chosen)
        target = Target(first.url or NO_URL, first.method, headers, cookies=cookies, last_event_id=first.sent_id)
    except UsageError as error:
        raise CaptureError(f"{file.path}: the request of the event stream is none ({error.message})") from None
    facts = Facts(target, AS_IT_CAME, version, 0, source="HAR", unknown=unknown_in(chosen))
    return Import(facts, inputs_of(chosen), file)


def _entries(file: File) -> list[dict[str, Any]]:
    """The entries that may be event streams, or how one went on that was asked for at the same URL."""
    text = b"".join(file.pieces(size=1 << 20)).removeprefix(b"\xef\xbb\xbf")
    try:
        try:
            raw = msgspec.json.decode(text, type=_Har).log.entries
            mentioned = [_MENTIONS_A_STREAM.search(each) is not None for each in raw]
            urls = {_url(each) for each, is_one in zip(raw, mentioned, strict=True) if is_one} - {""}
            found = [
                json.loads(bytes(each))
                for each, is_one in zip(raw, mentioned, strict=True)
                if is_one or _url(each) in urls
            ]
        except msgspec.MsgspecError:  # a lone surrogate, which JSON may spell, or none that can be read at all
            found = json.loads(text)["log"]["entries"]
            found = list(found) if isinstance(found, list) else []
    except RecursionError:
        raise CaptureError(f"{file.path} is no HAR: it is nested too deeply.") from None
    except UnicodeDecodeError:
        raise CaptureError(f"{file.path} is no HAR: it is not UTF-8.") from None
    except json.JSONDecodeError as error:
        what = f"{error.msg[:1].lower()}{error.msg[1:]}, line {error.lineno}"
        raise CaptureError(f"{file.path} is no HAR: its JSON cannot be read ({what}).") from None
    except (ValueError, TypeError, KeyError):
        raise CaptureError(f"{file.path} is JSON, but no HAR: it has no list of entries in it.") from None
    return [entry for entry in found if isinstance(entry, dict)]


def _url(entry: msgspec.Raw) -> str:
    """The URL that was asked for, empty where it cannot be read."""
    try:
        return msgspec.json.decode(entry, type=_Entry).request.url
    except msgspec.MsgspecError:
        return ""
