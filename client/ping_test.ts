import assert from "node:assert/strict";
import { nodeCrypto } from "../proto/node_crypto.ts";
import { QuicError } from "../quic/errors.ts";
import { ManualClock } from "../quic/manual_clock.ts";
import { memoryPair } from "../quic/memory_pair.ts";
import { MemoryTransport } from "../quic/memory_transport.ts";
import { ping } from "./ping.ts";

const RELAY = { ip: "192.0.2.1", port: 4433 };
const PIN = new Uint8Array(32).fill(7);

async function setUp() {
  const clock = new ManualClock();
  clock.advance(1_000);
  const transport = new MemoryTransport();
  const endpoint = await transport.open({ ip: "0.0.0.0", port: 0 });
  return { clock, transport, options: { endpoint, address: RELAY, clock, crypto: nodeCrypto } };
}

Deno.test("what is measured is the handshake alone, and the relay is told it was a ping", async () => {
  const { clock, transport, options } = await setUp();
  const [client] = memoryPair();
  transport.onDial = () => {
    clock.advance(42);
    return client;
  };
  const { rttMs, certificateHash } = await ping({ ...options, pin: PIN });
  assert.equal(rttMs, 42);
  assert.equal(certificateHash, PIN);
  assert.deepEqual(client.closeInfo, { kind: "local", code: 0, reason: "ping" });
  assert.deepEqual(transport.dials, [
    { address: RELAY, serverName: "ping", pin: PIN, timeoutMs: 3_000 },
  ]);
});

Deno.test("a relay that closes before the ping does is measured all the same", async () => {
  const { transport, options } = await setUp();
  transport.onDial = () => {
    const [client, server] = memoryPair();
    server.close(0, "");
    return client;
  };
  assert.equal((await ping({ ...options, pin: PIN })).rttMs, 0);
});

Deno.test("a handshake that fails is the failure of the ping", async () => {
  const { transport, options } = await setUp();
  transport.onDial = () => {
    throw new QuicError("pin_mismatch", "another certificate");
  };
  await assert.rejects(ping({ ...options, pin: PIN }), { code: "pin_mismatch" });
});

Deno.test("whoever asks for it learns whether the relay drains, and waits no longer than it said", async () => {
  const { clock, transport, options } = await setUp();
  const closing = (reason: string) => () => {
    const [client, server] = memoryPair();
    server.close(0, reason);
    return client;
  };
  const asked = { ...options, pin: PIN, farewellMs: 150 };
  transport.onDial = closing("draining");
  assert.equal((await ping(asked)).draining, true);
  assert.equal((await ping({ ...options, pin: PIN })).draining, false, "nobody asked");
  transport.onDial = closing("");
  assert.equal((await ping(asked)).draining, false);
  transport.onDial = () => memoryPair()[0];
  const silent = ping(asked);
  await new Promise((resolve) => setTimeout(resolve, 0));
  clock.advance(150);
  assert.equal((await silent).draining, false);
  assert.equal(clock.pending, 0);
});
