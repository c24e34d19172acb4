/** The matrixai adapter against itself over loopback. In a process of its own: two threads crash the addon. */
import assert from "node:assert/strict";
import { QuicError, type QuicErrorCode } from "../../quic/errors.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { loadBinding } from "../../quic/matrixai/binding.ts";
import { NativeEndpoint } from "../../quic/matrixai/endpoint.ts";
import { matrixaiTransport } from "../../quic/matrixai/mod.ts";
import { bindUdp } from "../../quic/matrixai/udp_socket.ts";
import {
  CLOSED,
  type Connection,
  type DialOptions,
  type Endpoint,
  type ListenOptions,
  QUEUE_FULL,
  type ReceiveStream,
  SENT,
  TOO_LARGE,
} from "../../quic/port.ts";
import { makeCertificate } from "./certificate.ts";

const LOOPBACK = { ip: "127.0.0.1", port: 0 };
const identity = makeCertificate();

type Dial = (options?: Partial<DialOptions>) => Promise<Connection>;

interface Setup {
  readonly dial: Dial;
  /** Dials and accepts: the client's and the server's view of one connection. */
  readonly connect: (options?: Partial<DialOptions>) => Promise<[Connection, Connection]>;
  readonly server: Endpoint;
  readonly client: Endpoint;
  readonly listener: ReturnType<Endpoint["listen"]>;
}

function smokeTest(
  name: string,
  run: (setup: Setup) => Promise<void>,
  options: Partial<ListenOptions> = {},
): void {
  Deno.test(`matrixai: ${name}`, async () => {
    const server = await matrixaiTransport.open(LOOPBACK);
    const client = await matrixaiTransport.open(LOOPBACK);
    const listener = server.listen({ ...identity, ...options });
    const dial: Dial = (more = {}) =>
      client.dial({ address: server.localAddress, serverName: "room", ...more });
    const connect = async (more: Partial<DialOptions> = {}): Promise<[Connection, Connection]> => {
      const [near, far] = await Promise.all([
        dial(more),
        listener.next().then((incoming) => present(incoming).accept()),
      ]);
      return [near, far];
    };
    try {
      await run({ dial, connect, server, client, listener });
    } finally {
      await client.close();
      await server.close();
    }
  });
}

function present<T>(value: T | null): T {
  assert.notEqual(value, null);
  return value as T;
}

async function rejectsWith(code: QuicErrorCode, work: Promise<unknown>): Promise<QuicError> {
  const error = await work.then(() => null, (reason) => reason);
  assert.ok(error instanceof QuicError, `expected a QuicError, got ${error}`);
  assert.equal(error.code, code);
  return error;
}

async function readAll(stream: ReceiveStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    chunks.push(chunk);
  }
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff);
}

smokeTest("datagrams of every size arrive unchanged both ways", async ({ connect }) => {
  const [near, far] = await connect();
  far.onDatagram((bytes) => assert.equal(far.sendDatagram(bytes), SENT));
  let answered: (bytes: Uint8Array) => void = () => {};
  near.onDatagram((bytes) => answered(bytes));
  assert.ok(near.maxDatagramSize >= 1_162);
  for (const size of [1, 2, 100, 1_000, 1_162, near.maxDatagramSize]) {
    const answer = new Promise<Uint8Array>((resolve) => answered = resolve);
    assert.equal(near.sendDatagram(pattern(size)), SENT);
    assert.deepEqual(await answer, pattern(size));
  }
  assert.equal(near.sendDatagram(new Uint8Array(near.maxDatagramSize + 1)), TOO_LARGE);
});

smokeTest("datagrams beyond the cap are refused, those within arrive in order", async (setup) => {
  const [near, far] = await setup.connect({ maxPendingDatagrams: 5 });
  const answers = Array.from({ length: 8 }, (_, i) => near.sendDatagram(Uint8Array.of(i)));
  assert.deepEqual(answers, [SENT, SENT, SENT, SENT, SENT, QUEUE_FULL, QUEUE_FULL, QUEUE_FULL]);
  assert.equal(near.pendingDatagrams, 5);
  const got: number[] = [];
  await new Promise<void>((done) => {
    far.onDatagram(([value]) => {
      got.push(value ?? -1);
      if (got.length === 5) done();
    });
  });
  assert.deepEqual(got, [0, 1, 2, 3, 4]);
  assert.equal(near.pendingDatagrams, 0);
});

