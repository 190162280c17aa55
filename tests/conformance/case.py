"""The cases as data: read from TOML, every key known, every string of the wire turned into bytes.

A case says what the server does on each connection, how the program is called, and what must come out. `README.md`
beside this file lists the keys. Strings of the wire are written with escapes (`\\n \\r \\t \\\\ \\xNN`), best in TOML's
literal quotes; other characters stand for their UTF-8.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tests.conformance.contract import KINDS

DATA = Path(__file__).parent / "data"
_ESCAPE = re.compile(r"\\(n|r|t|\\|x[0-9a-fA-F]{2})")
_PLAIN = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\"}

FRAMINGS = ("chunked", "length", "close", "none")
ENDS = ("fin", "truncated", "reset", "hold", "half-close")
AFTERWARDS = ("204", "last", "refuse")
LISTENING = ("yes", "no", "full")


def wire(text: str) -> bytes:
    """The bytes that a string of a case stands for."""
    parts, end = [], 0
    for match in _ESCAPE.finditer(text):
        parts.append(text[end : match.start()].encode())
        code = match[1]
        parts.append(_PLAIN[code] if code in _PLAIN else bytes.fromhex(code[1:]))
        end = match.end()
    parts.append(text[end:].encode())
    return b"".join(parts)


@dataclass(frozen=True)
class Wait:
    """A pause between two pieces."""

    seconds: float


Piece = bytes | Wait


@dataclass(frozen=True)
class Wanted:
    """What a request must look like; a header's value None means that it must not be there."""

    method: str | None = None
    target: str | None = None
    headers: dict[str, Any] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class Connection:
    """What the server does on one connection."""

    request: Wanted = field(default_factory=Wanted)
    status: str = "200 OK"
    version: str = "1.1"
    headers: tuple[str, ...] = ("Content-Type: text/event-stream",)
    framing: str = "chunked"
    coding: str = ""
    pieces: tuple[Piece, ...] = ()
    raw: bytes | None = None
    at_once: bool = False
    end: str = "fin"


@dataclass(frozen=True)
class Case:
    """One case; `expect` is what must come out."""

    id: str
    section: str
    says: str = ""
    args: tuple[str, ...] = ()
    argv: tuple[str, ...] | None = None
    url: str = "{url}"
    listen: str = "yes"
    then: str = "204"
    process: bool = False
    only_process: bool = False
    nightly: bool = False
    signal: dict[str, Any] = field(default_factory=dict)
    leave_after: int | None = None
    stdin: bytes = b""
    env: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    connections: tuple[Connection, ...] = ()
    expect: dict[str, Any] = field(default_factory=dict)

    @property
    def is_of_the_wire(self) -> bool:
        """Whether it only parses: then its bodies must mean the same however they are cut."""
        return self.section.startswith(("WHATWG 9.2.5", "WHATWG 9.2.6")) and not any(
            isinstance(piece, Wait) for each in self.connections for piece in each.pieces
        )


EXPECTATIONS = {"exit", "story", "stdout", "stdout_matches", "stderr_matches", "requests", "alone", *KINDS}


def load() -> list[Case]:
    """All cases, in the order of the files."""
    cases = [case for path in sorted(DATA.glob("*.toml")) for case in _file(path)]
    ids = [case.id for case in cases]
    assert len(ids) == len(set(ids)), f"twice: {sorted({each for each in ids if ids.count(each) > 1})}"
    return cases


def _file(path: Path) -> list[Case]:
    table = tomllib.loads(path.read_text())
    _known(table, {"case", "defaults"}, path.name)
    defaults = table.get("defaults", {})
    _known(defaults, {"args", "process"}, f"{path.name} defaults")
    return [_case({**defaults, **each}, f"{path.name}: {each.get('id')}") for each in table["case"]]


def _known(table: dict[str, Any], keys: set[str], where: str) -> None:
    unknown = set(table) - keys
    assert not unknown, f"{where}: unknown {sorted(unknown)}"


def _choice(value: str, choices: tuple[str, ...], where: str) -> str:
    assert value in choices, f"{where}: {value!r} is none of {choices}"
    return value


def _case(table: dict[str, Any], where: str) -> Case:
    single = {"body", "connection"}
    _known(table, {each.name for each in fields(Case)} - {"connections"} | single, where)
    given = {key: value for key, value in table.items() if key not in single}
    connections = [_connection(each, where) for each in table.get("connection", [])]
    if "body" in table:
        assert not connections, f"{where}: body or connection"
        connections = [_connection({"body": table["body"]}, where)]
    given["args"] = tuple(given.get("args", ()))
    given["argv"] = tuple(given["argv"]) if "argv" in given else None
    given["stdin"] = wire(given.get("stdin", ""))
    given["files"] = {name: wire(text) for name, text in given.get("files", {}).items()}
    _choice(given.get("listen", "yes"), LISTENING, where)
    _choice(given.get("then", "204"), AFTERWARDS, where)
    assert given.get("expect"), f"{where}: nothing is expected"
    _known(given["expect"], EXPECTATIONS, f"{where} expect")
    _known(given.get("signal", {}), {"name", "after"}, f"{where} signal")
    return Case(**given, connections=tuple(connections))


def _connection(table: dict[str, Any], where: str) -> Connection:
    _known(table, {each.name for each in fields(Connection)} - {"pieces"} | {"body"}, where)
    given = {key: value for key, value in table.items() if key != "body"}
    if "headers" in given:
        given["headers"] = tuple(given["headers"])
    if "raw" in given:
        given["raw"] = wire(given["raw"])
    if "request" in given:
        given["request"] = _wanted(given["request"], where)
    _choice(given.get("framing", "chunked"), FRAMINGS, where)
    _choice(given.get("coding", ""), ("", "gzip", "deflate"), where)
    _choice(given.get("end", "fin"), ENDS, where)
    body = table.get("body", [])
    pieces = [_piece(each, where) for each in ([body] if isinstance(body, str | dict) else body)]
    return Connection(**given, pieces=tuple(pieces))


def _wanted(table: dict[str, Any], where: str) -> Wanted:
    _known(table, {each.name for each in fields(Wanted)}, f"{where} request")
    given = dict(table)
    if "body" in given:
        given["body"] = wire(given["body"])
    return Wanted(**given)


def _piece(piece: str | dict[str, Any], where: str) -> Piece:
    if isinstance(piece, str):
        return wire(piece)
    _known(piece, {"wait", "repeat", "text"}, f"{where} body")
    if "wait" in piece:
        return Wait(piece["wait"] / 1000)
    return wire(piece["text"]) * int(piece["repeat"])
