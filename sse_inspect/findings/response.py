"""Response heads: what is no event stream, and what is one with a catch."""

from __future__ import annotations

from sse_inspect.findings.base import Finding

_HEAD = "Look at the whole response: sse-inspect doctor URL."
_ORIGIN = "Send the Origin of the page and a preflight: sse-inspect probe URL --origin https://page.example."

RESPONSE = (
    Finding(
        "no-content",
        "info",
        "The server answered 204: it asks clients to stop before there was a stream",
        "Nothing is to be done if that is meant; otherwise answer 200 and keep the stream open.",
        "the stream is over for good, and browsers do not reconnect (WHATWG HTML 9.2.1)",
        _HEAD,
    ),
    Finding(
        "html-instead",
        "error",
        "A web page came instead of an event stream",
        "Sign in first, or correct the path.",
        "a login page, the index page of a single-page application, or an error page",
        _HEAD,
    ),
    Finding(
        "json-instead",
        "error",
        "JSON came instead of an event stream",
        'Send Accept: text/event-stream and, where the API wants it, "stream": true; read the body for an error.',
        "an error message, or a request that does not ask for a stream",
        _HEAD,
    ),
    Finding(
        "wrong-content-type",
        "error",
        "The response is not called an event stream",
        "Send Content-Type: text/event-stream: browsers refuse everything else.",
        "the server does not set the content type, or another path answers",
        _HEAD,
    ),
    Finding(
        "auth-on-reconnect",
        "error",
        "The first connection was let in, a later one was not",
        "Get a new token for every attempt.",
        "the token expired while the stream was open, and the same one was sent again",
        "Reconnect with a fresh token: if it is let in, the old one had expired.",
    ),
    Finding(
        "unauthorized",
        "error",
        "The server wants credentials, and takes none of those that were sent: 401",
        "Send those that it asks for, such as -H 'Authorization: Bearer …' or -b 'session=…'.",
        "no credentials were sent, or they are wrong or no longer valid",
        _HEAD,
    ),
    Finding(
        "forbidden",
        "error",
        "The server refuses this stream: 403",
        "Ask as somebody who may read it; look for a firewall, a check of the origin or a CSRF token on the way.",
        "these credentials may not read this stream, or what stands before the application refuses the client",
        _HEAD,
    ),
    Finding(
        "not-found",
        "error",
        "There is nothing at this URL",
        "Correct the path, its prefix and the host; look at the routes of the proxy.",
        "another path, a prefix that the proxy adds or takes away, or another application answers here; some hide what "
        "a client may not read in this way",
        _HEAD,
    ),
    Finding(
        "redirected",
        "info",
        "The URL leads to another one",
        "Use the final URL: some clients lose headers on the way, or their credentials.",
        "a change of scheme, host or path that clients have to follow on every attempt",
        "Ask for the final URL: sse-inspect doctor URL.",
    ),
    Finding(
        "redirect-broken",
        "error",
        "A redirect leads nowhere",
        "Give a Location that can be followed, and no circle.",
        "a rule of the proxy or a login that redirects to itself",
        _HEAD,
    ),
    Finding(
        "not-acceptable",
        "error",
        "The server cannot make an event stream of its answer: 406",
        "Let the handler produce text/event-stream, for its errors and timeouts too.",
        "the framework has no converter for text/event-stream, often after an async timeout",
        _HEAD,
    ),
    Finding(
        "too-many-requests",
        "warning",
        "The server wants fewer streams or requests: 429",
        "Close streams that are not needed, share one among tabs and processes, and wait for Retry-After.",
        "a limit of streams or requests per key, plan or address",
        "Close other clients of the same key and ask again.",
    ),
    Finding(
        "upstream-unavailable",
        "error",
        "A proxy answered for an application that it got no answer from",
        "See whether the application runs, listens where the proxy looks for it and has workers free; its log says "
        "whether one was killed at this time.",
        "the application is down, restarts, takes no connection or has no worker free, or it closed the connection "
        "without an answer",
        "Ask the application directly: sse-inspect probe URL --direct URL2.",
    ),
    Finding(
        "first-byte-too-late",
        "error",
        "A proxy gave up waiting for the application",
        "See whether the application takes connections at all; if it does, let it send the response head and a "
        "comment at once, before anything slow is done.",
        "the application sends its head only with the first event, later than the proxy waits, or hangs; or it takes "
        "no connection, and the proxy gave up connecting",
        "Ask the application directly and look at the time of its head: sse-inspect doctor URL2.",
        "upstream",
    ),
    Finding(
        "server-error",
        "error",
        "The server failed before the stream began",
        "Look into the log of the server at this time.",
        "an error in the handler, or in what it needs",
        _HEAD,
    ),
    Finding(
        "http-1.0",
        "info",
        "The response is HTTP/1.0",
        "Let all hops speak HTTP/1.1 or 2: 1.0 has no chunks, so that an end cannot be told from a cut.",
        "an old server or hop, or one that is set to HTTP/1.0",
        "Ask the application directly: sse-inspect probe URL --direct URL2.",
        "buffering",
    ),
    Finding(
        "six-connections",
        "info",
        "HTTP/1.1 only: browsers allow six connections to it, a seventh stream waits for ever",
        "Serve it over HTTP/2, or let the tabs share one stream.",
        "the server or the proxy does not offer HTTP/2",
        "Ask with --http2 over https://: sse-inspect probe URL.",
    ),
    Finding(
        "cors-refused",
        "error",
        "A browser would refuse this stream to the page that asks for it",
        "Answer with Access-Control-Allow-Origin and exactly that origin, for errors too.",
        "the server does not allow the origin of the page",
        _ORIGIN,
    ),
    Finding(
        "cors-credentials",
        "warning",
        "A browser would refuse this stream to a page that sends credentials",
        "Answer with the exact origin instead of *, and with Access-Control-Allow-Credentials: true.",
        "`*` does not hold for requests with cookies or HTTP credentials",
        _ORIGIN,
    ),
    Finding(
        "cacheable",
        "warning",
        "The response says that it may be cached",
        "Send Cache-Control: no-cache, no-transform.",
        "a default of the framework or of the proxy",
        _HEAD,
    ),
    Finding(
        "cache-control-missing",
        "info",
        "Something on the way may cache or change the stream, and nothing forbids it",
        "Send Cache-Control: no-cache, no-transform.",
        "the server leaves it to the cache that the head shows",
        _HEAD,
    ),
    Finding(
        "charset-not-utf8",
        "warning",
        "The content type names a charset that event streams do not have",
        "Send text/event-stream without a charset: it is always UTF-8 (WHATWG HTML 9.2.5).",
        "a default of the framework; clients that follow it damage the data",
        _HEAD,
    ),
)
