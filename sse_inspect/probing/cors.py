"""Whether a page of another origin may read the stream (Fetch standard, CORS protocol)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sse_inspect.analysis.crossing import ALLOW_CREDENTIALS, ALLOW_ORIGIN, refused
from sse_inspect.config import Target
from sse_inspect.present.safe import preview
from sse_inspect.probing.finding import Certainty, Finding
from sse_inspect.probing.plan import FIELDS, ORIGIN, PREFLIGHT
from sse_inspect.probing.seen import Seen

ALLOW_HEADERS = "access-control-allow-headers"
_ALLOW = "Answer with 'Access-Control-Allow-Origin: {origin}' and 'Vary: Origin', errors too; with cookies also with "
_ALLOW += "'Access-Control-Allow-Credentials: true'."


def crossing(seen: Mapping[str, Seen], origin: str, target: Target) -> Iterator[Finding]:
    """What a browser would make of these answers."""
    response, question = seen.get(ORIGIN), seen.get(PREFLIGHT)
    if response is not None and response.head is not None:
        yield _read(response, origin, needs_credentials=bool(target.cookies))
    if question is not None and question.head is not None:
        yield _asked(question, origin)


def _read(seen: Seen, origin: str, *, needs_credentials: bool) -> Finding:
    fields = {name: seen.field(name) for name in (ALLOW_ORIGIN, ALLOW_CREDENTIALS)}
    measures = {"allow_origin": fields[ALLOW_ORIGIN].strip(), "allow_credentials": fields[ALLOW_CREDENTIALS]}
    if why := refused(fields, origin, with_credentials=needs_credentials):
        whose = "that send cookies " if needs_credentials else ""
        problem = f"Pages of {origin} {whose}cannot read it: {preview(why, 160)}."
        advice = _ALLOW.format(origin=origin)
        return Finding("cors-refuses", Certainty.CERTAIN, problem, (ORIGIN,), True, advice, measures)
    only = ", without cookies ('withCredentials') only" if refused(fields, origin, with_credentials=True) else ""
    sentence = (
        f"Pages of {origin} may read it (Access-Control-Allow-Origin: {preview(fields[ALLOW_ORIGIN], 60)}){only}."
    )
    return Finding("cors-allows", Certainty.CERTAIN, sentence, (ORIGIN,), measures=measures)


def _asked(seen: Seen, origin: str) -> Finding:
    allowed = seen.field(ALLOW_ORIGIN).strip()
    fields = {name.strip().lower() for name in seen.field(ALLOW_HEADERS).split(",")}
    asked = FIELDS.split(", ")
    # "*" stands for every field but Authorization, and only without credentials
    missing = [name for name in asked if name not in fields and ("*" not in fields or name == "authorization")]
    measures = {"status": seen.status, "allow_origin": allowed, "allow_headers": seen.field(ALLOW_HEADERS)}
    if seen.status is None or not 200 <= seen.status <= 299:
        why = f"it is answered with {seen.status}"
    elif allowed not in ("*", origin):
        why = "its answer does not allow the origin"
    elif missing:
        why = f"its answer does not allow {', '.join(missing)}"
    else:
        sentence = f"The preflight allows {', '.join(asked)} to pages of {origin}."
        return Finding("preflight-allows", Certainty.CERTAIN, sentence, (PREFLIGHT,), measures=measures)
    sentence = (
        f"The preflight refuses: {why}. Pages that set such fields with fetch() cannot read the stream; EventSource, "
        "which sends no preflight, is not concerned."
    )
    advice = f"Answer OPTIONS with 204, the origin, and 'Access-Control-Allow-Headers: {FIELDS}'."
    return Finding("preflight-refuses", Certainty.CERTAIN, sentence, (PREFLIGHT,), True, advice, measures)
