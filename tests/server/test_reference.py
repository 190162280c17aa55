from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from sse_inspect.errors import BugError, UsageError
from sse_inspect.server import Behaviour, ReferenceServer, ServerOptions, ServerThread
from sse_inspect.server.script import Refuse, Reset, Script, Silence, Step
from tests.server.raw import Response, body_of, connect, get, ids, in_loop, send


def quick(**values: object) -> ServerOptions:
    return ServerOptions(defaults=Behaviour(rate=1000.0, buffer=1_000_000), **values)  # type: ignore[arg-type] - options by name


@in_loop
async def test_a_stream_begins_at_once_and_goes_on() -> None:
    async with ReferenceServer() as server, await get(server.url("/a", rate=500)) as response:
        assert response.status == 200
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["cache-control"] == "no-cache, no-transform"
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["connection"] == "close"
        assert response.headers["transfer-encoding"] == "chunked"
        assert response.headers["access-control-allow-origin"] == "*"
        assert "x-replay" not in response.headers
        assert (await response.chunk()).startswith(b": connected\n\n")
        for n in range(1, 6):
            assert ids(await response.chunk()) == [str(n)]
        assert server.streams["/a"].sent >= 5
        assert server.streams["/a"].counts.open == 1


@in_loop
async def test_the_first_bytes_do_not_wait_for_an_event() -> None:
    async with ReferenceServer() as server, await get(server.url("/a", rate=0, retry=70)) as response:
        assert b"retry: 70\n\n" in await response.chunk()


@in_loop
async def test_heartbeats_come_without_events() -> None:
    async with ReferenceServer() as server, await get(server.url("/a", rate=0, heartbeat=0.01)) as response:
        await response.chunk()
        assert [await response.chunk() for _ in range(3)] == [b": heartbeat\n\n"] * 3


@in_loop
async def test_a_client_comes_back_and_misses_nothing() -> None:
    async with ReferenceServer(quick()) as server:
        first = ids(await body_of(server.url("/a", close_after=5)))
        url = server.url("/a", close_after=100, last_event_id="1")
        async with await get(url, "Last-Event-ID: 5") as response:
            assert response.headers["x-replay"] == "complete"
            assert first + ids(await response.rest()) == [str(n) for n in range(1, 106)]


@in_loop
async def test_an_id_may_stand_in_the_query_and_is_utf8_in_the_header() -> None:
    async with ReferenceServer(quick()) as server:
        await body_of(server.url("/a", close_after=3))
        assert ids(await body_of(server.url("/a", close_after=1, last_event_id="2"))) == ["3"]
        url = server.url("/ü", id_prefix="ü", close_after=2)
        assert ids(await body_of(url)) == ["ü1", "ü2"]
        assert ids(await body_of(url, "Last-Event-ID: ü1"))[0] == "ü2"


@in_loop
async def test_a_replay_that_cannot_be_complete_is_told() -> None:
    async with ReferenceServer(quick()) as server:
        await body_of(server.url("/a", close_after=30))
        for named, replay in (("1", "incomplete"), ("of another stream", "none")):
            async with await get(server.url("/a", buffer=5, close_after=1), f"Last-Event-ID: {named}") as response:
                assert response.headers["x-replay"] == replay
                body = await response.rest()
            assert body.index(b"event: replay-incomplete\n") < body.index(b"id: ")


@in_loop
async def test_streams_have_their_own_ids() -> None:
    async with ReferenceServer(quick()) as server:
        assert ids(await body_of(server.url("/a", close_after=3))) == ["1", "2", "3"]
        assert ids(await body_of(server.url("/b", close_after=2, first_id=7))) == ["7", "8"]


@in_loop
async def test_a_clean_end_has_its_last_chunk_and_torn_ones_end_inside_an_event() -> None:
    async with ReferenceServer(quick()) as server:
        async with await get(server.url("/a", torn_after=2)) as response:
            body = await response.rest()
            assert not body.endswith(b"\n\n")
            assert await response.reader.read() == b""
        async with await get(server.url("/b", truncate_after=2)) as response:
            with pytest.raises(asyncio.IncompleteReadError):
                await response.rest()
            assert not response.body.endswith(b"\n\n")


@in_loop
async def test_a_reset_comes_after_what_was_to_be_sent() -> None:
    async with ReferenceServer(quick()) as server, await get(server.url("/a", reset_after=20)) as response:
        with pytest.raises(ConnectionResetError):
            await response.rest()
        assert len(ids(response.body)) == 20


