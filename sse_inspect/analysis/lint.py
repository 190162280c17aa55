"""What is wrong, or asks for trouble, in the bytes of an event stream (WHATWG HTML 9.2.5 and 9.2.6).

Pure and incremental: bytes of the decoded bodies go in, chunk by chunk; what was noticed is a few counts, each with the
place where it was seen first.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass, replace

from sse_inspect.records import Severity

EXAMINED_BYTES = 16 << 20
"""Bytes of a session that are looked at, the first ones."""
LARGE_EVENT = 1 << 20
HELD_LINE = 4096
"""Bytes of an unfinished line that are held; of a longer one only its beginning is looked at."""
WINDOW = 4096
"""Bytes of sound blocks that are passed over in one go; a larger event is looked at."""
NAMES = 8
"""Unknown field names that are told."""

_LINE = re.compile(rb"([^\r\n]*)(\r\n|\r|\n)")
_FIELDS = frozenset({b"data", b"event", b"id", b"retry"})
_BEGINS_JSON = re.compile(rb'data: ?[\[{"]')
_ODD_ENDS = re.compile(rb"\xe2\x80[\xa8\xa9]|\xc2\x85")
"""U+2028, U+2029 and U+0085 in UTF-8."""


def _blocks(end: bytes) -> re.Pattern[bytes]:
    """Whole blocks about which there is nothing to say, so that most of a stream need not be taken line by line.

    E2 and C2 are the first bytes of what is looked for in data.
    """
    rest = rb"[^\r\n\0\xe2\xc2]*+" + end
    dispatched = rb"(?:(?:id|event|):" + rest + rb")*+(?:data:" + rest + rb")++" + end
    others = rb"(?:(?:id|data|):" + rest + rb")*+" + end
    return re.compile(rb"(?:" + dispatched + rb"|" + others + rb")++")


_SOUND = {end: _blocks(end) for end in (b"\n", b"\r\n", b"\r")}


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be noticed: `title` says it, `effect` what it does to a client, `fix` what to do."""

    severity: Severity
    title: str
    effect: str
    fix: str


RULES: dict[str, Rule] = {
    "byte-order-mark": Rule(
        "warning",
        "a byte order mark in front of the stream",
        "many clients take it for a part of the first field name and lose the first event",
        "Do not write a BOM: encode with utf-8, not utf-8-sig.",
    ),
    "invalid-utf8": Rule(
        "error",
        "bytes that are not UTF-8",
        "clients put U+FFFD in their place: data is damaged",
        "Encode every field as UTF-8, and never cut text in the middle of a character.",
    ),
    "nul-in-id": Rule(
        "error",
        "an id with a NUL in it",
        "clients ignore it, so that a reconnect resumes from an earlier event",
        "Leave U+0000 out of event IDs.",
    ),
    "unknown-field": Rule(
        "warning",
        "a field that the standard does not know",
        "clients ignore the line",
        "Known are data, event, id and retry; put anything else into the data.",
    ),
    "no-colon": Rule(
        "warning",
        "a line without a colon that is no field name",
        "clients ignore the line: a line break in data, most likely",
        "Write every line of the data as a data field of its own: 'data: first' and 'data: second'.",
    ),
    "bad-retry": Rule(
        "warning",
        "a retry field that is no whole number of milliseconds",
        "clients ignore it",
        "Write digits only, such as 'retry: 3000'.",
    ),
    "no-data": Rule(
        "warning",
        "a block with an event type but no data",
        "clients never dispatch it",
        "Send a data field too, an empty one if need be: 'data:'.",
    ),
    "unfinished": Rule(
        "error",
        "an event without its blank line at the end of the stream",
        "clients throw it away",
        "End every event with an empty line, the last one too.",
    ),
    "odd-line-ends": Rule(
        "info",
        "U+2028, U+2029 or U+0085 in data",
        "it is legal, but clients that split lines as their language does (Python's splitlines) tear the event there",
        "Write them as \\u2028 and the like where the data is JSON.",
    ),
    "large-event": Rule(
        "warning",
        "an event of more than 1 MiB",
        "some clients and proxies have limits below that",
        "Send a reference, or several smaller events.",
    ),
    "mixed-line-ends": Rule(
        "info",
        "lines that end in different ways",
        "it is legal, but rarely meant",
        "End all lines with LF.",
    ),
}


@dataclass(slots=True)
class Issue:
    """Something that was noticed `count` times; first at `offset`, a byte of that body, a BOM counted."""

    code: str
    count: int
    connection: int
    offset: int
    example: str = ""

    @property
    def rule(self) -> Rule:
        """What it means."""
        return RULES[self.code]


