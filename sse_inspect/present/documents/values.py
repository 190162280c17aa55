"""Values of documents in JSON: what is not known is null, and there is no NaN and no infinity."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from sse_inspect.analysis.snapshot import Timeline
from sse_inspect.present.documents.timeline import LINKS, MARKS, marks, stretches


def to_json(values: Mapping[str, Any]) -> str:
    """The values as JSON, in ASCII, with a line end at its end."""
    return json.dumps(finite(values), indent=2, allow_nan=False) + "\n"


def finite(value: Any) -> Any:
    """The value with figures that JSON has no spelling for as null, and times to the microsecond."""
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return value


def timeline_values(timeline: Timeline) -> dict[str, Any]:
    """A timeline: `width_seconds`, `events` (one count for each width), `link` and `marks`."""
    return {
        "width_seconds": timeline.width,
        "events": [bucket.events for bucket in timeline.buckets],
        "link": [
            {"from_seconds": each.begin, "to_seconds": each.end, "state": LINKS[each.link]}
            for each in stretches(timeline)
        ],
        "marks": [
            {"at_seconds": at, "mark": sort.name} for mark, sort in MARKS.items() for at in marks(timeline, mark)
        ],
    }
