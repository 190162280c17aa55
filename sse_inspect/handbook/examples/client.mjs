// A client that comes back by itself, for browsers and Node.
//
// Each event comes once, as { type, data, id }. Who gets `reset` loads anew.
// It ends at 204 or by `signal`, and throws where trying again would not
// help. An ID counts as received once you come back for the next event.
export async function* events(url, options = {}) {
  const {
    // Seconds without a byte, heartbeats included, until it counts as dead.
    stall = 30,
    // Seconds at which the doubling ends.
    longest = 30,
    // IDs that are known again: more than a server sends again.
    remembered = 10000,
    // Is told what goes on, for whoever looks at the page.
    onState = console.log,
    // An AbortSignal that ends it.
    signal,
  } = options;
  // Seconds before the first reconnect; the server's retry replaces it.
  let first = options.first ?? 1;
  let last = "";
  let failures = 0;
  const seen = new Set();

  while (!signal?.aborted) {
    onState("connecting");
    let asked = 0;
    let why = "the server ended the stream";
    const cut = new AbortController();
    const leave = () => cut.abort();
    signal?.addEventListener("abort", leave);
    let watch;
    const alive = () => {
      clearTimeout(watch);
      const dead = () => cut.abort(new Error(`silent for ${stall} s`));
      watch = setTimeout(dead, stall * 1000);
    };
    try {
      alive();
      const headers = { Accept: "text/event-stream" };
      if (last) headers["Last-Event-ID"] = utf8(last);
      const asking = { headers, cache: "no-store", signal: cut.signal };
      const answer = await fetch(url, asking);
      if (answer.status === 204) return;
      if (isPassing(answer.status)) {
        asked = retryAfter(answer);
        throw new Error(`HTTP ${answer.status}`);
      }
      const type = answer.headers.get("Content-Type") ?? "";
      if (!answer.ok || !type.startsWith("text/event-stream")) {
        throw new Final(`no event stream: HTTP ${answer.status} ${type}`);
      }
      onState("open");
      for await (const event of parsed(answer.body.getReader(), alive)) {
        if (event.retry !== undefined) first = event.retry / 1000;
        if (event.data !== undefined && !seen.has(event.id)) {
          clearTimeout(watch); // you may take your time
          yield event;
          alive();
          failures = 0;
        }
        if (event.id !== undefined) last = event.id;
        if (event.id) seen.add(event.id);
        if (seen.size > remembered) seen.delete(seen.values().next().value);
      }
    } catch (error) {
      if (error instanceof Final) throw error;
      // Refused, reset, cut short, or silent for too long.
      why = cut.signal.reason?.message ?? error.message;
    } finally {
      clearTimeout(watch);
      signal?.removeEventListener("abort", leave);
      cut.abort(); // what is left of the answer
    }
    if (signal?.aborted) return;
    failures += 1;
    const delay = Math.max(
      backoff(failures, first, longest),
      asked * (1 + Math.random() / 2),
    );
    onState(`waiting ${delay.toFixed(1)} s: ${why}`);
    await sleep(delay, signal);
  }
}

export class Final extends Error {}

// Whether another answer may come later; all others are final.
function isPassing(status) {
  return [408, 425, 429].includes(status) || status >= 500;
}

// Seconds to wait: never less than asked for, for no two the same.
export function backoff(failures, first, longest) {
  const doubled = first * 2 ** (failures - 1);
  return Math.min(doubled, Math.max(first, longest)) * (1 + Math.random() / 2);
}

function retryAfter(answer) {
  const value = answer.headers.get("Retry-After") ?? "";
  if (/^\d+$/.test(value)) return Number(value);
  return (Date.parse(value) - Date.now()) / 1000 || 0;
}

function sleep(seconds, signal) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, seconds * 1000);
    signal?.addEventListener("abort", end);
  });
}

// Header fields take bytes, one in each character.
function utf8(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

// What the bytes say (WHATWG HTML 9.2.6): `type` and `data` of an event
// with the `id` of its own block, or a `retry`.
async function* parsed(reader, alive) {
  const decoder = new TextDecoder(); // without the byte order mark
  let rest = "";
  let endsWithCr = false;
  let event = {};
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return; // what has no blank line behind it is dropped
    alive();
    let text = decoder.decode(value, { stream: true });
    if (!text) continue;
    if (endsWithCr && text.startsWith("\n")) text = text.slice(1);
    endsWithCr = text.endsWith("\r");
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = lines.pop();
    for (const line of lines) {
      if (!line) {
        yield { type: event.type || "message", data: event.data, id: event.id };
        event = {};
        continue;
      }
      const [, field, content] = /^([^:]*):? ?([^]*)$/.exec(line);
      if (field === "data") {
        const before = event.data === undefined ? "" : `${event.data}\n`;
        event.data = before + content;
      } else if (field === "event") event.type = content;
      else if (field === "id" && !content.includes("\0")) event.id = content;
      else if (field === "retry" && /^\d+$/.test(content)) {
        yield { retry: Number(content) };
      }
    }
  }
}
