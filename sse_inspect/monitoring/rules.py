"""The five alerts as rules for Prometheus, over the thresholds that the screen, the records and `check` go by.

A session judges all it has seen. A monitor runs for weeks, in which one bad minute would weigh nothing, or never be
over; so the rules judge the last `window`. What ends between two scrapes, as most stalls do, is counted there too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from sse_inspect.analysis.alerts import MAX_RECONNECT_P95, MIN_COMPLETION, RULES

WINDOW = 300.0
PENDING = 60.0
GROUP = "sse-inspect"
_URL = "%:/?#[]@!$&'()*+,;="
"""What stands in a URL as it is, beside letters and digits (RFC 3986, 2.2)."""

_LOST = "(sse_inspect_messages_lost - min_over_time(sse_inspect_messages_lost[{window}]))"
_OF_IT = "{endpoint=%q,target=%q}"
_OUTAGE = (
    f"{{{{ if printf `sse_inspect_outage_seconds{_OF_IT} >= {MAX_RECONNECT_P95:g}` "
    "$labels.endpoint $labels.target | query }}"
    f"{{{{ if printf `sse_inspect_opens_total{_OF_IT} == 0` $labels.endpoint $labels.target | query }}}}"
    "not up since the start,{{ else }}down for{{ end }}{{ else }}coming back takes{{ end }}"
)
"""What the value of SlowReconnect is: it is asked for when the summary is written, for no label tells."""
_RECEIVED = "increase(sse_inspect_messages_received_total[{window}])"


@dataclass(frozen=True, slots=True)
class Wording:
    """An alert in the words of Prometheus: `{threshold}` and `{window}` are put in.

    One that is `patient` waits for what may mend itself: what is missing may come by replay.
    """

    expression: str
    severity: str
    summary: str
    description: str
    patient: bool = False


WORDINGS = {
    "LowCompletionRate": Wording(
        f"{_RECEIVED} / ({_RECEIVED} + {_LOST}) < {{threshold}}",
        "critical",
        "{{ $labels.endpoint }}: only {{ $value | humanizePercentage }} of the events arrived",
        f"Of the events of the last {{window}} at least {MIN_COMPLETION:.1%} should be here, late ones included.",
        patient=True,
    ),
    "SlowReconnect": Wording(
        "sse_inspect_outage_seconds >= {threshold}\n"
        "or histogram_quantile(0.95, increase(sse_inspect_reconnect_seconds_bucket[{window}])) >= {threshold}",
        "warning",
        f"{{{{ $labels.endpoint }}}}: {_OUTAGE} {{{{ $value | humanizeDuration }}}}",
        f"95 of 100 reconnects of the last {{window}} should take less than {MAX_RECONNECT_P95:g} s, and none that is "
        "under way longer.",
    ),
    "MessageLoss": Wording(
        f"{_LOST} > {{threshold}}",
        "critical",
        "{{ $labels.endpoint }}: {{ $value }} events are lost",
        "IDs jumped in the last {window}, and what is missing was not sent again since.",
        patient=True,
    ),
    "DuplicateDelivery": Wording(
        "increase(sse_inspect_duplicates_delivered_total[{window}]) > {threshold}",
        "critical",
        "{{ $labels.endpoint }}: events came again unrecognised",
        "In the last {window} events were passed on as new that had been passed on before.",
    ),
    "StreamStalled": Wording(
        "increase(sse_inspect_stalls_total[{window}]) + increase(sse_inspect_silent_failures_total[{window}])\n"
        "+ sse_inspect_stalled > {threshold}",
        "critical",
        "{{ $labels.endpoint }}: the stream stalls",
        "The stream is silent for longer than --stall-after, or was in the last {window}, or failed with nobody told.",
    ),
}
"""By the name of the rule."""


def rules(window: float = WINDOW, pending: float = PENDING, runbook_url: str = "") -> str:
    """The file of rules, as YAML; times in seconds. `runbook_url` is what the name of an alert is put behind.

    A slash comes between, unless the URL ends with what such a name may follow as well. What no URL holds is written as
    %7B and the like: Prometheus would take braces for a template.
    """
    runbook_url = quote(runbook_url, safe=_URL)
    if runbook_url and not runbook_url.endswith(("/", "=", "#")):
        runbook_url += "/"
    lines = ["groups:", f"  - name: {GROUP}", "    rules:"]
    for rule in RULES:
        lines += _rule(rule.name, rule.threshold, duration(window), duration(pending), runbook_url)
    return "\n".join([*lines, ""])


def _rule(name: str, threshold: float, window: str, pending: str, runbook_url: str) -> Iterator[str]:
    wording = WORDINGS[name]
    expression = wording.expression.format(threshold=f"{threshold:g}", window=window)
    yield f"      - alert: {name}"
    yield "        expr: |-"
    yield from (f"          {line}" for line in expression.split("\n"))
    if wording.patient:
        yield f"        for: {pending}"
    yield "        labels:"
    yield f"          severity: {wording.severity}"
    yield "        annotations:"
    yield f"          summary: {json.dumps(wording.summary)}"
    yield f"          description: {json.dumps(wording.description.replace('{window}', window))}"
    yield f"          runbook: {json.dumps(f'sse-inspect runbook {name}')}"
    if runbook_url:
        yield f"          runbook_url: {json.dumps(runbook_url + name)}"


def duration(seconds: float) -> str:
    """A time as Prometheus writes it, in the largest unit that divides it."""
    milliseconds = round(seconds * 1000)
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if milliseconds % size == 0 and milliseconds:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"
