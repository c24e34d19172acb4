/** Federation: what forwarding to a peer relay costs, beside one more local receiver of the same packets. */
import type { Connection, Endpoint } from "../quic/port.ts";
import { SENT } from "../quic/port.ts";
import { median, numberFlag, onlyFlags, spread } from "./rig/figures.ts";
import { connect, openEndpoint, Stamp } from "./rig/load.ts";
import { canPin, cpuSeconds, moveToCore, OPEN_LIMITS, startRelayTarget } from "./rig/processes.ts";

/*
 * Two linked relays; the first is measured and has a core of its own, the second shares one with the load. There are three
 * settings, each with rooms of its own on the same relay: a speaker and some receivers in each room; one local receiver
 * more; or, instead of that one, a receiver at the other relay. A round is a run of each, in turn first, so what else the machine
 * does meets all three. CPU is taken per packet that was sent. What a setting costs above the first one is
 * the cost of its last receiver, and the ratio of the two is what counts.
 */
onlyFlags("rounds", "seconds", "rate", "rooms", "receivers");
const rounds = numberFlag("rounds", 7);
const seconds = numberFlag("seconds", 6);
/** Packets sent per second, in all rooms together. */
const rate = numberFlag("rate", 4_000);
const rooms = numberFlag("rooms", 40);
const receivers = numberFlag("receivers", 1);
const WARM_UP_SECONDS = 2;
const LINK_MS = 20_000;
const STRAGGLERS_MS = 300;
/** Backlog that is still made up for. */
const MAKE_UP_MS = 20;

const SETTINGS = ["base", "local", "peer"] as const;
type Setting = typeof SETTINGS[number];

interface Outcome {
  readonly cpuMicroseconds: number;
  readonly targetCpu: number;
  readonly sent: number;
  readonly deliveredShare: number;
}

moveToCore(1);
await using near = await startRelayTarget(0);
await using far = await startRelayTarget(1);
if (!canPin()) console.log("Not pinned: relays and load share the cores.");
const shared = Array.from({ length: rooms }, (_, i) => `[[global_rooms]]\nname = "peer-${i}"\n`);
const farAddress = `${far.address.ip}:${far.address.port}`;
await far.process.reload(OPEN_LIMITS + shared.join("") + entry("trusted", near.process));
await near.process.reload(
  OPEN_LIMITS + shared.join("") + entry("peers", far.process) + `url = "${farAddress}"\n`,
);

const endpoints: Endpoint[] = [];
const stamp = new Stamp();
const speakers: Record<Setting, Connection[]> = { base: [], local: [], peer: [] };
let run = 0;
let received = 0;
for (let room = 0; room < rooms; room++) {
  const endpoint = await openEndpoint();
  endpoints.push(endpoint);
  for (const setting of SETTINGS) {
    const name = `${setting}-${room}`;
    speakers[setting].push(await connect(endpoint, near, name));
    const locals = setting === "local" ? receivers + 1 : receivers;
    for (let i = 0; i < locals; i++) listen(await connect(endpoint, near, name));
    if (setting === "peer") listen(await connect(endpoint, far, name));
  }
}
try {
  await linked();
  await measure();
} finally {
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
}

