"""What `EventSource` in a browser would have done with the same session, by rule (WHATWG HTML 9.2, Fetch).

No browser is asked: a fold over the records, and what was asked for, against what the standard says. Times are seconds
since the session began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sse_inspect.analysis.crossing import crosses, page_of, refused
from sse_inspect.config import Target, is_loopback
from sse_inspect.records import Backoff, Disconnect, End, Event, Open, Record, Retry, Stall

Outcome = Literal["cannot", "gives-up", "differs", "same"]
"""What becomes of it there: such a request cannot be made, the connection is failed for good, it goes otherwise, or as
here."""
ORDER: tuple[Outcome, ...] = ("cannot", "gives-up", "differs", "same")
"""The gravest first."""
TYPES = 8
"""Event types that are named."""

_BY_ITSELF = frozenset(
    (
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "dnt",
        "host",
        "origin",
        "pragma",
        "referer",
        "user-agent",
    )
)
_NO_RESPONSE = frozenset(("refused", "unreachable", "dns", "tls", "timeout", "redirect", "protocol"))


@dataclass(frozen=True, slots=True)
class Remark:
    """One rule that applies: `count` times, at `t` first (None: it holds for the session); `evidence` may be empty."""

    rule: str
    outcome: Outcome
    sentence: str
    evidence: str = ""
    count: int = 1
    t: float | None = None


class Browser:
    """Folds the records of a session that asks for `target`; a header `Origin` in it names the page's origin."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._seen: dict[str, Remark] = {}
        self._types: dict[str, None] = {}
        self._is_open = False

    def fold(self, record: Record) -> None:
        """Take in one record."""
        match record:
            case Event():
                if record.event != "message" and len(self._types) < TYPES:
                    self._types.setdefault(record.event)
            case Open():
                self._open(record)
            case Disconnect():
                self._ended(record)
                self._is_open = False
            case Stall():
                self._note(
                    "no-stall-limit",
                    "differs",
                    "EventSource sets no limit to a silence: it waits on such a connection until TCP gives it up.",
                    "",
                    record.t,
                )
            case Backoff(source="retry-after"):
                self._note("retry-after", "differs", "EventSource does not read Retry-After.", "", record.t)
            case Retry():
                self._note(
                    "retry-field",
                    "same",
                    "The retry field sets the reconnection time there too; browsers may wait longer.",
                    f"{record.reconnection_time} ms",
                    record.t,
                )
            case End(reason="no-content"):
                self._note(
                    "status", "gives-up", "A 204 fails the connection for good, as meant.", record.detail, record.t
                )

    def remarks(self) -> tuple[Remark, ...]:
        """What applies, the gravest first."""
        found = [*self._asked(), *self._seen.values()]
        if self._types:
            names = ", ".join(name[:40] for name in self._types)
            sentence = "Events with a type reach only listeners added for that type, and never onmessage."
            found.append(Remark("event-types", "same", sentence, names))
        return tuple(sorted(found, key=lambda remark: ORDER.index(remark.outcome)))

    # What was asked for

    def _asked(self) -> list[Remark]:
        target, found = self._target, []
        if target.method != "GET" or target.body is not None:
            sentence = "EventSource sends nothing but GET without a body; a page needs fetch() for this request."
            found.append(Remark("method", "cannot", sentence, target.method))
        if fields := self._fields():
            sentence = "EventSource cannot set header fields; a page needs fetch(), or a cookie, for these."
            found.append(Remark("headers", "cannot", sentence, ", ".join(fields)))
        if target.insecure:
            sentence = "The certificate was not verified here; a browser refuses one that it does not trust."
            found.append(Remark("certificate", "differs", sentence))
        if target.last_event_id:
            sentence = "A new EventSource begins without a last event ID; only its own reconnects send one."
            found.append(Remark("first-last-event-id", "differs", sentence))
        if target.last_event_id_param is not None:
            sentence = "EventSource asks for the same URL again: it puts no last event ID into a query parameter."
            found.append(Remark("last-event-id-parameter", "differs", sentence, target.last_event_id_param))
        if target.parts.scheme == "http" and not is_loopback(target.url):
            sentence = "A page that came over https may not connect to an http URL (mixed content)."
            found.append(Remark("mixed-content", "differs", sentence))
        return found

    def _fields(self) -> list[str]:
        """The names of the request's fields that a page cannot set."""
        target = self._target
        names = [name.lower() for name, value in target.headers if value is not None]
        if target.user or target.bearer:
            names.append("authorization")
        return sorted({name for name in names if name not in _BY_ITSELF and not name.startswith("sec-")} - {"cookie"})

    # What came

    def _open(self, record: Open) -> None:
        self._is_open = True
        if record.http_version.startswith("1"):
            self._note(
                "six-connections",
                "same",
                "Over HTTP/1 a browser keeps six connections to a host, of all its tabs together: the seventh stream "
                "waits. HTTP/2 has room for about a hundred.",
                f"HTTP/{record.http_version}",
                record.t,
            )
        _, *parameters = record.headers.get("content-type", "").split(";")
        charsets = [each.strip() for each in parameters if each.strip().lower().startswith("charset=")]
        if charsets and charsets[0].partition("=")[2].strip('"').lower() not in ("utf-8", "utf8"):
            sentence = "A browser decodes event streams as UTF-8, whatever charset the Content-Type names."
            self._note("charset", "same", sentence, charsets[0][:60], record.t)
        if problem := self._crossing(record.headers):
            self._note("cors", "gives-up", problem, "", record.t)

    def _crossing(self, headers: Mapping[str, str]) -> str:
        """Why a page of the given origin may not read it, in a sentence; empty where it may, or none is given."""
        if not crosses(self._target):
            return ""
        page, sends_cookies = page_of(self._target), bool(self._target.cookies)
        why = refused(headers, page, with_credentials=sends_cookies)
        return f"A page of {page[:80]} {'that sends cookies ' * sends_cookies}cannot read it: {why}." if why else ""

    def _ended(self, record: Disconnect) -> None:
        if self._is_open:
            if record.reason == "eof":
                sentence = "The end of the response is no end to EventSource: it connects again until close() or a 204."
                self._note("reconnects-after-end", "same", sentence, "", record.t)
        elif record.reason == "status":
            sentence = "Any status but 200 fails the connection for good: no further attempt, whatever comes later."
            self._note("status", "gives-up", sentence, record.detail, record.t)
        elif record.reason == "content-type":
            sentence = "Another Content-Type than text/event-stream fails the connection for good."
            self._note("content-type", "gives-up", sentence, record.detail, record.t)
        elif record.reason in _NO_RESPONSE:
            sentence = "An attempt without a response is made again, unless the browser knows that to be futile."
            self._note("network-error", "same", sentence, record.reason, record.t)

    def _note(self, rule: str, outcome: Outcome, sentence: str, evidence: str, t: float) -> None:
        known = self._seen.get(rule)
        if known is None:
            self._seen[rule] = Remark(rule, outcome, sentence, evidence[:200], 1, t)
        else:
            self._seen[rule] = Remark(rule, outcome, known.sentence, known.evidence, known.count + 1, known.t)
