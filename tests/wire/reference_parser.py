"""A second parser, slow and by the letter of WHATWG HTML 9.2.5 and 9.2.6, sharing nothing with the first."""

from __future__ import annotations

from dataclasses import dataclass, field

from sse_inspect.wire.tokens import CommentToken, CutToken, EventToken, IdToken, RetryToken, Token

RETRY_MAX = 9007199254740991


@dataclass
class Result:
    """What a whole body tells; `partial` is what closing it there would return."""

    tokens: list[Token] = field(default_factory=list)
    partial: int = 0
    last_event_id: str = ""


def utf8_decode(data: bytes) -> str:
    """The decoder of the WHATWG Encoding standard (UTF-8, error mode "replacement"), state by state."""
    out: list[str] = []
    code_point = seen = needed = 0
    lower, upper = 0x80, 0xBF
    index = 0
    while index < len(data):
        byte = data[index]
        index += 1
        if needed == 0:
            if byte <= 0x7F:
                out.append(chr(byte))
            elif 0xC2 <= byte <= 0xDF:
                needed, code_point = 1, byte & 0x1F
            elif 0xE0 <= byte <= 0xEF:
                if byte == 0xE0:
                    lower = 0xA0
                if byte == 0xED:
                    upper = 0x9F
                needed, code_point = 2, byte & 0xF
            elif 0xF0 <= byte <= 0xF4:
                if byte == 0xF0:
                    lower = 0x90
                if byte == 0xF4:
                    upper = 0x8F
                needed, code_point = 3, byte & 0x7
            else:
                out.append("\ufffd")
            continue
        if not lower <= byte <= upper:
            code_point = needed = seen = 0
            lower, upper = 0x80, 0xBF
            index -= 1  # "restore byte to ioQueue"
            out.append("\ufffd")
            continue
        lower, upper = 0x80, 0xBF
        code_point = (code_point << 6) | (byte & 0x3F)
        seen += 1
        if seen == needed:
            out.append(chr(code_point))
            code_point = needed = seen = 0
    if needed:
        out.append("\ufffd")
    return "".join(out)


def _cut(text: str, limit: int) -> tuple[str, bool]:
    """The longest beginning of `text` that is no longer than `limit` bytes."""
    kept, size = [], 0
    for character in text:
        size += len(character.encode())
        if size > limit:
            return "".join(kept), True
        kept.append(character)
    return text, False


def parse(body: bytes, *, limit: int = 16 << 20, last_event_id: str = "") -> Result:
    """Everything that `body`, come so far, has told."""
    data = body
    result = Result(last_event_id=last_event_id)
    block_start = line_start = 3 if body[:3] == b"\xef\xbb\xbf" else 0
    data_buffer: str = ""
    event_type: str = ""
    own_id: str | None = None
    substantial = False

    while True:
        end = line_start
        while end < len(data) and data[end] not in (0x0D, 0x0A):
            end += 1
        if end == len(data):  # unfinished: discarded
            unfinished = end > line_start
            result.partial = len(data) - block_start if substantial or unfinished else 0
            return result
        raw = data[line_start:end]
        at = line_start
        line_start = end + 2 if data[end : end + 2] == b"\r\n" else end + 1

        if not raw:
            if own_id is not None:
                result.last_event_id = own_id
            if data_buffer != "":
                text, truncated = _cut(data_buffer[:-1], limit)
                result.tokens.append(
                    EventToken(
                        event=event_type if event_type != "" else "message",
                        data=text,
                        id=own_id,
                        last_event_id=result.last_event_id,
                        offset=block_start,
                        size=end + 1 - block_start,
                        truncated=truncated,
                    )
                )
            elif own_id is not None:
                result.tokens.append(IdToken(own_id, block_start))
            data_buffer, event_type, own_id, substantial = "", "", None, False
            block_start = line_start
            continue

        line = utf8_decode(raw)
        if line[0] == ":":
            text = line[1:]
            if text[:1] == " ":
                text = text[1:]
            text, cut = _cut(text, limit)
            result.tokens.append(CommentToken(text, at))
            if cut:
                result.tokens.append(CutToken("comment", at))
            continue
        name, value, raw_value = line, "", b""
        if ":" in line:
            name, value = line[: line.index(":")], line[line.index(":") + 1 :]
            raw_value = raw[raw.index(b":") + 1 :]
            if value[:1] == " ":
                value, raw_value = value[1:], raw_value[1:]
        if name in ("data", "event", "id"):
            substantial = True
        if name == "event":
            event_type, cut = _cut(value, limit)
            if cut:
                result.tokens.append(CutToken("event type", at))
        elif name == "data":
            data_buffer += value + "\n"
        elif name == "id":
            if _cut(value, limit)[1]:
                result.tokens.append(CutToken("id", at))
            elif "\0" not in value:
                own_id = value
        elif len(raw_value if name == "retry" else raw) > limit:
            result.tokens.append(CutToken("line", at))
        elif name == "retry" and value != "" and all(character in "0123456789" for character in value):
            number = 0
            for character in value:
                number = min(number * 10 + "0123456789".index(character), RETRY_MAX)
            result.tokens.append(RetryToken(number, at))
