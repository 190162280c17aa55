"""The page about a recording: what is served, how to ask for it, and a small viewer."""

from __future__ import annotations

import json
from html import escape
from math import isfinite

from sse_inspect.config import shown_url
from sse_inspect.server.answers import Answer, Headers
from sse_inspect.server.recording import Exchange, Recording

SHOWN = 200
"""Connections in the list, the first ones."""
TYPES = 50

_POLICY: Headers = (
    ("Content-Security-Policy", "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"),
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>sse-inspect replay</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
pre, td {{ font: .85rem/1.5 ui-monospace, monospace }}
pre {{ background: #f3f3f3; color: #222; padding: .5rem; overflow: auto; max-height: 24rem }}
td, th {{ text-align: left; padding: 0 1rem 0 0 }}
</style></head><body>
<h1>A capture, served again</h1>
<p>{file}: {url}, {source}, {speed}.</p>
<pre>const source = new EventSource(location.origin + "/events")
source.onmessage = event =&gt; console.log(event.lastEventId, event.data)</pre>
<p>Every path is a session of its own: its requests get the connections below in turn. A page that leaves before the end
of one begins at the first again. Last-Event-ID is not looked at: what is sent is what was recorded.
<code>?connection=N</code> asks for one of them, out of turn.</p>
<p><button id="play">Play here</button> <span id="state"></span></p>
<pre id="events" hidden></pre>
<table><thead><tr><th>N<th>answer<th>length<th>end</tr></thead><tbody>
{rows}
</tbody></table>
<p>{more}</p>
<script>
const types = {types}, button = document.getElementById("play"), list = document.getElementById("events")
const say = text => {{ document.getElementById("state").textContent = text }}
button.onclick = () => {{
  button.disabled = true
  list.hidden = false
  const source = new EventSource("/here-" + Math.random().toString(36).slice(2))
  const show = event => {{
    list.append(`${{event.lastEventId || "–"}}  ${{event.type}}  ${{event.data.slice(0, 2000)}}\\n`)
    while (list.childNodes.length > 1000) list.firstChild.remove()
    list.scrollTop = list.scrollHeight
  }}
  for (const type of types) source.addEventListener(type, show)
  source.onopen = () => say("open")
  source.onerror = () => say(source.readyState === 2 ? "closed for good" : "reconnecting …")
}}
</script></body></html>
"""


def page(recording: Recording, name: str, speed: float) -> Answer:
    """The page; nothing of the capture can be markup in it."""
    count, facts = recording.exchange_count, recording.facts
    rows = "\n".join(_row(number, recording.exchange(number - 1)) for number in range(1, min(count, SHOWN) + 1))
    # "error" is also what an EventSource says of itself: its listener would take that for an event.
    types = sorted({"message", *recording.event_types(TYPES)} - {"error", "open"})
    html = _PAGE.format(
        file=_safe(name),
        url=_safe(shown_url(facts.target.url)),
        source=_safe(facts.note or f"recorded {recording.origin.at(0):%Y-%m-%d %H:%M} UTC"),
        speed="without its pauses" if not isfinite(speed) else f"at {speed:g} × its speed",
        rows=rows,
        more=f"… and {count - SHOWN} more." if count > SHOWN else "",
        types=json.dumps(types).replace("<", "\\u003c"),
    )
    return Answer(200, html, _POLICY, "text/html; charset=utf-8")


def _row(number: int, exchange: Exchange) -> str:
    answer = "none" if exchange.head is None else str(exchange.head.status)
    length = f"{exchange.closed:.1f} s" if exchange.is_stream else ""
    end = exchange.reason or ("" if exchange.head and not exchange.is_stream else "not known")
    return f'<tr><td><a href="/one?connection={number}">{number}</a><td>{answer}<td>{length}<td>{_safe(end)}</tr>'


def _safe(text: str) -> str:
    return escape(text.encode("ascii", "backslashreplace").decode())
