"""The facts of a capture: what was asked for, by which program, and what of it is kept back."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from sse_inspect.config import REDACTED, Policy, Target, is_secret_name, shown_url
from sse_inspect.errors import CaptureError, UsageError
from sse_inspect.inputs import Ended, Input, Opened
from sse_inspect.records import Diagnosis, Disconnect, End, Open, Record
from sse_inspect.store.capture.schema import ANALYSIS_VERSION
from sse_inspect.store.patterns import expression
from sse_inspect.unknown import Unknown, unknown_of, words_of

RECORDED = "capture"
"""The source of a capture that was written while its session lived."""
LONGEST_HINT = 500
"""Characters."""
_SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "authentication-info", "proxy-authentication-info", "cookie"}
)
_CHALLENGES = frozenset({"www-authenticate", "proxy-authenticate"})
_COOKIE_NAME = re.compile(r"\s*([^=;,\s]+)=")
_CREDENTIALS = re.compile(r"\b(Bearer|Basic) +(?=\S*[0-9=])[\w.~+/-]{6,}=*", re.IGNORECASE)
_PARAMETER = re.compile(r"([\w.-]+)=(\"[^\"]*\"?|[^\s,;&#\"'<>]+)")
R = TypeVar("R", bound=Record)
_MAY_HIDE = re.compile(r"[?@#]")
_WORD = re.compile(r"[^\s<>\"',;]+")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a capture says of itself; `seed` is that of the jitter, so that the same delays come out again.

    `draws` are the numbers the jitter drew, where these are known and the seed is not.
    `source` says what it was made from if no session was recorded, and `unknown` what that source does not tell.
    """

    target: Target
    policy: Policy
    version: str
    seed: int
    keep_secrets: bool = False
    source: str = RECORDED
    unknown: frozenset[Unknown] = frozenset()
    draws: tuple[float, ...] = ()
    told: tuple[Diagnosis, ...] = ()
    """What the source says was recognised, for what cannot be recognised from what it tells."""
    hint: str = ""
    """What to ask for where the source does not tell what matters, in a sentence."""

    @property
    def is_imported(self) -> bool:
        """Whether it was made from something else than a session that lived."""
        return self.source != RECORDED

    @property
    def note(self) -> str:
        """What who looks at it has to know about the source; empty for a recorded session."""
        if not self.is_imported:
            return ""
        unknown = f"; unknown: {', '.join(words_of(self.unknown))}" if self.unknown else ""
        return f"imported from {self.source}{unknown}"

    def to_rows(self) -> dict[str, str]:
        """As rows of the table `facts`, without secrets unless they are to be kept."""
        return {
            "version": self.version,
            "analysis": str(ANALYSIS_VERSION),
            "seed": str(self.seed),
            "secrets": "kept" if self.keep_secrets else "redacted",
            "source": self.source,
            "unknown": json.dumps(words_of(self.unknown)),
            "draws": json.dumps(self.draws),
            "told": msgspec.json.encode(self.told).decode(),
            "hint": self.hint,
            "target": json.dumps(_target(self.target, keep_secrets=self.keep_secrets)),
            "policy": json.dumps(_policy(self.policy)),
        }

    @classmethod
    def from_rows(cls, rows: dict[str, str]) -> Facts:
        """Raises CaptureError where they are not what this program writes."""
        try:
            target = json.loads(rows["target"])
            target["headers"] = tuple(
                (str(name), None if value is None else str(value)) for name, value in target["headers"]
            )
            target["cookies"] = tuple(map(str, target.get("cookies", ())))
            urlsplit(target["url"])  # whoever takes it apart later need not be ready for one that cannot be
            body = target.pop("body", None)
            policy = json.loads(rows["policy"])
            until = policy.pop("until", None)
            return cls(
                replace(
                    msgspec.convert(_known(Target, target), Target),
                    body=None if body is None else body.encode("latin-1"),
                ),
                Policy(**_known(Policy, policy), until=None if until is None else expression(until)),
                rows["version"],
                int(rows["seed"]),
                rows["secrets"] == "kept",
                rows.get("source", RECORDED),
                unknown_of(map(str, json.loads(rows.get("unknown", "[]")))),
                tuple(float(number) for number in json.loads(rows.get("draws", "[]"))),
                tuple(msgspec.json.decode(rows.get("told", "[]"), type=list[Diagnosis])),
                rows.get("hint", "")[:LONGEST_HINT],
            )
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            RecursionError,
            msgspec.MsgspecError,
            re.error,
            UsageError,
        ) as error:
            raise CaptureError(f"the capture is damaged: its facts cannot be read ({error!r}).") from None


