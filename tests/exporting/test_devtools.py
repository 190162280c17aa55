"""An exported archive read by Chromium's own DevTools, where there is a Chromium."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sse_inspect.exporting.ndjson import Ndjson
from sse_inspect.records import Event
from tests.exporting.test_formats import BODIES, ORIGIN, export, har
from tests.store.captures import UNIX_US

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
LIMIT = 30.0
FREE = 20
"""A file descriptor above those that have a meaning to Chromium: it reads 3 and writes 4."""

READ = """(async () => {
    const har = await import("devtools://devtools/bundled/models/har/har.js");
    const requests = har.Importer.Importer.requestsFromHARLog(new har.HARFormat.HARRoot(%s).log);
    return Promise.all(requests.map(async request => ({
        url: request.url(),
        status: request.statusCode,
        type: request.resourceType().name(),
        remote: request.remoteAddress(),
        size: request.resourceSize,
        began: request.issueTime(),
        text: (await request.requestContentData()).text,
        messages: request.eventSourceMessages(),
    })));
})()"""


class Browser:
    """Speaks the DevTools protocol over a pipe, one message after the other."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._received = b""
        self._last = 0

    def ask(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        self._last += 1
        message = {
            "id": self._last,
            "method": method,
            "params": parameters,
            **({"sessionId": session} if session else {}),
        }
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._last:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            assert select.select([self._read], [], [], LIMIT)[0], "Chromium does not answer"
            part = os.read(self._read, 1 << 20)
            assert part, "Chromium went away"
            self._received += part
        message, _, self._received = self._received.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    theirs_in, mine_out = os.pipe()
    mine_in, theirs_out = os.pipe()
    there, back = (fcntl.fcntl(fd, fcntl.F_DUPFD, FREE) for fd in (theirs_in, theirs_out))

    def connect() -> None:
        os.dup2(there, 3)
        os.dup2(back, 4)

    arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
    ]
    process = subprocess.Popen(
        [str(CHROMIUM), *arguments, "about:blank"],
        preexec_fn=connect,
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Browser(mine_out, mine_in)
    finally:
        process.kill()
        process.wait()
        for fd in (theirs_in, mine_out, mine_in, theirs_out, there, back):
            os.close(fd)


def evaluated(chromium: Browser, script: str) -> Any:
    target = chromium.ask("Target.createTarget", url="devtools://devtools/bundled/devtools_app.html")["targetId"]
    session = chromium.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        place = chromium.ask("Runtime.evaluate", session, expression="location.href + document.readyState")
        if place["result"]["value"].startswith("devtools:") and place["result"]["value"].endswith("complete"):
            break
        time.sleep(0.05)
    answer = chromium.ask("Runtime.evaluate", session, expression=script, awaitPromise=True, returnByValue=True)
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"]["value"]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_devtools_import_an_archive(tmp_path: Path) -> None:
    entries = har()
    with browser(tmp_path) as chromium:
        requests = evaluated(
            chromium, READ % json.dumps({"log": {"version": "1.2", "creator": {}, "entries": entries}})
        )
    assert [request["status"] for request in requests] == [200, 200, 0, 200]
    assert {request["type"] for request in requests} == {"eventsource"}
    assert {request["url"] for request in requests} == {"http://h/"}
    assert [request["remote"] for request in requests] == ["127.0.0.1:80", "127.0.0.1:80", ":80", "127.0.0.1:80"]
    assert [request["size"] for request in requests] == [len(BODIES.get(number, b"")) for number in (1, 2, 3, 4)]
    assert [request["text"] or "" for request in requests] == [
        BODIES.get(number, b"").decode() for number in (1, 2, 3, 4)
    ]
    _, records = export(Ndjson(ORIGIN))
    happened = [record for record in records if isinstance(record, Event)]
    messages = [message for request in requests for message in request["messages"]]
    assert [(each["eventName"], each["eventId"], each["data"]) for each in messages] == [
        (event.event, event.last_event_id, event.data) for event in happened
    ]
    assert [each["time"] for each in messages] == pytest.approx(
        [UNIX_US / 1e6 + event.t for event in happened], abs=1e-5, rel=0
    )
