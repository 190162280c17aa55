"""The response and its header fields."""

from __future__ import annotations

from sse_inspect.check.expectations.base import Seen, expectation, failed, passed, unknown, warned
from sse_inspect.check.result import Result
from sse_inspect.records import Connecting, Disconnect, Open

SLOW_HEAD = 5.0
"""Seconds from which on a response head is late."""
_ADVICE = {
    "content-type": "Send 'Content-Type: text/event-stream'.",
    "status": "Answer the request with 200; what an EventSource gets otherwise ends it for good.",
    "redirect": "Send a Location that can be followed, or answer at this address.",
    "tls": "Mend the certificate, or name its authority with --cacert.",
    "dns": "Check the host name.",
    "refused": "Start the server, or check the port.",
}
_BODIES = {
    "text/html": "It looks like a page, for a login or of an error: give credentials (--bearer, -u, -b or -H), or "
    "check the path and what stands in front of the server.",
    "application/json": "It looks like the body of an error, or of an ordinary API: read it (curl shows it), and check "
    "the path, the parameters and the credentials.",
}
"""What to do about an answer of this type."""
_CREDENTIALS = ("HTTP 401", "HTTP 403")


@expectation("opens", opened=False)
def opens(seen: Seen) -> Result:
    """A response of 200 with `text/event-stream` (WHATWG HTML 9.2.2)."""
    run = seen.run
    tries = run.of(Disconnect)
    opened = run.opened
    if opened is None:
        reason = tries[-1].reason if tries else ""
        if run.ended is not None and run.ended.reason == "no-content":
            advice = "204 tells clients to stop for good; answer 200 while there is a stream."
        else:
            advice = _ADVICE.get(reason, "Look at the server's log for this request.")
            if reason == "status" and tries[-1].detail.startswith(_CREDENTIALS):
                advice = "Give the credentials it asks for, by --bearer, -u, -b or -H."
            elif reason == "content-type":
                advice = _BODIES.get(run.content_type, advice)
        records = tuple(tries[-1:])
        return failed(f"There is no event stream: {run.why_not}.", records=records, advice=advice)
    before = [each for each in tries if each.connection < opened.connection]
    head = opened.timings.get("first_byte")
    sentence = (
        f"{opened.status} with {opened.headers.get('content-type', 'no Content-Type')} over HTTP/{opened.http_version}"
    )
    took = f", {head:.2f} s to the first byte" if head is not None else ""
    measures = {"first_byte_seconds": head, "attempts": len(run.of(Connecting))}
    if before:
        late = f"only at attempt {len(before) + 1}; the first one: {before[0].detail}"
        return warned(f"{sentence}, {late}.", records=(*before[:3], opened), measures=measures)
    if head is not None and head > SLOW_HEAD:
        advice = "Send the head at once, before there are events: clients and proxies wait for it with a time limit."
        return warned(f"{sentence}, but{took[1:]}.", records=(opened,), advice=advice, measures=measures)
    return passed(f"{sentence}{took}.", records=(opened,), measures=measures)


@expectation("headers")
def headers(seen: Seen) -> Result:
    """Header fields that keep caches and proxies from harming a stream."""
    opened = seen.run.opened
    if opened is None:
        return unknown("There was no response.")
    notes, advice = _notes(opened)
    if not notes:
        return passed("Nothing in the header fields harms a stream.", evidence=_facts(opened), records=(opened,))
    return warned(
        f"{notes[0]}.",
        evidence=(*(f"{note}." for note in notes[1:]), *_facts(opened)),
        records=(opened,),
        advice=" ".join(advice),
    )


def _notes(opened: Open) -> tuple[list[str], list[str]]:
    fields = opened.headers
    notes: list[str] = []
    advice: list[str] = []
    cache = fields.get("cache-control", "").lower()
    if not any(word in cache for word in ("no-cache", "no-store")):
        notes.append(
            "Cache-Control does not keep caches from storing the stream" if cache else "There is no Cache-Control"
        )
        advice.append("Send 'Cache-Control: no-cache' (or no-store).")
    elif "no-transform" not in cache and "content-encoding" in fields:
        notes.append(
            f"The stream is compressed ({fields['content-encoding']}): every event has to be flushed through it"
        )
        advice.append("Leave event streams out of compression, or flush the compressor after each event.")
    if "content-length" in fields:
        notes.append(f"Content-Length is {fields['content-length']}: the stream ends after so many bytes")
        advice.append("Leave Content-Length out; let the body be chunked.")
    charset = _charset(fields.get("content-type", ""))
    if charset not in ("", "utf-8", "utf8"):
        notes.append(f"Content-Type names the charset {charset}, but event streams are UTF-8")
        advice.append("Leave the charset out, or write charset=utf-8.")
    if opened.http_version == "1.0":
        notes.append("The response is HTTP/1.0: its end cannot be told from a connection that was cut")
        advice.append("Let the server, or the proxy (nginx: proxy_http_version 1.1), speak HTTP/1.1.")
    return notes, advice


def _charset(content_type: str) -> str:
    for parameter in content_type.lower().split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            return value.strip(' "')
    return ""


def _facts(opened: Open) -> tuple[str, ...]:
    fields = opened.headers
    told = [
        f"{name}: {fields[name]}" for name in ("server", "via", "cache-control", "x-accel-buffering") if name in fields
    ]
    if "nginx" in fields.get("server", "").lower() and fields.get("x-accel-buffering", "").lower() != "no":
        told.append(
            "Where nginx is a proxy, it buffers unless told not to: 'X-Accel-Buffering: no' or proxy_buffering off"
        )
    return tuple(told)
