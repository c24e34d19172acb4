/** Overload: what a relay with little CPU still delivers at twice the load it can carry, and whether clients still get in. */
import { median, numberFlag, onlyFlags, spread } from "./rig/figures.ts";
import { connect, Load, openEndpoint, type Outcome } from "./rig/load.ts";
import { moveToCore, startRelayTarget } from "./rig/processes.ts";
import { throttle } from "./rig/throttle.ts";

/*
 * Method: a cgroup gives the relay a share of a core, so that it is full long before the load generator is. The load grows
 * step by step until much of it is lost; the most that was delivered in a step is the maximum. Then come
 * rounds at the maximum and at twice the maximum, in turn, and during the latter newcomers join another room. A step may
 * have met a quiet moment of the machine, so the share is taken within each round too.
 */
onlyFlags("cores", "rounds", "seconds");
const cores = numberFlag("cores", 0.25);
const rounds = numberFlag("rounds", 5);
const seconds = numberFlag("seconds", 5);
const ROOMS = 10;
const ROOM_SIZE = 10;
const STEP_SECONDS = 3;
const GROWTH = 1.25;
/** Below this share the relay is past its maximum; packets that come together are cheaper, so that is later than the first loss. */
const LOST = 0.7;
const JOINS = 5;
/** First step: what a relay of this share carries easily. */
const FIRST_PER_CORE = 40_000;

moveToCore(1);
await using relay = await startRelayTarget();
await using load = await Load.connect(relay, ROOMS, ROOM_SIZE);
await load.run(ROOMS, 20_000, 2);
await using quota = await throttle(relay.pid, cores);
if (quota === null) {
  console.error("No cgroup with a CPU quota can be made here; run as root where one can.");
  Deno.exitCode = 69;
} else await measure();

async function measure(): Promise<void> {
  console.log(`relay has ${cores} of a core, ${ROOMS} rooms of ${ROOM_SIZE}`);
  let maximum = 0;
  for (let offered = cores * FIRST_PER_CORE;; offered *= GROWTH) {
    const outcome = await load.run(ROOMS, offered, STEP_SECONDS);
    report("growing", outcome);
    maximum = Math.max(maximum, outcome.delivered);
    if (outcome.deliveredShare < LOST) break;
  }
  const [full, over]: [Outcome[], Outcome[]] = [[], []];
  const joins: number[] = [];
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    full.push(await load.run(ROOMS, maximum, seconds));
    report("full", full.at(-1)!);
    const joining = join();
    over.push(await load.run(ROOMS, 2 * maximum, seconds));
    report("twice", over.at(-1)!);
    const took = await joining;
    joins.push(...took);
    refused += JOINS - took.length;
  }
  const delivered = (outcomes: Outcome[]) => outcomes.map(({ delivered }) => delivered);
  const byRound = over.map((outcome, round) => outcome.delivered / full[round]!.delivered);
  const ofBest = median(delivered(over)) / maximum;
  console.log(`\nmost delivered/s in a step     ${maximum.toFixed(0)}`);
  console.log(`delivered/s at that load       ${spread(delivered(full), 0)}`);
  console.log(`delivered/s at twice that load ${spread(delivered(over), 0)}`);
  console.log(`share of the same round's      ${spread(byRound)} (must: at least 0.9)`);
  console.log(`share of the best step         ${ofBest.toFixed(2)} (must: at least 0.9)`);
  console.log(
    `joins under overload           ${joins.length} of ${joins.length + refused}, ms: ${
      spread(joins, 0)
    }`,
  );
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

function report(phase: string, outcome: Outcome): void {
  const { offered, delivered, deliveredShare, targetCpu, ownCpu, p50 } = outcome;
  console.log(
    `${phase.padEnd(8)} offered ${offered.toFixed(0).padStart(6)}/s  delivered ${
      delivered.toFixed(0).padStart(6)
    }/s  share ${deliveredShare.toFixed(3)}  relay ${targetCpu.toFixed(2)} cores, load ${
      ownCpu.toFixed(2)
    } cores, p50 ${p50.toFixed(1)} ms`,
  );
}
