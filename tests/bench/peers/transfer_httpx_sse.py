"""httpx and httpx-sse, KIND URL: with `count` a loop that only counts, with `print` one that prints lines of JSON."""

import asyncio
import json
import sys
import time

import httpx
from httpx_sse import aconnect_sse


async def counted(url):
    count = 0
    async with httpx.AsyncClient() as client, aconnect_sse(client, "GET", url) as source:
        async for _ in source.aiter_sse():
            count += 1
    return count


async def printed(url):
    async with httpx.AsyncClient() as client, aconnect_sse(client, "GET", url) as source:
        async for sse in source.aiter_sse():
            print(json.dumps({"id": sse.id, "event": sse.event, "data": sse.data}))


kind, url = sys.argv[1:]
before = time.process_time()
if kind == "count":
    count = asyncio.run(counted(url))
    print(json.dumps({"at": time.monotonic(), "cpu": time.process_time() - before, "count": count}))
else:
    asyncio.run(printed(url))
