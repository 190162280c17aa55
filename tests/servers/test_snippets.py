"""Every setting that a finding names is taken by the program it is for, pasted as it is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sse_inspect.findings.snippets import SNIPPETS

pytestmark = pytest.mark.servers

NGINX = """\
daemon off;
pid nginx.pid;
error_log stderr warn;
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen 127.0.0.1:18080;
        location / {
            proxy_pass http://127.0.0.1:18081;
%s
        }
    }
}
"""
HAPROXY = """\
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
%s
frontend front
    bind 127.0.0.1:18080
    default_backend back
backend back
    server upstream 127.0.0.1:18081
"""
CADDY = """\
{
    admin off
    auto_https off
}
http://127.0.0.1:18080 {
%s
}
"""
PROGRAMS = {
    "nginx": (NGINX, ["nginx", "-t", "-p", ".", "-c"]),
    "HAProxy": (HAPROXY, ["haproxy", "-c", "-f"]),
    "Caddy": (CADDY, ["caddy", "validate", "--adapter", "caddyfile", "--config"]),
}
CASES = [
    pytest.param(product, snippet.text, id=f"{product}-{topic}")
    for topic, products in SNIPPETS.items()
    for product, snippet in products.items()
    if product in PROGRAMS
]


def judged(product: str, setting: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the program says of a configuration with this setting in its place."""
    configuration, command = PROGRAMS[product]
    program = shutil.which(command[0], path="/usr/local/sbin:/usr/sbin:/sbin") or shutil.which(command[0])
    if program is None:
        pytest.skip(f"there is no {command[0]} on PATH")
    path = folder / "configuration"
    path.write_text(configuration % setting)
    return subprocess.run(
        [program, *command[1:], str(path)],
        cwd=folder,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(("product", "setting"), CASES)
def test_it_is_taken_as_it_is(product: str, setting: str, tmp_path: Path) -> None:
    result = judged(product, setting, tmp_path)
    assert result.returncode == 0, result.stdout
    assert "warning" not in result.stdout.lower().replace("not formatted", ""), result.stdout


@pytest.mark.parametrize("product", PROGRAMS)
def test_what_is_no_setting_is_refused(product: str, tmp_path: Path) -> None:
    assert judged(product, "in the location of the stream", tmp_path).returncode != 0
