import assert from "node:assert/strict";
import { QuicError } from "../quic/errors.ts";
import { ManualClock } from "../quic/manual_clock.ts";
import { type MemoryConnection, memoryPair } from "../quic/memory_pair.ts";
import { MemoryTransport } from "../quic/memory_transport.ts";
import { ClientError } from "./errors.ts";
import { versionCheck } from "./version_check.ts";

const RELAY = { ip: "192.0.2.1", port: 4433 };

/** A version check against a relay that does what the test says. */
async function ask(relay: (server: MemoryConnection) => void, pin?: Uint8Array) {
  const clock = new ManualClock();
  const transport = new MemoryTransport();
  const [client, server] = memoryPair();
  transport.onDial = () => {
    relay(server);
    return client;
  };
  const endpoint = await transport.open({ ip: "0.0.0.0", port: 0 });
  const answer = versionCheck({ endpoint, address: RELAY, clock, ...pin && { pin } });
  return { answer, clock, client, server, transport };
}

async function answerWith(server: MemoryConnection, ...parts: Uint8Array[]) {
  const stream = await server.openUni();
  for (const part of parts) await stream.write(part);
  await stream.finish();
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("the answer is read to its end, in as many parts as it comes, and the relay is told we are done", async () => {
  const { answer, client, transport, clock } = await ask((server) => {
    answerWith(server, bytes("93"), bytes("77a90"));
  });
  assert.equal(await answer, "9377a90");
  assert.deepEqual(client.closeInfo, { kind: "local", code: 0, reason: "done" });
  assert.deepEqual(transport.dials.map(({ serverName, address }) => [serverName, address]), [
    ["version", RELAY],
  ]);
  assert.equal(clock.pending, 0);
});

Deno.test("a pin is handed on to the dial", async () => {
  const pin = new Uint8Array(32).fill(7);
  const { answer, transport } = await ask((server) => void answerWith(server, bytes("x")), pin);
  await answer;
  assert.deepEqual(transport.dials[0]?.pin, pin);
});

Deno.test("no more than 256 characters are taken, however much a relay sends", async () => {
  const { answer } = await ask((server) => {
    answerWith(server, bytes("a".repeat(200)), bytes("b".repeat(200)), bytes("c".repeat(1 << 20)));
  });
  assert.equal(await answer, "a".repeat(200) + "b".repeat(56));
});

Deno.test("bytes that could steer a terminal are not handed on", async () => {
  const { answer } = await ask((server) => {
    answerWith(server, bytes("\x1b[31m x\n"), Uint8Array.of(0, 0x80, 0xff, 0x7f));
  });
  assert.equal(await answer, "?[31m?x?????");
});

Deno.test("a relay that closes without an answer is a refusal with its reason", async () => {
  const { answer } = await ask((server) => server.close(0, "not available"));
  await assert.rejects(answer, (error) => {
    assert.ok(error instanceof ClientError && error.code === "refused");
    assert.match(error.message, /not available/);
    return true;
  });
});

Deno.test("a relay that never answers is given up after three seconds", async () => {
  const { answer, clock, client } = await ask(() => {});
  const refused = assert.rejects(answer, /no answer in time/);
  await new Promise((resolve) => setTimeout(resolve, 0));
  clock.advance(2_999);
  assert.equal(client.closeInfo, null);
  clock.advance(1);
  await refused;
});

Deno.test("a relay that stops in the middle of its answer is given up as well", async () => {
  const { answer, clock } = await ask((server) => {
    server.openUni().then((stream) => stream.write(bytes("93")));
  });
  const refused = assert.rejects(answer, QuicError);
  await new Promise((resolve) => setTimeout(resolve, 0));
  clock.advance(3_000);
  await refused;
});
