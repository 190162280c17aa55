"""`doctor`: what it tells, what it keeps to itself, and when it says that something is broken."""

from __future__ import annotations

import re
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.cli import checkup, main
from sse_inspect.cli.checkup import CHECKS, Advice, Check, Fact
from sse_inspect.cli.commands import COMMANDS
from sse_inspect.cli.options import SHARED
from sse_inspect.cli.probe import NO_HEAD, REMEDIES
from sse_inspect.server import ServerThread
from tests.conformance.case import Connection
from tests.conformance.server import Server
from tests.net.scripted import full_backlog
from tests.net.test_tls import CERTIFICATE

PROXIES = [f"{name}_proxy" for name in ("http", "https", "all", "no")]


@pytest.fixture(autouse=True)
def _sane(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*PROXIES, *map(str.upper, PROXIES), "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_COLOR"]:
        monkeypatch.delenv(name, raising=False)
    for name in ("SSE_INSPECT_USER", "SSE_INSPECT_BEARER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def told(check: Check) -> tuple[dict[str, str], list[Advice]]:
    found = list(check())
    return (
        {each.name: each.value for each in found if isinstance(each, Fact)},
        [each for each in found if isinstance(each, Advice)],
    )


def test_a_sane_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for heading in CHECKS:
        assert re.search(rf"^{heading}$", out, re.MULTILINE)
    for name in ("sse-inspect", "python", "openssl", "textual", "httpx", "h11", "platform", "clock", "roots"):
        assert re.search(rf"^  {name} +\S", out, re.MULTILINE), name
    assert "Broken" not in out
    assert out.endswith("passwords and tokens are left out.\n")


def test_without_a_url_nothing_leaves_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = []
    look_up = socket.getaddrinfo

    def noting(host: str, *rest: Any, **how: Any) -> Any:
        reached.append(host)
        return look_up(host, *rest, **how)

    monkeypatch.setattr(socket, "getaddrinfo", noting)  # create_connection asks it, whatever the host
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    assert main(["doctor"]) == 0
    assert {"127.0.0.1"} <= set(reached) <= {"127.0.0.1", "::1"}


def test_no_secret_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:s3cret@proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "me:s3cret@other.example:1080")
    monkeypatch.setenv("SSE_INSPECT_USER", "me:s3cret")
    with Server([]) as server:
        main(["doctor", f"http://me:s3cret@127.0.0.1:{server.ports[0]}/?token=s3cret"])
    out, err = capsys.readouterr()
    assert "s3cret" not in out + err
    assert re.search(r"proxy for https +http://proxy.example:3128\n", out)
    assert re.search(r"SSE_INSPECT_USER +set\n", out)


@pytest.mark.parametrize("address", ["http://me:s3cret@host:bad", "me:s3cr/et@host", "me:s3cret"])
def test_a_proxy_that_is_none(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    facts, advice = told(checkup.proxies)
    assert facts["proxy for https"] == "set, but no address"
    assert advice[0].broken
    assert not any("s3cr" in text for text in [*facts.values(), *(each.text for each in advice)])


def test_proxies_that_take_loopback_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    assert "NO_PROXY=" in told(checkup.proxies)[1][-1].text
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    facts, advice = told(checkup.proxies)
    assert facts["no proxy for"] == "localhost,127.0.0.1"
    assert len(advice) == 1
    monkeypatch.delenv("HTTP_PROXY")
    assert told(checkup.proxies)[1] == []


@pytest.fixture
def without_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = str(tmp_path / "nowhere")
    paths = ssl.get_default_verify_paths()._replace(openssl_cafile=nowhere, openssl_capath=nowhere)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)


def test_which_roots_how_many_from_where(without_roots: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.fullmatch(r"certifi's, \d+ in .*\.pem", told(checkup.certificates)[0]["roots"])
    monkeypatch.setenv("SSL_CERT_FILE", CERTIFICATE)
    facts, advice = told(checkup.certificates)
    assert (facts["roots"], advice) == (f"SSL_CERT_FILE, 1 in {CERTIFICATE}", [])
    monkeypatch.setenv("CURL_CA_BUNDLE", CERTIFICATE)
    assert told(checkup.certificates)[0]["roots"] == f"CURL_CA_BUNDLE, 1 in {CERTIFICATE}"


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), ("", "no certificate"), ("x", "no certificate")])
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_roots_that_cannot_be_used(
    variable: str, content: str | None, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "roots.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv(variable, str(path))
    found = list(checkup.certificates())
    assert Fact("roots", f"{variable}, none in {path}") in found
    (advice,) = (each for each in found if isinstance(each, Advice))
    assert advice.broken
    assert why in advice.text
    assert variable in advice.text


def test_roots_in_a_folder(without_roots: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert told(checkup.certificates)[1][0].broken
    (tmp_path / "0123abcd.0").touch()
    facts, advice = told(checkup.certificates)
    assert (facts["roots"], advice) == (f"SSL_CERT_DIR, 1 in {tmp_path}", [])
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "nowhere"))
    assert told(checkup.certificates)[1][0].broken
    monkeypatch.setenv("SSL_CERT_FILE", CERTIFICATE)
    assert not told(checkup.certificates)[1][0].broken


