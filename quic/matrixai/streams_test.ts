import assert from "node:assert/strict";
import { QuicError } from "../errors.ts";
import type { NativeStreams } from "./stream_owner.ts";
import { Streams } from "./streams.ts";

const shutdown = { Read: 0, Write: 1 } as const;
const closed = new QuicError("closed", "gone");

/** Streams of a client over a native connection that does what the test says. */
class FakeNative implements NativeStreams {
  readonly arrived = new Map<number, { bytes: number[]; fin: boolean }>();
  readonly written = new Map<number, number[]>();
  readonly shutdowns: [id: number, direction: number, code: number][] = [];
  readonly finished = new Set<number>();
  /** Bytes that can still be written. */
  room = Infinity;
  credit = 100;
  /** What the next `streamSend` throws. */
  failure: string | null = null;

  peerStreamsLeftBidi(): number {
    return this.credit;
  }

  peerStreamsLeftUni(): number {
    return this.credit;
  }

  readable(): { [Symbol.iterator](): Iterator<number, void, void> } {
    return [...this.arrived].filter(([, { bytes, fin }]) => bytes.length > 0 || fin)
      .map(([id]) => id);
  }

  streamCapacity(id: number): number {
    this.#mustExist(id);
    return this.room;
  }

  streamRecv(id: number, into: Uint8Array): [number, boolean] | null {
    this.#mustExist(id);
    const stream = this.arrived.get(id);
    if (stream === undefined || (stream.bytes.length === 0 && !stream.fin)) return null;
    const bytes = stream.bytes.splice(0, into.length);
    into.set(bytes);
    const fin = stream.fin && stream.bytes.length === 0;
    if (fin) stream.fin = false;
    return [bytes.length, fin];
  }

  streamSend(id: number, bytes: Uint8Array, fin: boolean): number | null {
    if (this.failure !== null) throw new Error(this.failure);
    if (!this.written.has(id)) {
      if ((id & 1) === 0) {
        this.credit--;
        this.written.set(id, []);
      }
      this.#mustExist(id);
    }
    const taken = Math.min(bytes.length, this.room);
    if (taken === 0 && bytes.length > 0) return null;
    this.room -= taken;
    this.written.set(id, [...this.written.get(id) ?? [], ...bytes.subarray(0, taken)]);
    if (fin && taken === bytes.length) this.finished.add(id);
    return taken;
  }

  streamShutdown(id: number, direction: number, code: number): void {
    this.#mustExist(id);
    this.shutdowns.push([id, direction, code]);
  }

  /** A packet of the peer with bytes of stream `id`. */
  arrive(id: number, bytes: number[], fin = false): void {
    const stream = this.arrived.get(id) ?? { bytes: [], fin: false };
    stream.bytes.push(...bytes);
    stream.fin ||= fin;
    this.arrived.set(id, stream);
  }

  #mustExist(id: number): void {
    if (!this.arrived.has(id) && !this.written.has(id)) {
      throw new Error(`InvalidStreamState(${id})`);
    }
  }
}

function setup(): { native: FakeNative; streams: Streams } {
  const native = new FakeNative();
  const binding = shutdown as unknown as ConstructorParameters<typeof Streams>[1];
  return { native, streams: new Streams(native, binding, "client", () => {}) };
}

async function pending(promise: Promise<unknown>): Promise<boolean> {
  const marker = {};
  return await Promise.race([promise, Promise.resolve().then(() => marker)]) === marker;
}

const stream_reset = { name: "QuicError", code: "stream_reset" };

Deno.test("a stream known from a later one can be stopped and reset before it arrives", async () => {
  const { native, streams } = setup();
  native.arrive(5, [1]);
  streams.service();
  const early = await streams.acceptBidi();
  assert.equal(early?.receive.id, 1);
  early?.receive.stop(7);
  early?.send.reset(8);
  await assert.rejects(early!.receive.read(), stream_reset);
  assert.deepEqual(native.shutdowns, []);
  native.arrive(1, [1, 2, 3]);
  streams.service();
  assert.deepEqual(native.shutdowns, [[1, shutdown.Read, 7], [1, shutdown.Write, 8]]);
});

