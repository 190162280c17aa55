"""The options of the commands: declared once as a table, turned into what typer reads and into the configuration."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sse_inspect.cli import values
from sse_inspect.errors import UsageError

if TYPE_CHECKING:
    from sse_inspect.config import Keep, Policy, Target
    from sse_inspect.faults import Plan

Given = Mapping[str, Any]
"""What was written on the command line, by the name of the row; None, [] or False where nothing was."""

REQUEST, TLS, STREAM, RECONNECT, STOP, OUTPUT = (
    "Request",
    "Proxy, TLS and protocol",
    "Reading the stream",
    "Stalls and reconnecting",
    "When to stop",
    "Output",
)


@dataclass(frozen=True, slots=True)
class Option:
    """One option: `name` is the field of Target or Policy it sets; without `takes` it is a flag."""

    name: str
    flags: tuple[str, ...]
    takes: str
    help: str
    section: str
    read: values.Reader = values.text
    many: bool = False

    @property
    def flag(self) -> str:
        """Its long spelling."""
        return self.flags[-1]

    def value(self, given: Any) -> Any:
        """What it means; raises UsageError naming the option."""
        if not self.takes:
            return True
        try:
            if self.many:
                return tuple(item for text in given for item in self.read(text))
            return self.read(given)
        except ValueError as error:
            raise UsageError(self.flag, str(error)) from None

    def parameter(self) -> inspect.Parameter:
        """The option as typer wants it: text, so that this table alone says what is wrong with it."""
        kind: Any = bool if not self.takes else (list[str] | None if self.many else str | None)
        info = typer.Option(
            *self.flags, help=self.help, metavar=self.takes or None, rich_help_panel=self.section, show_default=False
        )
        return inspect.Parameter(
            self.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None if self.takes else False,
            annotation=Annotated[kind, info],
        )


@dataclass(frozen=True, slots=True)
class Command:
    """What a command takes, and the function that runs it and gives the exit status.

    One that `holds_signals` takes those that came while the program was loaded itself, by `signals.release`. Where one
    `takes_name` a shell offers the `names`.
    """

    options: tuple[Option, ...]
    run: Callable[[Given], int]
    takes_url: bool = False
    takes_file: bool = False
    takes_name: bool = False
    names: tuple[str, ...] = ()
    holds_signals: bool = False


def _option(
    name: str, flags: str, takes: str, section: str, text: str, read: values.Reader = values.text, *, many: bool = False
) -> Option:
    return Option(name, tuple(flags.split()), takes, text, section, read, many)


FOR = _option("for_seconds", "--for", "SECONDS", STOP, "Stop after that long.", values.seconds)
COUNT = _option("count", "--count", "N", STOP, "Stop after that many events.", values.integer)
UNTIL = _option(
    "until",
    "--until",
    "REGEX",
    STOP,
    "Stop after the first event whose data matches. With an open repetition such as .* it looks at the first 16,384 "
    "characters of each event, with two at 512, with three at 128; more are refused.",
    values.pattern,
)
STALL_AFTER = _option(
    "stall_after",
    "--stall-after",
    "SECONDS",
    RECONNECT,
    "Silence, comments included, that counts as a stall; 0: never. [30]",
    values.seconds,
)

FAULT = _option(
    "faults",
    "--fault",
    "SPEC",
    RECONNECT,
    "Break something on purpose: FAULT[@WHEN], such as reset@20ev, offline:5@10s or throttle:64/30@every60s; times "
    "count from when the stream is open first. Repeatable.",
    values.plan,
    many=True,
)

RECORD = _option("record", "--record", "FILE", OUTPUT, "Write a capture of the session to FILE.", values.new_file)
KEEP_SECRETS = _option(
    "keep_secrets",
    "--keep-secrets",
    "",
    OUTPUT,
    "Leave credentials and cookies in the capture; they are redacted otherwise.",
)
HISTORY = _option(
    "history",
    "--history",
    "SIZE",
    OUTPUT,
    "Bytes of the stream to keep in a temporary file where nothing is recorded; the oldest go first. [2GiB]",
    values.size,
)
KEEPING = (RECORD, KEEP_SECRETS, HISTORY)

SHARED: tuple[Option, ...] = (
    _option("method", "-X --request", "METHOD", REQUEST, "Request method. [GET; POST with -d]"),
    _option(
        "headers",
        "-H --header",
        "'NAME: VALUE'",
        REQUEST,
        "Add a request header; may be repeated; @FILE reads one from each line.",
        values.headers,
        many=True,
    ),
    _option(
        "body", "-d --data", "TEXT", REQUEST, "Request body, these exact bytes; @FILE, or @- for stdin.", values.body
    ),
    _option(
        "user",
        "-u --user",
        "NAME:PASSWORD",
        REQUEST,
        "Basic credentials. [env SSE_INSPECT_USER]",
        values.credentials,
    ),
    _option("bearer", "--bearer", "TOKEN", REQUEST, "Bearer token. [env SSE_INSPECT_BEARER]", values.token),
    _option("cookies", "-b --cookie", "'NAME=VALUE'", REQUEST, "Send a cookie.", values.cookies, many=True),
    _option("last_event_id", "--last-event-id", "ID", REQUEST, "Send this ID first, as if it had been received."),
    _option(
        "last_event_id_param",
        "--last-event-id-param",
        "[=NAME]",
        REQUEST,
        "When reconnecting send the ID as this query parameter too. [=last_event_id]",
    ),
    _option(
        "encoding",
        "--encoding",
        "identity|any",
        REQUEST,
        "Compression to accept: none, or all a browser would. [any]",
        values.choice("identity", "any"),
    ),
    _option("proxy", "-x --proxy", "URL", TLS, "Connect through this proxy. [environment]"),
    _option("cacert", "--cacert", "FILE", TLS, "Trust these certificates (PEM).", values.existing_file),
    _option("cert", "--cert", "FILE", TLS, "Client certificate (PEM).", values.existing_file),
    _option("key", "--key", "FILE", TLS, "Private key of the client certificate.", values.existing_file),
    _option("insecure", "-k --insecure", "", TLS, "Do not verify the server's certificate."),
    _option("http1", "--http1.1", "", TLS, "Speak HTTP/1.1 (the default)."),
    _option("http2", "--http2", "", TLS, "Offer HTTP/2, and speak it where the server agrees."),
    _option(
        "connect_timeout",
        "--connect-timeout",
        "SECONDS",
        TLS,
        "Limit for DNS, TCP and TLS together. [10]",
        values.seconds,
    ),
    _option(
        "ids",
        "--ids",
        "auto|integer|opaque",
        STREAM,
        "How event IDs are read: integer lets gaps be counted, opaque only duplicates be seen. [auto]",
        values.choice("auto", "integer", "opaque"),
    ),
    _option(
        "max_event_bytes",
        "--max-event-bytes",
        "SIZE",
        STREAM,
        "Cut events whose data is longer; 64k and 16MiB are understood. [16MiB]",
        values.size,
    ),
    _option(
        "profile",
        "--profile",
        "NAME",
        STREAM,
        "How a complete stream of this kind ends: auto, none, openai, anthropic, mcp or mercure. [auto]",
        values.choice("auto", "none", "openai", "anthropic", "mcp", "mercure"),
    ),
    STALL_AFTER,
    _option(
        "on_stall",
        "--on-stall",
        "reconnect|warn",
        RECONNECT,
        "What a stall leads to. [reconnect]",
        values.choice("reconnect", "warn"),
    ),
    _option(
        "backoff_initial",
        "--backoff-initial",
        "SECONDS",
        RECONNECT,
        "Delay before the first reconnect. [1]",
        values.seconds,
    ),
    _option("backoff_max", "--backoff-max", "SECONDS", RECONNECT, "Longest delay. [4]", values.seconds),
    _option(
        "backoff_factor", "--backoff-factor", "F", RECONNECT, "Factor from one delay to the next. [2]", values.number
    ),
    _option(
        "jitter", "--jitter", "R", RECONNECT, "Each delay is multiplied at random by 1-R to 1+R. [0.1]", values.number
    ),
    _option(
        "max_retries",
        "--max-retries",
        "N",
        RECONNECT,
        "Give up after N reconnects in a row that did not open. [unlimited]",
        values.integer,
    ),
    _option("retry_unsafe", "--retry-unsafe", "", RECONNECT, "Also reconnect a POST and the like."),
    FAULT,
    FOR,
    COUNT,
    UNTIL,
    RECORD,
    KEEP_SECRETS,
)
"""What every connecting command takes."""


def understood(rows: Iterable[Option], given: Given) -> dict[str, Any]:
    """The values of the rows that were given, by name; raises UsageError naming the first wrong one."""
    return {row.name: row.value(given[row.name]) for row in rows if given.get(row.name) not in (None, [], (), False)}


def connecting(given: Given, *, environment: bool = True) -> tuple[Target, Policy]:
    """The target and the policy of a connecting command; raises UsageError.

    Without `environment` the credentials in it are not sent: with several targets nobody knows whose they are.
    """
    from sse_inspect.config import Target

    url = _url(given["url"] or [])
    settings = understood(SHARED, given)
    if environment and "user" not in settings and "bearer" not in settings:
        settings |= _environment()
    if settings.pop("http1", False) and settings.get("http2"):
        raise UsageError("--http2", "give either --http1.1 or --http2, not both.")
    if "body" in settings:
        settings.setdefault("method", "POST")
    return Target(url, **_of(Target, settings)), policy(settings)


def keeping(given: Given) -> Keep:
    """Where the session is written down; raises UsageError."""
    from sse_inspect.config import Keep

    return Keep(**_of(Keep, understood(KEEPING, given)))


def planned(given: Given) -> tuple[Plan, ...]:
    """The faults that are to begin by themselves; raises UsageError."""
    plans: tuple[Plan, ...] = understood((FAULT,), given).get(FAULT.name, ())
    return plans


def policy(settings: Mapping[str, Any]) -> Policy:
    """The policy with these settings; what is no part of it is passed over."""
    from sse_inspect.config import Policy

    return Policy(**_of(Policy, settings))


def _of(kind: type[Target | Policy | Keep], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the settings that this part of the configuration has."""
    return {field.name: settings[field.name] for field in fields(kind) if field.name in settings}


def _url(written: list[str]) -> str:
    from sse_inspect.config import parse_url

    if not written:
        raise UsageError("URL", "none was given; expected one such as http://127.0.0.1:8000/events.")
    if len(written) > 1:
        raise UsageError("URL", f"only one is taken, and {_without_secrets(written[1])} is left over.")
    try:
        return parse_url(values.text(written[0]))
    except ValueError as error:
        raise UsageError("URL", str(error)) from None


def _without_secrets(word: str) -> str:
    """What may be a URL, with or without a scheme, as a message quotes it."""
    from sse_inspect.config import shown_url

    return values.shown(shown_url(word if "://" in word else f"//{word}").removeprefix("//"))


def _environment() -> dict[str, str]:
    """The credentials in the environment, by field of Target."""
    found = {}
    for name, variable, read in (
        ("user", "SSE_INSPECT_USER", values.credentials),
        ("bearer", "SSE_INSPECT_BEARER", values.token),
    ):
        try:
            if os.environ.get(variable):
                found[name] = read(os.environ[variable])
        except ValueError as error:
            raise UsageError(variable, str(error)) from None
    return found
