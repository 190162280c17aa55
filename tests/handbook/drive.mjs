// Runs client.mjs of the handbook: node drive.mjs CLIENT URL OPTIONS. Writes a JSON array for each event, state and end.
import { pathToFileURL } from "node:url";

const [file, url, options] = process.argv.slice(2);
const { events, backoff } = await import(pathToFileURL(file));
const write = (...what) => process.stdout.write(`${JSON.stringify(what)}\n`);

if (url === "backoff") {
  for (let failures = 1; failures <= 10; failures += 1) write("backoff", backoff(failures, ...JSON.parse(options)));
} else {
  try {
    const onState = (state) => write("state", state);
    for await (const event of events(url, { ...JSON.parse(options), onState })) {
      write("event", event.type, event.id ?? "", event.data);
    }
    write("over");
  } catch (error) {
    write("failed", error.message);
  }
}
