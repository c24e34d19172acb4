import assert from "node:assert/strict";
import { WireError } from "../proto/errors.ts";
import { encodeFrame, type KnownSignal, type Signal } from "../proto/signal/mod.ts";
import { ManualClock } from "./manual_clock.ts";
import { type MemoryConnection, memoryPair, type MemoryPairOptions } from "./memory_pair.ts";
import { SignalChannel, type SignalChannelOptions } from "./signal_channel.ts";

function setUp(
  options: Partial<SignalChannelOptions> = {},
  pairOptions: MemoryPairOptions = {},
) {
  const clock = new ManualClock();
  const [client, server] = memoryPair(pairOptions);
  const channel = new SignalChannel(server, { clock, ...options });
  return { clock, client, server, channel };
}

const ping = (timestamp_ms: number): KnownSignal => ({ type: "Ping", timestamp_ms });
/** Lets everything that waits for nothing but other promises happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

async function readAll(connection: MemoryConnection): Promise<Uint8Array | null> {
  const stream = await connection.acceptBidi();
  if (stream === null) return null;
  const parts: number[] = [];
  for (let part = await stream.receive.read(); part; part = await stream.receive.read()) {
    parts.push(...part);
  }
  stream.send.reset(0);
  return Uint8Array.from(parts);
}

Deno.test("a message is one stream with length, JSON and FIN written in one go", async () => {
  const { client, channel } = setUp();
  assert.ok(channel.send({ type: "Reflect" }));
  const stream = (await client.acceptBidi())!;
  const first = await stream.receive.read();
  assert.deepEqual(first, Uint8Array.from([0, 0, 0, 9, ...new TextEncoder().encode('"Reflect"')]));
  assert.equal(await stream.receive.read(), null);
});

Deno.test("messages arrive in the order they were sent", async () => {
  const { client, channel } = setUp();
  const receiver = new SignalChannel(client, { clock: new ManualClock() });
  for (let i = 0; i < 300; i++) assert.equal(channel.send(ping(i)), i <= 128);
  for (let i = 0; i <= 128; i++) assert.deepEqual(await receiver.receive(), ping(i));
  assert.equal(channel.dropped, 171);
});

Deno.test("a peer that never reads costs a bounded queue and blocks nobody", async () => {
  const { client, channel } = setUp({ maxQueued: 10 }, { streamCredit: 5 });
  let accepted = 0;
  for (let i = 0; i < 50; i++) {
    if (channel.send(ping(i))) accepted++;
    await settle();
  }
  // Five streams without an answer, one waiting for credit, ten in the queue.
  assert.equal(channel.sent, 5);
  assert.equal(accepted, 16);
  assert.equal(channel.queued, 10);
  assert.equal(channel.dropped, 34);
  client.close(0, "enough");
  await settle();
  assert.equal(channel.queued, 0);
  assert.equal(channel.send(ping(0)), false);
});

Deno.test("of several waiting messages of a kind only the newest is sent", async () => {
  const { client, channel } = setUp();
  const receiver = new SignalChannel(client, { clock: new ManualClock() });
  for (let count = 0; count < 20; count++) {
    channel.send({ type: "RoomUpdate", count, participants: [] }, "RoomUpdate");
  }
  assert.deepEqual(await receiver.receive(), { type: "RoomUpdate", count: 0, participants: [] });
  assert.deepEqual(await receiver.receive(), { type: "RoomUpdate", count: 19, participants: [] });
  assert.equal(channel.replaced, 18);
});

Deno.test("flushed resolves once the transport has everything", async () => {
  const { client, channel } = setUp({}, { streamCredit: 1 });
  channel.send(ping(1));
  channel.send(ping(2));
  let flushed = false;
  const done = channel.flushed().then(() => flushed = true);
  await settle();
  assert.equal(flushed, false);
  await readAll(client);
  await readAll(client);
  await done;
  await channel.flushed();
});

Deno.test("a received stream gives its credit back although nobody answers on it", async () => {
  const { client, channel } = setUp({}, { streamCredit: 2 });
  for (let i = 0; i < 20; i++) {
    const stream = await client.openBidi();
    stream.receive.stop(0);
    await stream.send.finish(encodeFrame(ping(i)));
    assert.deepEqual(await channel.receive(), ping(i));
  }
});

Deno.test("a message in tiny pieces is put together, and bytes after it are ignored", async () => {
  const { client, channel } = setUp();
  const stream = await client.openBidi();
  for (const byte of encodeFrame(ping(7))) await stream.send.write(Uint8Array.of(byte));
  await stream.send.write(Uint8Array.of(1, 2, 3));
  assert.deepEqual(await channel.receive(), ping(7));
});

Deno.test("what cannot be read is reported and the next message is still good", async () => {
  const { client, channel } = setUp();
  const text = (body: string) =>
    Uint8Array.from([0, 0, 0, body.length, ...new TextEncoder().encode(body)]);
  const cases: [Uint8Array, string][] = [
    [text("{oops"), "not_json"],
    [text('{"Ping":{}}'), "bad_field"],
    [Uint8Array.of(0, 0, 0, 9, 34), "truncated"],
    [Uint8Array.of(), "truncated"],
    [Uint8Array.of(0, 16, 0, 1, 34), "too_large"],
  ];
  for (const [bytes, code] of cases) {
    await (await client.openBidi()).send.finish(bytes);
    const result = await channel.receive();
    assert.ok(result instanceof WireError);
    assert.equal(result.code, code);
  }
  await (await client.openBidi()).send.finish(encodeFrame({ type: "Hold" }));
  assert.deepEqual(await channel.receive(), { type: "Hold" });
});

Deno.test("an unknown variant is a message like others", async () => {
  const { client, channel } = setUp();
  const body = new TextEncoder().encode('{"Dance":{"style":"tango"}}');
  await (await client.openBidi()).send.finish(Uint8Array.from([0, 0, 0, body.length, ...body]));
  assert.deepEqual(await channel.receive(), { type: "unknown", variant: "Dance" });
});

Deno.test("a stream that stalls half-way holds the next one up only for the time limit", async () => {
  const { client, channel, clock } = setUp({ stallMs: 5_000 });
  await (await client.openBidi()).send.write(encodeFrame(ping(1)).slice(0, 10));
  await (await client.openBidi()).send.finish(encodeFrame(ping(2)));
  const first = channel.receive();
  await settle();
  clock.advance(5_000);
  const result = await first;
  assert.ok(result instanceof WireError && result.code === "stalled");
  assert.deepEqual(await channel.receive(), ping(2));
  assert.equal(clock.pending, 0);
});

Deno.test("a peer that stalls again and again is closed, one that does so now and then is not", async () => {
  const { client, channel, clock } = setUp({ stallMs: 10_000, maxStalls: 2 }, { streamCredit: 16 });
  const stall = async (messages: number) => {
    for (let i = 0; i < messages; i++) {
      await (await client.openBidi()).send.write(encodeFrame(ping(1)).slice(0, 10));
    }
    await settle();
    clock.advance(10_000);
    await settle();
  };
  const codes: unknown[] = [];
  (async () => {
    for (let next = await channel.receive(); next !== null; next = await channel.receive()) {
      codes.push(next instanceof WireError && next.code);
    }
    codes.push("closed");
  })();
  for (let minute = 0; minute < 5; minute++) {
    await stall(1);
    clock.advance(50_000);
  }
  await stall(2);
  assert.equal(client.closeInfo, null);
  await stall(1);
  assert.deepEqual(client.closeInfo, { kind: "peer", code: 0, reason: "stalled messages" });
  await settle();
  assert.deepEqual(codes.slice(0, 7), Array(7).fill("stalled"));
  assert.equal(codes.at(-1), "closed");
  assert.equal(clock.pending, 0);
});

Deno.test("a message longer than its channel takes is refused by its length alone, one that just fits is read", async () => {
  const { client, channel } = setUp({ maxMessageBytes: 1_000 });
  await (await client.openBidi()).send.write(Uint8Array.of(0, 0, 0x03, 0xe9));
  const refused = await channel.receive();
  assert.ok(refused instanceof WireError && refused.code === "too_large");
  const token = "x".repeat(1_000 - encodeFrame({ type: "AuthToken", token: "" }).length + 4);
  const fits: KnownSignal = { type: "AuthToken", token };
  assert.equal(encodeFrame(fits).length, 1_004);
  await (await client.openBidi()).send.finish(encodeFrame(fits));
  assert.deepEqual(await channel.receive(), fits);
});

Deno.test("a reset stream is one unreadable message", async () => {
  const { client, channel } = setUp();
  const stream = await client.openBidi();
  await stream.send.write(encodeFrame(ping(1)).slice(0, 10));
  stream.send.reset(0);
  assert.ok(await channel.receive() instanceof WireError);
});

Deno.test("a peer that refuses one stream still gets the next message", async () => {
  const { client, channel } = setUp({}, { streamCredit: 1 });
  channel.send(ping(1));
  channel.send(ping(2));
  const first = (await client.acceptBidi())!;
  first.receive.stop(0);
  first.send.reset(0);
  const second = await readAll(client);
  assert.deepEqual(second, encodeFrame(ping(2)));
});

Deno.test("a peer that floods is read at the agreed pace", async () => {
  const { client, channel, clock } = setUp({ perSecond: 10, burst: 3 });
  const received: (Signal | WireError | null)[] = [];
  (async () => {
    for (;;) {
      const next = await channel.receive();
      received.push(next);
      if (next === null) return;
    }
  })();
  for (let i = 0; i < 10; i++) await (await client.openBidi()).send.finish(encodeFrame(ping(i)));
  await settle();
  const atOnce = received.length;
  assert.ok(atOnce >= 3 && atOnce <= 5, `${atOnce}`);
  for (let i = 0; i < 10; i++) {
    clock.advance(110);
    await settle();
  }
  assert.equal(received.length, 10);
  client.close();
  await settle();
  clock.advance(1_000);
  await settle();
  assert.equal(received.at(-1), null);
});

Deno.test("a closed connection ends the conversation", async () => {
  const { client, channel } = setUp();
  const next = channel.receive();
  client.close(0, "bye");
  assert.equal(await next, null);
  assert.equal(channel.send(ping(1)), false);
});

Deno.test("streams that stall side by side end together and do not add up their times", async () => {
  const { client, channel, clock } = setUp({ stallMs: 5_000 }, { streamCredit: 16 });
  for (let i = 0; i < 15; i++) {
    await (await client.openBidi()).send.write(encodeFrame(ping(1)).slice(0, 10));
  }
  await (await client.openBidi()).send.finish(encodeFrame(ping(2)));
  const first = channel.receive();
  await settle();
  clock.advance(5_000);
  assert.ok(await first instanceof WireError);
  for (let i = 1; i < 15; i++) assert.ok(await channel.receive() instanceof WireError);
  assert.deepEqual(await channel.receive(), ping(2));
  assert.equal(clock.pending, 0);
});

Deno.test("what is sent ahead of an unfinished message is bounded, and what fits is kept", async () => {
  const { client, channel, clock } = setUp({ stallMs: 5_000, burst: 10_000 }, { streamCredit: 16 });
  const slow = await client.openBidi();
  await slow.send.write(Uint8Array.of(0, 0));
  const small = await client.openBidi();
  await small.send.finish(encodeFrame(ping(2)));
  const large = await client.openBidi();
  await large.send.write(Uint8Array.of(0, 16, 0, 0));
  let stopped = false;
  const first = channel.receive();
  for (let i = 0; i < 32 && !stopped; i++) {
    await large.send.write(new Uint8Array(16 * 1024)).catch(() => stopped = true);
    await settle();
  }
  assert.ok(stopped, "more than the bound was taken");
  clock.advance(5_000);
  assert.ok(await first instanceof WireError);
  assert.deepEqual(await channel.receive(), ping(2));
  const last = await channel.receive();
  assert.ok(last instanceof WireError && last.code === "too_large");
});

Deno.test("a peer gets no more credit than messages are asked for", async () => {
  const { client, channel } = setUp({}, { streamCredit: 16 });
  let opened = 0;
  (async () => {
    for (; opened < 50; opened++) {
      const stream = await client.openBidi();
      await stream.send.finish(encodeFrame(ping(opened)));
      stream.receive.read();
    }
  })();
  assert.deepEqual(await channel.receive(), ping(0));
  await settle();
  assert.ok(opened <= 17, `${opened}`);
  for (let i = 1; i < 50; i++) assert.deepEqual(await channel.receive(), ping(i));
});
