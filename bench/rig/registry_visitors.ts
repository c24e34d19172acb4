/** Relays that register at a registry, and somebody who reads its list every second. A program of its own; see `registry.ts`. */
import { TestRelay } from "../../discovery/testing_relays.ts";
import { quantile } from "./figures.ts";

const [base = "", count = "10000", perSecond = "100"] = Deno.args;
/** A relay is out after 90 s, and the rounds between two refreshments take less than this. */
const REFRESH_MS = 40_000;
const READ_EVERY_MS = 1_000;
/** Each address has a rate of its own. */
const clients = Array.from(
  { length: 50 },
  (_, number) => Deno.createHttpClient({ localAddress: `127.0.1.${number + 1}` }),
);
const relays = Array.from({ length: Number(count) }, (_, number) => ({
  relay: new TestRelay(number, { region: `region-${number % 20}` }),
  told: 0,
}));
const listMs: number[] = [];
const registerMs: number[] = [];
const missing = new Set<string>();
let listBytes = 0;
let next = 0;
let timers: ReturnType<typeof setInterval>[] = [];
let underWay: Promise<void>[] = [];

/** Lines of standard input: `refresh`, `read`, `register` and `off`; the end of it ends this, with figures as JSON. */
for await (const line of lines(Deno.stdin.readable)) {
  timers.forEach(clearInterval);
  timers = [];
  await Promise.all(underWay);
  underWay = [];
  if (line === "refresh") await refresh();
  if (line === "read") timers.push(setInterval(() => underWay.push(read()), READ_EVERY_MS));
  if (line === "register") {
    const register = () => underWay.push(beat(next++ % relays.length, registerMs));
    timers.push(setInterval(register, 1_000 / Number(perSecond)));
  }
  console.log("done");
}
console.log(JSON.stringify({
  listBytes,
  lists: figuresOf(listMs),
  registrations: figuresOf(registerMs),
  missing: [...missing],
}));
Deno.exit(0);

function figuresOf(times: number[]) {
  times.sort((a, b) => a - b);
  return {
    count: times.length,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    worst: times.at(-1),
  };
}

/** Every relay that would expire soon, twenty at a time. */
async function refresh(): Promise<void> {
  const old = relays.keys().filter((each) => Date.now() - relays[each]!.told > REFRESH_MS);
  await Promise.all(Array.from({ length: 20 }, async () => {
    for (const each of old) await beat(each, []);
  }));
}

async function beat(each: number, times: number[]): Promise<void> {
  const entry = relays[each]!;
  const began = performance.now();
  const answer = await fetch(`${base}/relays`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(entry.relay.registration(Math.max(Date.now(), entry.told + 1))),
    client: clients[each % clients.length]!,
  });
  const text = await answer.text();
  times.push(performance.now() - began);
  if (answer.status !== 200) missing.add(`register: ${answer.status} ${text.slice(0, 200)}`);
  else entry.told = Date.now();
}

async function read(): Promise<void> {
  const began = performance.now();
  const answer = await fetch(`${base}/relays`);
  const bytes = await answer.arrayBuffer();
  listMs.push(performance.now() - began);
  listBytes = bytes.byteLength;
  if (answer.status !== 200) missing.add(`list: ${answer.status}`);
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