async function measure(): Promise<void> {
  const outcomes: Record<Setting, Outcome[]> = { base: [], local: [], peer: [] };
  for (const setting of SETTINGS) await send(setting, WARM_UP_SECONDS);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < SETTINGS.length; i++) {
      const setting = SETTINGS[(round + i) % SETTINGS.length]!;
      outcomes[setting].push(await send(setting, seconds));
    }
    const [base, local, peer] = SETTINGS.map((setting) => outcomes[setting][round]!);
    console.log(
      `round ${round + 1}: ${
        [base, local, peer].map((outcome) => outcome!.cpuMicroseconds.toFixed(2)).join(", ")
      } us; last receiver ${(local!.cpuMicroseconds - base!.cpuMicroseconds).toFixed(2)} local, ${
        (peer!.cpuMicroseconds - base!.cpuMicroseconds).toFixed(2)
      } peer`,
    );
  }
  console.log(
    `\n${rate} packets/s in ${rooms} rooms, ${rounds} rounds; median (lowest to highest)\n` +
      `base: ${receivers} local, local: ${
        receivers + 1
      } local, peer: ${receivers} local and 1 peer\n`,
  );
  console.log("".padEnd(26) + SETTINGS.map((setting) => setting.padEnd(26)).join(""));
  row("CPU us per packet sent", "cpuMicroseconds", 2);
  row("CPU of the relay, cores", "targetCpu", 3);
  row("packets sent", "sent", 0);
  row("delivered share", "deliveredShare", 4);
  const middle = (setting: Setting) =>
    median(outcomes[setting].map(({ cpuMicroseconds }) => cpuMicroseconds));
  const [base, local, peer] = SETTINGS.map(middle);
  console.log(`\nall of it, peer / local: ${(peer! / local!).toFixed(3)}`);
  const ratio = (peer! - base!) / (local! - base!);
  console.log(`last receiver, peer / local: ${ratio.toFixed(3)} (must: at most 1.2)`);
  for (const { name, process } of [{ ...near, name: "near" }, { ...far, name: "far" }]) {
    console.log(`${name} relay dropped: ${drops(await process.counters())}`);
  }

  function row(label: string, key: keyof Outcome, digits: number): void {
    const cells = SETTINGS.map((setting) =>
      spread(outcomes[setting].map((outcome) => outcome[key]), digits).padEnd(26)
    );
    console.log(label.padEnd(26) + cells.join(""));
  }
}

/** Lets the speakers of a setting send in turn, spread evenly over the time. */
async function send(setting: Setting, duration: number): Promise<Outcome> {
  run += 1;
  received = 0;
  const gapMs = 1000 / rate;
  const before = await cpuSeconds(near.pid);
  const began = performance.now();
  const end = began + duration * 1000;
  let sent = 0;
  let turn = 0;
  let due = began;
  for (let now = began; now < end; now = performance.now()) {
    due = Math.max(due, now - MAKE_UP_MS);
    for (; due <= now; due += gapMs) {
      const speaker = speakers[setting][turn++ % rooms]!;
      if (speaker.sendDatagram(stamp.packet(run, now)) === SENT) sent += 1;
    }
    await pause(1);
  }
  const took = (performance.now() - began) / 1000;
  await pause(STRAGGLERS_MS);
  const cpu = await cpuSeconds(near.pid) - before;
  const fanOut = setting === "base" ? receivers : receivers + 1;
  return {
    cpuMicroseconds: 1e6 * cpu / sent,
    targetCpu: cpu / took,
    sent,
    deliveredShare: received / (sent * fanOut),
  };
}

/** Waits until the far end of every shared room hears its speaker. */
async function linked(): Promise<void> {
  const limit = performance.now() + LINK_MS;
  for (;;) {
    run += 1;
    received = 0;
    for (const speaker of speakers.peer) speaker.sendDatagram(stamp.packet(run, performance.now()));
    await pause(200);
    if (received === rooms * (receivers + 1)) return;
    if (performance.now() < limit) continue;
    console.error(
      `The relays do not share their rooms: ${received} of ${
        rooms * (receivers + 1)
      } packets came.`,
    );
    console.error(near.process.stdout.text.split("\n").slice(-20).join("\n"));
    Deno.exit(1);
  }
}

/** Every counter of drops that is not 0. */
function drops(counters: Record<string, unknown>): string {
  const names = ["wzp_federation_packets_dropped_total", "wzp_relay_packets_dropped_total"];
  const found = names.flatMap((name) =>
    Object.entries(counters[name] as Record<string, number>).filter(([, n]) => n > 0)
      .map(([reason, n]) => `${name}{${reason}} ${n}`)
  );
  return found.join(", ") || "nothing";
}

function listen(connection: Connection): void {
  connection.onDatagram((bytes) => {
    if (!Number.isNaN(stamp.sentAt(run, bytes))) received += 1;
  });
}

function entry(table: "peers" | "trusted", { tlsFingerprint }: { tlsFingerprint: string }): string {
  return `[[${table}]]\nfingerprint = "${tlsFingerprint}"\nlabel = "other"\n`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