def test_a_terminal_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERM")
    facts, advice = told(checkup.terminal)
    assert facts["TERM"] == "not set"
    assert any("TERM" in each.text for each in advice)
    assert not any(each.broken for each in advice)


def test_no_room_for_temporary_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    facts, (advice,) = told(checkup.storage)
    assert facts["temporary files"].startswith("nowhere")
    assert advice.broken


def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version

    def without_h11(name: str) -> str:
        if name == "h11":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", without_h11)
    facts, (advice,) = told(checkup.versions)
    assert facts["h11"] == "not installed"
    assert advice.broken


def test_a_machine_that_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter((0.0, 1.0))
    with monkeypatch.context() as patch:
        patch.setattr(checkup, "time", Clock(now))
        facts, (advice,) = told(checkup.clocks)
    assert "990 ms late" in facts["event loop"]
    assert "late" in advice.text


class Clock:
    """A clock that tells these times."""

    get_clock_info = staticmethod(time.get_clock_info)

    def __init__(self, times: Iterator[float]) -> None:
        self._times = times

    def monotonic(self) -> float:
        return next(self._times)


def test_hostile_environment_reaches_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm\x1b[31m\x9b\u202e")
    main(["doctor"])
    assert not re.search("[\x1b\x9b\u202e]", capsys.readouterr().out)


def test_a_url_that_opens(capsys: pytest.CaptureFixture[str]) -> None:
    with ServerThread() as server:
        assert main(["doctor", server.url("/a?rate=5")]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^  answer +200, HTTP/1.1, text/event-stream", out, re.MULTILINE)
    assert re.search(r"^  peer +127.0.0.1:\d+$", out, re.MULTILINE)


def test_a_url_that_is_no_stream(capsys: pytest.CaptureFixture[str]) -> None:
    with Server([Connection(headers=("Content-Type: text/html",))]) as server:
        assert main(["doctor", server.addresses["url"]]) == 1
    assert REMEDIES["content-type"] in capsys.readouterr().out


def test_a_url_nobody_listens_at(capsys: pytest.CaptureFixture[str]) -> None:
    with Server([], listen="no") as server:
        assert main(["doctor", server.addresses["url"]]) == 1
    assert REMEDIES["refused"] in capsys.readouterr().out


def test_a_url_that_connects_and_sends_no_head(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sse_inspect.cli.probe.PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert main(["doctor", f"http://127.0.0.1:{silent.getsockname()[1]}/"]) == 1
    out = capsys.readouterr().out
    assert NO_HEAD in out
    assert REMEDIES["timeout"] not in out


def test_a_url_that_answers_no_connection(capsys: pytest.CaptureFixture[str]) -> None:
    with full_backlog() as port:
        assert main(["doctor", "--connect-timeout", "0.2", f"http://127.0.0.1:{port}/"]) == 1
    out = capsys.readouterr().out
    assert REMEDIES["timeout"] in out
    assert NO_HEAD not in out


def test_a_url_that_says_204(capsys: pytest.CaptureFixture[str]) -> None:
    with Server([]) as server:
        assert main(["doctor", server.addresses["url"]]) == 0
    assert "204" in capsys.readouterr().out


def test_it_asks_as_it_is_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    asking = ["-H", "X-Tenant: s3cret", "-b", "a=s3cret", "--bearer", "s3cret", "-x", "", "-d", "x"]
    with Server([Connection()]) as server:
        assert main(["doctor", *asking, server.addresses["url"]]) == 0
        ((_, request),) = server.requests
    assert request.method == "POST"
    sent = dict(request.fields)
    assert (sent["x-tenant"], sent["cookie"], sent["authorization"]) == ("s3cret", "a=s3cret", "Bearer s3cret")
    out, err = capsys.readouterr()
    assert re.search(r"^  method +POST$", out, re.MULTILINE)
    assert "s3cret" not in out + err


def test_options_are_those_of_every_connecting_command() -> None:
    options = COMMANDS["doctor"].command.options
    assert set(options) <= set(SHARED)
    flags = {flag for option in options for flag in option.flags}
    assert flags >= {"-k", "-x", "--cacert", "--cert", "--key", "-H", "-u", "--bearer", "-b", "--http2"}
    assert not flags & {"--record", "--for", "--stall-after", "--max-retries", "--last-event-id-param"}


@pytest.mark.parametrize("arguments", [["-k"], ["--bearer", "x"], ["-x", ""]])
def test_options_without_a_url(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *arguments]) == 2
    assert "it goes only with a URL." in capsys.readouterr().err


def test_a_url_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "ftp://x"]) == 2
    assert capsys.readouterr().out == ""
