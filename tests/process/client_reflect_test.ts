/** The tool asks a relay for its address that takes registrations and answers nothing else. */
import assert from "node:assert/strict";
import { systemClock } from "../../quic/clock.ts";
import type { Incoming } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { makeCertificate } from "../contract/certificate.ts";
import { runRelay } from "../harness/relay_process.ts";

/** The timer of the client starts a little before its question is here. */
const EARLY_MS = 50;

Deno.test("a relay that stays silent is given a second to reflect, and the sentence names it", async () => {
  const endpoint = await systemTransport.open({ ip: "127.0.0.1", port: 0 });
  const waited: Promise<number>[] = [];
  try {
    const listener = endpoint.listen(makeCertificate());
    (async () => {
      for (let next = await listener.next(); next !== null; next = await listener.next()) {
        // A client that only wants to see the certificate breaks off.
        waited.push(staySilent(next));
        waited.at(-1)!.catch(() => {});
      }
    })();
    const address = `127.0.0.1:${endpoint.localAddress.port}`;
    const { code, stdout, stderr } = await runRelay({ args: ["client", "--reflect", address] });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, new RegExp(`The relay at ${address} did not answer within 1000 ms`));
    const ms = await waited.at(-1)!;
    assert.ok(ms >= 1_000 - EARLY_MS, `gave up after ${ms} ms`);
  } finally {
    await endpoint.close();
  }
});

/** How long the client waited for an answer to its Reflect. */
async function staySilent(incoming: Incoming): Promise<number> {
  const connection = await incoming.accept();
  const channel = new SignalChannel(connection, { clock: systemClock });
  for (let asked: number | null = null;;) {
    const message = await channel.receive();
    if (message === null) {
      if (asked === null) throw new Error("It did not ask");
      return systemClock.now() - asked;
    }
    if (message instanceof Error) throw message;
    if (message.type === "Reflect") asked = systemClock.now();
    if (message.type !== "RegisterPresence") continue;
    channel.send({
      type: "RegisterPresenceAck",
      success: true,
      error: null,
      relay_build: null,
      relay_region: null,
      available_relays: [],
      ext: null,
    });
  }
}
