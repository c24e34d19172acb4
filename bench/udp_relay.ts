/** The relay for WireGuard beside a bare forward loop, and voice on the same relay while it is flooded. */
import { join } from "node:path";
import { root } from "../tools/house/root.ts";
import { OutputLog } from "../tests/harness/output_log.ts";
import { initiation, keyOf, response, transport } from "../udp_relay/testing_wireguard.ts";
import { median, numberFlag, onlyFlags, spread } from "./rig/figures.ts";
import { Load, type Outcome } from "./rig/load.ts";
import {
  busiestThreadSeconds,
  canPin,
  moveToCore,
  onCore,
  socketDrops,
  startRelayTarget,
  whenIdle,
  widen,
} from "./rig/processes.ts";

/*
 * Targets are on one core, the load on the other. The receiver never reads, so that the kernel counts what it is sent: a
 * program that read as well could not send faster than the targets forward. Rounds alternate who is first. For the voice
 * the relay may use both cores, and the flood comes from a program that runs while the load has nothing to do.
 */
onlyFlags("rounds", "seconds", "bytes", "flood", "sessions", "rate");
const rounds = numberFlag("rounds", 7);
const seconds = numberFlag("seconds", 3);
const bytes = 16 * Math.ceil(numberFlag("bytes", 160) / 16);
const flood = numberFlag("flood", 20_000);
const sessions = numberFlag("sessions", 100);
const rate = numberFlag("rate", 10_000);
const WARM_UP_SECONDS = 2;
const READY_MS = 20_000;
const [A, B] = [keyOf(1), keyOf(2)];

moveToCore(1);
if (!canPin()) console.log("Not pinned: targets and load share the cores.");
await using relay = await startRelayTarget(
  0,
  `[udp_relay]\nlisten = "127.0.0.1:0"\nmax_packets_per_second = 1000000\n` +
    `max_kbit_per_second = 10000000\ngroups = [{ name = "g", keys = ["${A}", "${B}"] }]\n`,
);
const [, udpPort] = await relay.process.stdout.match(
  /WireGuard is listening.*127\.0\.0\.1:(\d+)/,
  READY_MS,
);
await forwarding();
await voice();

interface Way {
  readonly pid: number;
  readonly port: number;
  readonly sender: Deno.DatagramConn;
  readonly receiver: number;
  readonly packet: Uint8Array;
}

function open(): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
}

function portOf(socket: Deno.DatagramConn): number {
  return (socket.addr as Deno.NetAddr).port;
}

/** Two peers with a session. */
async function throughRelay(): Promise<Way> {
  const [sender, receiver] = [open(), open()];
  const port = Number(udpPort);
  const to = { transport: "udp", hostname: "127.0.0.1", port } as const;
  await receiver.send(initiation(A, 1), to);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await sender.send(initiation(B, 2), to);
  await receiver.receive();
  await receiver.send(response(A, 3, 2), to);
  await sender.receive();
  const packet = transport(3, 1, bytes);
  await sender.send(packet, to);
  await receiver.receive();
  return { pid: relay.pid, port, sender, receiver: portOf(receiver), packet };
}

async function throughBareLoop(): Promise<Way & { child: Deno.ChildProcess }> {
  const [sender, receiver] = [open(), open()];
  const program = [Deno.execPath(), "run", "-A", join(root, "bench/bare_udp_loop.ts")];
  const [command = "", ...args] = [...onCore(0), ...program, String(portOf(receiver))];
  const child = new Deno.Command(command, { args, cwd: root, stdout: "piped" }).spawn();
  const [, port] = await new OutputLog(child.stdout).match(/^listening (\d+)$/m, READY_MS);
  const packet = transport(3, 1, bytes);
  return { pid: child.pid, port: Number(port), sender, receiver: portOf(receiver), packet, child };
}

