"""What kind of file it is, from its first bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sse_inspect.errors import CaptureError, UsageError
from sse_inspect.importing import body, curl, curl_verbose, har, ndjson
from sse_inspect.importing.source import File, Import

Format = Literal["capture", "HAR", "NDJSON", "curl -i", "curl -v", "body"]
_SQLITE = b"SQLite format 3\0"


def recognise(path: Path) -> Format:
    """What the file is; raises CaptureError if it is nothing that can be read."""
    file = File(path)
    begin = file.begin()
    if not begin:
        raise CaptureError(f"{path} is empty.")
    if begin.startswith(_SQLITE):
        return "capture"
    if ndjson.looks_like_one(begin):
        return "NDJSON"
    if begin.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return "HAR"
    if curl.looks_like_one(begin):
        return "curl -i"
    if curl_verbose.looks_like_one(begin):
        return "curl -v"
    if body.looks_like_one(begin):
        return "body"
    if curl_verbose.looks_like_a_trace(begin):
        raise CaptureError(
            f"{path} is a trace of curl, in which line ends are lost; ask for what "
            "`curl -v -N URL > FILE 2>&1` saves instead, or a HAR."
        )
    raise CaptureError(f"{path} is neither a capture nor a HAR, NDJSON of `tail`, or an event stream that curl saved.")


def load(path: Path, *, version: str, entry: int | None = None) -> Import:
    """The stream in a file that is no capture; `version` is that of this program.

    `entry` is the number of the event stream in a HAR, from 1. Raises CaptureError for a file that cannot be read,
    and SeveralStreamsError where a HAR holds several and none was named.
    """
    form = recognise(path)
    file = File(path)
    if entry is not None and form != "HAR":
        raise UsageError("--entry", f"{path} is no HAR; only these hold several event streams.")
    match form:
        case "HAR":
            return har.load(file, version, entry)
        case "NDJSON":
            return ndjson.load(file)
        case "curl -i":
            return curl.load(file, version)
        case "curl -v":
            return curl_verbose.load(file, version)
        case "body":
            return body.load(file, version)
    raise CaptureError(f"{path} is a capture; there is nothing to import.")
