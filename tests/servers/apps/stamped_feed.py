"""Events that say when they were made, as the standard library writes them: `stamped_feed.py PORT`.

`/RATE` has so many events a second, of about 200 bytes each; IDs are numbers, and what came behind one is sent again.
`/RATE/uneven` has as many on average, at any time, and does not say when they were made.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from random import Random

SINCE = time.time()


class Feed(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        given, _, pace = self.path.strip("/").partition("/")
        rate, is_uneven, chance, due = float(given), pace == "uneven", Random(1), time.time()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        is_chunked = self.request_version != "HTTP/1.0"
        if is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        asked = self.headers.get("Last-Event-ID")
        for n in count(int((time.time() - SINCE) * rate) + 1 if asked is None else int(asked) + 1):
            due = due + chance.expovariate(rate) if is_uneven else SINCE + n / rate
            time.sleep(max(0.0, due - time.time()))
            made = {} if is_uneven else {"time": round(due, 3)}
            data = json.dumps({"n": n, **made, "pad": "x" * 140})
            event = f"id: {n}\ndata: {data}\n\n".encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event) if is_chunked else event)

    def log_request(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is none."""


Server(("127.0.0.1", int(sys.argv[1])), Feed).serve_forever()
