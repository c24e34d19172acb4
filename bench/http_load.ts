/** Forwarding while somebody looks: a relay with 1,000 sessions, with and without a console and a scraper every second. */
import { httpAddress } from "../tests/process/raw_http.ts";
import { root } from "../tools/house/root.ts";
import { median, numberFlag, onlyFlags, spread } from "./rig/figures.ts";
import { Load, type Outcome } from "./rig/load.ts";
import { canPin, moveToCore, onCore, startRelayTarget, whenIdle, widen } from "./rig/processes.ts";

/*
 * Load and viewers share a core, where viewers run only while the load has nothing to do. The relay may use all cores, since
 * its collector has threads of its own; with --pinned 1 it has one for everything. Runs with and without viewers come in turn, and first in turn.
 */
onlyFlags("sessions", "rate", "rounds", "seconds", "consoles", "pinned", "session-metrics");
const ROOM_SIZE = 10;
const rooms = Math.round(numberFlag("sessions", 1_000) / ROOM_SIZE);
const rate = numberFlag("rate", 10_000);
const rounds = numberFlag("rounds", 9);
const seconds = numberFlag("seconds", 8);
const consoles = numberFlag("consoles", 1);
const pinned = numberFlag("pinned", 0) === 1;
/** By itself a relay shows no series of single sessions above 500 of them. */
const sessionMetrics = numberFlag("session-metrics", 0);
/** Senders then send about 45 packets/s each; all others listen. */
const speaking = Math.max(1, Math.round(rate / 4_000));
const WARM_UP_SECONDS = 3;
const SETTLE_SECONDS = 1;

moveToCore(1);
await using relay = await startRelayTarget(
  0,
  sessionMetrics === 1 ? 'session_metrics = "on"\n' : "",
);
await using load = await Load.connect(relay, rooms, ROOM_SIZE);
if (!pinned && canPin()) widen(relay.pid);
if (!canPin()) console.log("Not pinned: relay, load and viewers share the cores.");
await load.report();
const { port } = await httpAddress(relay.process);
const [, tokenFile] = await relay.process.stdout.match(/admin token \w+ path="([^"]+)"/, 10_000);
const token = (await Deno.readTextFile(tokenFile!)).trim();
// What viewers do with an answer is no cost of the relay, so the load has their core whenever it wants it.
const [program = "", ...words] = [...onCore(1), ...whenIdle(), Deno.execPath()];
const viewers = new Deno.Command(program, {
  args: [...words, "run", "-A", `${root}/bench/rig/http_viewers.ts`]
    .concat(`http://127.0.0.1:${port}`, token, String(consoles)),
  stdin: "piped",
  stdout: "piped",
}).spawn();
const orders = viewers.stdin.getWriter();
const answers = viewers.stdout.pipeThrough(new TextDecoderStream()).getReader();

await viewersAre("on");
await load.run(speaking, rate, WARM_UP_SECONDS);
await viewersAre("off");
const outcomes: [Outcome[], Outcome[]] = [[], []];
for (let round = 0; round < rounds; round++) {
  for (const looked of round % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
    if (looked === 1) await viewersAre("on");
    // A page that is opened asks for everything once; what is measured is what it costs while it is open.
    await load.run(speaking, rate, SETTLE_SECONDS);
    outcomes[looked].push(await load.run(speaking, rate, seconds));
    if (looked === 1) await viewersAre("off");
  }
  const [alone, watched] = [outcomes[0].at(-1)!, outcomes[1].at(-1)!];
  console.log(
    `round ${round + 1}: p99 ${alone.p99.toFixed(2)} ms alone, ${
      watched.p99.toFixed(2)
    } watched, ` +
      `ratio ${(watched.p99 / alone.p99).toFixed(2)}`,
  );
}
await orders.close();
let told = "";
for (let part = await answers.read(); !part.done; part = await answers.read()) told += part.value;
await viewers.status;

console.log(
  `\n${rooms * ROOM_SIZE} sessions, ${rate} forwarded/s, ${rounds} rounds of ${seconds} s`,
);
console.log(
  `${"".padEnd(32)}${"alone".padEnd(28)}${"watched".padEnd(28)}watched / alone, by round`,
);
row("delivered share", "deliveredShare", 4);
row("CPU us per forwarded datagram", "cpuMicroseconds", 2);
row("CPU of the relay, cores", "targetCpu", 2);
row("latency p50, ms", "p50", 2);
row("latency p99, ms", "p99", 2);
row("latency p999, ms", "p999", 2);
console.log(`\nviewers: ${told.trim()}`);
const [alone = [], watched = []] = outcomes.map((some) => some.map(({ p99 }) => p99));
const byRound = median(watched.map((ms, round) => ms / alone[round]!));
console.log(
  `p99, watched / alone: median of the ratios ${byRound.toFixed(2)}, ratio of the medians ` +
    `${(median(watched) / median(alone)).toFixed(2)} (must: at most 1.2)`,
);

async function viewersAre(order: "on" | "off"): Promise<void> {
  await orders.write(new TextEncoder().encode(`${order}\n`));
  const { value } = await answers.read();
  if (value?.trim() !== "done") throw new Error(`The viewers said ${value}`);
}

function row(label: string, key: keyof Outcome, digits: number): void {
  const [a, b] = outcomes.map((some) => some.map((outcome) => outcome[key]));
  const ratios = b!.map((value, round) => value / a![round]!);
  console.log(
    label.padEnd(32) + spread(a!, digits).padEnd(28) + spread(b!, digits).padEnd(28) +
      spread(ratios, 3),
  );
}