def _known(cls: type, values: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(cls)}
    return {name: value for name, value in values.items() if name in names}


def _target(target: Target, *, keep_secrets: bool) -> dict[str, Any]:
    """What is asked for; credentials have no use for who reads a capture and are left out altogether."""
    headers = [
        (name, value if keep_secrets or value is None else redacted_value(name, value))
        for name, value in target.headers
    ]
    kept: dict[str, Any] = {
        "url": target.url if keep_secrets else shown_url(target.url),
        "method": target.method,
        "headers": headers,
        "insecure": target.insecure,
        "http2": target.http2,
        "encoding": target.encoding,
        "last_event_id": target.last_event_id,
        "last_event_id_param": target.last_event_id_param,
    }
    if keep_secrets:
        kept |= {"user": target.user, "bearer": target.bearer, "cookies": target.cookies}
        kept["body"] = None if target.body is None else target.body.decode("latin-1")
    return kept


def _policy(policy: Policy) -> dict[str, Any]:
    values = {field.name: getattr(policy, field.name) for field in fields(Policy)}
    values["until"] = None if policy.until is None else str(policy.until)
    return values


def redacted_value(name: str, value: str) -> str:
    """The value of a header field as it may be kept: of a cookie its name, no credentials, no secrets in URLs."""
    name = name.lower()
    if name == "set-cookie":
        cookie = _COOKIE_NAME.match(value)
        return f"{cookie[1]}={REDACTED}" if cookie else REDACTED
    if name in _SECRET_HEADERS or is_secret_name(name):
        return REDACTED
    if name in _CHALLENGES:
        return _without_parameters(value)
    return redacted_text(value)


def redacted_input(happened: Input) -> Input:
    """The input without the secrets of its header fields and URLs."""
    if isinstance(happened, Opened):
        head = happened.head
        headers = tuple((name, redacted_value(name, value)) for name, value in head.header_list)
        kept = replace(
            head,
            header_list=headers,
            url=shown_url(head.url),
            reason=redacted_text(head.reason),
            excerpt=redacted_text(head.excerpt),
        )
        return replace(happened, head=kept)
    if isinstance(happened, Ended):
        return replace(happened, detail=redacted_text(happened.detail))
    return happened


def redacted_record(record: R) -> R:
    """The record without the secrets of header fields and URLs in it."""
    if isinstance(record, Open):
        return replace(record, headers={name: redacted_value(name, value) for name, value in record.headers.items()})
    if isinstance(record, Disconnect):
        return replace(record, detail=redacted_text(record.detail), meaning=redacted_text(record.meaning))
    if isinstance(record, End):
        return replace(record, detail=redacted_text(record.detail))
    if isinstance(record, Diagnosis):
        return replace(record, evidence=redacted_text(record.evidence))
    return record


def redacted_text(text: str) -> str:
    """The text without credentials, and with the URLs and the parameters in it as they may be kept."""
    text = _WORD.sub(lambda word: shown_url(word[0]) if _MAY_HIDE.search(word[0]) else word[0], text)
    return _without_parameters(_CREDENTIALS.sub(rf"\1 {REDACTED}", text))


def _without_parameters(text: str) -> str:
    """The text without the values of parameters that look secret."""
    return _PARAMETER.sub(lambda each: f"{each[1]}={REDACTED}" if is_secret_name(each[1]) else each[0], text)