Deno.test("a stream known from a later one is read and written once it arrives", async () => {
  const { native, streams } = setup();
  native.arrive(5, [1]);
  streams.service();
  const early = await streams.acceptBidi();
  const read = early!.receive.read();
  const written = early!.send.finish(Uint8Array.of(9));
  assert.equal(await pending(Promise.race([read, written])), true);
  native.arrive(1, [4], true);
  streams.service();
  assert.deepEqual(await read, Uint8Array.of(4));
  assert.equal(await early!.receive.read(), null);
  await written;
  assert.deepEqual(native.written.get(1), [9]);
});

Deno.test("writes wait for room, in order, and FIN goes with the last byte", async () => {
  const { native, streams } = setup();
  const stream = await streams.openUni();
  native.room = 3;
  const first = stream.write(Uint8Array.of(1, 2));
  const second = stream.finish(Uint8Array.of(3, 4, 5));
  await first;
  assert.equal(await pending(second), true);
  assert.equal(native.finished.has(stream.id), false);
  native.room = 10;
  streams.service();
  await second;
  assert.deepEqual(native.written.get(stream.id), [1, 2, 3, 4, 5]);
  assert.equal(native.finished.has(stream.id), true);
  await assert.rejects(stream.write(Uint8Array.of(1)), TypeError);
});

Deno.test("openers wait for credit and are served in order", async () => {
  const { native, streams } = setup();
  native.credit = 1;
  const opened = [streams.openBidi(), streams.openBidi(), streams.openBidi()];
  assert.equal((await opened[0]!).send.id, 0);
  assert.equal(await pending(opened[1]!), true);
  native.credit = 2;
  streams.service();
  assert.deepEqual((await Promise.all(opened)).map(({ send }) => send.id), [0, 4, 8]);
});

Deno.test("a stop by the peer fails writes and answers with a reset of the same code", async () => {
  const { native, streams } = setup();
  const { send } = await streams.openBidi();
  native.failure = "StreamStopped(6)";
  await assert.rejects(send.write(Uint8Array.of(1)), stream_reset);
  assert.deepEqual(native.shutdowns, [[0, shutdown.Write, 6]]);
  native.failure = null;
  await assert.rejects(send.write(Uint8Array.of(1)), stream_reset);
});

Deno.test("what has arrived is taken out of quiche before a stop", async () => {
  const { native, streams } = setup();
  native.arrive(3, [1, 2, 3]);
  streams.service();
  const stream = await streams.acceptUni();
  stream?.stop(2);
  assert.deepEqual(native.arrived.get(3)?.bytes, []);
  assert.deepEqual(native.shutdowns, [[3, shutdown.Read, 2]]);
});

Deno.test("a stream whose end has arrived is not stopped any more", async () => {
  const { native, streams } = setup();
  native.arrive(3, [1, 2, 3], true);
  streams.service();
  const stream = await streams.acceptUni();
  stream?.stop(2);
  assert.deepEqual(native.shutdowns, []);
  assert.equal(await stream?.read(), null);
});

Deno.test("only one read at a time", async () => {
  const { streams } = setup();
  const { receive } = await streams.openBidi();
  const first = receive.read();
  await assert.rejects(receive.read(), TypeError);
  streams.close(closed);
  await assert.rejects(first, closed);
});

Deno.test("the end of the connection reaches everybody, after the bytes that came before it", async () => {
  const { native, streams } = setup();
  native.arrive(3, [1, 2]);
  streams.service();
  const uni = await streams.acceptUni();
  const { send, receive } = await streams.openBidi();
  native.room = 0;
  native.credit = 0;
  const waiting = [send.write(Uint8Array.of(1)), receive.read(), streams.openUni()];
  const accepting = streams.acceptBidi();
  streams.close(closed);
  for (const each of waiting) await assert.rejects(each, closed);
  assert.equal(await accepting, null);
  assert.deepEqual(await uni?.read(), Uint8Array.of(1, 2));
  await assert.rejects(uni!.read(), closed);
  await assert.rejects(streams.openBidi(), closed);
});