smokeTest("both sides know whom they talk to", async ({ connect, server, client }) => {
  const [near, far] = await connect({ serverName: "Call-ABC" });
  assert.equal(far.serverName, "call-abc");
  assert.equal(near.serverName, null);
  assert.deepEqual(far.remoteAddress, client.localAddress);
  assert.deepEqual(near.remoteAddress, server.localAddress);
  assert.deepEqual(near.peerCertificate?.(), identity.certificate);
  assert.equal(far.peerCertificate?.(), null);
});

smokeTest("an IP literal sends no server name, an underscore is fine", async ({ connect }) => {
  const [, unnamed] = await connect({ serverName: "127.0.0.1" });
  assert.equal(unnamed.serverName, null);
  const [, service] = await connect({ serverName: "_federation" });
  assert.equal(service.serverName, "_federation");
});

smokeTest("the pinned certificate is accepted", async ({ connect }) => {
  const [near] = await connect({ pin: identity.pin });
  assert.equal(near.closeInfo, null);
});

smokeTest("another certificate than the pinned one is refused", async ({ dial, listener }) => {
  const accepted = listener.next().then((incoming) => present(incoming).accept());
  await rejectsWith("pin_mismatch", dial({ pin: makeCertificate().pin }));
  // The server may have completed the handshake before the refusal reached it.
  const far = await accepted.catch(() => null);
  assert.equal((await far?.closed)?.kind ?? "error", "error");
});

smokeTest("without a common protocol both sides fail", async ({ dial, listener }) => {
  const accepted = listener.next().then((incoming) => present(incoming).accept());
  await Promise.all([
    rejectsWith("handshake_failed", dial({ alpn: ["other"] })),
    rejectsWith("handshake_failed", accepted),
  ]);
});

smokeTest("a client that is turned away learns it at once", async ({ dial, listener }) => {
  const dialled = dial();
  const incoming = present(await listener.next());
  incoming.refuse();
  await rejectsWith("handshake_failed", dialled);
  await rejectsWith("closed", incoming.accept());
});

smokeTest("a megabyte goes through a stream each way", async ({ connect }) => {
  const [near, far] = await connect();
  const sent = pattern(1_000_000);
  const { send, receive } = await near.openBidi();
  const written = send.finish(sent);
  const stream = present(await far.acceptBidi());
  assert.deepEqual(await readAll(stream.receive), sent);
  await written;
  await Promise.all([
    stream.send.finish(sent),
    readAll(receive).then((bytes) => assert.deepEqual(bytes, sent)),
  ]);
  const uni = await far.openUni();
  await uni.write(pattern(10));
  await uni.finish(pattern(20));
  const got = await readAll(present(await near.acceptUni()));
  assert.deepEqual(got, Uint8Array.from([...pattern(10), ...pattern(20)]));
});

smokeTest("a writer waits for a reader who does not read", async ({ connect }) => {
  const [near, far] = await connect();
  const uni = await near.openUni();
  const written = uni.finish(pattern(200_000)).then(() => "written");
  const stream = present(await far.acceptUni());
  // The window is 65,536 bytes, so the writer cannot be through while another stream is.
  const other = await near.openUni();
  await other.finish(pattern(5));
  await readAll(present(await far.acceptUni()));
  assert.equal(await Promise.race([written, Promise.resolve("waiting")]), "waiting");
  assert.equal((await readAll(stream)).length, 200_000);
  assert.equal(await written, "written");
});

