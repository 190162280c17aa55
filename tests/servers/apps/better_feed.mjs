// Events by better-sse as an application writes them: /feed replays from a ring, /idle only has keep-alives.
import http from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [port, folder] = process.argv.slice(2);
const { createChannel, createSession } = await import(
  pathToFileURL(createRequire(`${folder}/package.json`).resolve("better-sse")).href
);
const channel = createChannel();
const ring = [];
const since = Date.now() / 1000; // tells the events of one life of the server from those of another
let n = 0;

setInterval(() => {
  n += 1;
  ring.push(n);
  if (ring.length > 1000) ring.shift();
  channel.broadcast({ n, since }, "tick", { eventId: String(n) });
}, 100);

http
  .createServer(async (request, response) => {
    const url = new URL(request.url, "http://127.0.0.1");
    const session = await createSession(request, response, { keepAlive: 1000 });
    if (url.pathname === "/idle") return;
    const asked = session.lastId || url.searchParams.get("last_event_id");
    if (asked && Number(asked) <= n) {
      for (const each of ring) if (each > Number(asked)) session.push({ n: each, since }, "tick", String(each));
    }
    channel.register(session);
  })
  .listen(Number(port), "127.0.0.1");
