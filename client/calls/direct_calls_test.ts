import assert from "node:assert/strict";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { QuicError } from "../../quic/errors.ts";
import { type MemoryConnection, memoryPair } from "../../quic/memory_pair.ts";
import type { Incoming } from "../../quic/port.ts";
import type { ClientSocket } from "../socket.ts";
import { DirectCalls } from "./direct_calls.ts";
import { DirectLink } from "./direct_link.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function setUp(more: Partial<ClientSocket> = {}, interfaces = ["10.0.0.5", "127.0.0.1"]) {
  const waiting: ((incoming: Incoming | null) => void)[] = [];
  const endpoint: ClientSocket = {
    localAddress: { ip: "0.0.0.0", port: 7 },
    dial: () => Promise.reject(new TypeError("This test expects no dial")),
    listen: () => ({
      next: () => new Promise((resolve) => waiting.push(resolve)),
      stop: () => waiting.shift()?.(null),
    }),
    close: () => Promise.resolve(),
    ...more,
  };
  const calls = new DirectCalls(endpoint, nodeCrypto, () => interfaces);
  /** Somebody dials us: their end, or null when they were turned away. */
  const dial = async (serverName: string): Promise<MemoryConnection | null> => {
    const [client, server] = memoryPair({ serverName });
    let refused = false;
    waiting.shift()!({
      accept: () => Promise.resolve(server),
      refuse: () => void (refused = true),
    });
    await settle();
    return refused ? null : client;
  };
  const fail = async () => {
    waiting.shift()!({
      accept: () => Promise.reject(new QuicError("handshake_failed", "Just looking.")),
      refuse: () => {},
    });
    await settle();
  };
  return { calls, dial, fail };
}

const reflexive = { ip: "192.0.2.1", port: 7 };
const isOpen = (connection: MemoryConnection | null) => connection?.closeInfo === null;
const newLink = () => new DirectLink(() => {}, () => {});

Deno.test("the other side is told our addresses and the hash of our certificate", () => {
  const { calls } = setUp();
  const { reflexive: seen, locals, ext } = calls.contact(reflexive);
  assert.deepEqual([seen, locals], ["192.0.2.1:7", ["10.0.0.5:7"]]);
  assert.equal(ext?.direct_cert?.length, 32);
});

Deno.test("of a socket for both families the addresses of both are told, IPv4 first", () => {
  const localAddress = { ip: "::", port: 7 };
  const { calls } = setUp({ localAddress, reaches: () => true }, ["2001:db8::5", "10.0.0.5"]);
  assert.deepEqual(calls.contact(reflexive).locals, ["10.0.0.5:7", "[2001:db8::5]:7"]);
});

Deno.test("strangers are turned away as long as no call is on its way", async () => {
  const { calls, dial } = setUp();
  assert.equal(await dial("call-call-1"), null);
  calls.contact(reflexive);
  const early = await dial("call-call-1");
  assert.ok(isOpen(early));
  calls.forget();
  assert.equal(early?.closeInfo?.reason, "not-selected");
  assert.equal(await dial("call-call-1"), null);
});

Deno.test("who dials before we know of the setup is kept for it, others are not", async () => {
  const { calls, dial, fail } = setUp();
  calls.contact(reflexive);
  await fail();
  const [right, wrong] = [await dial("call-call-1"), await dial("call-call-2")];
  const link = newLink();
  calls.expect("call-call-1", link);
  assert.equal(link.connection?.serverName, "call-call-1");
  assert.ok(isOpen(right));
  assert.equal(wrong?.closeInfo?.reason, "not-selected");
  const later = await dial("call-call-1");
  assert.ok(isOpen(later));
  assert.equal((await dial("call-call-3"))?.closeInfo?.reason, "not-selected");
  link.close("normal close");
  await settle();
  assert.equal(later?.closeInfo?.reason, "normal close");
  assert.equal(await dial("call-call-1"), null);
});

Deno.test("not more than sixteen early ones are kept", async () => {
  const { calls, dial } = setUp();
  calls.contact(reflexive);
  const all: (MemoryConnection | null)[] = [];
  for (let i = 0; i < 17; i++) all.push(await dial("call-call-1"));
  assert.equal(all.filter(isOpen).length, 16);
});