/** Sends as fast as it can for so long. */
async function saturate({ pid, port, sender, receiver, packet }: Way, forSeconds: number) {
  const to = { transport: "udp", hostname: "127.0.0.1", port } as const;
  const [before, cpuBefore] = [await socketDrops(receiver), await busiestThreadSeconds(pid)];
  const began = performance.now();
  let sent = 0;
  for (const end = began + forSeconds * 1_000; performance.now() < end;) {
    for (let i = 0; i < 32; i++) await sender.send(packet, to);
    sent += 32;
  }
  const took = (performance.now() - began) / 1_000;
  await new Promise((resolve) => setTimeout(resolve, 100));
  const forwarded = await socketDrops(receiver) - before;
  return {
    offered: sent / took,
    forwarded: forwarded / took,
    cpu: 1e6 * (await busiestThreadSeconds(pid) - cpuBefore) / forwarded,
  };
}

async function forwarding(): Promise<void> {
  const ours = await throughRelay();
  const { child, ...bare } = await throughBareLoop();
  const ways = [ours, bare];
  for (const way of ways) await saturate(way, WARM_UP_SECONDS);
  const results: Awaited<ReturnType<typeof saturate>>[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
      results[which]!.push(await saturate(ways[which]!, seconds));
    }
  }
  child.kill("SIGKILL");
  await child.status;
  console.log(
    `Saturation, packets of ${bytes} bytes, ${rounds} rounds; median (lowest to highest)`,
  );
  console.log(
    `${"".padEnd(32)}${"relay".padEnd(30)}${"bare loop".padEnd(30)}relay / bare, by round`,
  );
  for (
    const [label, key, digits] of [
      ["offered/s", "offered", 0],
      ["forwarded/s", "forwarded", 0],
      ["CPU us of its thread a packet", "cpu", 2],
    ] as const
  ) {
    const [a = [], b = []] = results.map((some) => some.map((one) => one[key]));
    console.log(
      label.padEnd(32) + spread(a, digits).padEnd(30) + spread(b, digits).padEnd(30) +
        spread(a.map((value, round) => value / b[round]!), 3),
    );
  }
  const ratio = median(results[0]!.map((one, at) => one.forwarded / results[1]![at]!.forwarded));
  console.log(`forwarded, relay / bare: ${ratio.toFixed(3)} (must: at least 0.8)\n`);
}

async function voice(): Promise<void> {
  // The worker is there so that the flood has another core than the voice; only floods are in the way of the load.
  if (canPin()) widen(relay.pid);
  await using load = await Load.connect(relay, Math.round(sessions / 10), 10);
  const program = [
    ...onCore(1),
    ...whenIdle(),
    Deno.execPath(),
    "run",
    "-A",
    join(root, "bench/rig/udp_flood.ts"),
  ];
  const [command = "", ...args] = [...program, udpPort!, String(flood), A, B];
  const child = new Deno.Command(command, { args, stdin: "piped", stdout: "piped" }).spawn();
  const orders = child.stdin.getWriter();
  const answers = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const turn = async (order: "on" | "off") => {
    await orders.write(new TextEncoder().encode(`${order}\n`));
    return Number((await answers.read()).value?.split(" ")[1]);
  };
  const speaking = Math.max(1, Math.round(rate / 4_000));
  await load.run(speaking, rate, WARM_UP_SECONDS);
  const [alone, flooded]: Outcome[][] = [[], []];
  let sent = 0;
  for (let round = 0; round < rounds; round++) {
    for (const on of round % 2 === 0 ? [false, true] : [true, false]) {
      const before = on ? await turn("on") : 0;
      (on ? flooded! : alone!).push(await load.run(speaking, rate, seconds));
      if (on) sent += await turn("off") - before;
    }
  }
  await orders.close();
  await child.status;
  const ratios = flooded!.map(({ p99 }, round) => p99 / alone![round]!.p99);
  const p99 = (some: Outcome[]) => spread(some.map((one) => one.p99));
  console.log(
    `Voice, ${rate} forwarded/s, ${sessions} sessions; flood ` +
      `${(sent / rounds / seconds).toFixed(0)} packets/s`,
  );
  console.log(`p99 in ms: alone ${p99(alone!)}, flooded ${p99(flooded!)}`);
  console.log(`flooded / alone, by round: ${spread(ratios)} (must: at most 1.2)`);
}
