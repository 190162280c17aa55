"""What the user asked for: where to connect (`Target`) and how to behave (`Policy`).

The only place that validates it; whatever is wrong raises `UsageError` naming the option.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from sse_inspect.errors import UsageError

OnStall = Literal["reconnect", "warn"]
IdScheme = Literal["auto", "integer", "opaque"]
Encoding = Literal["identity", "any"]
ProfileName = Literal["auto", "none", "openai", "anthropic", "mcp", "mercure"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LOOPBACK = re.compile(r"([^/?#]*@)?+(([a-z0-9-]+\.)*localhost\.?|127(\.\d{1,3}){3}|\[::1\])([:/?#]|$)", re.IGNORECASE)
_USERINFO = re.compile(r"^([^/?#]*//)?[^/?#]*@")
_BEFORE_AT = re.compile(r"^/.+@")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECRET_NAME = re.compile(
    r"(^|[-_.])(key|pwd|auth|authorization|sig|session|jwt|bearer|csrf|xsrf)($|[-_.])|^code$"
    r"|(api-?key|token|secret|password|passwd|pass|signature|credentials?|session-?id)($|[-_.\[])",
    re.IGNORECASE,
)
_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
REDACTED = "***"


def parse_url(text: str, option: str = "URL") -> str:
    """The URL to ask for: a missing scheme becomes `http://` for loopback hosts, `https://` for the rest.

    Raises UsageError for another scheme, no host, a port out of range, or characters no URL holds.
    """
    text = text.strip()
    if not _SCHEME.match(text):
        text = f"{'http' if _LOOPBACK.match(text) else 'https'}://{text}"
    if " " in text or not text.isprintable():
        raise UsageError(option, "a URL holds no spaces or control characters; write them as %20 and the like.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        if "@" in text and _is_port_sound(text.rpartition("@")[2]):  # what could not be read may be a password
            raise UsageError(
                option,
                "what stands before the @ cannot be read; in a user name or password write / ? # as %2F %3F %23.",
            ) from None
        raise UsageError(
            option,
            f"{_shown(shown_url(text.rpartition('@')[2]))} is no URL ({_reason(error)}); expected "
            "http://host[:port]/path, with a port from 1 to 65535.",
        ) from None
    if parts.scheme.lower() not in ("http", "https"):
        raise UsageError(
            option, f"the scheme {parts.scheme!r} is not one this program speaks; use http:// or https://."
        )
    if not parts.hostname:
        raise UsageError(option, f"{_shown(shown_url(text))} names no host; expected http://host[:port]/path.")
    if port == 0:
        raise UsageError(option, "port 0 cannot be connected to; use a port from 1 to 65535.")
    return _unsplit(parts._replace(scheme=parts.scheme.lower(), path=parts.path or "/", fragment=""), of=text)


def _unsplit(parts: SplitResult, *, of: str) -> str:
    """The URL put together again; an empty query that is there in `of` is kept, as browsers and curl keep it."""
    url = urlunsplit(parts)
    if parts.query or "?" not in of.partition("#")[0]:
        return url
    rest, mark, fragment = url.partition("#")
    return f"{rest}?{mark}{fragment}"


def _is_port_sound(place: str) -> bool:
    """Whether host, port and path can be read."""
    try:
        return urlsplit(f"//{place}").port != 0
    except ValueError:
        return False


def _reason(error: ValueError) -> str:
    return str(error).rstrip(".").lower()


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def shown_url(url: str) -> str:
    """The URL as it may be shown and kept: no user and password, and no values of parameters that look secret.

    In `http://user:12/34@host` the password is `12/34`, yet by the grammar of URLs `12` is a port: what stands between
    a port and an @ is not shown, except on this machine.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return _USERINFO.sub(r"\1", url).partition("?")[0]
    netloc = parts.netloc.rpartition("@")[2]
    query, fragment = (
        "&".join(_shown_parameter(pair) for pair in text.split("&")) for text in (parts.query, parts.fragment)
    )
    path = parts.path
    if netloc == parts.netloc and ":" in netloc and not _LOOPBACK.match(netloc):
        path = _BEFORE_AT.sub(rf"/{REDACTED}@", path)
    return _unsplit(parts._replace(netloc=netloc, query=query, path=path, fragment=fragment), of=url)


