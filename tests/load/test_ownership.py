"""No load leaves this machine: the sockets of a whole process are watched, whatever leads elsewhere."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from sse_inspect.load.ownership import is_here

ROOT = Path(__file__).parent.parent.parent
ELSEWHERE = "192.0.2.1"
"""An address for documentation (RFC 5737): nobody is there."""
PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})
WATCHED = """
import sys
def told(name, arguments):
    if name == "socket.connect" and isinstance(arguments[1], tuple):
        sys.stderr.write(f"connects to {arguments[1][0]} {arguments[1][1]}\\n")
sys.addaudithook(told)
"""
LOAD = (WATCHED + "from sse_inspect.cli.process import run\nsys.exit(run(sys.argv[1:]))", "load")
LOCUST = (
    WATCHED + "sys.argv[0] = 'locust'\nfrom locust.main import main\nmain()",
    *("-f", "sse_inspect/locustfile.py", "--headless", "--only-summary", "--run-time", "20"),
)
FEW = ("--clients", "5", "--ramp", "1000", "--for", "20")


async def watched(program: tuple[str, ...], *arguments: str, **environment: str) -> tuple[int | None, str, str]:
    """A process that tells where it connects to: its exit status, stdout and stderr."""
    kept = {name: value for name, value in os.environ.items() if name.lower() not in PROXIES}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", *program, *arguments),
        cwd=ROOT,
        env=kept | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, out.decode(), err.decode()


def connects(err: str) -> set[str]:
    return {line.split()[2] for line in err.splitlines() if line.startswith("connects to ")}


def redirected(program: tuple[str, ...], url: str, proxy: str) -> tuple[int | None, str, str]:
    """What comes of a load that is redirected elsewhere; `url` and `proxy` are the options for those, "" for none."""
    asked: list[bytes] = []

    async def made() -> tuple[int | None, str, str]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.readline())
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 307 Gone\r\nLocation: http://%s/x\r\n\r\n" % ELSEWHERE.encode())
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        here = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            to_proxy = (proxy, here) if proxy else ()
            return await watched(program, *((url,) if url else ()), f"{here}/", *to_proxy)

    status, out, err = asyncio.run(made())
    assert asked
    assert all(ELSEWHERE.encode() not in line for line in asked), "not even a proxy is asked to go there"
    return status, out, err


@pytest.mark.parametrize("proxy", ["", "--proxy"])
def test_a_redirect_elsewhere_is_refused_before_anybody_connects(proxy: str) -> None:
    status, out, err = redirected((*LOAD, *FEW), "", proxy)
    assert (status, connects(err)) == (2, {"127.0.0.1"})
    assert out == (
        f"✖ Not done: the way leads to {ELSEWHERE}, which is not this machine; "
        "--i-own-this-target says that it is yours.\n"
    )


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_a_proxy_elsewhere_is_refused_before_the_start(scheme: str) -> None:
    status, out, err = asyncio.run(watched(LOAD, "--proxy", f"{scheme}://{ELSEWHERE}:8080", "http://127.0.0.1:9/"))
    assert (status, out, connects(err)) == (2, "", set())
    assert "--proxy: a load is for servers of one's own, and this proxy is not on this machine" in err


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_so_is_one_that_the_environment_names(variable: str, workers: str) -> None:
    asked = watched(LOAD, "--workers", workers, "http://127.0.0.1:9/", **{variable: f"http://{ELSEWHERE}:8080"})
    status, out, err = asyncio.run(asked)
    assert (status, out, connects(err)) == (2, "", set())
    assert f"{variable}: a load is for servers of one's own, and this proxy is not on this machine" in err


@pytest.mark.locust
@pytest.mark.skipif(find_spec("locust") is None, reason="locust is not installed")
def test_so_it_is_under_locust() -> None:
    few = ("--users", "5", "--spawn-rate", "5")
    status, out, err = redirected((*LOCUST, *few), "--host", "")
    assert (status, connects(err)) == (2, {"127.0.0.1"}), err
    assert f"✖ Not done: the way leads to {ELSEWHERE}, which is not this machine; " in out
    assert "p95" not in out.split("✖ Not done")[1].split("worker")[0]
    asked = watched(LOCUST, "--host", "http://127.0.0.1:9/", "--sse-proxy", f"http://{ELSEWHERE}:8080")
    status, out, err = asyncio.run(asked)
    assert (status, connects(err)) == (2, set())
    assert "--sse-proxy: a load is for servers of one's own, and this proxy is not on this machine" in err


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), (ELSEWHERE, False), ("::2", False), ("fe80::1%1", False)],
)
def test_what_is_here(host: str, here: bool) -> None:
    assert is_here(host) is here
