"""Which cookies are taken and sent again (RFC 6265).

The standard library's jar follows the older RFC 2965 and Netscape's draft: it takes the end of an IP address for the
domain that the address is in, and thinks of a host without a dot as if it were in `.local`.
"""

from __future__ import annotations

from http.cookiejar import Cookie, DefaultCookiePolicy
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import Request


class CookiePolicy(DefaultCookiePolicy):
    """Domains as RFC 6265 has them; a cookie without a name or without an equals sign is none (5.2)."""

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        """Whether the cookie is taken."""
        return bool(cookie.name) and cookie.value is not None and super().set_ok(cookie, request)

    def set_ok_domain(self, cookie: Cookie, request: Request) -> bool:
        """Whether the host may set the cookie for its domain, which is not a whole top-level domain."""
        domain, host = cookie.domain.strip(".").removesuffix(".local"), host_of(request)
        return not cookie.domain_specified or domain == host or ("." in domain and is_in_domain(host, domain))

    def return_ok_domain(self, cookie: Cookie, request: Request) -> bool:
        """Whether the host is sent the cookie."""
        domain, host = cookie.domain.strip("."), host_of(request)
        domains = (domain, domain.removesuffix(".local"))
        return host in domains or (cookie.domain_specified and is_in_domain(host, domain))

    def domain_return_ok(self, domain: str, request: Request) -> bool:
        """Nothing is passed over before its cookies are looked at: a session has few."""
        return True


def is_in_domain(host: str, domain: str) -> bool:
    """Whether a host is a domain or within it (RFC 6265, 5.1.3); an address is in none but itself."""
    return host == domain or (host.endswith(f".{domain}") and not _is_address(host))


def host_of(request: Request) -> str:
    """The host that is asked, in lower case."""
    return (urlsplit(request.get_full_url()).hostname or "").lower()


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
