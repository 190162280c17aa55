"""`watch`, `--metrics` and `alerts`: what may be written, what is told, and what can be scraped."""

from __future__ import annotations

import asyncio
import builtins
import re
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.cli import main
from sse_inspect.cli.metrics import METRICS, Exposure
from sse_inspect.cli.watched import OPTIONS, read
from sse_inspect.errors import UsageError
from sse_inspect.monitoring.rules import rules
from sse_inspect.monitoring.telling import Note
from sse_inspect.monitoring.watching import Watching
from sse_inspect.records import End
from sse_inspect.server import ServerThread
from tests.cli.test_screen import terminal
from tests.conformance.case import Connection
from tests.conformance.server import Server


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "endpoints.toml"
    path.write_text(text)
    return path


def test_endpoints_have_the_options_of_the_command_line(tmp_path: Path) -> None:
    first, second = read(
        file(
            tmp_path,
            """
            [defaults]
            stall-after = 20
            header = "X-Tenant: 7"

            [endpoint.prices]
            url = "https://api.example.com/prices"
            stall-after = "500ms"
            "http2" = true
            jitter = 0.5
            ids = "opaque"
            fault = ["reset@20ev"]

            [endpoint."feed.2"]
            url = "localhost:8000/feed"
            header = ["A: 1", "B: 2"]
            insecure = false
            """,
        )
    )
    assert (first.name, first.target.url) == ("prices", "https://api.example.com/prices")
    assert (first.policy.stall_after, first.policy.jitter, first.policy.ids) == (0.5, 0.5, "opaque")
    assert (first.target.headers, first.target.http2, len(first.plans)) == ((("X-Tenant", "7"),), True, 1)
    assert (second.name, second.target.url) == ("feed.2", "http://localhost:8000/feed")
    assert (second.policy.stall_after, second.target.insecure) == (20.0, False)
    assert second.target.headers == (("A", "1"), ("B", "2"))


@pytest.mark.parametrize("key", ["http1.1", '"http1.1"'])
@pytest.mark.parametrize("place", ["defaults", "endpoint.a"])
def test_an_option_with_a_dot_needs_no_quotes(key: str, place: str, tmp_path: Path) -> None:
    tables = {"defaults": "", "endpoint.a": "url = 'a'\nhttp2 = true\n"}
    text = "".join(f"[{name}]\n{rest}{f'{key} = true' if name == place else ''}\n" for name, rest in tables.items())
    with pytest.raises(UsageError, match=r"give either --http1\.1 or --http2, not both"):
        read(file(tmp_path, text))