class Lint:
    """Looks at the bodies of a session, one after the other: `open`, `feed` what comes, `close`."""

    def __init__(self) -> None:
        self.examined = 0
        self.strays = 0
        """Lines that are no field."""
        self._bodies = 0
        self._found: dict[str, Issue] = {}
        self._examples: dict[str, list[str]] = {}
        self._ends: set[bytes] = set()
        self._begin()

    def _begin(self) -> None:
        self._offset = 0
        self._held = b""
        self._dropped = 0
        self._block_size = 0
        self._block_at = 0
        self._has_data = self._has_type = self._has_field = False
        self._text = codecs.getincrementaldecoder("utf-8")()
        self._text_at = 0

    @property
    def is_complete(self) -> bool:
        """Whether everything that came was looked at."""
        return self.examined < EXAMINED_BYTES

    def issues(self) -> tuple[Issue, ...]:
        """What was noticed, in the order of the rules."""
        return tuple(
            replace(self._found[code], example=", ".join(self._examples.get(code, ())))
            for code in RULES
            if code in self._found
        )

    def count(self, code: str) -> int:
        """How often this was noticed so far."""
        found = self._found.get(code)
        return 0 if found is None else found.count

    def open(self) -> None:
        """The next body begins."""
        self._bodies += 1
        self._begin()

    def feed(self, data: bytes) -> None:
        """Take the next chunk."""
        if not self.is_complete:
            return
        self.examined += len(data)
        if not data.isascii() or self._text.getstate()[0]:
            self._decode(data)
        else:
            self._text_at += len(data)
        data = self._held + data
        at = 0
        # The LF that may follow a CR at the end is waited for.
        stop = len(data) - data.endswith(b"\r")
        while True:
            if not self._block_size and self._offset + at > self._dropped:
                at = self._after_sound_blocks(data, at, stop)
            line = _LINE.match(data, at)
            if line is None or line.end() > stop:
                break
            self._line(line[1], line[2], self._offset + at)
            at = line.end()
        self._offset += at
        self._held = data[at:]
        if len(self._held) > HELD_LINE:
            self._drop()

    @property
    def is_inside_line(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._held) and not self._held.endswith(b"\r")

    @property
    def holds_json(self) -> bool:
        """Whether the line that has not ended is data, and whole: JSON, or what ends a stream of OpenAI's kind."""
        return self._held[:5] == b"data:" and (self._held[5:].strip() == b"[DONE]" or _is_json(self._held[5:]))

    def close(self, *, complete: bool) -> bool:
        """The body ended; `complete`: the server ended it. Returns whether an event lacks no more than its blank line.

        Where JSON breaks off in the middle it lacks more: it was cut, and clients throw that away as well.
        """
        if not self.is_complete:
            return False
        if self._held.endswith(b"\r"):
            self._line(self._held[:-1], b"\r", self._offset)
            self._held = b""
        is_torn = _BEGINS_JSON.match(self._held) is not None and not self.holds_json
        lacks_blank = complete and (self._held[:4] == b"data" if self._held else self._has_data) and not is_torn
        if complete and (self._has_data or self._held[:4] == b"data"):
            self._note("unfinished", self._block_at if self._block_size else self._offset - self._dropped)
        self._begin()
        return lacks_blank

    def _after_sound_blocks(self, data: bytes, at: int, stop: int) -> int:
        """Where the whole blocks that begin here and need no look end."""
        for end in self._ends:
            while (blocks := _SOUND[end].match(data, at, min(stop, at + WINDOW))) is not None:
                at = blocks.end()
        return at

    def _drop(self) -> None:
        """Let go of what is held of a long line, but for its beginning."""
        end = len(self._held) - self._held.endswith(b"\r")
        gone = end - HELD_LINE // 2
        self._held = self._held[: HELD_LINE // 2] + self._held[end:]
        self._offset += gone
        self._dropped += gone

    def _decode(self, data: bytes) -> None:
        pending = len(self._text.getstate()[0])
        at = 0
        while at < len(data):
            try:
                self._text.decode(data[at:])
                break
            except UnicodeDecodeError as error:
                self._note("invalid-utf8", max(0, self._text_at + at - pending + error.start))
                at += max(error.end - pending, 1) if error.end > pending else 0
                pending = 0
                self._text.reset()
        self._text_at += len(data)

    def _line(self, line: bytes, end: bytes, offset: int) -> None:
        offset -= self._dropped
        size, self._dropped = len(line) + len(end) + self._dropped, 0
        self._ends.add(end)
        if len(self._ends) > 1:
            self._note("mixed-line-ends", offset)
            self._ends = {end}
        if not offset and line.startswith(codecs.BOM_UTF8):
            self._note("byte-order-mark", 0)
            line = line[3:]
        if not line:
            self._blank()
            return
        if not self._block_size:
            self._block_at = offset
        self._block_size += size
        name, colon, value = line.partition(b":")
        if not name:
            return
        if name in _FIELDS:
            self._field(name, value.removeprefix(b" "), offset)
        else:
            self.strays += 1
            if colon:
                self._note("unknown-field", offset, name)
            else:
                self._note("no-colon", offset, line)

    def _field(self, name: bytes, value: bytes, offset: int) -> None:
        if name == b"data":
            self._has_data = True
            if not value.isascii() and _ODD_ENDS.search(value):
                self._note("odd-line-ends", offset)
        elif name == b"event":
            self._has_type = True
        elif name == b"id" and b"\0" in value:
            self._note("nul-in-id", offset)
        elif name == b"retry" and not value.isdigit():
            self._note("bad-retry", offset, value)

    def _blank(self) -> None:
        if self._has_type and not self._has_data:
            self._note("no-data", self._block_at)
        if self._has_data and self._block_size > LARGE_EVENT:
            self._note("large-event", self._block_at)
        self._block_size = 0
        self._has_data = self._has_type = False

    def _note(self, code: str, offset: int, example: bytes = b"") -> None:
        found = self._found.get(code)
        if found is None:
            self._found[code] = Issue(code, 1, self._bodies, offset)
        else:
            found.count += 1
        if example:
            examples = self._examples.setdefault(code, [])
            shown = ascii(example[:40].decode("utf-8", "replace"))
            if len(examples) < NAMES and shown not in examples:
                examples.append(shown)
