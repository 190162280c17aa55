"""Settings that mend a finding, by topic and product, as they are pasted into a configuration.

What is said beside a setting stands in a comment of the product's own, so that the text stays valid as it is: for nginx
in a `location`, for HAProxy in `defaults`, for Caddy in a site.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

Topic = Literal["buffering", "compression", "coalescing", "idle", "age", "upstream"]


class Snippet(NamedTuple):
    """A setting: `text` to be pasted, of one line or several; `said` names it within a sentence."""

    text: str
    said: str


def _plain(text: str) -> Snippet:
    """One that is of one line, and said as it is written."""
    return Snippet(text, text)


_CADDY_FLUSH = Snippet(
    """\
reverse_proxy app:8000 {
    flush_interval -1
}""",
    "flush_interval -1 in reverse_proxy",
)
_ENVOY_ROUTE = Snippet(
    """\
# in the action of the stream's route; the limit is 15s where there is none
timeout: 0s""",
    "timeout: 0s on the route",
)
_ALB_IDLE = _plain("idle_timeout.timeout_seconds=4000")

SNIPPETS: Mapping[Topic, Mapping[str, Snippet]] = {
    "buffering": {
        "nginx": Snippet(
            """\
# in the location of the stream
proxy_buffering off;
proxy_http_version 1.1;
proxy_set_header Connection "";""",
            "proxy_buffering off;",
        ),
        "Caddy": _CADDY_FLUSH,
        "HAProxy": Snippet(
            """\
