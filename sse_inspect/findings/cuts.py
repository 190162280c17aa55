"""Connections that end, and how."""

from __future__ import annotations

from sse_inspect.findings.base import Finding

_RESUME = (
    "Where events have IDs, reconnect and resume with them; an answer to a POST, such as a completion, has to be asked "
    "for again as a whole."
)
_LOGS = "Look into the logs of the server and of each hop at that time"
_BEAT = "Raise the timeout, or send a comment more often than that."
_QUIET = "Ask for a stream that is quiet for longer, with and without the proxy: sse-inspect probe URL --direct URL2."
_AGE = "Watch one connection with --on-stall warn and a heartbeat: if it still ends at that age, it is a limit of age."


def _idle(code: str, title: str, cause: str, fix: str = _BEAT) -> Finding:
    return Finding(code, "warning", title, fix, cause, _QUIET, "idle")


def _age(code: str, title: str, cause: str, fix: str) -> Finding:
    return Finding(code, "warning", title, fix, cause, _AGE, "age")


CUTS = (
    _idle("idle-cut", "Connections are cut after the same silence", "an idle timeout on the way"),
    _idle(
        "idle-cut-bun",
        "Connections are cut after 10 s of silence",
        "the idleTimeout of Bun.serve, which is 10 s",
        "Call server.timeout(request, 0), or send a comment more often than every 10 s.",
    ),
    _idle(
        "idle-cut-proxy-30",
        "Connections are cut after 30 s of silence",
        "a proxy with a timeout of 30 s: HAProxy's timeout server or client, a load balancer of Google, CloudFront",
    ),
    _idle(
        "idle-cut-heroku",
        "Connections are cut after 55 s of silence",
        "Heroku's router, which wants a byte every 55 s",
        "Send a comment more often than every 55 s.",
    ),
    _idle(
        "idle-cut-proxy-60",
        "Connections are cut after 60 s of silence",
        "nginx's proxy_read_timeout or the idle timeout of an AWS load balancer, 60 s each",
    ),
    _idle(
        "idle-cut-cloudflare",
        "Connections are cut after 95 to 130 s of silence",
        "Cloudflare, which waits for about 100 s",
        "Send a comment at least every 60 s.",
    ),
    _idle(
        "idle-cut-node",
        "Connections are cut after 120 s of silence",
        "the timeout of an old Node server, 120 s",
        "Set server.timeout = 0, or send a comment more often.",
    ),
    _idle(
        "idle-cut-300",
        "Connections are cut after 5 minutes of silence",
        "Envoy's stream_idle_timeout or Node's server.requestTimeout, 300 s each",
    ),
    _idle(
        "idle-cut-nlb",
        "Connections are cut after 350 s of silence",
        "the idle timeout of an AWS Network Load Balancer, 350 s",
    ),
    _age(
        "age-cut",
        "Connections end at the same age while data flows",
        "a limit of how long a response may take",
        "Raise or lift the limit; until then reconnect and resume with event IDs.",
    ),
    _age(
        "age-cut-15",
        "Connections end at an age of 15 s while data flows",
        "Envoy's default timeout of a route, or another write timeout of 15 s",
        "Set the timeout of the route to 0s.",
    ),
    _age(
        "age-cut-30",
        "Connections end at an age of 30 s while data flows",
        "the async timeout of Spring or Tomcat, the WriteTimeout of a Go server, or the timeout of an Envoy route",
        "Lift it: new SseEmitter(0L), WriteTimeout: 0, or timeout: 0s on the route.",
    ),
    _age(
        "age-cut-node",
        "Connections end at an age of 120 s while data flows",
        "the timeout of an old Node server or of node-http-proxy",
        "Set server.timeout = 0.",
    ),
    _age(
        "age-cut-cloud-run",
        "Connections end at an age of 5 minutes while data flows",
        "Cloud Run's request timeout, 300 s by default",
        "Raise it to at most 3600 s, and resume with event IDs.",
    ),
    _age(
        "age-cut-api-gateway",
        "Connections end at an age of 15 minutes while data flows",
        "the 15 minutes that AWS API Gateway streams at most",
        "Reconnect and resume with event IDs: the limit cannot be raised.",
    ),
    Finding(
        "cut-at-same-place",
        "warning",
        "Connections break off at the same place of the stream",
        f"{_LOGS}: look for what comes next there, and for a limit of the size or the length of a response. {_RESUME}",
        "the process fails at what comes next, or the response has a limit of bytes",
        "Look at the last bytes of the connections: key v on an event, page Bytes; or ask for other events.",
    ),
    Finding(
        "connection-draining",
        "warning",
        "The server ends HTTP/2 connections with GOAWAY",
        "Spread reconnects with jitter, and resume with event IDs.",
        "a deployment, a restart or the draining of connections",
        "Watch two streams at once: if both end together, it is the connection and not the stream.",
    ),
    Finding(
        "cut-at-random",
        "warning",
        "Connections break off at differing ages",
        f"Look into the logs of the server and the proxy at these times. {_RESUME}",
        "the server or a hop crashes or restarts, or the network between drops the connection",
        "Watch from another network at the same time: if both break off together, it is the server's side.",
    ),
    Finding(
        "no-terminal-event",
        "warning",
        "The stream ended cleanly, but without the event that ends such a stream",
        "Let the server send an error event where its upstream fails; clients treat this end as a failure, and ask "
        "again.",
        "the upstream of the server failed, and a gateway made a clean end of it",
        "Look at the last event: keys G and v; ask again and compare the ends.",
    ),
    Finding(
        "close-delimited",
        "info",
        "The response has no framing: its end cannot be told from a cut",
        "Send Transfer-Encoding: chunked, use HTTP/2, or end the stream with a terminal event.",
        "an old hop or server that closes the connection to end the body",
        "Look at the response head: key v on an event, page Headers, or sse-inspect doctor URL.",
        "buffering",
    ),
    Finding(
        "cut-inside-event",
        "warning",
        "A connection was cut inside an event, which clients throw away",
        _RESUME,
        "the process behind it ended, or a timeout struck, while it was writing",
        "Look at the last bytes of the connection: key v on an event, page Bytes.",
    ),
    Finding(
        "length-wrong",
        "warning",
        "The Content-Length ends the response inside an event",
        "Send no Content-Length with a stream: over HTTP/1.1 let chunks frame it.",
        "the server or a hop announces a length that is not that of the body",
        "curl -sD - --raw -N URL shows the length; sse-inspect probe URL --direct URL2 tells which hop sets it.",
    ),
    Finding(
        "ends-at-once",
        "warning",
        "The server ends each response at once, again and again",
        "Keep the handler open, or answer 204 where clients are to stop.",
        "a script or handler that returns, so that every client asks again and again",
        "sse-inspect doctor URL shows what one response holds.",
    ),
    Finding(
        "answer-failed",
        "warning",
        "The answer failed: the server sent an error in the stream",
        "Let clients take such an event for a failure, and ask again after a pause; what came before it is not whole.",
        "the server, or the model behind it, could not go on",
        "Look at the last event: key v, page Data; ask again and see whether it fails at the same place.",
    ),
    Finding(
        "framing-invalid",
        "error",
        "The response is not framed as HTTP asks for",
        "Let the server or its library write the chunks or the length, and let nothing else write to the connection.",
        "the server writes chunks by hand, or two writers share one connection",
        "curl --raw -N URL shows the same bytes; sse-inspect probe URL --direct URL2 tells which hop makes them.",
    ),
    Finding(
        "coding-invalid",
        "error",
        "The body is not coded as its Content-Encoding says",
        "Compress the body, or take the header field away: one of the hops does only one of both.",
        "a hop decodes or codes the body and leaves the header field as it was",
        "Ask without compression: --encoding identity.",
    ),
    Finding(
        "head-too-long",
        "error",
        "The response head is too long to be read",
        "Send fewer or shorter header fields: cookies and traces are the usual ones.",
        "header fields that grow with each hop or each request",
        "curl -sD - -o /dev/null URL | wc -c counts its bytes.",
    ),
    Finding(
        "not-http",
        "error",
        "What answers is no HTTP response",
        "Check the port and the scheme of the URL, and whether the server writes a status line first.",
        "another protocol answers on this port, such as TLS, HTTP/2 or a database",
        "curl -v --http0.9 URL shows what came.",
    ),
    Finding(
        "stalled",
        "info",
        "The connection is silent beyond the stall limit, and did not end",
        "Reconnect with key r, and send heartbeats, so that silence and death can be told apart.",
        "there is nothing to send, or the other side or the way to it is gone without a word",
        "Reconnect with key r: if the stream is there at once, the old connection was dead.",
    ),
    Finding(
        "half-open",
        "warning",
        "The heartbeat stopped, and the connection did not end",
        "Send heartbeats, and let clients give up after two that did not come (--stall-after).",
        "the other side is gone without a word (sleep, NAT, a lost close), or its process hangs",
        "Reconnect with key r: if the stream is there at once, the old connection was dead.",
    ),
)
