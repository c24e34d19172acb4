import assert from "node:assert/strict";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { QuicError } from "../../quic/errors.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { memoryPair } from "../../quic/memory_pair.ts";
import { MemoryTransport } from "../../quic/memory_transport.ts";
import { Handshakes } from "./handshakes.ts";

const PIN = new Uint8Array(32).fill(7);
const V4 = "192.0.2.1:4433";
const V6 = "[2001:db8::1]:4433";

function setUp() {
  const clock = new ManualClock();
  const transport = new MemoryTransport();
  transport.onDial = () => {
    clock.advance(30);
    const [client, server] = memoryPair();
    server.close(0, "");
    return client;
  };
  return { transport, handshakes: new Handshakes(transport, clock, nodeCrypto) };
}

Deno.test("each family of addresses has a socket, opened once and closed in the end", async () => {
  const { transport, handshakes } = setUp();
  for (const addr of [V4, V6, V4, V6]) {
    const { rttMs, draining } = await handshakes.measure({ addr, pin: PIN }, 500);
    assert.deepEqual([rttMs, draining], [30, false]);
  }
  assert.deepEqual(transport.endpoints.map(({ localAddress: { ip } }) => ip), ["0.0.0.0", "::"]);
  await handshakes.close();
  assert.ok(transport.endpoints.every(({ closed }) => closed));
});

Deno.test("the pin is enforced by the handshake, and the time is kept to", async () => {
  const { transport, handshakes } = setUp();
  await handshakes.measure({ addr: V4, pin: PIN }, 777);
  const [dial] = transport.dials;
  assert.deepEqual([dial!.serverName, dial!.pin, dial!.timeoutMs], ["ping", PIN, 777]);
  transport.onDial = () => {
    throw new QuicError("pin_mismatch", "another certificate");
  };
  await assert.rejects(handshakes.measure({ addr: V4, pin: PIN }, 500), { code: "pin_mismatch" });
});

Deno.test("a family this machine lacks fails its relays only, and is tried again", async () => {
  const { transport, handshakes } = setUp();
  let missing = true;
  transport.onOpen = ({ ip }) => {
    if (ip === "::" && missing) throw new QuicError("cannot_bind", "no IPv6");
  };
  await assert.rejects(handshakes.measure({ addr: V6, pin: PIN }, 500), { code: "cannot_bind" });
  await handshakes.measure({ addr: V4, pin: PIN }, 500);
  missing = false;
  await handshakes.measure({ addr: V6, pin: PIN }, 500);
  await assert.rejects(handshakes.measure({ addr: "x", pin: PIN }, 500), QuicError);
});
