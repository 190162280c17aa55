"""Bytes that come late, or together."""

from __future__ import annotations

from sse_inspect.findings.base import Finding

_IDENTITY = "Ask again with --encoding identity: if events then come one by one, it is the compression."
_DIRECT = "Ask the application directly, past the proxy: sse-inspect probe URL --direct URL2."

DELIVERY = (
    Finding(
        "buffered-by-size",
        "warning",
        "Events arrive in bursts of the size of a buffer",
        "Switch response buffering off for this path.",
        "a buffer on the way, or in the application, fills before it is passed on; nginx's have 4,096 or 8,192 bytes, "
        "and it fills them where its upstream speaks HTTP/1.0 or sends no chunks",
        _DIRECT,
        "buffering",
    ),
    Finding(
        "compression-buffering",
        "warning",
        "Compressed events arrive in bursts",
        "Do not compress text/event-stream, or flush the compressor after every event.",
        "the compressor is not flushed after each event and holds them until its buffer is full, or a buffer behind it "
        "does; an application that writes much at a time looks much the same",
        _IDENTITY,
        "compression",
    ),
    Finding(
        "compression-unflushed",
        "warning",
        "The compression has begun, but what it holds does not come",
        "Flush the compressor after every event (zlib: Z_SYNC_FLUSH), or do not compress text/event-stream.",
        "the application or a proxy compresses without flushing, as Caddy does: what came first was only the coding's "
        "header",
        _IDENTITY,
        "compression",
    ),
    Finding(
        "coalesced-batches",
        "warning",
        "Events arrive in small batches, never less than 150 to 350 ms apart",
        "Let the proxy pass small writes on at once.",
        "a proxy waits for more before it sends, as HAProxy does without `option http-no-delay`; an application that "
        "collects its events for as long looks the same",
        _DIRECT,
        "coalescing",
    ),
    Finding(
        "held-until-end",
        "warning",
        "Nothing came until the response ended, then everything at once",
        "Find the hop that collects the response, and switch its buffering or compression off.",
        "something on the way, or a middleware of the application, collects the whole response",
        _DIRECT,
        "buffering",
    ),
    Finding(
        "iis-buffering",
        "warning",
        "Nothing came until the response ended, and IIS answered",
        'Set responseBufferLimit="0" and <urlCompression doDynamicCompression="false"/>, and disable output buffering.',
        "IIS, iisnode or its dynamic compression buffers the response",
        "Ask Kestrel or node directly: sse-inspect probe URL --direct URL2.",
    ),
    Finding(
        "api-gateway-buffering",
        "warning",
        "Nothing came until the response ended, and AWS API Gateway answered",
        "Set the response transfer mode to STREAM (15 minutes at most), or use an ALB or a function URL.",
        "API Gateway collects the response in its buffered mode",
        "Ask the function URL or the ALB directly: sse-inspect probe URL --direct URL2.",
    ),
    Finding(
        "cloudflare-tunnel-buffering",
        "warning",
        "Nothing came until the response ended, and Cloudflare answered",
        "Use a named tunnel instead of a quick one.",
        "a Cloudflare quick tunnel collects responses to GET",
        "Ask with another method: if POST streams and GET does not, it is the tunnel (sse-inspect probe URL).",
        "buffering",
    ),
    Finding(
        "held-back",
        "warning",
        "Events arrive together whose times in their data lie apart",
        "See first whether the application collects them; else find the hop that holds them back: switch buffering and "
        "compression off, hop by hop.",
        "the application asks its database now and then or sends in batches, and the times are those of its rows; or a "
        "proxy, a middleware or an agent on this machine holds events back",
        _DIRECT,
        "buffering",
    ),
    Finding(
        "headers-late",
        "warning",
        "The response head came late, together with the first event",
        "Send the head at once, followed by a comment such as ': connected'.",
        "the application or a proxy sends the head only with the first bytes of the body",
        "Compare the time of the head with that of the first byte: sse-inspect doctor URL.",
        "buffering",
    ),
    Finding(
        "no-response-head",
        "warning",
        "The server takes the request, but no response head comes",
        "Find out first who holds it back: if the head comes with --encoding identity or past the proxy, switch the "
        "compression or the buffering there off; if not, let the application send its head and a comment at once, and "
        "see whether it has workers free.",
        "a proxy or its compression holds the head back until its buffer is full; or the application sends none before "
        "its first event, hangs, or has no worker free, as where open streams occupy them all",
        "Key P, or sse-inspect probe URL --direct URL2: it asks again with other encodings and past the proxy.",
        "buffering",
    ),
    Finding(
        "first-event-late",
        "info",
        "The response head came at once, the first byte of the stream much later",
        "Write a comment such as ': connected' at once, so that clients and proxies see the stream live.",
        "the application sends nothing until its first event",
        "Compare the time of the head with that of the first byte: sse-inspect doctor URL.",
    ),
    Finding(
        "replay-burst",
        "info",
        "A burst came right after the response head, then the stream went on live",
        "Nothing is to be done: history was replayed, nothing is held back.",
        "the server replays its history to a client that connects",
        "Compare the first IDs with the Last-Event-ID that was sent: the line `connecting` shows it.",
    ),
    Finding(
        "held-until-next",
        "warning",
        "An event is only complete when the next one begins",
        "Write the blank line with the event it ends, and flush after it.",
        "the blank line that ends an event is sent with the next one, or a middleware holds each write until the next",
        "Look at the bytes of an event and their times: key v on an event, page Bytes, or another network and machine.",
    ),
    Finding(
        "falls-behind",
        "warning",
        "Events come ever later after they were made",
        "Take the stream over a faster line or with a faster client, or send fewer or smaller events.",
        "the line or this client takes less than the stream brings, and buffers on the way, such as nginx's, hide that "
        "from the server; or what makes the events is behind itself",
        "Ask from a machine beside the server, and past the proxy: sse-inspect probe URL --direct URL2.",
    ),
)
