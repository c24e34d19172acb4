/** Overload: what a relay with little CPU still delivers at twice the load it can carry, and whether clients still get in. */
import { median, numberFlag, onlyFlags, spread } from "./rig/figures.ts";
import { connect, Load, openEndpoint, type Outcome } from "./rig/load.ts";
import {
  moveToCore,
  socketDrops,
  startBareTarget,
  startRelayTarget,
  type Target,
} from "./rig/processes.ts";
import { throttle } from "./rig/throttle.ts";

/*
 * Method: a cgroup each gives relay and bare loop the same share of a core, so that they are full long before the load generator
 * is. The load grows step by step until much of it is lost; the most that was delivered in a step is the load the relay can
 * carry. Then come rounds at that load, at half more and at twice that load, for both targets in turn, and during the
 * last of them newcomers join another room of the relay. The maximum is the highest median of the three: a single best step
 * may have met a quiet moment of the machine, and its share is told only beside the bare loop's.
 */
onlyFlags("cores", "rounds", "seconds");
const cores = numberFlag("cores", 0.25);
const rounds = numberFlag("rounds", 7);
const seconds = numberFlag("seconds", 3);
const ROOMS = 10;
const ROOM_SIZE = 10;
const STEP_SECONDS = 2;
const GROWTH = 1.25;
/** Below this share the relay is past its maximum; packets that come together are cheaper, so that is later than the first loss. */
const LOST = 0.7;
const FACTORS = [1, 1.5, 2] as const;
const TWICE = FACTORS.indexOf(2);
const JOINS = 5;
/** First step: what a relay of this share carries easily. */
const FIRST_PER_CORE = 40_000;

/** A target with its load and what it delivered, in packets/s. */
interface Subject {
  readonly target: Target;
  readonly load: Load;
  bestStep: number;
  /** By factor, then by round. */
  readonly delivered: number[][];
}

moveToCore(1);
await using relay = await startRelayTarget();
await using bare = await startBareTarget();
await using relayLoad = await Load.connect(relay, ROOMS, ROOM_SIZE);
await using bareLoad = await Load.connect(bare, ROOMS, ROOM_SIZE);
const subjects = [subject(relay, relayLoad), subject(bare, bareLoad)] as const;
for (const { load } of subjects) await load.run(ROOMS, 20_000, 2);
await using relayQuota = await throttle(relay.pid, cores);
await using bareQuota = await throttle(bare.pid, cores);
if (relayQuota === null || bareQuota === null) {
  console.error("No cgroup with a CPU quota can be made here; run as root where one can.");
  Deno.exitCode = 69;
} else await measure(...subjects);

async function measure(ours: Subject, theirs: Subject): Promise<void> {
  console.log(`${cores} of a core each, ${ROOMS} rooms of ${ROOM_SIZE}`);
  for (let offered = cores * FIRST_PER_CORE, share = 1; share >= LOST; offered *= GROWTH) {
    for (const each of [ours, theirs]) {
      const outcome = await run(each, "growing", offered, STEP_SECONDS);
      each.bestStep = Math.max(each.bestStep, outcome.delivered);
      if (each === ours) share = outcome.deliveredShare;
    }
  }
  const joins: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [place, factor] of FACTORS.entries()) {
      for (const each of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) {
        const joining = each === ours && place === TWICE ? join() : [];
        const { delivered } = await run(each, `x ${factor}`, factor * ours.bestStep, seconds);
        each.delivered[place]!.push(delivered);
        joins.push(...await joining);
      }
    }
  }
  report(ours, theirs, joins);
}

function report(ours: Subject, theirs: Subject, joins: number[]): void {
  console.log(`\n${"delivered/s, median (spread)".padEnd(32)}${"relay".padEnd(30)}bare loop`);
  row("most in one growing step", ({ bestStep }) => bestStep.toFixed(0));
  for (const [place, factor] of FACTORS.entries()) {
    row(`at ${factor} x the relay's`, ({ delivered }) => spread(delivered[place]!, 0));
  }
  row("twice / maximum", (each) => (twice(each) / maximum(each)).toFixed(2));
  row("twice / once, by round", ({ delivered }) => {
    return spread(delivered[TWICE]!.map((value, round) => value / delivered[0]![round]!));
  });
  row("twice / best growing step", (each) => (twice(each) / each.bestStep).toFixed(2));
  const beside = ours.delivered[TWICE]!.map((value, at) => value / theirs.delivered[TWICE]![at]!);
  console.log(`\ntwice, relay / bare by round    ${spread(beside)}`);
  const all = rounds * JOINS;
  console.log(`joins under overload            ${joins.length} of ${all}, ms: ${spread(joins, 0)}`);
  const share = twice(ours) / maximum(ours);
  console.log(`twice / maximum of the relay    ${share.toFixed(2)} (must: at least 0.9)`);

  function row(label: string, cell: (each: Subject) => string): void {
    console.log(label.padEnd(32) + cell(ours).padEnd(30) + cell(theirs));
  }
}

function twice({ delivered }: Subject): number {
  return median(delivered[TWICE]!);
}

function maximum({ delivered }: Subject): number {
  return Math.max(...delivered.map(median));
}

function subject(target: Target, load: Load): Subject {
  return { target, load, bestStep: 0, delivered: FACTORS.map(() => []) };
}

async function run(
  { target, load }: Subject,
  phase: string,
  rate: number,
  duration: number,
): Promise<Outcome> {
  const before = await socketDrops(target.address.port);
  const outcome = await load.run(ROOMS, rate, duration);
  const unread = (await socketDrops(target.address.port) - before) / duration;
  const { offered, delivered, deliveredShare, targetCpu, ownCpu, p50 } = outcome;
  console.log(
    `${target.name.padEnd(9)} ${phase.padEnd(7)} offered ${offered.toFixed(0).padStart(6)}/s  ` +
      `delivered ${delivered.toFixed(0).padStart(6)}/s  share ${deliveredShare.toFixed(3)}  ` +
      `packets lost unread ${unread.toFixed(0).padStart(5)}/s  ${targetCpu.toFixed(2)} cores, ` +
      `load ${ownCpu.toFixed(2)} cores, p50 ${p50.toFixed(1)} ms`,
  );
  return outcome;
}

/** How long each of some newcomers took, in ms; those that did not get in are missing. */
async function join(): Promise<number[]> {
  const endpoint = await openEndpoint();
  const times: number[] = [];
  for (let n = 0; n < JOINS; n++) {
    const began = performance.now();
    try {
      await connect(endpoint, relay, "newcomers");
      times.push(performance.now() - began);
    } catch (error) {
      console.log(`  a join failed: ${(error as Error).message}`);
    }
  }
  await endpoint.close();
  return times;
}
