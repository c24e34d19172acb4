/**
 * Relays that register at a registry, and somebody who reads its list every second. A program of its own; see
 * `registry.ts`. What is sent is signed and written beforehand, and what comes back is only counted: these visitors would
 * be on machines of their own, and share the cores with the voice here.
 */
import { TestRelay } from "../../discovery/testing_relays.ts";
import { quantile } from "./figures.ts";
import { RawHttpLine, rawRequest } from "./raw_http_line.ts";

const [base = "", count = "10000", perSecond = "100", seconds = "8"] = Deno.args;
/** A relay is out after 90 s, and the rounds between two refreshments take less than this. */
const REFRESH_MS = 40_000;
const READ_EVERY_MS = 1_000;
/** Lines by the server they lead to. */
const idle = new Map(
  [base, elsewhere()].map((to) =>
    [to, Array.from({ length: 20 }, () => new RawHttpLine(to))] as const
  ),
);
const reader = new RawHttpLine(base);
const listRequest = rawRequest(base, "GET", "/relays");
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

/** Lines of standard input: `refresh`, `read`, `register`, `elsewhere` and `off`; the end of it ends this, with figures as JSON. */
for await (const line of lines(Deno.stdin.readable)) {
  timers.forEach(clearInterval);
  timers = [];
  await Promise.all(underWay);
  underWay = [];
  if (line === "refresh") await refresh();
  if (line === "read") timers.push(setInterval(() => underWay.push(read()), READ_EVERY_MS));
  if (line === "register" || line === "elsewhere") {
    const to = [...idle.keys()][line === "register" ? 0 : 1]!;
    const times = line === "register" ? registerMs : [];
    const everyMs = 1_000 / Number(perSecond);
    // Signed for the moment at which each is sent.
    const prepared = Array.from(
      { length: Math.round(Number(seconds) * Number(perSecond)) },
      (_, place) => registrationOf(next++ % relays.length, Date.now() + place * everyMs),
    );
    const register = () => {
      const request = prepared.shift();
      if (request !== undefined) underWay.push(send(to, request, times));
    };
    timers.push(setInterval(register, everyMs));
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

/** Every relay that would expire soon, as many at a time as there are lines. */
async function refresh(): Promise<void> {
  const old = relays.keys().filter((each) => Date.now() - relays[each]!.told > REFRESH_MS);
  await Promise.all(Array.from({ length: idle.get(base)!.length }, async () => {
    for (const each of old) await send(base, registrationOf(each, Date.now()), []);
  }));
}

/** A server that answers whatever it gets, and does nothing else: with it the traffic alone is measured. */
function elsewhere(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
  const serve = async (connection: Deno.TcpConn) => {
    const buffer = new Uint8Array(65_536);
    while (await connection.read(buffer) !== null) await connection.write(answer);
  };
  void (async () => {
    for await (const connection of listener) serve(connection).catch(() => {});
  })();
  return `http://127.0.0.1:${listener.addr.port}`;
}

function registrationOf(each: number, at: number): Uint8Array {
  const entry = relays[each]!;
  entry.told = Math.max(Math.floor(at), entry.told + 1);
  return rawRequest(base, "POST", "/relays", entry.relay.registration(entry.told));
}

async function send(to: string, request: Uint8Array, times: number[]): Promise<void> {
  const lines = idle.get(to)!;
  const line = lines.shift() ?? new RawHttpLine(to);
  const began = performance.now();
  const { status, body } = await line.ask(request);
  times.push(performance.now() - began);
  lines.push(line);
  if (status !== 200) missing.add(`register: ${status} ${body.slice(0, 200)}`);
}

async function read(): Promise<void> {
  const began = performance.now();
  const { status, bodyBytes } = await reader.ask(listRequest);
  listMs.push(performance.now() - began);
  listBytes = bodyBytes;
  if (status !== 200) missing.add(`list: ${status}`);
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
