"""nginx with nchan: the publisher is a thread here, as the events of nchan come from elsewhere."""

from __future__ import annotations

import http.client
import itertools
import json
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import ClassVar, Self

from tests.servers.installing import debian, debian_version
from tests.servers.running import Server

CONFIGURATION = """
load_module {module};
daemon off; master_process off; pid nginx.pid; error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    nchan_shared_memory_size 16M;
    server {{
        listen 127.0.0.1:{port};
        location = /publish {{
            nchan_publisher;
            nchan_channel_id feed;
            nchan_message_buffer_length 1000;
            nchan_message_timeout 10m;
        }}
        location = /forgetful {{
            nchan_subscriber eventsource;
            nchan_channel_id feed;
            nchan_subscriber_first_message newest;
            nchan_subscriber_last_message_id $arg_unheard_of;
        }}
        location ~ ^/(feed|idle)$ {{
            nchan_subscriber eventsource;
            nchan_channel_id $1;
            nchan_subscriber_first_message newest;
            nchan_subscriber_last_message_id $http_last_event_id $arg_last_event_id;
            nchan_eventsource_ping_interval 1;
            nchan_eventsource_ping_comment keep-alive;
            nchan_eventsource_ping_event "";  # else a ping is an event of that type, and no comment
        }}
    }}
}}
"""

BODIES = (b"/var/lib/nginx/body", b"body-of-the-clients")
"""A folder that the module makes at its start, whatever is configured, and in its stead one under the prefix."""


class Nchan(Server):
    """nginx as Debian has it, in a single process."""

    title = "nginx + nchan"
    ids = r"\d{10}:\d+"
    """The second in which it was published, and a count within that second."""
    line_end = b"\n"
    comment = "keep-alive"
    killed = ("eof", "reset")
    """Neither chunked nor with a length: that its connection closes is how a body ends, also when it is killed."""
    verdicts: ClassVar = {
        "response": ("warning",),  # it sends no Cache-Control
        "ordinary-client": ("warning",),  # its comments have a blank line behind them
        # Where the first event after an outage begins a second, nobody can tell whether it is the next one.
        **dict.fromkeys(("disconnect", "off-on", "offline", "stall", "handoff", "half-event"), ("pass", "unknown")),
    }

    def __init__(self) -> None:
        super().__init__()
        self._done = Event()
        self._publisher = Thread(target=self._publish, daemon=True)

    @property
    def version(self) -> str:
        root = _root()
        return f"nginx {debian_version(root, 'nginx')}, nchan {debian_version(root, 'libnginx-mod-nchan')}"

    def argv(self) -> list[str]:
        root = _root()
        module, configuration = self.folder / "nchan.so", self.folder / "nginx.conf"
        built = (root / "usr/lib/nginx/modules/ngx_nchan_module.so").read_bytes()
        module.write_bytes(built.replace(*BODIES))
        configuration.write_text(CONFIGURATION.format(module=module, port=self.port))
        return [f"{root}/usr/sbin/nginx", "-p", f"{self.folder}/", "-c", str(configuration)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed"

    @property
    def idle_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/idle"

    @property
    def forgetful_url(self) -> str:
        """The same events where the last ID is not asked for."""
        return f"http://127.0.0.1:{self.port}/forgetful"

    def _publish(self) -> None:
        for n in itertools.count(1):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            with suppress(OSError, http.client.HTTPException):  # it may be down: that is tested
                event = {"X-EventSource-Event": "tick"}
                connection.request("POST", "/publish", json.dumps({"n": n}), event)
                connection.getresponse().read()
            connection.close()
            if self._done.wait(0.1):
                return

    def __enter__(self) -> Self:
        super().__enter__()
        self._publisher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._publisher.join()
        super().__exit__(kind, error, trace)


def _root() -> Path:
    return debian("nginx", "libnginx-mod-nchan")