# passes a response on as it comes: nothing to switch off but its compression
# and filters that collect the response""",
            "no setting of its own, but see its compression and filters",
        ),
        "Envoy": Snippet(
            """\
# passes a response on as it comes, unless a filter collects it: in an ext_proc filter
# BUFFERED and BUFFERED_PARTIAL do, in a Lua filter body() of the response does
processing_mode:
  response_body_mode: NONE""",
            "no filter that collects the response (ext_proc BUFFERED, body() in Lua)",
        ),
        "Cloudflare": Snippet(
            "# a named tunnel instead of a quick one; Content-Type: text/event-stream",
            "a named tunnel instead of a quick one",
        ),
        "the application": _plain("X-Accel-Buffering: no"),
    },
    "compression": {
        "nginx": Snippet(
            """\
# in the location of the stream; or leave text/event-stream out of gzip_types
gzip off;""",
            "gzip off; in the location",
        ),
        "Caddy": Snippet(
            """\
# with the path of the stream
@notsse not path /events /events/*
encode @notsse gzip""",
            "encode only with a matcher that leaves out the path of the stream",
        ),
        "HAProxy": Snippet(
            """\
# all that is to be compressed, without text/event-stream
compression type text/html text/plain text/css text/javascript application/json""",
            "`compression type` without text/event-stream",
        ),
        "Envoy": Snippet(
            """\
# in the compressor filter: all that is to be compressed, without text/event-stream
response_direction_config:
  common_config:
    content_type: [text/html, text/plain, text/css, text/javascript, application/json]""",
            "content_type of the compressor without text/event-stream",
        ),
        "Cloudflare": Snippet(
            """\
# sent by the application
Cache-Control: no-cache, no-transform""",
            "Cache-Control: no-transform, sent by the application",
        ),
        "the application": Snippet(
            """\
# flush the compressor after every event; or send this field, which Cloudflare, Caddy from 2.7,
# HAProxy, Envoy and Express's compression heed, and nginx does not
Cache-Control: no-cache, no-transform""",
            "flush the compressor after every event",
        ),
    },
    "coalescing": {
        "HAProxy": _plain("option http-no-delay"),
        "nginx": Snippet(
            """\
# in the location of the stream
tcp_nodelay on;
proxy_buffering off;""",
            "tcp_nodelay on; proxy_buffering off;",
        ),
        "Caddy": _CADDY_FLUSH,
    },
    "idle": {
        "nginx": Snippet(
            """\
# in the location of the stream
proxy_read_timeout 1h;""",
            "proxy_read_timeout 1h;",
        ),
        "HAProxy": Snippet(
            """\
# in defaults; else the first in the frontend, the second in the backend
timeout client 1h
timeout server 1h""",
            "timeout client 1h in the frontend, timeout server 1h in the backend",
        ),
        "Caddy": Snippet(
            """\
# has no such limit unless read_timeout is set
reverse_proxy app:8000 {
    transport http {
        read_timeout 1h
    }
}""",
            "read_timeout 1h in the transport of reverse_proxy",
        ),
        "Envoy": Snippet(
            """\
# in the HTTP connection manager
stream_idle_timeout: 0s
# or in the action of the stream's route
idle_timeout: 0s""",
            "stream_idle_timeout: 0s (HTTP connection manager) or idle_timeout: 0s (route)",
        ),
        "ALB": _ALB_IDLE,
        "Cloudflare": Snippet(
            "# no setting below Enterprise: send a comment at least every 60 s",
            "no setting below Enterprise: send a comment at least every 60 s",
        ),
        "the application": Snippet(
            "# write ': keep-alive' and a line end every 15 s",
            "write ': keep-alive' and a line end every 15 s",
        ),
    },
    "age": {
        "Envoy": Snippet(
            """\
# in the action of the stream's route; the limit is 15s where there is none
timeout: 0s
max_stream_duration:
  max_stream_duration: 0s""",
            "timeout: 0s and max_stream_duration: 0s on the route",
        ),
        "Cloud Run": _plain("gcloud run services update SERVICE --timeout=3600"),
        "Spring": _plain("new SseEmitter(0L)"),
        "Go": _plain("http.Server{WriteTimeout: 0}"),
        "nginx": Snippet(
            "# has no limit of age: its timeouts count silence, and keepalive_time ends no response",
            "no limit of age, its timeouts count silence",
        ),
        "HAProxy": Snippet(
            "# has no limit of age: its timeouts count silence; a reload with hard-stop-after ends streams",
            "no limit of age, its timeouts count silence",
        ),
        "Caddy": Snippet(
            "# has no limit of age unless the global options set servers > timeouts > write",
            "no limit of age unless servers > timeouts > write is set",
        ),
        "ALB": Snippet(
            "# has no limit of age: its idle timeout counts silence",
            "no limit of age, its idle timeout counts silence",
        ),
        "Cloudflare": Snippet(
            "# has no limit of age that is documented: its timeouts count silence",
            "no limit of age that is documented, its timeouts count silence",
        ),
    },
    "upstream": {
        "nginx": Snippet(
            """\
# in the location of the stream
proxy_read_timeout 1h;""",
            "proxy_read_timeout 1h;",
        ),
        "HAProxy": Snippet(
            """\
# in defaults or the backend
timeout server 1h""",
            "timeout server 1h",
        ),
        "Envoy": _ENVOY_ROUTE,
        "ALB": _ALB_IDLE,
    },
}

_SIGNS = {
    "nginx": "nginx",
    "openresty": "nginx",
    "caddy": "Caddy",
    "haproxy": "HAProxy",
    "envoy": "Envoy",
    "cloudflare": "Cloudflare",
    "awselb": "ALB",
}
SHOWN = 3
"""Products whose settings a fix names."""


def products_in(text: str) -> tuple[str, ...]:
    """The products that a `server` or `via` field names: a hint, never a proof."""
    text = text.lower()
    return tuple(dict.fromkeys(product for sign, product in _SIGNS.items() if sign in text))


def products_of(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The products that a response head names; names of fields are in lower case."""
    products = products_in(f"{headers.get('server', '')} {headers.get('via', '')}")
    return (*products, "Cloudflare") if "cf-ray" in headers and "Cloudflare" not in products else products


def settings(topic: Topic | None, first: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """Product and setting, to be pasted, for a topic; those that are likely on the way come first."""
    return tuple((product, snippet.text) for product, snippet in _ordered(topic, first))


def sayings(topic: Topic | None, first: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """The same in the same order, named as within a sentence."""
    return tuple((product, snippet.said) for product, snippet in _ordered(topic, first))


def _ordered(topic: Topic | None, first: Iterable[str]) -> list[tuple[str, Snippet]]:
    if topic is None:
        return []
    of = SNIPPETS[topic]
    return [(product, of[product]) for product in dict.fromkeys((*(each for each in first if each in of), *of))]
