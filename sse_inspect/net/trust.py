"""Which certificates are trusted, and which one this client shows: the TLS context of a target.

The roots are found as curl finds them: `--cacert`, `CURL_CA_BUNDLE`, then what OpenSSL takes for the system's own file
and folder, which `SSL_CERT_FILE` and `SSL_CERT_DIR` replace. Certifi's are for systems that have none, as those of slim
containers, and of python.org's builds.
"""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass
from functools import lru_cache

from sse_inspect.errors import UsageError

SYSTEM, CERTIFI = "the system's", "certifi's"
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")
"""What OpenSSL looks for in a folder: a hash of the subject's name."""


@dataclass(frozen=True, slots=True)
class Roots:
    """A file of root certificates, or a folder of them; `source` is the option or variable that names it, or whose."""

    source: str
    path: str
    is_folder: bool = False

    @property
    def is_chosen(self) -> bool:
        """Whether the user named it."""
        return self.source not in (SYSTEM, CERTIFI)

    def count(self) -> int:
        """How many there are. Raises OSError (an SSLError is one) for what cannot be read or holds none."""
        if self.is_folder:
            return sum(_HASHED.fullmatch(name) is not None for name in os.listdir(self.path))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.path)
        return context.cert_store_stats()["x509_ca"]


def roots(cacert: str | None) -> list[Roots]:
    """All that is trusted; what the user names is there even if it cannot be read."""
    if cacert:
        return [Roots("--cacert", cacert)]
    if bundle := os.environ.get("CURL_CA_BUNDLE"):
        return [Roots("CURL_CA_BUNDLE", bundle)]
    paths = ssl.get_default_verify_paths()
    file, folders = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    of_folders = "SSL_CERT_DIR" if folders else SYSTEM
    found = [
        Roots("SSL_CERT_FILE", file) if file else Roots(SYSTEM, paths.openssl_cafile),
        *(Roots(of_folders, path, is_folder=True) for path in (folders or paths.openssl_capath).split(os.pathsep)),
    ]
    kept = [each for each in found if each.is_chosen or _holds_any(each)]
    if kept:
        return kept
    import certifi

    return [Roots(CERTIFI, certifi.where())]


def _holds_any(each: Roots) -> bool:
    try:
        return each.count() > 0 if each.is_folder else os.access(each.path, os.R_OK) and os.path.getsize(each.path) > 0
    except OSError:
        return False


def ssl_context(cacert: str | None, cert: str | None, key: str | None, insecure: bool) -> ssl.SSLContext:
    """The context for these files. Raises UsageError for one that cannot be used."""
    return _context(None if insecure else tuple(roots(cacert)), cert, key)


@lru_cache(maxsize=16)
def _context(places: tuple[Roots, ...] | None, cert: str | None, key: str | None) -> ssl.SSLContext:
    context = _distrusting() if places is None else _trusting(places)
    if cert:
        _identify(context, cert, key)
    return context


def _distrusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _trusting(places: tuple[Roots, ...]) -> ssl.SSLContext:
    files = [each for each in places if not each.is_folder]
    folders = os.pathsep.join(each.path for each in places if each.is_folder) or None
    first = files[0] if files else None
    try:
        return ssl.create_default_context(cafile=first.path if first else None, capath=folders)
    except OSError as error:
        assert first is not None  # noqa: S101 folders are only looked at when a certificate is sought
        raise UsageError(first.source, f"cannot read {first.path}: {why(error)}; expected a PEM file.") from None


class _EncryptedError(Exception):
    """The private key wants a password."""


def _identify(context: ssl.SSLContext, cert: str, key: str | None) -> None:
    def password() -> str:
        raise _EncryptedError  # else OpenSSL would ask for it on the terminal

    option, file = ("--key", key) if key else ("--cert", cert)
    try:
        context.load_cert_chain(cert, key, password)
    except _EncryptedError:
        raise UsageError(
            option, f"the private key in {file} is encrypted; give one that is not (openssl pkey -in {file} -out FILE)."
        ) from None
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError(option, f"the private key in {file} is not that of the certificate in {cert}.") from None
        raise UsageError(
            "--cert",
            f"cannot use {cert}{f' and {key}' if key else ''}; expected a PEM file with a certificate, "
            "and its private key there or in --key.",
        ) from None
    except OSError as error:
        raise UsageError("--cert", f"cannot read {cert}{f' or {key}' if key else ''}: {why(error)}.") from None


def why(error: OSError) -> str:
    """What the system or OpenSSL says is wrong with a file."""
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return error.strerror or str(error)
