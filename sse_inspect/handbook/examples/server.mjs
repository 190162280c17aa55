// An event stream: npm install express; node server.mjs.
import { EventEmitter } from "node:events";
import express from "express";

// Seconds without an event until a comment is sent.
const HEARTBEAT = Number(process.env.HEARTBEAT ?? 10);
// Events kept: their rate times the longest outage to survive.
const HISTORY = Number(process.env.HISTORY ?? 10000);
// Seconds between the events of this example.
const EVERY = Number(process.env.EVERY ?? 1);

// Numbered events, the latest of which are kept. A client is no more than
// a position in them, so that slow ones cost nothing. IDs count on from
// the time, so that they grow over restarts too.
let newest = Date.now();
const kept = new Map();
const news = new EventEmitter().setMaxListeners(0);
let clients = 0;

function publish(data) {
  newest += 1;
  // JSON has no line breaks: one data line is enough.
  const lines = `event: tick\ndata: ${JSON.stringify(data)}\n\n`;
  kept.set(newest, `id: ${newest}\n${lines}`);
  kept.delete(newest - HISTORY);
  news.emit("event");
}

function stream(request, response) {
  const asked = request.get("Last-Event-ID") || request.query.last_event_id;
  let position = newest;
  if (asked) position = /^[0-9]{1,15}$/.test(asked) ? Number(asked) : -1;

  const heartbeat = setInterval(() => {
    // No blank line: that would end an event.
    if (!response.writableNeedDrain) response.write(": heartbeat\n");
  }, HEARTBEAT * 1000);

  function send(text) {
    response.write(text);
    heartbeat.refresh();
  }

  function pump() {
    // What the client has not taken waits among the kept.
    while (!response.writableNeedDrain) {
      const oldest = newest - kept.size + 1;
      if (position < oldest - 1 || position > newest) {
        // What this client needs next is not kept: say so.
        const there = JSON.stringify({ oldest, newest });
        send(`event: reset\ndata: ${there}\n\n`);
        position = oldest - 1;
      } else if (position < newest) {
        position += 1;
        send(kept.get(position));
      } else {
        return;
      }
    }
  }

  clients += 1;
  news.on("event", pump);
  response.on("drain", pump);
  // The client has left.
  response.on("close", () => {
    clients -= 1;
    news.off("event", pump);
    clearInterval(heartbeat);
  });

  response.set({
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
  });
  // At once, so that client and proxies see the stream live.
  send("retry: 2000\n: connected\n");
  pump();
}

const app = express();
app.get("/events", stream);
// What a client begins with, and again after a reset: all up to this ID.
app.get("/state", (_, response) => response.json({ id: newest, clients }));
app.listen(Number(process.env.PORT ?? 8000), "127.0.0.1");
setInterval(() => publish({ at: Date.now() / 1000 }), EVERY * 1000);