def test_the_example_of_the_readme_is_understood(tmp_path: Path) -> None:
    readme = (Path(__file__).parent.parent.parent / "README.md").read_text()
    (example,) = re.findall(r"^```\n(\[defaults\].*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert [each.name for each in read(file(tmp_path, example))] == ["prices", "orders"]


def test_credentials_in_the_environment_go_to_no_endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSE_INSPECT_BEARER", "secret")
    path = file(tmp_path, '[endpoint.a]\nurl = "http://a"\n[endpoint.b]\nurl = "http://b"\nbearer = "mine"')
    assert [each.target.bearer for each in read(path)] == [None, "mine"]


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        ("", "", "it names no endpoint; add [endpoint.NAME] with a url."),
        ("x = ", "", "it is no TOML: "),
        ("n = " + "9" * 5000, "", "it is no TOML: "),
        ("[endpoints.a]", "", "'endpoints' is not known; did you mean endpoint? known are defaults, endpoint."),
        ("endpoint = 1", ": endpoint", "it is a table; expected keys with values in it."),
        ("[endpoint]\na = 1", ": endpoint.a", "it is a table; expected keys with values in it."),
        ("[endpoint.a]", ": endpoint.a.url", "none was given; expected one such as http://127.0.0.1:8000/events."),
        ("[endpoint.a]\nurl = 'ftp://x'", ": endpoint.a.url", "the scheme 'ftp' is not one this program speaks; "),
        ("[endpoint.a]\nurl = true", ": endpoint.a.url", "it takes a text."),
        ("[endpoint.a]\nurl = 1", ": endpoint.a.url", "it takes a text."),
        ("a = " + "[" * 100_000, "", "it is nested too deeply; "),
        ("a = " + "{a=" * 3000, "", "it is nested too deeply; "),
        ("#" * (1 << 20) + "#", "", "it cannot be read (it holds more than 1 MiB)."),
        (
            "[endpoint.Aa]\nurl='a'\n[endpoint.aA]\nurl='a'",
            ": endpoint.aA",
            "only upper and lower case tell it from Aa; rename it.",
        ),
        (
            "[endpoint.a]\nurl='a'\nstall-afer=1",
            ": endpoint.a",
            "'stall-afer' is not known; did you mean stall-after? ",
        ),
        ("[endpoint.a]\nurl='a'\nrecord='x'", ": endpoint.a", "'record' is not known; "),
        ("[defaults]\nurl='a'", ": defaults", "'url' is not known; "),
        (
            "[endpoint.a]\nurl='a'\nstall-after='x'",
            ": endpoint.a.stall-after",
            "'x' is not a number; expected seconds ",
        ),
        ("[endpoint.a]\nurl='a'\nstall-after=-1", ": endpoint.a.stall-after", "-1 is out of range; "),
        ("[endpoint.a]\nurl='a'\nstall-after=[1]", ": endpoint.a.stall-after", "it takes a text or a number."),
        ("[endpoint.a]\nurl='a'\ninsecure='yes'", ": endpoint.a.insecure", "it takes true or false."),
        ("[endpoint.a]\nurl='a'\nheader=[true]", ": endpoint.a.header", "it takes a text or a number."),
        (
            "[endpoint.'../a']\nurl='a'",
            ": endpoint.../a",
            "the name is that of a label and of files; expected letters, ",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, place: str, sentence: str, tmp_path: Path) -> None:
    path = file(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert caught.value.option == f"{path}{place}"
    assert caught.value.message.startswith(sentence)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = file(tmp_path, '[endpoint.a]\nurl = "http://127.0.0.1:1"')
    (tmp_path / "link").symlink_to(tmp_path / "away" / "away")
    assert main(["watch", str(path), "--record", str(tmp_path / "link")]) == 2
    assert "' cannot be made (File exists).\n" in capsys.readouterr().err
    assert main(["watch", str(path), "--record", str(path)]) == 2
    assert "' is no folder.\n" in capsys.readouterr().err


def test_a_file_that_is_no_text_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="it is not UTF-8, first at byte 0"):
        read(tmp_path / "x.toml")
    with pytest.raises(UsageError, match=r"it cannot be read \(No such file or directory\)"):
        read(tmp_path / "y.toml")


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert [each.name for each in read(file(tmp_path, "\ufeff[endpoint.a]\nurl = 'localhost'"))] == ["a"]


def test_a_key_is_an_option_and_captures_are_the_command_s_to_write() -> None:
    assert {"stall-after", "header", "bearer", "for", "fault", "http1.1"} <= set(OPTIONS)
    assert not {"record", "keep-secrets", "history"} & set(OPTIONS)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["watch", ""], "FILE: its name is empty; expected a TOML file such as endpoints.toml."),
        (["watch"], "FILE: none was given; expected a TOML file such as endpoints.toml."),
        (
            ["watch", "a.toml", "b.toml"],
            "FILE: only one is taken, and 'b.toml' is left over; expected a TOML file such as ",
        ),
        (
            ["watch", "a.toml", "--keep-secrets"],
            "--keep-secrets: there is no capture for it; give --record FOLDER too.",
        ),
        (["watch", "a.toml", "--record", "/nowhere/x"], "--record: '/nowhere/x' is no folder, nor is '/nowhere' one."),
        (["tail", "http://x", "--metrics", "x"], "--metrics: 'x' is not a whole number; expected one such as 5."),
        (
            ["tail", "http://x", "--metrics", "70000"],
            "--metrics: 70000 is no port; expected 1 to 65535, or 0 for a free one.",
        ),
        (
            ["tail", "http://x", "--metrics", ":9464"],
            "--metrics: the address is missing; expected PORT alone for this machine, or 0.0.0.0:9464 for all.",
        ),
        (
            ["tail", "http://x", "--metrics", "::1:9464"],
            "--metrics: '::1:9464' is no address and port; an IPv6 address has brackets: [::1]:9464.",
        ),
        (["tail", "http://x", "--metrics", "192.0.2.1:9464"], "--metrics: cannot listen on 192.0.2.1 port 9464 ("),
        (["alerts", "--window", "0"], "--window: '0' is out of range; expected 1s to 8760h."),
        (["alerts", "--window", "1e308"], "--window: '1e308' is out of range; expected 1s to 8760h."),
        (["alerts", "--window", "99999999999"], "--window: '99999999999' is out of range; "),
        (["alerts", "--pending", "1e12"], "--pending: '1e12' is out of range; expected 0s to 8760h."),
        (["alerts", "--pending", "-1"], "--pending: '-1' is out of range; expected 0s to 8760h."),
        (["runbook", "a", "b"], "NAME: only one is taken, and 'b' is left over."),
    ],
)
def test_wrong_use_is_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"sse-inspect: {sentence}")


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ("9464", ("127.0.0.1", 9464)),
        ("0.0.0.0:9464", ("0.0.0.0", 9464)),
        ("[::1]:0", ("::1", 0)),
        ("localhost:1", ("localhost", 1)),
    ],
)
def test_only_this_machine_is_served_unless_an_address_is_named(given: str, where: tuple[str, int]) -> None:
    assert METRICS.value(given) == where


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"cannot listen on 127.0.0.1 port {port} \(Address already in use\)"):
            Exposure({"metrics": str(port)})