@in_loop
async def test_a_silence_lasts_while_the_connection_is_open() -> None:
    async with ReferenceServer(quick()) as server:
        async with await get(server.url("/a", silent_after=2, heartbeat=0.01, silent_heartbeats=True)) as response:
            await response.until(b"id: 2")
            for _ in range(3):
                assert (await response.chunk()).startswith(b": heartbeat")
        async with await get(server.url("/b", silent_after=2, close_after="0.05s")) as response:
            assert ids(await response.rest()) == ["1", "2"]


@in_loop
async def test_only_the_first_connection_misbehaves_once() -> None:
    async with ReferenceServer(quick()) as server:
        url = server.url("/a", close_after=2, drop=1, once=True)
        assert ids(await body_of(url)) == ["2", "3"]
        async with await get(url, "Last-Event-ID: 0") as response:
            await response.until(b"id: 30\n")
            assert ids(response.body)[:4] == ["1", "2", "3", "4"]


@in_loop
async def test_an_event_torn_over_chunks_arrives_in_pieces() -> None:
    async with ReferenceServer(quick()) as server:
        async with await get(server.url("/a", chunks_per_event=7, close_after=1)) as response:
            await response.chunk()
            pieces = [await response.chunk() for _ in range(8)]
        assert pieces[-1] == b""
        assert all(pieces[:7])
        assert ids(b"".join(pieces)) == ["1"]


@in_loop
async def test_answers_instead_of_a_stream() -> None:
    async with ReferenceServer(quick()) as server:
        expected = (
            ({"status": 503, "retry_after": 2}, 503, "text/plain", "2"),
            ({"status": 429, "retry_after": 2, "retry_after_date": True}, 429, "text/plain", "GMT"),
            ({"status": 401}, 401, "text/plain", ""),
            ({"status": 599}, 599, "text/plain", ""),
            ({"status": 204}, 204, "", ""),
            ({"instead": "html"}, 200, "text/html", ""),
            ({"instead": "json", "status": 500}, 500, "application/json", ""),
            ({"content_type": "text/plain", "close_after": 1}, 200, "text/plain", ""),
            ({"charset": "latin-1", "close_after": 1}, 200, "text/event-stream; charset=latin-1", ""),
        )
        for n, (parameters, status, content_type, retry_after) in enumerate(expected):
            async with await get(server.url(f"/{n}", **parameters)) as response:
                assert response.status == status
                assert response.headers.get("content-type", "").startswith(content_type)
                assert response.headers.get("retry-after", "").endswith(retry_after)
                await response.rest()


@in_loop
async def test_the_first_requests_fail_and_later_ones_end_with_204() -> None:
    async with ReferenceServer(quick()) as server:
        statuses = []
        for _ in range(5):
            async with await get(server.url("/a", fail_first=2, status=502, close_after=1, stop_after=2)) as response:
                statuses.append(response.status)
                await response.rest()
        assert statuses == [502, 502, 200, 200, 204]
        assert server.streams["/a"].counts.refused == 3


@in_loop
async def test_a_stream_that_ended_stops_who_has_all_of_it() -> None:
    async with ReferenceServer(quick()) as server:
        url = server.url("/a", count=4)
        assert ids(await body_of(url)) == ["1", "2", "3", "4"]
        assert ids(await body_of(url)) == ["1", "2", "3", "4"]
        assert ids(await body_of(url, "Last-Event-ID: 2")) == ["3", "4"]
        async with await get(url, "Last-Event-ID: 4") as response:
            assert response.status == 204


@in_loop
async def test_redirects_lead_to_the_stream_in_so_many_hops() -> None:
    async with ReferenceServer(quick()) as server:
        url, hops = server.url("/a b", redirect=3, redirect_status=302, close_after=1), 0
        while True:
            async with await get(url) as response:
                if response.status == 200:
                    assert ids(await response.rest()) == ["1"]
                    break
                assert response.status == 302
                assert response.headers["location"].startswith("/a%20b?")
                url, hops = server.url("").rstrip("/") + response.headers["location"], hops + 1
        assert hops == 3
        async with await send(server.url(), b"GET //evil.example/?redirect=1 HTTP/1.1\r\nHost: x\r\n\r\n") as response:
            assert response.headers["location"] == "/evil.example/"


