"""Settings that mend a finding, by topic and product, each on one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

Topic = Literal["buffering", "compression", "coalescing", "idle", "age", "upstream"]

SNIPPETS: Mapping[Topic, Mapping[str, str]] = {
    "buffering": {
        "nginx": 'proxy_buffering off; proxy_http_version 1.1; proxy_set_header Connection "";',
        "Caddy": "reverse_proxy app:8000 { flush_interval -1 }",
        "HAProxy": "option http-no-delay",
        "Envoy": "no envoy.filters.http.buffer on the route of the stream",
        "Cloudflare": "a named tunnel instead of a quick one; Content-Type: text/event-stream",
        "the application": "X-Accel-Buffering: no",
    },
    "compression": {
        "nginx": "gzip off; (in the location of the stream; or leave text/event-stream out of gzip_types)",
        "Caddy": "encode gzip { match { not header Content-Type text/event-stream* } }",
        "HAProxy": "no text/event-stream in `compression type`",
        "Envoy": "no text/event-stream in the compressor's content_type",
        "Cloudflare": "Cache-Control: no-cache, no-transform (sent by the application)",
        "the application": "Cache-Control: no-cache, no-transform; or flush the compressor after every event",
    },
    "coalescing": {
        "HAProxy": "option http-no-delay",
        "nginx": "tcp_nodelay on; proxy_buffering off;",
        "Caddy": "reverse_proxy app:8000 { flush_interval -1 }",
    },
    "idle": {
        "nginx": "proxy_read_timeout 1h;",
        "HAProxy": "timeout server 1h; timeout client 1h",
        "Caddy": "reverse_proxy app:8000 { transport http { read_timeout 1h } }",
        "Envoy": "stream_idle_timeout: 0s (HTTP connection manager), idle_timeout: 0s (route)",
        "ALB": "idle_timeout.timeout_seconds=4000",
        "Cloudflare": "no setting below Enterprise: send a comment at least every 60 s",
        "the application": "write ': keep-alive' and a line end every 15 s",
    },
    "age": {
        "Envoy": "timeout: 0s (on the route)",
        "HAProxy": "timeout tunnel 1h; timeout server 1h",
        "nginx": "proxy_read_timeout 1h; send_timeout 1h;",
        "Cloud Run": "gcloud run services update SERVICE --timeout=3600",
        "Spring": "new SseEmitter(0L)",
        "Go": "http.Server{WriteTimeout: 0}",
    },
    "upstream": {
        "nginx": "proxy_read_timeout 1h;",
        "HAProxy": "timeout server 1h",
        "Envoy": "timeout: 0s (on the route)",
        "ALB": "idle_timeout.timeout_seconds=4000",
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


def settings(topic: Topic | None, first: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """Product and setting for a topic; those that are likely on the way come first."""
    if topic is None:
        return ()
    of = SNIPPETS[topic]
    order = dict.fromkeys((*(product for product in first if product in of), *of))
    return tuple((product, of[product]) for product in order)
