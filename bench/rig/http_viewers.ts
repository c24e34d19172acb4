/** Who looks at a relay: a scraper that comes every second and consoles that follow it. A program of its own; see `http_load.ts`. */
import { quantile } from "./figures.ts";

/** What consoles ask for when they are opened, and what they ask for again while they are. */
const AT_FIRST = ["/api/v1/rooms", "/api/v1/sessions", "/api/v1/calls", "/api/v1/links"]
  .concat("/api/v1/topology", "/api/v1/history");
const AGAIN = ["/api/v1/overview", "/api/v1/sessions?limit=100"];
const FEED = "/api/v1/events";
const EVERY_MS = 1_000;

const [base = "", token = "", consoles = "1"] = Deno.args;
const headers = { authorization: `Bearer ${token}` };
const scrapeMs: number[] = [];
const missing = new Set<string>();
let pageBytes = 0;
let asked = 0;
let feedBytes = 0;
let closing = new AbortController();
let timers: ReturnType<typeof setInterval>[] = [];

/** Lines of standard input: `on` and `off`; the end of it ends this, with figures as JSON. */
for await (const line of lines(Deno.stdin.readable)) {
  if (line === "on") look();
  else stop();
  console.log("done");
}
stop();
scrapeMs.sort((a, b) => a - b);
console.log(JSON.stringify({
  scrapes: scrapeMs.length,
  scrapeP50: quantile(scrapeMs, 0.5),
  scrapeWorst: scrapeMs.at(-1),
  pageBytes,
  asked,
  feedBytes,
  missing: [...missing],
}));
Deno.exit(0);

function look(): void {
  closing = new AbortController();
  const { signal } = closing;
  timers.push(setInterval(() => void scrape(signal), EVERY_MS));
  for (let i = 0; i < Number(consoles); i++) {
    for (const path of AT_FIRST) void get(path, signal);
    void follow(signal);
    timers.push(setInterval(() => AGAIN.forEach((path) => void get(path, signal)), EVERY_MS));
  }
}

function stop(): void {
  closing.abort();
  timers.forEach(clearInterval);
  timers = [];
}

async function scrape(signal: AbortSignal): Promise<void> {
  const began = performance.now();
  const text = await get("/metrics", signal);
  if (text === null) return;
  scrapeMs.push(performance.now() - began);
  pageBytes = text.length;
}

/** The answer, or null when there is no such path or it was too late for it. */
async function get(path: string, signal: AbortSignal): Promise<string | null> {
  try {
    const answer = await fetch(base + path, { headers, signal });
    const text = await answer.text();
    if (answer.status !== 200) missing.add(`${path}: ${answer.status}`);
    asked += 1;
    return answer.status === 200 ? text : null;
  } catch (error) {
    if (!signal.aborted) throw error;
    return null;
  }
}

async function follow(signal: AbortSignal): Promise<void> {
  try {
    const answer = await fetch(base + FEED, { headers, signal });
    if (answer.status !== 200) {
      missing.add(`${FEED}: ${answer.status}`);
      return void answer.body?.cancel();
    }
    for await (const chunk of answer.body!) feedBytes += chunk.length;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
}