@in_loop
async def test_what_a_request_asks_for_is_checked() -> None:
    async with ReferenceServer() as server:
        for query, status, sentence in (
            ("speed=1", 400, "'speed': is no parameter; known are rate, "),
            ("rate=x", 400, "rate: takes a number from 0 to 1000000, not 'x'."),
        ):
            async with await get(f"{server.url('/a')}?{query}") as response:
                assert response.status == status
                assert sentence in (await response.rest()).decode()
        assert len(server.streams) == 0
        with pytest.raises(UsageError):
            server.url("/a", rate="x")


@in_loop
async def test_a_running_stream_keeps_its_schedule() -> None:
    async with ReferenceServer() as server:
        await body_of(server.url("/a", rate=500, close_after=1))
        assert ids(await body_of(server.url("/a", close_after=1))) != []
        async with await get(server.url("/a", rate=600)) as response:
            assert response.status == 409
            assert (await response.rest()).startswith(b"rate: this stream runs with 500;")


@in_loop
async def test_methods() -> None:
    async with ReferenceServer(quick()) as server:
        url = server.url("/a", close_after=1)
        for path, method, status in (
            (url, "HEAD", 200),
            (url, "OPTIONS", 204),
            (url, "PUT", 405),
            (server.url("/"), "HEAD", 200),
            (server.url("/"), "POST", 405),
        ):
            async with await get(path, "Connection: close", method=method) as response:
                assert response.status == status
                assert response.headers["access-control-allow-origin"] == "*"
                assert ("allow" in response.headers) == (status in (204, 405))
                if method == "HEAD":
                    assert await response.reader.read() == b""
        assert len(server.streams) == 0


@in_loop
async def test_pages() -> None:
    async with ReferenceServer() as server:
        page = await body_of(server.url("/"))
        assert b"close_after" in page
        assert b"X-Replay" in page
        assert await body_of(server.url("/health")) == b"ok\n"
        async with await get(server.url("/favicon.ico")) as response:
            assert response.status == 404


@in_loop
async def test_http_1_0_gets_a_body_up_to_the_close() -> None:
    async with (
        ReferenceServer(quick()) as server,
        await get(server.url("/a", close_after=3), version="1.0") as response,
    ):
        assert "transfer-encoding" not in response.headers
        assert ids(await response.rest()) == ["1", "2", "3"]


@in_loop
async def test_answers_keep_the_connection_alive() -> None:
    async with ReferenceServer() as server, await get(server.url("/health")) as first:
        assert await first.rest() == b"ok\n"
        first.writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        second = await Response(first.reader, first.writer).read_head()
        assert await second.rest() == b"ok\n"


@in_loop
async def test_what_is_no_http_gets_a_400_and_what_is_too_large_its_status() -> None:
    async with ReferenceServer(ServerOptions(max_head=2000, max_body=1000)) as server:
        for request, status in (
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\n\r\n", 400),
            (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 5000, 431),
            (b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000, 413),
        ):
            async with await send(server.url(), request) as response:
                assert response.status == status
                assert (await response.rest()).count(b"\n") == 1
                response.writer.write_eof()
                assert await response.reader.read() == b""


@in_loop
async def test_a_post_is_read_and_streamed_to() -> None:
    async with ReferenceServer(quick()) as server:
        request = b"POST /a?close_after=2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        reader, writer = await connect(server.url())
        writer.write(request)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 \r\n\r\n"
        writer.write(b"{}")
        async with await Response(reader, writer).read_head() as response:
            assert ids(await response.rest()) == ["1", "2"]


@in_loop
async def test_who_sends_no_request_is_let_go() -> None:
    async with ReferenceServer(ServerOptions(request_timeout=0.02)) as server:
        for begun in (b"", b"GET / HT"):
            reader, writer = await connect(server.url())
            writer.write(begun)
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()


@in_loop
async def test_who_does_not_read_is_dropped_and_others_are_served() -> None:
    options = ServerOptions(write_timeout=0.1, defaults=Behaviour(rate=100_000.0, size=100_000))
    async with ReferenceServer(options) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as lazy:
            lazy.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await body_of(server.url("/health")) == b"ok\n"
            await asyncio.wait(server._clients)
            assert server.streams["/a"].counts.too_slow == 1
            assert server.streams["/a"].counts.open == 0


