"""Signs of life: comments that do not come, come too seldom, or in the wrong place."""

from __future__ import annotations

from sse_inspect.findings.base import Finding

HEARTBEAT = (
    Finding(
        "no-heartbeat",
        "warning",
        "The stream is silent for long, and no heartbeat says that it lives",
        "Write ': keep-alive' and a line end every 15 s or so (WHATWG HTML 9.2.7).",
        "the server sends no heartbeat",
        "Watch a quiet stream for a minute: Liveness shows the time since the last byte.",
        "idle",
    ),
    Finding(
        "heartbeat-too-slow",
        "warning",
        "Connections are cut before the heartbeat is due",
        "Send the heartbeat at most half as far apart as the silence that is cut.",
        "the heartbeat is slower than an idle timeout on the way",
        "Compare the period of the heartbeat with the silence at the cuts: Liveness and Connections.",
        "idle",
    ),
    Finding(
        "only-comments",
        "warning",
        "Heartbeats keep coming, but no other event",
        "Watch the time since the last event in the server too, and end the stream when its source is stuck.",
        "what makes the events is stuck, while the gateway in front of it lives",
        "Open a second stream: sse-inspect URL; if it has events, this one is stuck.",
    ),
    Finding(
        "phantom-heartbeat",
        "info",
        "Heartbeats are blocks of their own, which some clients take for empty events",
        "End a comment with one line end, not with a blank line; or update the clients.",
        "clients such as httpx-sse up to 0.4.3 dispatch an empty event for each such block once an ID was set",
        "Key C, or --second-opinion, shows what such a client gets of the same bytes.",
    ),
    Finding(
        "heartbeat-in-data",
        "error",
        "A heartbeat stands in the middle of a data line",
        "Write heartbeats between events only, through the same queue as the events.",
        "two writers share one connection, and the heartbeat does not wait for the end of an event",
        "Look at the bytes of the event: key v on an event, page Bytes.",
    ),
)