def _shown_parameter(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={REDACTED}" if equals and is_secret_name(unquote(name)) else pair


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine by its name: `localhost`, or an address for it."""
    return _LOOPBACK.match(url.partition("://")[2]) is not None


def is_secret_name(name: str) -> bool:
    """Whether a parameter or field of this name is likely to hold a secret."""
    return _SECRET_NAME.search(_CAMEL_HUMP.sub("_", name)) is not None


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and with what. `user` is "name:password"; files are paths.

    A header whose value is None is one that is not sent, though it would be by default.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str | None], ...] = ()
    body: bytes | None = None
    user: str | None = None
    bearer: str | None = None
    cookies: tuple[str, ...] = ()
    proxy: str | None = None
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    insecure: bool = False
    http2: bool = False
    encoding: Encoding = "any"
    last_event_id: str = ""
    last_event_id_param: str | None = None

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.method):
            raise UsageError("--request", f"{self.method!r} is no HTTP method; expected a word such as GET or POST.")
        for name, value in self.headers:
            check_header(name, value or "")
            self._check_framing(name.lower(), value)
        if self.user and self.bearer:
            raise UsageError("--user", "give either --user or --bearer, not both.")
        if any(char in self.last_event_id for char in "\0\r\n"):
            raise UsageError("--last-event-id", "an event ID holds no NUL and no line break.")
        if self.last_event_id_param == "":
            raise UsageError("--last-event-id-param", "the name of the query parameter is empty.")
        if self.key and not self.cert:
            raise UsageError("--key", "a private key needs its certificate: give --cert too.")

    def _check_framing(self, name: str, value: str | None) -> None:
        """Raise UsageError for a field that contradicts the request that is sent (RFC 9112, 6)."""
        size = len(self.body or b"")
        if name == "transfer-encoding":
            raise UsageError("--header", "Transfer-Encoding is set by this program; expected another field.")
        if name == "host" and not value:
            raise UsageError("--header", "Host cannot be left out of a request; expected 'Host: name'.")
        if name == "content-length" and value is not None and value != str(size):
            raise UsageError("--header", f"Content-Length is {_shown(value)}, but the body has {size:,} bytes.")

    @property
    def parts(self) -> SplitResult:
        """The URL taken apart."""
        return urlsplit(self.url)

    @property
    def is_safe(self) -> bool:
        """Whether the method may be repeated without asking (RFC 9110, 9.2.1)."""
        return self.method.upper() in SAFE_METHODS

    def request_url(self, last_event_id: str | None) -> str:
        """The URL of a request; on a reconnect the ID replaces or becomes the asked-for query parameter.

        The ID is percent-encoded UTF-8. Pass None on the first request, which never carries the parameter.
        """
        if self.last_event_id_param is None or not last_event_id:
            return self.url
        name = self.last_event_id_param
        new = f"{quote(name, safe='')}={quote(last_event_id, safe='')}"
        parts = self.parts
        pairs = parts.query.split("&") if parts.query else []
        places = [place for place, pair in enumerate(pairs) if unquote(pair.partition("=")[0]) == name]
        for place in reversed(places[1:]):
            del pairs[place]
        if places:
            pairs[places[0]] = new
        else:
            pairs.append(new)
        return urlunsplit(parts._replace(query="&".join(pairs)))


def check_header(name: str, value: str) -> None:
    """Raise UsageError unless `name: value` can be a header field (RFC 9110, 5.1 and 5.5)."""
    if not _TOKEN.fullmatch(name):
        raise UsageError("--header", f"{_shown(name)} is no header name; expected 'Name: value'.")
    if any((char < " " and char != "\t") or char == "\x7f" for char in value):
        raise UsageError(
            "--header", f"the value of {name} holds a line break or a control character; expected text on one line."
        )


def parse_header(text: str) -> tuple[str, str | None]:
    """Split 'Name: value'; as with curl 'Name:' is a field not to send, and 'Name;' one without a value.

    Raises UsageError without a colon, with an odd name, or with a line break.
    """
    name, colon, value = text.partition(":")
    if not colon and name.endswith(";"):
        name = name[:-1]
        check_header(name, "")
        return name, ""
    if not colon:
        raise UsageError("--header", "there is no colon in it; expected 'Name: value'.")
    value = value.strip(" \t")
    check_header(name, value)
    return name, value or None


class Search(Protocol):
    """A compiled regular expression, bounded in time or not; as text it is the expression."""

    def search(self, text: str, /) -> object:
        """Something true if it matches somewhere in the text."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """How to behave; times in seconds. `stall_after` 0 sets no limit."""

    stall_after: float = 30.0
    on_stall: OnStall = "reconnect"
    connect_timeout: float = 10.0
    backoff_initial: float = 1.0
    backoff_max: float = 4.0
    backoff_factor: float = 2.0
    jitter: float = 0.1
    max_retries: int | None = None
    retry_unsafe: bool = False
    ids: IdScheme = "auto"
    profile: ProfileName = "auto"
    max_event_bytes: int = 16 << 20
    for_seconds: float | None = None
    count: int | None = None
    until: Search | None = None

    def __post_init__(self) -> None:
        _at_least("--stall-after", self.stall_after, 0.0, "seconds")
        _at_least("--backoff-initial", self.backoff_initial, 0.0, "seconds")
        _at_least("--backoff-max", self.backoff_max, 0.0, "seconds")
        _at_least("--backoff-factor", self.backoff_factor, 1.0, "a number")
        if not 0.0 <= self.jitter <= 1.0:
            raise UsageError("--jitter", f"{self.jitter:g} is not a ratio; expected 0 to 1.")
        if not (self.connect_timeout > 0 and math.isfinite(self.connect_timeout)):
            raise UsageError("--connect-timeout", f"{self.connect_timeout:g} is not a time; expected seconds above 0.")
        if self.max_retries is not None and self.max_retries < 0:
            raise UsageError("--max-retries", f"{self.max_retries} is negative; expected 0 or more.")
        if self.max_event_bytes < 1:
            raise UsageError("--max-event-bytes", f"{self.max_event_bytes} is too small; expected 1 or more.")
        if self.for_seconds is not None and not (self.for_seconds > 0 and math.isfinite(self.for_seconds)):
            raise UsageError("--for", f"{self.for_seconds:g} is not a time; expected seconds above 0.")
        if self.count is not None and self.count < 1:
            raise UsageError("--count", f"{self.count} is too few; expected 1 or more.")


@dataclass(frozen=True, slots=True)
class Keep:
    """Where a session is written down: in the capture `record`, or in a temporary file of up to `history` bytes.

    Secrets are left out of it unless `keep_secrets`. `history` counts the bytes of bodies.
    """

    record: Path | None = None
    keep_secrets: bool = False
    history: int = 2 << 30


def _at_least(option: str, value: float, least: float, what: str) -> None:
    if not (value >= least and math.isfinite(value)):
        raise UsageError(option, f"{value:g} is out of range; expected {what} of at least {least:g}.")