def test_without_the_library_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("prometheus_client"):
            raise ModuleNotFoundError("no", name="prometheus_client")
        return original(name, *rest, **more)

    for name in [each for each in sys.modules if each.startswith("sse_inspect.monitoring")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match="--metrics: it needs a library: pip install prometheus-client"):
        Exposure({"metrics": "0"})


def test_alerts_writes_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "--window", "10m", "--pending", "2m", "--runbook-url", "https://wiki/"]) == 0
    assert capsys.readouterr().out == rules(600, 120, "https://wiki/")


@contextmanager
def running(*arguments: str, before: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*before, sys.executable, "-m", "sse_inspect", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_until(process: subprocess.Popen[str], *parts: str) -> list[str]:
    """The lines on standard error, until each of these was a part of one."""
    assert process.stderr
    lines: list[str] = []
    while not all(any(part in line for line in lines) for part in parts):
        line = process.stderr.readline()
        assert line, f"it ended after {lines}"
        lines.append(line)
    return lines


def scraped(lines: list[str]) -> str:
    address = re.search(r"metrics at (\S+)", lines[0])
    assert address
    with urllib.request.urlopen(address[1], timeout=5) as response:
        text: str = response.read().decode()
        return text


def test_watch_tells_what_changes_records_and_can_be_scraped(tmp_path: Path) -> None:
    with ServerThread() as server:
        path = file(
            tmp_path,
            f"""
            [defaults]
            backoff-initial = 0
            [endpoint.good]
            url = "{server.url("/good", rate=50)}"
            [endpoint.torn]
            url = "{server.url("/torn", rate=50)}"
            fault = "reset@3ev"
            """,
        )
        with running("watch", str(path), "--metrics", "0", "--record", str(tmp_path / "new")) as process:
            lines = lines_until(process, "good  ", "recovered")
            text = scraped(lines)
            process.send_signal(signal.SIGTERM)
            out, rest = process.communicate(timeout=10)
    assert (process.returncode, out) == (143, "")
    assert re.fullmatch(r"good  \d\d:\d\d:\d\d\.\d{3}  open        200 .*\n", next(x for x in lines if "good" in x))
    assert any(re.match(r"torn  \S+  disconnect  forced · .* reset on purpose$", line) for line in lines)
    assert not [line for line in lines if "  event  " in line]
    assert rest.count("interrupted") >= 2
    for name in ("good", "torn"):
        assert f'sse_inspect_connected{{endpoint="{name}",target="http://127.0.0.1:' in text
        assert len(list(tmp_path.glob(f"new/{name}-*.sse"))) == 1
    assert re.search(r'reconnects_total\{endpoint="torn",reason="forced",target="[^"?]*"\} 1.0', text)


def many(tmp_path: Path, count: int, url: str = "http://127.0.0.1:9/feed") -> Path:
    return file(tmp_path, "".join(f'[endpoint.e{number}]\nurl = "{url}"\n' for number in range(count)))


def test_more_endpoints_than_a_scrape_can_tell_of_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", str(many(tmp_path, 501)), "--metrics", "0"]) == 2
    said = "--metrics: one scrape tells of 500 at most, and these are 501 endpoints; share them out to several files."
    assert capsys.readouterr().err.startswith(f"sse-inspect: {said}\n")


def test_more_files_than_the_system_allows_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1024))
    path, folder = many(tmp_path, 150), tmp_path / "captures"
    assert main(["watch", str(path), "--record", str(folder)]) == 2
    said = (
        "150 endpoints need 1,114 open files, and this system allows 1,024 (ulimit -Hn); share them out to several fi"
    )
    assert capsys.readouterr().err.startswith(f"sse-inspect: {path}: {said}")
    assert not folder.exists()


def test_every_endpoint_has_its_open_files(tmp_path: Path) -> None:
    """Many systems allow 1,024 before somebody asks for more, and captures take several each."""
    with ServerThread() as server:
        path = many(tmp_path, 30, server.url("/many", rate=1))
        allowed = ("sh", "-c", 'ulimit -Sn 96; exec "$@"', "sh")
        with running("watch", str(path), "--record", str(tmp_path / "captures"), before=allowed) as process:
            lines = lines_until(process, *(f"e{number} " for number in range(30)))
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=10)
    assert process.returncode == 130, rest
    assert lines[0].startswith("sse-inspect: the limit of open files is raised from 96 to 274, of ")
    assert "--record" not in "".join(lines) + rest


