"""The clients of the handbook, run as they stand there against the reference server and its mishaps."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sse_inspect.server.options import ServerOptions
from sse_inspect.server.thread import ServerThread
from tests.handbook.examples import EXAMPLES

QUICK = {"first": 0.02, "longest": 0.1, "stall": 0.4}
"""Settings for a test that is not to wait."""


class Client(ABC):
    """What one of them told: events as (type, ID, data), states, and how it ended."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []
        self.states: list[str] = []
        self.failed = ""

    @abstractmethod
    def run(self, url: str, **settings: float) -> None:
        """Read the stream to its end."""

    @abstractmethod
    def backoff(self, first: float, longest: float) -> list[float]:
        """Ten waits in a row."""

    @property
    def ids(self) -> list[str]:
        return [id_ for _, id_, _ in self.events]

    @property
    def connections(self) -> int:
        return self.states.count("open")

    @property
    def waits(self) -> list[str]:
        """Why it waited, each time."""
        return [state.partition(": ")[2] for state in self.states if state.startswith("waiting")]


class Python(Client):
    """In this process."""

    def __init__(self) -> None:
        super().__init__()
        spec = importlib.util.spec_from_file_location("handbook_client", EXAMPLES / "client.py")
        assert spec is not None
        assert spec.loader is not None
        self._module: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._module)

    def run(self, url: str, **settings: float) -> None:
        stream = self._module.Stream(url, self.states.append)
        vars(stream).update(QUICK | settings)
        try:
            self.events += [(event.event, event.id, event.data) for event in stream]
        except httpx.HTTPError as error:
            self.failed = str(error)

    def backoff(self, first: float, longest: float) -> list[float]:
        return [self._module.backoff(failures, first, longest) for failures in range(1, 11)]


class JavaScript(Client):
    """In Node."""

    def run(self, url: str, **settings: float) -> None:
        for kind, *told in self._driven(url, QUICK | settings):
            if kind == "event":
                self.events.append((told[0], told[1], told[2]))
            elif kind == "state":
                self.states.append(told[0])
            elif kind == "failed":
                self.failed = told[0]

    def backoff(self, first: float, longest: float) -> list[float]:
        return [wait for _, wait in self._driven("backoff", [first, longest])]

    def _driven(self, url: str, options: object) -> list[list[Any]]:
        argv = ["node", str(EXAMPLES.parents[2] / "tests/handbook/drive.mjs"), str(EXAMPLES / "client.mjs")]
        try:
            done = subprocess.run(
                [*argv, url, json.dumps(options)], capture_output=True, text=True, timeout=20, check=False
            )
        except FileNotFoundError:
            pytest.skip("not installed: node")
        assert (done.returncode, done.stderr) == (0, "")
        return [json.loads(line) for line in done.stdout.strip().split("\n")]


@pytest.fixture(params=[Python, pytest.param(JavaScript, marks=pytest.mark.servers)], ids=["python", "javascript"])
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Client:
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made: Client = request.param()
    return made


@pytest.fixture
def url() -> Iterator[str]:
    """The begin of a URL of the reference server: what misbehaves stands behind the question mark."""
    with ServerThread(ServerOptions(port=0)) as thread:
        yield thread.server.url("/a") + "?rate=300&type=tick&"


TWENTY = [str(n) for n in range(1, 21)]


@pytest.mark.parametrize("cut", ["reset_after=7", "truncate_after=7", "torn_after=7", "close_after=7"])
def test_each_event_comes_once_however_often_the_stream_ends(client: Client, url: str, cut: str) -> None:
    client.run(f"{url}count=20&{cut}")
    assert client.ids == TWENTY
    assert client.connections == 3
    assert client.failed == ""


def test_what_is_sent_again_is_not_handed_on(client: Client, url: str) -> None:
    client.run(f"{url}count=20&reset_after=7&replay_overlap=4")
    assert client.ids == TWENTY


