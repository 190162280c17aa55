"""httpx-sse, FILE CHUNK_SIZE SECONDS: with `text` its decoders on text, with `stream` its aiter_sse on bytes."""

import asyncio
import json
import sys
import time

import httpx
from httpx_sse import EventSource
from httpx_sse._decoders import SSEDecoder, SSELineDecoder


class Body(httpx.AsyncByteStream):
    def __init__(self, chunks):
        self.chunks = chunks

    async def __aiter__(self):
        for chunk in self.chunks:
            yield chunk


def decode_text(texts):
    count = 0
    lines, events = SSELineDecoder(), SSEDecoder()
    for text in texts:
        for line in lines.decode(text):
            if events.decode(line) is not None:
                count += 1
    return count


async def decode_stream(chunks):
    count = 0
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Body(chunks))
    async for _ in EventSource(response).aiter_sse():
        count += 1
    return count


def chunks_of(path, size):
    with open(path, "rb") as file:
        data = file.read()
    if size:
        return [data[start : start + size] for start in range(0, len(data), size)]
    end = b"\r\n\r\n" if b"\r" in data else b"\n\n"
    return [event + end for event in data.split(end)[:-1]]


kind, path, size, seconds = sys.argv[1:]
chunks = chunks_of(path, int(size))
if kind == "text":
    chunks, decode = [chunk.decode() for chunk in chunks], decode_text
else:

    def decode(chunks):
        return asyncio.run(decode_stream(chunks))


decode(chunks[: len(chunks) // 10 + 1])
until = time.thread_time() + float(seconds)
best, passes = float("inf"), 0
while passes < 3 or time.thread_time() < until:
    began = time.thread_time()
    count = decode(chunks)
    best = min(best, time.thread_time() - began)
    passes += 1
print(json.dumps({"events": count, "rate": count / best}))
