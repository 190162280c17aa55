// eventsource-parser: MODULES PACKAGE FILE CHUNK_SIZE SECONDS. Begins from bytes: TextDecoder, streaming, then the parser.
// V8 puts strings together only when somebody looks at them: the last character of the data is asked for, so that the
// data is there, as it is in Python.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, name, path, size, seconds] = process.argv.slice(2);
const place = join(modules, name);
const entry = JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
const { createParser } = await import(pathToFileURL(join(place, entry.module ?? entry.main)));

function chunksOf(data, size) {
  const chunks = [];
  if (size > 0) {
    for (let at = 0; at < data.length; at += size) chunks.push(data.subarray(at, at + size));
    return chunks;
  }
  const end = data.includes("\r") ? "\r\n\r\n" : "\n\n";
  for (let at = 0; at < data.length; ) {
    const next = data.indexOf(end, at) + end.length;
    chunks.push(data.subarray(at, next));
    at = next;
  }
  return chunks;
}

function decode(chunks) {
  let count = 0;
  let sum = 0;
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: ({ data }) => {
      count += 1;
      sum += data.charCodeAt(data.length - 1);
    },
  });
  for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
  return sum > 0 ? count : 0;
}

const chunks = chunksOf(readFileSync(path), Number(size));
for (let warm = 0; warm < 20; warm += 1) decode(chunks);
const threadTime = process.threadCpuUsage ?? process.cpuUsage;
function now() {
  const { user, system } = threadTime.call(process);
  return (user + system) / 1e6;
}
const until = now() + Number(seconds);
let best = Infinity;
let count = 0;
for (let passes = 0; passes < 3 || now() < until; passes += 1) {
  const began = now();
  count = decode(chunks);
  best = Math.min(best, now() - began);
}
console.log(JSON.stringify({ events: count, rate: count / best }));