@in_loop
async def test_who_leaves_is_noticed_without_an_event() -> None:
    async with ReferenceServer() as server:
        for abrupt in (False, True):
            response = await get(server.url("/a", rate=0))
            await response.chunk()
            assert server.streams["/a"].counts.open == 1
            if abrupt:
                sock = response.writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            response.close()
            await asyncio.wait(server._clients)
            assert server.streams["/a"].counts.open == 0


@in_loop
async def test_there_is_room_for_so_many_streams_and_connections() -> None:
    async with ReferenceServer(quick(max_streams=1)) as server:
        await body_of(server.url("/a", close_after=1))
        async with await get(server.url("/b")) as response:
            assert response.status == 503
    async with ReferenceServer(ServerOptions(max_connections=1)) as server, await get(server.url("/a")):
        reader, writer = await connect(server.url())
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


@in_loop
async def test_a_stream_nobody_listens_to_begins_again() -> None:
    async with ReferenceServer(quick(linger=0.0)) as server:
        url = server.url("/a", close_after=2)
        assert ids(await body_of(url)) == ids(await body_of(url)) == ["1", "2"]


@in_loop
async def test_stopping_closes_every_connection() -> None:
    server = ReferenceServer()
    async with server:
        silent = await get(server.url("/a", silent_after=0))
        idle = await get(server.url("/health"))
        await idle.rest()
        two = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /b?head_delay=9 HTTP/1.1\r\nHost: x\r\n\r\n"
        delayed = await send(server.url(), two)
        await delayed.rest()
        await silent.chunk()
    for response in (silent, idle, delayed):
        assert await response.reader.read() == b""
        response.close()
    assert len(asyncio.all_tasks()) == 1


@in_loop
async def test_a_script_plays_by_the_time_of_its_stream() -> None:
    script = Script((Step(0.02, Refuse(1, status=500)), Step(0.02, Reset())))
    async with ReferenceServer(quick(scripts={"/a": script})) as server:
        async with await get(server.url("/a")) as response:
            with pytest.raises(ConnectionResetError):
                await response.rest()
            last = ids(response.body)[-1]
        statuses = []
        for _ in range(2):
            async with await get(server.url("/a"), f"Last-Event-ID: {last}") as response:
                statuses.append(response.status)
        assert statuses == [500, 200]
        assert ids(await body_of(server.url("/b", close_after=100)))[-1] == "100"


@in_loop
async def test_something_can_be_made_to_happen_now() -> None:
    async with ReferenceServer() as server, await get(server.url("/a", rate=0)) as response:
        await response.chunk()
        server.act("/a", Reset())
        with pytest.raises(ConnectionResetError):
            await response.chunk()
        with pytest.raises(KeyError):
            server.act("/b", Silence())


@in_loop
async def test_a_port_that_is_taken_and_an_address_that_is_not_ours_are_told() -> None:
    async with ReferenceServer() as server:
        with pytest.raises(UsageError, match=f"^--port: {server.port} is taken by another program"):
            await ReferenceServer(ServerOptions(port=server.port)).__aenter__()
    for host in ("192.0.2.1", "a" * 70, "fe80::z"):
        with pytest.raises(UsageError, match=rf"^--host: '{host}' is no address of this machine\.$"):
            await ReferenceServer(ServerOptions(host=host)).__aenter__()
    with pytest.raises(UsageError, match=r"^--port: takes a number from 0 to 65535, not 70000\.$"):
        await ReferenceServer(ServerOptions(port=70000)).__aenter__()


def test_addresses() -> None:
    server = ReferenceServer(ServerOptions(host="::1", port=80))
    assert server.url("/a b", rate=2) == "http://[::1]:80/a%20b?rate=2"
    assert ReferenceServer(ServerOptions(host="0.0.0.0", port=8)).url() == "http://127.0.0.1:8/"


def test_a_server_in_a_thread_of_its_own() -> None:
    async def talk(url: str) -> None:
        async with await get(url) as response:
            await response.chunk()
            thread.act("/a", Reset())
            with pytest.raises(ConnectionResetError):
                await response.rest()

    with ServerThread() as thread:
        asyncio.run(talk(thread.url("/a", rate=0)))
        assert thread.server.streams["/a"].counts.connections == 1
        with pytest.raises(UsageError, match="is taken"):
            ServerThread(ServerOptions(port=thread.server.port)).start()
    thread.stop()
    with pytest.raises(BugError):
        ServerThread().url("/a")
