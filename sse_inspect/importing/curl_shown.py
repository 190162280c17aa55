"""What the lines of `curl -v` tell: the request, the head, where the body is, and how it ended.

Lines that begin with `* ` are curl's own, `> ` a request, `< ` a response head; `{ [9 bytes data]` and the progress
meter stand there where stdout is no terminal. Behind the head of an event stream all other lines are its body. How it
ended is taken only from what curl says behind the last of them, since a server can write such lines too.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field, replace

from sse_inspect.errors import CaptureError
from sse_inspect.importing.curl import LONGEST_HEADS, head_of, is_stream, status_line
from sse_inspect.importing.source import File, is_address
from sse_inspect.inputs import Ended, ResponseHead
from sse_inspect.records import DisconnectReason

LONGEST_LINE = 64 << 20
"""Bytes of a line, and so of the data of an event."""
LONGEST_SAID = 200
"""Bytes of a sentence of curl's that are looked at, and sentences that are remembered, the latest ones."""

Reasons = tuple[tuple[re.Pattern[str], DisconnectReason], ...]

_CLOCK = rb"(?:\d\d:\d\d:\d\d\.\d{6} )?"
_METER = re.compile(rb"\r[ \d.kMGTP]{40,55}(?:[ \d:d-]{8} ){3}[ \d.kMGTP]{5}")
_CURL = re.compile(_CLOCK + rb"(?:\* +(?P<said>.*)|(?P<way>[<>])(?: (?P<head>.*))?|[{}] \[\d+ bytes data\])")
_FAILED = re.compile(rb"curl: \(\d+\) .*")
_BEFORE = re.compile(rb" +(?:% Total|Dload) .*|Script started .*|(?:Note|Warning): .*|(?:.{0,200}[$#%>] ?)?curl .*|")
_AROUND = re.compile(rb"Script done .*|\S{0,100}[$#%>] ?|")
_REQUEST = re.compile(_CLOCK + rb"> (?P<method>[A-Z]{1,20}) (?P<target>\S+) HTTP/\d(?:\.\d)?[\r ]*")
_END = re.compile(
    rb"\* (?:transfer closed with |Connection #\d+ to host |[Cc]losing connection |Operation timed out after |"
    rb"Recv failure: |HTTP/2 stream \d+ was |OpenSSL SSL_read: )"
)
"""How that begins which curl says behind a body, also where its last line has no end."""
_TLS = re.compile(rb"SSL connection using |ALPN|TLSv1|SSL certificate |schannel: ")
_ASKS_AGAIN = re.compile(r"Issue another request to this URL: '([^']*)'")
_H2 = re.compile(r"HTTP/2 stream \d+ was not closed cleanly: (\w+) \(err (\d+)\)")
_BROKEN: Reasons = (
    (re.compile(r"transfer closed with |unexpected eof while reading"), "truncated"),
    (re.compile(r"Connection reset by peer|errno 104"), "reset"),
    (_H2, "protocol"),
)
"""What curl says of a stream that broke off."""
_NO_ANSWER: Reasons = (
    (re.compile(r"Could not resolve host"), "dns"),
    (re.compile(r"Connection refused"), "refused"),
    (re.compile(r"Connection reset by peer"), "reset"),
    (re.compile(r"[Tt]imed out"), "timeout"),
    (re.compile(r"curl: \((?:35|58|60|77)\)"), "tls"),
    (re.compile(r"Failed to connect|Couldn't connect|No route to host"), "unreachable"),
)
"""What it says where no response came."""
_COMPLETE = re.compile(r"Connection #\d+ to host .+ left intact")
_GAVE_UP = re.compile(r"Operation timed out after .+")


def looks_like_one(begin: bytes) -> bool:
    """Whether a file that begins so holds it: what curl says or sends, behind nothing but how it was called."""
    for line in begin.split(b"\n", 20)[:20]:
        text = _METER.sub(b"", line).rstrip(b"\r")
        match = _CURL.fullmatch(text)
        if _REQUEST.fullmatch(text) or (match and match["said"]):
            return True
        if not _BEFORE.fullmatch(text):
            return False
    return False


def plain(line: bytes) -> tuple[bytes, bool]:
    """The line without the progress meter, and whether what is left of it is curl's own."""
    text = _METER.sub(b"", line).rstrip(b"\r") if b"\r" in line else line
    if not text:
        return text, bool(line.strip(b"\r"))
    return text, text[:1] in b"*{}0123456789c" and bool(_CURL.fullmatch(text) or _FAILED.fullmatch(text))


@dataclass(slots=True)
class Request:
    """A request; `url` is empty where it cannot be known."""

    method: str = "GET"
    target: str = ""
    url: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)