smokeTest("discarded streams never use up the connection's window", async ({ connect }) => {
  const [near, far] = await connect();
  const rounds = 40;
  const discarding = (async () => {
    for (let i = 0; i < rounds; i++) {
      present(await far.acceptUni()).stop(9);
    }
  })();
  for (let i = 0; i < rounds; i++) {
    const stream = await near.openUni();
    const error = await stream.finish(pattern(100_000)).then(() => null, (reason) => reason);
    if (error !== null) assert.match(String(error), /stopped by the peer/);
  }
  await discarding;
});

smokeTest("reset and stop reach the other side with their codes", async ({ connect }) => {
  const [near, far] = await connect();
  const { send, receive } = await near.openBidi();
  await send.write(pattern(5));
  const stream = present(await far.acceptBidi());
  assert.deepEqual(await stream.receive.read(), pattern(5));
  send.reset(7);
  const reset = await rejectsWith("stream_reset", stream.receive.read());
  assert.match(reset.message, /code 7/);
  await rejectsWith("stream_reset", send.write(pattern(1)));

  receive.stop(8);
  await rejectsWith("stream_reset", receive.read());
  let stopped: unknown = null;
  while (stopped === null) {
    stopped = await stream.send.write(pattern(1_000)).then(() => null, (error) => error);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.ok(stopped instanceof QuicError && stopped.code === "stream_reset");
  assert.match(stopped.message, /code 8/);
});

smokeTest("close code and reason reach the other side, both ways", async ({ connect }) => {
  const [near, far] = await connect();
  near.close(0, "hangup");
  near.close(5, "again");
  assert.deepEqual(await near.closed, { kind: "local", code: 0, reason: "hangup" });
  assert.deepEqual(await far.closed, { kind: "peer", code: 0, reason: "hangup" });
  assert.equal(far.sendDatagram(pattern(1)), CLOSED);
  const [client, server] = await connect();
  server.close(77, "");
  assert.deepEqual(await client.closed, { kind: "peer", code: 77, reason: "" });
});

smokeTest("what was written before a close can be read after it", async ({ connect }) => {
  const [near, far] = await connect();
  const accepted = near.acceptUni();
  const uni = await far.openUni();
  await uni.finish(pattern(7));
  far.close();
  await near.closed;
  assert.deepEqual(await readAll(present(await accepted)), pattern(7));
  assert.equal(await near.acceptUni(), null);
});

smokeTest("a close settles everything that waits", async ({ connect }) => {
  const [near, far] = await connect();
  const { send, receive } = await near.openBidi();
  const blocked = send.write(pattern(500_000));
  const pending: Promise<unknown>[] = [receive.read(), blocked];
  for (let i = 0; i < 99; i++) await near.openBidi();
  pending.push(near.openBidi());
  const accepts = [near.acceptBidi(), near.acceptUni()];
  far.close();
  for (const each of pending) await rejectsWith("closed", each);
  for (const each of accepts) assert.equal(await each, null);
  await rejectsWith("closed", near.openUni());
  await rejectsWith("closed", send.write(pattern(1)));
  await rejectsWith("closed", receive.read());
});

smokeTest("a silent connection ends as idle on both sides", async ({ connect }) => {
  const [near, far] = await connect({ idleTimeoutMs: 100, keepAliveMs: 0 });
  assert.deepEqual(await near.closed, { kind: "idle", code: 0, reason: "" });
  assert.equal((await far.closed).kind, "idle");
}, { keepAliveMs: 0 });

smokeTest("path statistics are there and not asked for twice in a row", async ({ connect }) => {
  const [near, far] = await connect();
  const arrived = new Promise((resolve) => far.onDatagram(resolve));
  near.sendDatagram(pattern(9));
  await arrived;
  const stats = present(near.pathStats?.() ?? null);
  assert.ok(stats.sent > 0 && stats.lost >= 0 && stats.rttMs >= 0);
  assert.equal(near.pathStats?.(), stats);
});

smokeTest("dialling gives up in time and on demand", async ({ client }) => {
  const silent = bindUdp(LOOPBACK);
  const { port } = silent.addr as Deno.NetAddr;
  const options = { address: { ip: "127.0.0.1", port }, serverName: "room" };
  await rejectsWith("timeout", client.dial({ ...options, timeoutMs: 50 }));
  const controller = new AbortController();
  const dialled = client.dial({ ...options, signal: controller.signal });
  controller.abort();
  await rejectsWith("aborted", dialled);
  await rejectsWith("aborted", client.dial({ ...options, signal: controller.signal }));
  silent.close();
  await rejectsWith("timeout", client.dial({ ...options, timeoutMs: 50 }));
});

smokeTest("twenty connections share two sockets, dialled from both ends", async (setup) => {
  const pairs = await Promise.all(Array.from({ length: 20 }, () => setup.connect()));
  const heard = pairs.map(([, far]) => new Promise<Uint8Array>((done) => far.onDatagram(done)));
  for (const [index, [near]] of pairs.entries()) near.sendDatagram(pattern(index + 1));
  for (const [, far] of pairs) assert.equal(far.closeInfo, null);
  const sizes = (await Promise.all(heard)).map((bytes) => bytes.length).sort((a, b) => a - b);
  assert.deepEqual(sizes, Array.from({ length: 20 }, (_, i) => i + 1));

  const back = setup.client.listen(identity);
  const accepted = back.next().then((incoming) => present(incoming).accept());
  const address = setup.client.localAddress;
  const [near] = await Promise.all([setup.server.dial({ address, serverName: "back" }), accepted]);
  assert.equal((await accepted).serverName, "back");
  near.close();
});

smokeTest("strangers' packets harm nobody", async ({ connect, server }) => {
  const [near, far] = await connect();
  const stranger = bindUdp(LOOPBACK);
  const { ip: hostname, port } = server.localAddress;
  const initial = new Uint8Array(1_200);
  initial.set([0xc0, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8]);
  for (const bytes of [new Uint8Array(1), new Uint8Array(30).fill(0x40), initial, pattern(1_400)]) {
    await stranger.send(bytes, { transport: "udp", hostname, port });
  }
  stranger.close();
  const arrived = new Promise((resolve) => far.onDatagram(resolve));
  near.sendDatagram(pattern(9));
  assert.deepEqual(await arrived, pattern(9));
});

Deno.test("matrixai: it listens on loopback only", async () => {
  const endpoint = await matrixaiTransport.open({ ip: "0.0.0.0", port: 0 });
  assert.throws(() => endpoint.listen(identity), TypeError);
  const address = { ip: "::1", port: 1 };
  await assert.rejects(endpoint.dial({ address, serverName: "room" }), TypeError);
  const long = { address: { ip: "127.0.0.1", port: 1 }, serverName: "x".repeat(300) };
  await assert.rejects(endpoint.dial(long), TypeError);
  await endpoint.close();
});

Deno.test("matrixai: an IPv6 socket reaches IPv6 and IPv4", async () => {
  const client = await matrixaiTransport.open({ ip: "::", port: 0 });
  for (const ip of ["::1", "127.0.0.1"]) {
    const server = await matrixaiTransport.open({ ip, port: 0 });
    const listener = server.listen(identity);
    const accepted = listener.next().then((incoming) => present(incoming).accept());
    const near = await client.dial({ address: server.localAddress, serverName: "room" });
    assert.equal(near.remoteAddress.ip, ip);
    assert.equal((await accepted).remoteAddress.ip, ip);
    await server.close();
  }
  await client.close();
});

Deno.test("matrixai: a quiet connection is kept alive every five seconds", async () => {
  const clock = new ManualClock();
  const client = new NativeEndpoint(await loadBinding(), clock, bindUdp(LOOPBACK));
  const server = await matrixaiTransport.open(LOOPBACK);
  const accepted = server.listen(identity).next().then((incoming) => present(incoming).accept());
  const near = await client.dial({ address: server.localAddress, serverName: "room" });
  await accepted;
  const sent = () => near.pathStats?.()?.sent ?? 0;
  const before = sent();
  const periods = 20;
  for (let i = 0; i < periods; i++) {
    clock.advance(5_000);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  clock.advance(100);
  assert.ok(sent() >= before + periods);
  await client.close();
  await server.close();
});
