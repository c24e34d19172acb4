/** Forwarding: the relay beside the bare loop at 20,000 packets/s and at saturation, with the ratio of their costs. */
import { median, numberFlag, onlyFlags, spread } from "./rig/figures.ts";
import { Load, type Outcome } from "./rig/load.ts";
import {
  canPin,
  moveToCore,
  residentKilobytes,
  startBareTarget,
  startRelayTarget,
} from "./rig/processes.ts";

/*
 * Both targets run all the time on one core, the load on another. A round is a run of each, one right after the other and in
 * turn first, so what else the machine does meets both; the ratio is taken within a round.
 */
onlyFlags("rounds", "seconds", "rate", "saturate");
const rounds = numberFlag("rounds", 7);
const seconds = numberFlag("seconds", 6);
const rate = numberFlag("rate", 20_000);
const saturate = numberFlag("saturate", 150_000);
const ROOM_SIZE = 10;
/** Senders then send about 45 packets/s each, as voice does. */
const ROOMS = Math.max(1, Math.round(rate / 4_000));
const SATURATED_ROOMS = Math.max(ROOMS, 25);
const SATURATED_SECONDS = 2.5;
/** So long that the hot paths are compiled. */
const WARM_UP_SECONDS = 2;

moveToCore(1);
await using relay = await startRelayTarget(0);
await using bare = await startBareTarget(0);
await using relayLoad = await Load.connect(relay, SATURATED_ROOMS, ROOM_SIZE);
await using bareLoad = await Load.connect(bare, SATURATED_ROOMS, ROOM_SIZE);
const loads = [relayLoad, bareLoad] as const;
if (!canPin()) console.log("Not pinned: target and load share the cores.");
for (const load of loads) await load.run(ROOMS, rate, WARM_UP_SECONDS);

const steady: Outcome[][] = [[], []];
const saturated: Outcome[][] = [[], []];
for (let round = 0; round < rounds; round++) {
  for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
    steady[which]!.push(await loads[which]!.run(ROOMS, rate, seconds));
  }
  for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
    saturated[which]!.push(await loads[which]!.run(SATURATED_ROOMS, saturate, SATURATED_SECONDS));
  }
  const [ours, theirs] = [steady[0]!.at(-1)!, steady[1]!.at(-1)!];
  console.log(
    `round ${round + 1}: relay ${ours.cpuMicroseconds.toFixed(2)} us, bare ` +
      `${theirs.cpuMicroseconds.toFixed(2)} us, ratio ${
        (ours.cpuMicroseconds / theirs.cpuMicroseconds).toFixed(3)
      }; p99 ${ours.p99.toFixed(2)} and ${theirs.p99.toFixed(2)} ms`,
  );
}

const memory = [await residentKilobytes(relay.pid), await residentKilobytes(bare.pid)];
table(`${rate} forwarded/s, ${ROOMS} rooms of ${ROOM_SIZE}, ${rounds} rounds`, steady);
table(`Saturation: ${saturate}/s asked for, ${SATURATED_ROOMS} rooms`, saturated);
console.log(
  `\nresident memory, MB             ${
    memory.map((kilobytes) => (kilobytes / 1024).toFixed(0).padEnd(28)).join("")
  }`,
);

function table(title: string, [ours, theirs]: Outcome[][]): void {
  console.log(`\n${title}; median (lowest to highest)`);
  console.log(
    `${"".padEnd(32)}${"relay".padEnd(28)}${"bare loop".padEnd(28)}relay / bare, by round`,
  );
  row("offered/s", "offered", 0);
  row("forwarded/s", "delivered", 0);
  row("delivered share", "deliveredShare", 4);
  row("CPU us per forwarded datagram", "cpuMicroseconds", 2);
  row("CPU of the target, cores", "targetCpu", 2);
  row("CPU of the load, cores", "ownCpu", 2);
  row("latency p50, ms", "p50", 2);
  row("latency p99, ms", "p99", 2);
  row("latency p999, ms", "p999", 2);

  function row(label: string, key: keyof Outcome, digits: number): void {
    const [a, b] = [ours!, theirs!].map((outcomes) => outcomes.map((outcome) => outcome[key]));
    const ratios = a!.map((value, round) => value / b![round]!);
    console.log(
      label.padEnd(32) + spread(a!, digits).padEnd(28) + spread(b!, digits).padEnd(28) +
        spread(ratios, 3),
    );
  }
}
const ratio = median(
  steady[0]!.map((ours, round) => ours.cpuMicroseconds / steady[1]![round]!.cpuMicroseconds),
);
console.log(`\nCPU per forwarded datagram, relay / bare: ${ratio.toFixed(3)} (must: at most 1.15)`);
