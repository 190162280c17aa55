"""What h11, h2 and httpcore say of a response they cannot read, in the contract's terms.

They have one exception for it and tell the cases apart by words, or by the event that is its argument.
"""

from __future__ import annotations

from typing import Any

from sse_inspect.records import DisconnectReason

LONGEST = 200
"""Characters of a detail: a library may repeat a whole response head."""
H2_CLOSED = "Server disconnected"
"""What httpcore says where an HTTP/2 connection is closed before the stream has ended; something may follow."""
_CLOSED = "Server disconnected without sending a response."
_CUT_SHORT = ("without sending complete message body", "peer unexpectedly closed connection")
"""What h11 says of a body that is cut short: inside its data, inside the framing of its chunks."""
_NO_TEXT = "illegal request line"
"""What h11 says of an answer that begins with a control code, as TLS does."""


def judge(error: BaseException, *, opened: bool, responded: bool) -> tuple[DisconnectReason, str]:
    """The reason and what to say of it; `opened`: the response head had arrived; `responded`: a byte of it had."""
    inner = error.args[0] if error.args else None
    if isinstance(inner, Exception):  # as httpcore wraps what h2 raises before the head has come
        return judge(inner, opened=opened, responded=responded)
    text = str(error)
    if text == _CLOSED:
        return "protocol", "closed inside the response head" if responded else "closed without a response"
    if text.startswith(H2_CLOSED):
        how = text.removeprefix(H2_CLOSED)
        if opened:
            return "truncated", f"closed before the end of the HTTP/2 stream{how}"
        return "protocol", f"closed without a response{how}"
    if any(words in text for words in _CUT_SHORT):
        return "truncated", _cut_short(text)
    if text == _NO_TEXT:
        return "protocol", "the answer is not HTTP: is this an https:// address?"
    expected, actual = getattr(error, "expected_length", 0), getattr(error, "actual_length", 0)  # as h2 has them
    if actual < expected:
        return "truncated", f"received {actual} bytes, expected {expected}"
    if hasattr(inner, "error_code"):
        return "protocol", _http2_code(inner)
    return "protocol", shortened(text or type(error).__name__)


def _cut_short(text: str) -> str:
    """What h11 puts in brackets: how much of a length came; of a chunked body there is no more to say."""
    lengths = text.rpartition("(")[2].rstrip(")")
    return lengths if lengths.startswith("received") else "the chunked body ended before its last chunk"


def shortened(text: str) -> str:
    """The text, or its beginning if it is too long for a detail."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _http2_code(event: Any) -> str:
    """What an RST_STREAM or a GOAWAY tells (RFC 9113, 7)."""
    told = f"{getattr(event.error_code, 'name', 'unknown code')} ({int(event.error_code)})"
    if not hasattr(event, "last_stream_id"):
        return f"RST_STREAM {told}"
    more = (event.additional_data or b"")[:LONGEST].decode("utf-8", "replace")
    return f"GOAWAY {told}{f': {more}' if more else ''}"
