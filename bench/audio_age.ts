/** How old audio is when it arrives behind a path that is too narrow, for clients with and without the `echo` capability. */
import { echoDatagram } from "../proto/echo_datagram.ts";
import { median, numberFlag, onlyFlags } from "./rig/figures.ts";
import { LimitedPath } from "./rig/limited_path.ts";
import { connect, openEndpoint, Stamp } from "./rig/load.ts";
import { moveToCore, startRelayTarget } from "./rig/processes.ts";

/*
 * Method: speakers send 100-byte payloads every 20 ms; two receivers in their room each sit behind a limit of their own that
 * lets about 60 % of it through. One announced `echo` and answers, the other is like an original client. The age of a packet
 * is the time from its send to its arrival; the column is the median of each five seconds.
 */
onlyFlags("seconds", "limit", "speakers");
const seconds = numberFlag("seconds", 40);
const limit = numberFlag("limit", 30_000);
const speakers = numberFlag("speakers", 8);
const FRAME_MS = 20;
const PERIOD_MS = 5_000;

moveToCore(1);
await using relay = await startRelayTarget();
const stamp = new Stamp();
const receivers = [
  await receiver("with echo", ["echo"]),
  await receiver("without echo", undefined),
];
const endpoint = await openEndpoint();
const senders = await Promise.all(
  Array.from({ length: speakers }, () => connect(endpoint, relay, "age")),
);
const began = performance.now();
let sent = 0;
const speaking = setInterval(() => {
  for (const due = (performance.now() - began) / FRAME_MS * speakers; sent < due; sent++) {
    senders[sent % speakers]!.sendDatagram(stamp.packet(1, performance.now()));
  }
}, 2);

console.log(
  `${speakers} speakers, ${limit / 1000} kB/s; median age in ms (worst), packets/s that arrived`,
);
console.log(["after".padEnd(8), ...receivers.map(({ name }) => name.padEnd(28))].join(""));
for (let second = PERIOD_MS / 1000; second <= seconds; second += PERIOD_MS / 1000) {
  await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
  const cells = receivers.map((receiver) => {
    const ages = receiver.ages.splice(0);
    const worst = Math.max(...ages).toFixed(0);
    const text = `${median(ages).toFixed(0)} (${worst}), ${ages.length * 1000 / PERIOD_MS}/s`;
    return text.padEnd(28);
  });
  console.log(`${second} s`.padEnd(8) + cells.join(""));
}
clearInterval(speaking);
const { wzp_relay_packets_dropped_total: drops } = await relay.process.counters();
console.log(`dropped by the relay: ${JSON.stringify(drops)}`);
await endpoint.close();
for (const receiver of receivers) await receiver.close();

/** In the room, behind a path of its own. */
async function receiver(name: string, caps: string[] | undefined) {
  const path = new LimitedPath(relay.address, limit);
  const endpoint = await openEndpoint();
  const connection = await connect(endpoint, relay, "age", {
    address: path.address,
    ...caps === undefined ? {} : { caps },
  });
  const ages: number[] = [];
  connection.onDatagram((bytes) => {
    const age = performance.now() - stamp.sentAt(1, bytes);
    if (!Number.isNaN(age)) ages.push(age);
    else if (caps !== undefined && echoDatagram.matches(bytes) && echoDatagram.isRequest(bytes)) {
      connection.sendDatagram(echoDatagram.replyTo(bytes));
    }
  });
  return {
    name,
    ages,
    async close() {
      await endpoint.close();
      await path.close();
    },
  };
}
