/** Resident memory of the relay per participant that is in a room and says nothing. */
import { numberFlag, onlyFlags } from "./rig/figures.ts";
import { connect, openEndpoint } from "./rig/load.ts";
import { moveToCore, residentKilobytes, startRelayTarget } from "./rig/processes.ts";

/*
 * Method: VmRSS of the relay before the first of them joins and some seconds after the last has. The first joins and leaves
 * again before that, so that what the relay loads once is not counted; what rooms of ten cost is.
 */
onlyFlags("participants", "seconds");
const participants = numberFlag("participants", 500);
const seconds = numberFlag("seconds", 10);
const ROOM_SIZE = 10;
const AT_A_TIME = 20;

moveToCore(1);
await using relay = await startRelayTarget();
const endpoint = await openEndpoint();
(await connect(endpoint, relay, "first", { caps: ["echo", "drain"] })).close();
await pause(2_000);
const before = await residentKilobytes(relay.pid);
const began = performance.now();
for (let n = 0; n < participants; n += AT_A_TIME) {
  const length = Math.min(AT_A_TIME, participants - n);
  await Promise.all(Array.from({ length }, (_, i) => {
    const room = `idle-${Math.floor((n + i) / ROOM_SIZE)}`;
    return connect(endpoint, relay, room, { caps: ["echo", "drain"] });
  }));
}
const joined = (performance.now() - began) / 1000;
const atOnce = await residentKilobytes(relay.pid);
await pause(seconds * 1000);
const after = await residentKilobytes(relay.pid);
await endpoint.close();
await pause(seconds * 1000);
const left = await residentKilobytes(relay.pid);

const each = (kilobytes: number) => ((kilobytes - before) / participants).toFixed(1);
console.log(`${participants} participants joined in ${joined.toFixed(1)} s`);
console.log(`resident before                 ${(before / 1024).toFixed(1)} MB`);
console.log(`per participant, just joined    ${each(atOnce)} KB`);
console.log(`per participant, ${String(seconds).padEnd(2)} s later     ${each(after)} KB`);
console.log(
  `${String(seconds).padEnd(2)} s after all have left       ${(left / 1024).toFixed(1)} MB`,
);
console.log(`must: under 100 KB each`);

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