def test_a_silence_is_noticed_and_left(client: Client, url: str) -> None:
    client.run(f"{url}count=20&silent_after=5&once=1&heartbeat=0")
    assert client.ids == TWENTY
    assert client.connections == 2
    assert [why for why in client.waits if "silent" in why or why == "ReadTimeout"] == client.waits[:1]


def test_heartbeats_alone_are_no_silence(client: Client, url: str) -> None:
    client.run(f"{url}count=8&silent_after=5&silent_for=1&silent_heartbeats=1&heartbeat=0.1&once=1")
    assert client.ids == TWENTY[:8]
    assert client.connections == 1


def test_a_busy_server_is_asked_later(client: Client, url: str) -> None:
    client.run(f"{url}count=5&fail_first=2")
    assert client.ids == TWENTY[:5]
    assert client.waits[:2] == ["HTTP 503"] * 2


@pytest.mark.parametrize("date", [0, 1])
def test_retry_after_is_never_undercut(client: Client, url: str, date: int) -> None:
    began = time.monotonic()
    client.run(f"{url}count=5&fail_first=1&retry_after=2&retry_after_date={date}")
    assert time.monotonic() - began > (1 if date else 2)  # a date has whole seconds
    assert client.ids == TWENTY[:5]


def test_retry_is_never_undercut(client: Client, url: str) -> None:
    began = time.monotonic()
    client.run(f"{url}count=5&reset_after=3&retry=600")
    assert time.monotonic() - began > 0.6
    assert client.ids == TWENTY[:5]


@pytest.mark.parametrize("answer", ["status=404", "status=401", "content_type=text/html", "instead=json"])
def test_an_answer_that_is_final_ends_it(client: Client, url: str, answer: str) -> None:
    client.run(f"{url}{answer}")
    assert client.failed
    assert client.states == ["connecting"]


def test_204_ends_it_without_a_word(client: Client, url: str) -> None:
    client.run(f"{url}stop_after=1&reset_after=3")
    assert client.ids == TWENTY[:3]
    assert client.failed == ""


@pytest.mark.parametrize("form", ["newline=crlf", "newline=crlf&chunks_per_event=9", "newline=cr", "lines=3"])
def test_the_bytes_are_read_as_the_standard_says(client: Client, url: str, form: str) -> None:
    text = "count=6&text=unicode&size=200"
    plain = type(client)()
    plain.run(url + text)
    client.run(f"{url}{text}&{form}")
    assert client.ids == TWENTY[:6]
    assert client.events == plain.events or "lines" in form
    assert {data.count("\n") for *_, data in client.events} == ({2} if "lines" in form else {0})


@pytest.mark.servers
def test_a_byte_order_mark_is_no_part_of_the_stream(url: str) -> None:
    """In JavaScript only: httpx-sse takes it for a part of the first field."""
    client = JavaScript()
    client.run(f"{url}count=3&bom=1")
    assert client.ids == TWENTY[:3]


def test_events_without_ids_all_come(client: Client, url: str) -> None:
    client.run(f"{url}count=6&ids=0&text=plain&stop_after=1")
    assert len(client.events) >= 6


def test_a_history_that_is_too_short_is_handed_on(client: Client, url: str) -> None:
    client.run(f"{url}count=60&buffer=2&reset_after=10&retry=100")
    told = [json.loads(data) for kind, _, data in client.events if kind == "replay-incomplete"]
    assert told
    assert len(set(client.ids)) < 60


def test_waits_double_up_to_the_longest_and_are_never_the_same(client: Client) -> None:
    for first, longest in ((1, 30), (60, 30)):
        least = [min(first * 2**n, max(first, longest)) for n in range(10)]
        one, other = client.backoff(first, longest), client.backoff(first, longest)
        assert all(low <= wait <= 1.5 * low for low, wait in zip(least, one, strict=True))
        assert one != other


def test_the_page_says_the_formula_of_the_examples() -> None:
    page = (EXAMPLES.parent / "pages" / "client.md").read_text()
    assert re.search(r"wait = min\(longest, first × 2\^\(n-1\)\) × random\(1, 1.5\)", page)
