"""What an import is made of, and what the formats share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from os import fstat
from pathlib import Path
from urllib.parse import urlsplit

from sse_inspect.config import Policy
from sse_inspect.errors import CaptureError
from sse_inspect.inputs import Input, ResponseHead, Untold
from sse_inspect.store.capture.facts import Facts
from sse_inspect.store.capture.reader import LATEST_US
from sse_inspect.store.capture.schema import reason
from sse_inspect.wire.encoder import encode_event

PIECE = 1 << 16
"""Bytes that are read at a time where nothing tells where chunks ended."""
LONGEST_SESSION = 10 * 366 * 86_400.0
"""Seconds; a time beyond is none that was measured."""
LATEST_BEGIN_US = LATEST_US - 1
"""Microseconds since the Unix epoch; a wall clock beyond was not set."""
NO_URL = "(unknown)"
NO_HEAD = ResponseHead(200, "", (("content-type", "text/event-stream"),))
"""Stands for the head of a response that was accepted, as far as nothing tells what was in it."""
AS_IT_CAME = Policy(stall_after=0.0, jitter=0.0, max_retries=0)
"""Nothing is found in times that are not told: no stall, no attempt that was not made."""

ASK_HOW_IT_ENDED = (
    "not told how it ended: ask for curl's exit status (18 is a cut), for a HAR, or for the file of "
    "`sse-inspect URL --record FILE`"
)
"""What to ask for where curl saved what came, and not how it ended."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Import:
    """One stream: what is known of it, and its inputs in order, which raise CaptureError where the file is wrong.

    `file` says how much of it has been read.
    """

    facts: Facts
    inputs: Iterator[Input]
    file: File


class SeveralStreamsError(CaptureError):
    """A file holds several event streams; `choices` says of each its number, its time, its URL and its events."""

    def __init__(self, message: str, choices: list[str]) -> None:
        super().__init__(message)
        self.choices = choices


class File:
    """An ordinary file to be read from its begin, once or again; raises CaptureError wherever it cannot be."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read = 0
        """Bytes read so far, in the latest reading."""
        try:
            if path.is_dir():
                raise CaptureError(f"{path} is a directory; expected a file.")
            if path.exists() and not path.is_file():
                raise CaptureError(f"{path} is no ordinary file.")
            with path.open("rb") as file:
                self.size = fstat(file.fileno()).st_size
        except (OSError, ValueError) as error:
            raise CaptureError(f"{path} cannot be read: {reason(error)}.") from None

    @property
    def part(self) -> float:
        """The part of the file that was read, 0 to 1."""
        return min(self.read / self.size, 1.0) if self.size else 1.0

    def begin(self, size: int = PIECE) -> bytes:
        """The first bytes."""
        return next(self.pieces(size=size), b"")

    def pieces(self, offset: int = 0, size: int = PIECE) -> Iterator[bytes]:
        """The bytes from `offset` on in pieces of `size`, the last one shorter."""
        try:
            with self.path.open("rb", buffering=0) as file:
                self.read = file.seek(offset)
                while piece := file.read(size):
                    self.read += len(piece)
                    yield piece
        except OSError as error:
            raise CaptureError(f"{self.path} cannot be read: {reason(error)}.") from None

    def lines(self, longest: int) -> Iterator[tuple[int, bytes, bool]]:
        """Lines with their numbers, without their ends (LF or CRLF), and whether they had one.

        None may be longer than `longest` bytes.
        """
        number = 0
        rest: list[bytes] = []
        size = 0
        for piece in self.pieces(size=1 << 20):
            *lines, last = piece.split(b"\n")
            for line in lines:
                number += 1
                yield number, b"".join([*rest, line]).removesuffix(b"\r"), True
                rest, size = [], 0
            rest.append(last)
            size += len(last)
            if size > longest:
                raise CaptureError(f"{self.path}: line {number + 1} is longer than {longest >> 20} MiB.")
        if size:
            yield number + 1, b"".join(rest), False


def whole(text: str) -> str:
    """The text as UTF-8 can spell it: lone surrogates become U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def is_address(url: str) -> bool:
    """Whether it can be taken apart as a URL."""
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True


def here_it_ends(t: float, what: str = "the file ends here") -> Untold:
    """What comes behind the last that is known."""
    return Untold(t, what)


def block(data: str, event: str | None, event_id: str | None) -> bytes:
    """The block of an event, as it may have been; raises CaptureError for what no block can hold."""
    try:
        try:
            return encode_event(data, event=event, id=event_id)
        except UnicodeEncodeError:
            data, event, event_id = whole(data), event and whole(event), event_id and whole(event_id)
            return encode_event(data, event=event, id=event_id)
    except ValueError as error:
        raise CaptureError(f"it holds an event that cannot have been: {error}.") from None
