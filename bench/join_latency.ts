/** How long a newcomer waits for the first packet of somebody who speaks, from the start of its dial. */
import { Stamp } from "./rig/load.ts";
import { numberFlag, onlyFlags, quantile } from "./rig/figures.ts";
import { connect, dialOptions, openEndpoint } from "./rig/load.ts";
import { moveToCore, startRelayTarget } from "./rig/processes.ts";
import { TestClient } from "../relay/rooms/testing_client.ts";

/*
 * Method: one participant sends every 20 ms, as voice does; newcomers come one after the other, at no fixed point between two
 * of its packets, each with a new connection. Of the time, 10 ms on average and 20 ms at most are the wait for the next
 * packet. "Joined" is the arrival of the CallAnswer.
 */
onlyFlags("joins");
const joins = numberFlag("joins", 200);
const WARM_UP = 20;
const FRAME_MS = 20;

moveToCore(1);
await using relay = await startRelayTarget();
const endpoint = await openEndpoint();
const speaker = await connect(endpoint, relay, "join");
const stamp = new Stamp();
const speaking = setInterval(
  () => speaker.sendDatagram(stamp.packet(1, performance.now())),
  FRAME_MS,
);
const answered: number[] = [];
const heard: number[] = [];
for (let n = 0; n < WARM_UP + joins; n++) {
  const began = performance.now();
  const connection = await endpoint.dial(dialOptions(relay, "join", relay.address));
  const first = Promise.withResolvers<number>();
  const client = new TestClient(connection);
  connection.onDatagram(() => first.resolve(performance.now() - began));
  await client.join();
  const joined = performance.now() - began;
  const packet = await first.promise;
  connection.close();
  if (n >= WARM_UP) {
    answered.push(joined);
    heard.push(packet);
  }
  await new Promise((resolve) => setTimeout(resolve, Math.random() * FRAME_MS));
}
clearInterval(speaking);
await endpoint.close();
print("dial to joined", answered);
print("dial to first packet", heard);
console.log("must: dial to first packet under 50 ms");

function print(what: string, values: number[]): void {
  values.sort((a, b) => a - b);
  const [p50, p99] = [quantile(values, 0.5), quantile(values, 0.99)];
  console.log(
    `${what.padEnd(22)} p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, worst ${
      values.at(-1)!.toFixed(1)
    } ms (${values.length} joins)`,
  );
}