class Shown:
    """What all lines of a file tell; `end` is of reason `unknown` where they do not tell how it ended.

    The body stands behind line `head_ends`, up to line `body_ends`, of which the first `glued` bytes belong to it.
    Raises CaptureError where they tell of no attempt, or a head cannot be read.
    """

    def __init__(self, file: File) -> None:
        self.request = Request()
        """The first one that was not for a tunnel."""
        self.head: ResponseHead | None = None
        self.has_body = False
        self.head_ends = self.body_ends = 0
        self.glued: int | None = None
        self.has_bytes = False
        """Whether stdout was no terminal: what a terminal shows was copied from it, and is no longer what came."""
        self.end = Ended(0.0, "unknown", "")
        self._file = file
        self._here: Request | None = None
        self._said: deque[str] = deque(maxlen=LONGEST_SAID)
        self._lines: list[bytes] = []
        self._in_request = self._in_head = False
        self._size = 0
        self._scheme = self._next_url = ""
        self._read()

    def _read(self) -> None:
        more = ""
        for number, line, _ in self._file.lines(LONGEST_LINE):
            text, is_curls = plain(line)
            self.has_bytes |= is_curls and text.endswith(b" bytes data]")
            if not self.has_body:
                self._before_body(text, number)
            elif self._said and _REQUEST.fullmatch(text):
                more = "curl asked again here; what came then is not read"
                break
            else:
                self._in_body(text, number, is_curls=is_curls)
        if self._in_head:
            raise CaptureError(f"{self._file.path}: the head of the response is cut off.")
        if self.head is None and not self._said:
            raise CaptureError(
                f"{self._file.path} holds neither a response that curl got nor why there is none; ask for all that "
                "`curl -v -N URL > FILE 2>&1` saves."
            )
        self.end = self._ended(more)

    # In front of the body

    def _before_body(self, text: bytes, number: int) -> None:
        match = _CURL.fullmatch(text)
        if match is None:
            if _FAILED.fullmatch(text):
                self._say(text)
        elif match["said"] is not None:
            self._say(match["said"])
            self._scheme = "https" if _TLS.search(match["said"][:LONGEST_SAID]) else self._scheme
            if self._said[-1].startswith("Connected to "):
                self._scheme = self._scheme or "http"
            if again := _ASKS_AGAIN.search(match["said"][:LONGEST_HEADS].decode("utf-8", "replace")):
                self._next_url, self._scheme = again[1], ""
        elif match["way"] is not None:
            self._size += len(text) + 16
            if self._size > LONGEST_HEADS:
                raise CaptureError(f"{self._file.path}: the heads are longer than 1 MiB.")
            head = (match["head"] or b"").rstrip(b"\r ")
            if match["way"] == b">":
                self._asked(text, head)
            else:
                self._answered(head, number)

    def _say(self, said: bytes) -> None:
        self._said.append(said[:LONGEST_SAID].decode("utf-8", "replace"))

    def _asked(self, text: bytes, head: bytes) -> None:
        match = _REQUEST.fullmatch(text)
        if match is not None and not self._in_request:
            self._here = Request(match["method"].decode(), match["target"].decode("utf-8", "replace"))
            if not self.request.target and self._here.method != "CONNECT":
                self.request = self._here
            self._in_request, self._in_head, self.head = True, False, None
            self._said.clear()
        elif self._here is not None and self._in_request:
            if head:
                name, _, value = head.decode("utf-8", "replace").partition(":")
                self._here.fields.append((name.strip().lower(), value.strip(" \t\r")))
            else:
                self._in_request = False
                self._here.url = self._url_of(self._here)

    def _url_of(self, request: Request) -> str:
        """Its URL, if it is told whether TLS was spoken."""
        url, self._next_url = self._next_url, ""
        host = next((value for name, value in request.fields if name == "host"), "")
        if not url and "://" in request.target:
            url = request.target
        elif not url and self._scheme and host and request.target.startswith("/"):
            url = f"{self._scheme}://{host}{request.target}"
        return url if url.isprintable() and is_address(url) else ""

    def _answered(self, head: bytes, number: int) -> None:
        if not self._in_head:
            if status_line(head + b"\n"):
                self._in_head, self._in_request, self._lines = True, False, [head]
            return
        if head:
            self._lines.append(head)
            return
        self._in_head = False
        status = status_line(self._lines[0] + b"\n")
        if status is None or status[2].startswith(b"1"):
            return
        found = head_of(status, b"\n".join([*self._lines[1:], b""]), self._file)
        here = self._here
        if here is not None and here.method == "CONNECT":
            if found.status >= 300:
                self.head = replace(found, by_proxy=True)
            return
        self.head = replace(found, url=here.url) if here and here.url not in ("", self.request.url) else found
        if is_stream(found):
            self.has_body, self.head_ends, self.body_ends = True, number, number
            self._said.clear()

    # The body, and what is behind it

    def _in_body(self, text: bytes, number: int, *, is_curls: bool) -> None:
        if is_curls:
            match = _CURL.fullmatch(text)
            if match is None or match["said"] is not None:
                self._say(text if match is None else match["said"])
            return
        if self._said and _AROUND.fullmatch(text):
            return
        self._said.clear()
        self.glued, self.body_ends = None, number
        ends = [match.start() for match in _END.finditer(text)][-1:] if b"* " in text else []
        for self.glued in ends:
            self._say(text[self.glued + 2 :])

    def _ended(self, more: str) -> Ended:
        if self.head is None:
            return _told(_NO_ANSWER, self._said) or Ended(0.0, "unknown", self._said[-1])
        if not self.has_body:
            return Ended(0.0, "unknown", "")
        if broken := _told(_BROKEN, self._said):
            return replace(broken, responded=True)
        failed = any(sentence.startswith("curl: (") for sentence in self._said)
        if not failed and any(map(_COMPLETE.fullmatch, self._said)):
            return Ended(0.0, "eof", "curl took the response for complete", responded=True)
        gave_up = next(filter(_GAVE_UP.fullmatch, self._said), "")
        return Ended(0.0, "unknown", f"a limit of curl's own: {gave_up}" if gave_up else more)


def _told(reasons: Reasons, said: deque[str]) -> Ended | None:
    for pattern, reason in reasons:
        for sentence in said:
            if pattern.search(sentence):
                reset = _H2.search(sentence)
                detail = f"RST_STREAM {reset[1]} ({reset[2]})" if reset else f"{sentence} (as curl says)"
                return Ended(0.0, reason, detail)
    return None
