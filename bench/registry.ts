/** A registry of 10,000 relays: how long its list takes, and what reading and registering cost the voice. */
import { httpAddress } from "../tests/process/raw_http.ts";
import { root } from "../tools/house/root.ts";
import { numberFlag, onlyFlags, quantile, spread } from "./rig/figures.ts";
import { Load, type Outcome } from "./rig/load.ts";
import { RawHttpLine, rawRequest } from "./rig/raw_http_line.ts";
import { canPin, moveToCore, onCore, startRelayTarget, whenIdle, widen } from "./rig/processes.ts";

/*
 * Load and visitors share a core, visitors run when the load has nothing to do. The relay may use all cores, since what is
 * measured is that its registry works beside the voice; with --pinned 1 it has one for everything. Rounds of every kind
 * come in turn, and first in turn.
 */
onlyFlags("relays", "rate", "rounds", "seconds", "registrations", "pinned");
const relays = numberFlag("relays", 10_000);
const rate = numberFlag("rate", 10_000);
const rounds = numberFlag("rounds", 9);
const seconds = numberFlag("seconds", 8);
const registrations = numberFlag("registrations", 100);
const pinned = numberFlag("pinned", 0) === 1;
const ROOMS = 20;
const ROOM_SIZE = 10;
const WARM_UP_SECONDS = 3;
const LISTS = 25;
/** `elsewhere`: the registrations go to a server of the visitors', so that the traffic alone is measured. */
const KINDS = ["off", "read", "elsewhere", "register"] as const;

moveToCore(1);
await using relay = await startRelayTarget(
  0,
  "[registry]\nenabled = true\npublic = true\nmax_relays = 20000\n",
);
if (!pinned && canPin()) widen(relay.pid);
await using load = await Load.connect(relay, ROOMS, ROOM_SIZE);
await load.report();
const speaking = Math.max(1, Math.round(rate / 4_000));
const { port } = await httpAddress(relay.process);
const [program = "", ...words] = [...onCore(1), ...whenIdle(), Deno.execPath()];
const visitors = new Deno.Command(program, {
  args: [...words, "run", "-A", `${root}/bench/rig/registry_visitors.ts`]
    .concat(`http://127.0.0.1:${port}`, String(relays), String(registrations), String(seconds)),
  stdin: "piped",
  stdout: "piped",
}).spawn();
const orders = visitors.stdin.getWriter();
const answers = visitors.stdout.pipeThrough(new TextDecoderStream()).getReader();

await order("refresh");
await load.run(speaking, rate, WARM_UP_SECONDS);
const outcomes: Record<typeof KINDS[number], Outcome[]> = {
  off: [],
  read: [],
  elsewhere: [],
  register: [],
};
for (let round = 0; round < rounds; round++) {
  await order("refresh");
  for (let turn = 0; turn < KINDS.length; turn++) {
    const kind = KINDS[(round + turn) % KINDS.length]!;
    await order(kind);
    outcomes[kind].push(await load.run(speaking, rate, seconds));
    await order("off");
  }
  const p99s = KINDS.map((kind) => `${kind} ${outcomes[kind].at(-1)!.p99.toFixed(2)}`);
  console.log(`round ${round + 1}: p99 in ms: ${p99s.join(", ")}`);
}
// Visitors run only while nobody else wants their core, so how long an answer takes is seen from here.
const listMs: number[] = [];
await order("refresh");
await Promise.all([
  load.run(speaking, rate, LISTS / 2),
  timeLists(new RawHttpLine(`http://127.0.0.1:${port}`), listMs),
]);
listMs.sort((a, b) => a - b);
await orders.close();
let told = "";
for (let part = await answers.read(); !part.done; part = await answers.read()) told += part.value;
await visitors.status;

console.log(`\n${relays} relays, ${rate} forwarded/s, ${rounds} rounds of ${seconds} s`);
console.log(
  ["", "nobody asks", "list every second", "registrations elsewhere", "registrations"]
    .map((text) => text.padEnd(28)).join(""),
);
row("delivered share", "deliveredShare", 4);
row("CPU of the relay, cores", "targetCpu", 2);
row("latency p50, ms", "p50", 2);
row("latency p99, ms", "p99", 2);
row("latency p999, ms", "p999", 2);
compare("read", "off", " (must: at most 1.2)");
compare("register", "elsewhere", " (must: at most 1.2)");
compare("register", "off");
compare("elsewhere", "off");
console.log(
  `GET /relays, ${LISTS} times while voice is forwarded: p50 ${
    quantile(listMs, 0.5).toFixed(1)
  }, ` +
    `worst ${listMs.at(-1)!.toFixed(1)} ms (must: under 50)`,
);
console.log(`visitors: ${told.trim()}`);

function compare(
  kind: typeof KINDS[number],
  other: typeof KINDS[number],
  target = "",
): void {
  const ratios = outcomes[kind].map(({ p99 }, round) => p99 / outcomes[other][round]!.p99);
  console.log(`p99, ${kind} / ${other}: median of the ratios ${spread(ratios, 2)}${target}`);
}

async function timeLists(line: RawHttpLine, times: number[]): Promise<void> {
  const request = rawRequest(`http://127.0.0.1:${port}`, "GET", "/relays");
  for (let list = 0; list < LISTS; list++) {
    const began = performance.now();
    const { status } = await line.ask(request);
    if (status !== 200) throw new Error(`GET /relays was answered with ${status}`);
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function order(name: "refresh" | typeof KINDS[number]): Promise<void> {
  await orders.write(new TextEncoder().encode(`${name}\n`));
  const { value } = await answers.read();
  if (value?.trim() !== "done") throw new Error(`The visitors said ${value}`);
}

function row(label: string, key: keyof Outcome, digits: number): void {
  const cells = KINDS.map((kind) => spread(outcomes[kind].map((each) => each[key]), digits));
  console.log([label, ...cells].map((text) => text.padEnd(28)).join(""));
}
