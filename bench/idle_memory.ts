/** Resident memory of the relay per participant that is in a room and says nothing, and what stays when they leave again and again. */
import { numberFlag, onlyFlags } from "./rig/figures.ts";
import { connect, openEndpoint } from "./rig/load.ts";
import { moveToCore, residentKilobytes, startRelayTarget } from "./rig/processes.ts";

/*
 * Method: VmRSS of the relay before the first of them joins and some seconds after the last has. The first joins and leaves
 * again before that, so that what the relay loads once is not counted; what rooms of ten cost is. Then all leave, and
 * others come, several times. Connections that are gone stay until they are collected, so the second round may take more
 * than the first; what must not happen is that each takes more than the one before.
 */
onlyFlags("participants", "seconds", "rounds");
const participants = numberFlag("participants", 500);
const seconds = numberFlag("seconds", 6);
const rounds = numberFlag("rounds", 8);
const ROOM_SIZE = 10;
const AT_A_TIME = 20;
/** Of the highest in the first half of the rounds: what may be measured more in the second half. */
const LEVEL = 1.1;

moveToCore(1);
await using relay = await startRelayTarget();
const caps = ["echo", "drain"];
const first = await openEndpoint();
(await connect(first, relay, "first", { caps })).close();
await pause(2_000);
await first.close();
const before = await residentKilobytes(relay.pid);
console.log(`resident before ${megabytes(before)} MB\n`);
console.log("round  joined in  just joined  with them  they have left");
const inside: number[] = [];
const left: number[] = [];
for (let round = 1; round <= rounds; round++) {
  const endpoint = await openEndpoint();
  const began = performance.now();
  for (let n = 0; n < participants; n += AT_A_TIME) {
    const length = Math.min(AT_A_TIME, participants - n);
    await Promise.all(Array.from({ length }, (_, i) => {
      const room = `idle-${Math.floor((n + i) / ROOM_SIZE)}`;
      return connect(endpoint, relay, room, { caps });
    }));
  }
  const joined = (performance.now() - began) / 1000;
  const atOnce = await residentKilobytes(relay.pid);
  await pause(seconds * 1000);
  inside.push(await residentKilobytes(relay.pid));
  await endpoint.close();
  await pause(seconds * 1000);
  left.push(await residentKilobytes(relay.pid));
  console.log(
    `${String(round).padEnd(5)}  ${joined.toFixed(1).padStart(7)} s  ` +
      `${megabytes(atOnce).padStart(8)} MB  ${megabytes(inside.at(-1)!).padStart(6)} MB  ` +
      `${megabytes(left.at(-1)!).padStart(11)} MB`,
  );
}
const each = (inside[0]! - before) / participants;
console.log(
  `\nper participant, ${seconds} s after the last  ${each.toFixed(1)} KB (must: under 100)`,
);
if (rounds > 1) {
  const half = Math.ceil(rounds / 2);
  const growth = Math.max(...left.slice(half)) / Math.max(...left.slice(0, half));
  console.log(
    `left behind, later / first rounds   ${growth.toFixed(2)} (must: at most ${LEVEL})`,
  );
}

function megabytes(kilobytes: number): string {
  return (kilobytes / 1024).toFixed(1);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
