"""HTTP/2 frames, looked at on their way to httpcore (RFC 9113, 4.1).

httpcore gives a stream up at any GOAWAY. One that only says that no further requests are taken, as servers send before
they shut down, lets the streams there are go on (RFC 9113, 6.8), so it is not passed on. And h2 would wait for all of a
frame before it says that it is too large, which is how other protocols look to it.
"""

from __future__ import annotations

import httpcore

_HEADER_SIZE = 9
_HEADERS, _GOAWAY = 1, 7
_GOAWAY_SIZE = 8
_LARGEST = 1 << 14
"""Bytes of a frame where no setting allows more; httpcore sends none that does."""
_STREAM = 1
"""Every connection serves one request."""


class Frames:
    """The frames of a server, in whatever parts they come.

    `answered` is whether the header of a response came, `leaving` whether a GOAWAY was kept back.
    """

    def __init__(self) -> None:
        self.answered = False
        self.leaving = False
        self._held = b""
        self._left = 0

    def passed(self, data: bytes) -> bytes:
        """What of `data`, and of what was held back before, is for httpcore; a torn frame header waits for its rest.

        Raises RemoteProtocolError for a frame that is larger than allowed.
        """
        data = self._held + data
        self._held = b""
        kept: list[bytes] = []
        start = 0
        at = self._left
        while len(data) - at >= _HEADER_SIZE:
            size, kind = int.from_bytes(data[at : at + 3], "big"), data[at + 3]
            end = at + _HEADER_SIZE + size
            if size > _LARGEST:
                raise httpcore.RemoteProtocolError(f"an HTTP/2 frame of {size} bytes, where {_LARGEST} are allowed")
            if kind == _HEADERS:
                self.answered = True
            elif kind == _GOAWAY and size >= _GOAWAY_SIZE:
                if end > len(data):
                    break
                if _is_graceful(data[at + _HEADER_SIZE : end]):
                    self.leaving = True
                    kept.append(data[start:at])
                    start = end
            at = end
        self._left = max(0, at - len(data))
        if at < len(data):
            kept.append(data[start:at])
            self._held = data[at:]
        else:
            kept.append(data[start:])
        return b"".join(kept)


def _is_graceful(payload: bytes) -> bool:
    last_stream, code = int.from_bytes(payload[:4], "big") & 0x7FFFFFFF, int.from_bytes(payload[4:8], "big")
    return code == 0 and last_stream >= _STREAM
