"""Which roots are trusted: what names them, in which order, and what there is where nothing does."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Any

import certifi
import pytest

from sse_inspect.config import Target
from sse_inspect.errors import UsageError
from sse_inspect.live import Live
from sse_inspect.net.trust import CERTIFI, SYSTEM, Roots, roots
from tests.net.scripted import Scripted, in_loop, policy, session
from tests.net.test_tls import CERTIFICATE, EXPIRED, server_side, streaming

HASHED = "bd496369.0"
"""What OpenSSL calls certificate.pem in a folder (openssl x509 -hash)."""


@pytest.fixture(autouse=True)
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system whose file and folder of roots are `cert.pem` and `certs` here; neither is there yet."""
    for name in ("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    paths = ssl.get_default_verify_paths()._replace(
        openssl_cafile=str(tmp_path / "cert.pem"), openssl_capath=str(tmp_path / "certs")
    )
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    return tmp_path


def file(path: Path) -> str:
    path.write_text(Path(CERTIFICATE).read_text())
    return str(path)


def folder(path: Path) -> str:
    """A folder with the certificate, as OpenSSL finds it."""
    path.mkdir(exist_ok=True)
    file(path / HASHED)
    return str(path)


def test_the_systems_are_the_default(system: Path) -> None:
    certs = folder(system / "certs")
    assert roots(None) == [Roots(SYSTEM, certs, is_folder=True)]
    cert = file(system / "cert.pem")
    assert roots(None) == [Roots(SYSTEM, cert), Roots(SYSTEM, certs, is_folder=True)]


@pytest.mark.parametrize("leftover", [None, "cert.pem", "certs", "certs/README"])
def test_certifis_are_for_a_system_that_has_none(system: Path, leftover: str | None) -> None:
    if leftover == "cert.pem":
        (system / leftover).touch()
    elif leftover:
        (system / "certs").mkdir()
        (system / leftover).is_dir() or (system / leftover).touch()
    assert roots(None) == [Roots(CERTIFI, certifi.where())]


def test_the_order_is_that_of_curl(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(system / "certs")
    (system / "cert.pem").write_text("x")
    monkeypatch.setenv("SSL_CERT_DIR", f"/a{os.pathsep}/b")
    a, b = Roots("SSL_CERT_DIR", "/a", is_folder=True), Roots("SSL_CERT_DIR", "/b", is_folder=True)
    assert roots(None) == [Roots(SYSTEM, str(system / "cert.pem")), a, b]
    monkeypatch.setenv("SSL_CERT_FILE", "/file")
    assert roots(None) == [Roots("SSL_CERT_FILE", "/file"), a, b]
    monkeypatch.setenv("CURL_CA_BUNDLE", "/bundle")
    assert roots(None) == [Roots("CURL_CA_BUNDLE", "/bundle")]
    assert roots("/given") == [Roots("--cacert", "/given")]
    monkeypatch.setenv("CURL_CA_BUNDLE", "")
    assert roots(None)[0] == Roots("SSL_CERT_FILE", "/file")


@pytest.mark.parametrize(
    ("where", "cacert", "reasons"),
    [
        ("the system's file", None, []),
        ("the system's folder", None, []),
        ("SSL_CERT_FILE", None, []),
        ("SSL_CERT_DIR", None, []),
        ("CURL_CA_BUNDLE", None, []),
        ("nowhere", None, ["tls"]),
        ("SSL_CERT_FILE", EXPIRED, ["tls"]),  # what is given replaces all others
        ("the system's folder", EXPIRED, ["tls"]),
    ],
)
@in_loop
async def test_a_server_is_trusted_by_what_is_found(
    where: str, cacert: str | None, reasons: list[str], system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    match where:
        case "the system's file":
            file(system / "cert.pem")
        case "the system's folder":
            folder(system / "certs")
        case "SSL_CERT_DIR":
            monkeypatch.setenv(where, f"{system}{os.pathsep}{folder(system / 'mine')}")
        case "SSL_CERT_FILE" | "CURL_CA_BUNDLE":
            monkeypatch.setenv(where, CERTIFICATE)
    target: dict[str, Any] = {"cacert": cacert}
    async with (
        Scripted(streaming, tls=server_side()) as server,
        session(server.url(), target=target, max_retries=0) as run,
    ):
        await run.until("disconnect" if reasons else "open")
        assert run.reasons == reasons
        await run.stop()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_a_file_that_cannot_be_read_is_named(variable: str, system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, str(system / "nowhere"))
    with pytest.raises(UsageError, match="No such file") as told:
        Live(Target("https://127.0.0.1/", proxy=""), policy())
    assert told.value.option == variable
    Live(Target("https://127.0.0.1/", proxy="", insecure=True), policy())
    Live(Target("http://127.0.0.1/", proxy=""), policy())