def test_tail_serves_its_metrics_while_it_lasts() -> None:
    with ServerThread() as server, running("tail", "--metrics", "0", server.url("/m", rate=50)) as process:
        lines = lines_until(process, "metrics at")
        assert process.stdout
        while "  event " not in process.stdout.readline():
            pass
        assert re.search(
            r'sse_inspect_events_total\{endpoint="127.0.0.1:\d+",target="[^"?]*/m"\} [1-9]', scraped(lines)
        )
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=10)
    assert (process.returncode, rest) == (130, "")


@pytest.mark.parametrize(
    ("more", "ends"),
    [
        # the second time nothing is new
        ("", ["begins anew in 0.01 s · status: HTTP 404", "no-content"]),
        ('data = "x"', ["fatal"]),
        ('data = "x"\nretry-unsafe = true', ["begins anew in 0.01 s · status: HTTP 404", "no-content"]),
    ],
    ids=["safe", "not safe", "not safe, asked for"],
)
def test_after_a_wrong_answer_a_session_begins_later_if_its_request_may_be_repeated(
    tmp_path: Path, more: str, ends: list[str]
) -> None:
    told: list[str] = []
    wrong = Connection(status="404 Not Found", headers=(), framing="none")
    with Server([wrong, wrong], then="204") as server:
        watching = Watching(
            read(file(tmp_path, f'[endpoint.a]\nurl = "{server.addresses["url"]}"\n{more}')),
            version="0",
            say=lambda _name, record, _origin: told.append(record.reason) if isinstance(record, End) else None,
            remark=lambda _name, note: told.append(note.text),
            complain=lambda _name, why: pytest.fail(why),
            show=lambda _inspection, _name: None,
            again=0.01,
        )
        asyncio.run(watching.run())
    assert told == ends
    assert watching.ends["a"].reason == ends[-1]


def test_stop_ends_the_wait_for_the_next_session(tmp_path: Path) -> None:
    wrong = Connection(status="404 Not Found", headers=(), framing="none")
    with Server([wrong]) as server:

        def remark(_name: str, note: Note) -> None:
            if note.kind == "end":
                asyncio.get_running_loop().call_later(0.05, watching.stop)

        watching = Watching(
            read(file(tmp_path, f'[endpoint.a]\nurl = "{server.addresses["url"]}"')),
            version="0",
            say=lambda _name, _record, _origin: None,
            remark=remark,
            complain=lambda _name, why: pytest.fail(why),
            show=lambda _inspection, _name: None,
        )
        began = time.monotonic()
        asyncio.run(watching.run())
    assert time.monotonic() - began < 10


def test_an_outage_that_goes_on_is_told_without_an_attempt_that_fails_anew(tmp_path: Path) -> None:
    text = "[endpoint.a]\nurl = 'http://127.0.0.1:1'\nbackoff-initial = 0\nbackoff-max = 0.01\njitter = 0"
    told: list[str] = []

    def remark(_name: str, note: Note) -> None:
        told.append(f"{note.kind}: {note.text.partition(' · ')[0]}")
        if len(told) == 3:
            watching.stop()

    watching = Watching(
        read(file(tmp_path, text)),
        version="0",
        say=lambda _name, record, _origin: told.append(record.kind),
        remark=remark,
        complain=lambda _name, why: pytest.fail(why),
        show=lambda _inspection, _name: None,
        every=0.01,
        clock=lambda: time.monotonic() * 200,
    )
    asyncio.run(watching.run())
    assert told == ["disconnect", "alert: firing: SlowReconnect", "outage: still down (refused)", "end"]


def test_what_the_network_cannot_use_is_told_with_its_endpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file(tmp_path, '[endpoint.a]\nurl = "http://127.0.0.1:1"\n[endpoint.b]\nurl = "b"\nproxy = "ftp://x"')
    assert main(["watch", str(path)]) == 2
    assert "sse-inspect: endpoint.b.proxy: " in capsys.readouterr().err


def test_the_screen_says_where_its_metrics_are() -> None:
    with ServerThread() as server, terminal("--metrics", "0", server.url("/screen", rate=50)) as screen:
        screen.wait_for(b"LIVE")
        screen.press(b"?")
        screen.wait_for(b"metrics at http://127.0.0.1:")
        screen.wait_for(b"/metrics")
        found = re.search(rb"metrics at (http://[\d.:]+/metrics)", screen.output)
        assert found
        with urllib.request.urlopen(found[1].decode(), timeout=5) as response:
            assert b"\nsse_inspect_connected{" in response.read()
