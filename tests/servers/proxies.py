"""Proxies that nobody here wrote, each with one configuration that does something to a stream, in front of any server.

with Reference() as upstream, NginxGzip(upstream.port) as proxy:
    ...proxy.url("/feed?rate=10")
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sse_inspect import __version__
from tests.servers.installing import debian, debian_version
from tests.servers.running import CERTIFICATE, Service

NGINX = """
daemon off; master_process off; pid nginx.pid; error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port}{listen};
        ssl_certificate {certificate}; ssl_certificate_key {certificate};
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_ignore_headers X-Accel-Buffering;
            {directives}
        }}
    }}
}}
"""
CADDY = """
{{
    admin off
    auto_https off
}}
http://127.0.0.1:{port} {{
    {directives}
    reverse_proxy 127.0.0.1:{upstream}
}}
"""
CADDY_GZIP = """
    encode gzip {
        minimum_length 1
        match {
            header Content-Type text/event-stream*
        }
    }
"""
HAPROXY = """
global
    log stderr local0 err
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    {options}
frontend front
    bind 127.0.0.1:{port}
    default_backend back
backend back
    server upstream 127.0.0.1:{upstream}
"""


class Reference(Service):
    """The project's own reference server, to stand behind a proxy."""

    title = "reference server"

    @property
    def version(self) -> str:
        return f"sse-inspect {__version__}"

    def argv(self) -> list[str]:
        return [sys.executable, "-m", "sse_inspect", "serve", "--port", str(self.port)]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(Path(__file__).parents[2])}


class Proxy(Service):
    """A proxy in front of the server on that port of loopback."""

    options: tuple[str, ...] = ()
    """What a client needs."""
    scheme = "http"

    def __init__(self, upstream: int) -> None:
        super().__init__()
        self.upstream = upstream

    def url(self, path: str) -> str:
        """The address of the server's path, through the proxy."""
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def configuration(self, template: str, **more: str) -> str:
        """Write it down with the ports in it; gives the path."""
        path = self.folder / "configuration"
        path.write_text(template.format(port=self.port, upstream=self.upstream, **more))
        return str(path)


class Nginx(Proxy):
    """nginx as Debian has it, in a single process, which ignores X-Accel-Buffering as for an app that lacks it."""

    directives: str
    listen = ""

    @property
    def version(self) -> str:
        return f"nginx {debian_version(debian('nginx'), 'nginx')}"

    def argv(self) -> list[str]:
        more = {"listen": self.listen, "certificate": str(CERTIFICATE), "directives": self.directives}
        program = debian("nginx") / "usr/sbin/nginx"
        return [str(program), "-p", f"{self.folder}/", "-c", self.configuration(NGINX, **more)]


class NginxGzip(Nginx):
    """Compresses, and buffers what it gets: no head and no byte before a buffer is full."""

    title = "nginx, gzip and proxy_buffering"
    directives = """
            proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_buffering on; gzip on; gzip_types text/event-stream; gzip_min_length 0; gzip_proxied any;
    """


class NginxHttp10(Nginx):
    """Asks upstream in HTTP/1.0, its default before 1.29.7, and buffers: a crash there becomes a clean end here."""

    title = "nginx, HTTP/1.0 upstream and proxy_buffering"
    directives = "proxy_http_version 1.0; proxy_buffering on;"


class NginxReadTimeout(Nginx):
    """Cuts the connection once upstream has been silent for 3 s (60 s unless configured)."""

    title = "nginx, read timeout of 3 s"
    directives = """
            proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_buffering off; proxy_read_timeout 3s;
    """


class NginxReadTimeoutHttp2(NginxReadTimeout):
    """The same over HTTP/2."""

    title = "nginx, read timeout of 3 s, HTTP/2"
    listen = " ssl http2"
    scheme = "https"
    options = ("--http2", "--cacert", str(CERTIFICATE))


class CaddyGzip(Proxy):
    """Compresses event streams: the head at once, events much later."""

    title = "Caddy, encode gzip"

    @property
    def version(self) -> str:
        return f"Caddy {debian_version(debian('caddy'), 'caddy')}"

    def argv(self) -> list[str]:
        program = debian("caddy") / "usr/bin/caddy"
        configuration = self.configuration(CADDY, directives=CADDY_GZIP)
        return [str(program), "run", "--adapter", "caddyfile", "--config", configuration]


class HAProxy(Proxy):
    """HAProxy as Debian has it: it waits for more before it sends."""

    title = "HAProxy"
    directives = ""

    @property
    def version(self) -> str:
        return f"HAProxy {debian_version(debian('haproxy'), 'haproxy')}"

    def argv(self) -> list[str]:
        return [
            str(debian("haproxy") / "usr/sbin/haproxy"),
            "-db",
            "-f",
            self.configuration(HAPROXY, options=self.directives),
        ]

    def environment(self) -> dict[str, str]:
        libraries = debian("haproxy").glob("usr/lib/*-linux-*")
        return {"LD_LIBRARY_PATH": os.pathsep.join(str(each) for each in libraries)}


class HAProxyNoDelay(HAProxy):
    """The same with the option against that."""

    title = "HAProxy, http-no-delay"
    directives = "option http-no-delay"
