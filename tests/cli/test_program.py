"""The command line as a person meets it: which command runs, what is told about wrong use, and how fast it starts."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from sse_inspect.cli import main
from sse_inspect.cli.commands import COMMANDS, DEFAULT
from sse_inspect.cli.options import SHARED, connecting
from sse_inspect.config import Policy, Target
from sse_inspect.errors import UsageError
from sse_inspect.findings import CODES
from sse_inspect.store.patterns import expression


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sse_inspect", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(env or {})},
        timeout=20,
    )


WRONG = [
    ([], "URL: none was given; expected one such as http://127.0.0.1:8000/events."),
    (["tail"], "URL: none was given; expected one such as http://127.0.0.1:8000/events."),
    (["tial", "http://x"], "'tial': no such command, and no URL such as http://host/path; did you mean tail?"),
    (["-k", "tail", "http://x"], "tail: a command comes first: sse-inspect tail ..."),
    (
        ["foo"],
        f"'foo': no such command, and no URL such as http://host/path; commands are {', '.join(COMMANDS)}.",
    ),
    (["http://x", "http://y"], "URL: only one is taken, and 'http://y' is left over."),
    (["http://x", "http://me:secret@y/?token=z"], "URL: only one is taken, and 'http://y/?token=***' is left over."),
    (["serve", "http://me:secret@y"], "it takes no argument beside its options, and something is left over."),
    (["demo", "me:secret@y", "z"], "it takes no argument beside its options, and something is left over."),
    (["http://x", "me:secret@y"], "URL: only one is taken, and 'y' is left over."),
    (
        ["http://xn--.invalid/"],
        "URL: Malformed A-label, no Punycode eligible content found; expected http://host[:port]/path.",
    ),
    (
        ["http://x", "--until", "(a+)+$"],
        "--until: takes no repetition of what itself varies in length, as in (a+)+ or (a|bc)*.",
    ),
    (
        ["serve", "--host", ""],
        "--host: it is empty; expected an address such as 127.0.0.1, or 0.0.0.0 for every interface.",
    ),
    (["ftp://x"], "URL: the scheme 'ftp' is not one this program speaks; use http:// or https://."),
    (["http://x/\udcff"], "URL: the value holds bytes that are not UTF-8; expected UTF-8 text."),
    (["--stal-after", "3", "http://x"], "--stal-after: no such option; did you mean --stall-after?"),
    (["http://x", "--\x1b[31m"], r"--\x1b[31m: no such option."),
    (["http://x", "--stall-after"], "--stall-after: the value is missing; expected SECONDS."),
    (["http://x", "--insecure=3"], "--insecure: it takes no value."),
    (
        ["http://x", "--stall-after", "abc"],
        "--stall-after: 'abc' is not a number; expected seconds such as 30, or 500ms, or 2m.",
    ),
    (
        ["http://x", "--stall-after", "--bearer"],
        "--stall-after: '--bearer' is not a number; expected seconds such as 30, or 500ms, or 2m.",
    ),
    (["http://x", "--stall-after", "-1"], "--stall-after: -1 is out of range; expected seconds of at least 0."),
    (["http://x", "--jitter", "3"], "--jitter: 3 is not a ratio; expected 0 to 1."),
    (["http://x", "--jitter", "x"], "--jitter: 'x' is not a number; expected one such as 0.5."),
    (["http://x", "--count", "0"], "--count: 0 is too few; expected 1 or more."),
    (["http://x", "--count", "1.5"], "--count: '1.5' is not a whole number; expected one such as 5."),
    (
        ["http://x", "--max-event-bytes", "3q"],
        "--max-event-bytes: '3q' is not a size; expected bytes such as 65536, or 64k, or 16MiB.",
    ),
    (["http://x", "--ids", "foo"], "--ids: 'foo' is not known; expected auto or integer or opaque."),
    (["http://x", "-H", "foo"], "--header: there is no colon in it; expected 'Name: value'."),
    (
        ["http://x", "-d", "@/nowhere"],
        "--data: cannot read '/nowhere' (No such file or directory); expected the name of a file.",
    ),
    (["http://x", "-u", "secret"], "--user: there is no colon in it; expected NAME:PASSWORD."),
    (["http://x", "-u", "a:b", "--bearer", "c"], "--user: give either --user or --bearer, not both."),
    (["http://x", "--http1.1", "--http2"], "--http2: give either --http1.1 or --http2, not both."),
    (["http://x", "--last-event-id-param="], "--last-event-id-param: the name of the query parameter is empty."),
    (["tail", "http://x", "-f", "xml"], "--format: 'xml' is not known; expected ndjson or pretty or data or raw."),
    (["demo", "--for", "soon"], "--for: 'soon' is not a number; expected seconds such as 30, or 500ms, or 2m."),
    (["serve", "--port", "70000"], "--port: 70000 is no port; expected 1 to 65535, or 0 for a free one."),
    (["serve", "--rate", "fast"], "--rate: takes a number from 0 to 1000000, not 'fast'."),
]


@pytest.mark.parametrize(
    ("arguments", "sentence"), WRONG, ids=[" ".join(each).encode("unicode_escape").decode() for each, _ in WRONG]
)
def test_wrong_use_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSE_INSPECT_USER", raising=False)
    monkeypatch.delenv("SSE_INSPECT_BEARER", raising=False)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    command = f" {arguments[0]}" if arguments and arguments[0] in COMMANDS else ""
    assert out == ""
    assert err == f"sse-inspect: {sentence}\nTry 'sse-inspect{command} --help'.\n"


def test_a_left_over_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codes", "x"]) == 2
    assert re.fullmatch(r"sse-inspect: .*argument.*\(x\)\.\nTry .*\n", capsys.readouterr().err)


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["-k", "--help"]])
def test_help_shows_both_forms_and_all_options(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert out.startswith("Usage: sse-inspect [OPTIONS] URL\n       sse-inspect COMMAND [OPTIONS] ...\n")
    for option in SHARED:
        assert option.flag in out
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", out, re.MULTILINE)
    assert "..." not in out.partition("Request:")[0].partition("Commands:")[2], "a sentence is cut"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_lists_its_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Usage: sse-inspect {name} ")
    for option in COMMANDS[name].command.options:
        assert option.flag in out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"sse-inspect \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_codes_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codes"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.strip().split("\n")] == list(CODES)


def given(*arguments: str) -> tuple[Target, Policy]:
    """What `sse-inspect` with these arguments would connect to, and how."""
    from sse_inspect.cli import program

    return connecting(program.made(DEFAULT.name).make_context("x", program.completed(arguments)).params)


def test_defaults_are_those_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSE_INSPECT_USER", raising=False)
    monkeypatch.delenv("SSE_INSPECT_BEARER", raising=False)
    assert given("localhost:1") == (Target("http://localhost:1/"), Policy())


def test_every_option_arrives() -> None:
    target, policy = given(
        *("-X", "PUT", "-H", "A: 1", "--header", "B: 2", "-d", "x=1", "-u", "me:pw", "-b", "a=b", "-b", "c=d"),
        *("--last-event-id", "7", "--last-event-id-param", "--encoding", "identity", "-x", "127.0.0.1:3128", "-k"),
        *("--cacert", __file__, "--cert", __file__, "--key", __file__, "--http1.1", "--connect-timeout", "3"),
        *("--ids", "integer", "--max-event-bytes", "64k", "--stall-after", "500ms", "--on-stall", "warn"),
        *("--backoff-initial", "0", "--backoff-max", "9", "--backoff-factor", "1.5", "--jitter", "0"),
        *("--max-retries", "0", "--retry-unsafe", "--for", "1m", "--count", "5", "--until", "x+", "http://h/p"),
    )
    assert target == Target(
        url="http://h/p",
        method="PUT",
        headers=(("A", "1"), ("B", "2")),
        body=b"x=1",
        user="me:pw",
        cookies=("a=b", "c=d"),
        proxy="127.0.0.1:3128",
        cacert=__file__,
        cert=__file__,
        key=__file__,
        insecure=True,
        encoding="identity",
        last_event_id="7",
        last_event_id_param="last_event_id",
    )
    assert policy == Policy(
        stall_after=0.5,
        on_stall="warn",
        connect_timeout=3.0,
        backoff_initial=0.0,
        backoff_max=9.0,
        backoff_factor=1.5,
        jitter=0.0,
        max_retries=0,
        retry_unsafe=True,
        ids="integer",
        max_event_bytes=65536,
        for_seconds=60.0,
        count=5,
        until=expression("x+"),
    )


@pytest.mark.parametrize(
    ("arguments", "method"),
    [([], "GET"), (["-d", "x"], "POST"), (["-d", ""], "POST"), (["-d", "x", "-X", "GET"], "GET")],
)
def test_data_makes_it_a_post(arguments: list[str], method: str) -> None:
    assert given("http://h", *arguments)[0].method == method


def test_parameter_name_is_given_with_an_equals_sign_only() -> None:
    assert given("--last-event-id-param", "http://h")[0].last_event_id_param == "last_event_id"
    assert given("--last-event-id-param=since", "http://h")[0].last_event_id_param == "since"


def test_credentials_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSE_INSPECT_BEARER", "tok")
    assert given("http://h")[0].bearer == "tok"
    assert given("http://h", "-u", "a:b")[0] == Target("http://h/", user="a:b"), "what is written wins"
    monkeypatch.setenv("SSE_INSPECT_USER", "no colon")
    with pytest.raises(UsageError, match=r"^SSE_INSPECT_USER: there is no colon"):
        given("http://h")


def loaded(*arguments: str) -> set[str]:
    """The modules that the program has loaded when it ends."""
    script = (
        "import sys\n"
        "from sse_inspect.cli import main\n"
        "main(sys.argv[1:])\n"
        "sys.stderr.write('\\n' + ' '.join(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True, timeout=20
    )
    return set(result.stderr.split("\n")[-1].split())


HEAVY = {"httpx", "textual", "asyncio", "sse_inspect.net", "sse_inspect.live", "sse_inspect.server"}
HOME = {f"sse_inspect.cli.{listed.module}" for listed in (DEFAULT, *COMMANDS.values())}


@pytest.mark.parametrize("arguments", [["codes"], ["tail", "--stall-after", "x", "http://x"]])
def test_startup_is_lean(arguments: list[str]) -> None:
    assert not loaded(*arguments) & HEAVY


def test_the_version_is_told_without_what_reads_arguments() -> None:
    found = loaded("--version")
    assert "sse_inspect.cli.process" in found
    assert not found & {"typer", "dataclasses", "sse_inspect.cli.program", "sse_inspect.cli.commands", *HEAVY, *HOME}


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["--help"], {"inspect_", "tail"}),
        (["tail", "--help"], {"tail"}),
        (["check", "--help"], {"check"}),
        (["replay-server", "--help"], {"serve"}),
        (["codes", "--help"], {"codes"}),
    ],
)
def test_help_loads_the_options_it_shows_and_nothing_of_what_they_mean(arguments: list[str], needed: set[str]) -> None:
    found = loaded(*arguments)
    assert found & HOME == {f"sse_inspect.cli.{name}" for name in needed}
    assert {module.split(".")[1] for module in found if module.startswith("sse_inspect.")} == {"cli", "errors"}
    assert not found & {"pydantic", "rich", *HEAVY}


def test_what_loading_made_is_left_alone_and_the_rest_is_collected() -> None:
    script = (
        "import gc\n"
        "from sse_inspect.cli import main\n"
        "main(['codes'])\n"
        "assert gc.isenabled() and gc.get_freeze_count() > gc.get_count()[0]"
    )
    subprocess.run([sys.executable, "-c", script], stdout=subprocess.DEVNULL, check=True, timeout=20)


QUICK = (["--help"], ["codes"], ["--version"], ["serve", "--port", "0"])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device")
@pytest.mark.parametrize("arguments", QUICK)
def test_a_full_disk_is_told_in_one_sentence(arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "sse_inspect", *arguments], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert process.stderr == (
        b"sse-inspect: stdout: it cannot be written to (No space left on device); the rest is lost.\n"
    )
    assert process.returncode == 1


@pytest.mark.parametrize("arguments", QUICK)
def test_a_closed_stdout_is_told_in_one_sentence(arguments: list[str]) -> None:
    process = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "sse_inspect", *arguments],
        stderr=subprocess.PIPE,
        check=False,
    )
    assert process.stderr.startswith(b"sse-inspect: stdout: it is closed; there is nothing to write to.\n")
    assert process.returncode == 2


def test_a_locale_without_the_signs_is_no_error() -> None:
    script = "import sys; from sse_inspect.cli import main; main(['--version']); print('\u2714')"
    process = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        check=True,
    )
    assert process.stdout.endswith(b"?\n")


def test_ctrl_c_while_the_program_is_loaded_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def find_spec(self, name: str, _path: object, _target: object = None) -> None:
            if name == "sse_inspect.cli.process":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "sse_inspect.cli.process")
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    assert main(["--version"]) == 130


def test_a_reader_that_leaves_is_no_error() -> None:
    for arguments in (["--help"], ["codes"], ["--version"]):
        reader, writer = os.pipe()
        os.close(reader)
        process = subprocess.run(
            [sys.executable, "-m", "sse_inspect", *arguments], stdout=writer, stderr=subprocess.PIPE, check=False
        )
        os.close(writer)
        assert (process.returncode, process.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("sse-inspect ta", "tail"),
        ("sse-inspect --stall", "--stall-after"),
        ("sse-inspect -k --stall", "--stall-after"),
        ("sse-inspect tail --form", "--format"),
    ],
)
def test_completion(words: str, offered: str) -> None:
    env = {"_SSE_INSPECT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    assert offered in run(env=env).stdout.split("\n")
