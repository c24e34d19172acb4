/** The worker with real sockets: packets pass, it takes orders, and it is started again when it dies. */
import assert from "node:assert/strict";
import { createCounters } from "../relay/ports/testing_counters.ts";
import { ManualClock } from "../relay/ports/testing_clock.ts";
import { silentLog } from "../relay/ports/log.ts";
import type { UdpGroup, UdpRelayHost, UdpRelayView } from "../relay/ports/udp_relay.ts";
import { openUdpRelay, Supervisor, type WorkerLike } from "./open.ts";
import { initiation, keyOf, response, transport } from "./testing_wireguard.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

const [A, B] = [keyOf(1), keyOf(2)];
const PAIR: UdpGroup = { name: "pair", keys: [A, B] };

function host(listen = { ip: "127.0.0.1", port: 0 }) {
  const clock = new ManualClock();
  const settings = {
    groups: [PAIR],
    maxPeers: 100,
    packetsPerSecond: 1_000,
    kbitPerSecond: 10_000,
  };
  return {
    clock,
    log: silentLog,
    counters: createCounters(),
    listen,
    settings,
  } satisfies UdpRelayHost;
}

/** A socket on loopback that closes with its block. */
function socket(hostname = "127.0.0.1"): Deno.DatagramConn & Disposable {
  const conn = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  return Object.assign(conn, { [Symbol.dispose]: () => conn.close() });
}

Deno.test("two sockets talk through the worker, over IPv4 and IPv6 at once", async () => {
  const relay = await openUdpRelay(host({ ip: "", port: 0 }));
  using ann = socket();
  using ben = socket("::1");
  const at = { transport: "udp", port: relay.port } as const;
  const send = (from: Deno.DatagramConn, bytes: Uint8Array) =>
    from.send(bytes, { ...at, hostname: from === ann ? "127.0.0.1" : "::1" });
  const got = async (by: Deno.DatagramConn) => (await by.receive())[0];
  try {
    await send(ben, initiation(A, 1));
    // Sockets of the two families are read side by side, so Ann may be the earlier one.
    const first = initiation(B, 2);
    const arrived = got(ben);
    const repeat = setInterval(() => void send(ann, first), 20);
    assert.deepEqual(await arrived, first);
    clearInterval(repeat);
    const answer = response(A, 3, 2);
    await send(ben, answer);
    assert.deepEqual(await got(ann), answer);
    const sound = transport(3, 0);
    await send(ann, sound);
    for (let bytes = await got(ben); bytes[0] !== 4; bytes = await got(ben));
    await send(ben, transport(2, 0));
    assert.deepEqual(await got(ann), transport(2, 0));
  } finally {
    await relay.close();
  }
});

Deno.test("a port that is taken is an error of the start, in one sentence", async () => {
  using other = socket();
  const { port } = other.addr as Deno.NetAddr;
  await assert.rejects(openUdpRelay(host({ ip: "127.0.0.1", port })), {
    name: "StartError",
    message: `Cannot listen on 127.0.0.1:${port} for WireGuard: another program has this UDP ` +
      "port. Stop it, or choose another address with --udp-relay",
  });
});

/** Workers that do what the test says. */
class Rig {
  readonly host = host();
  readonly workers: (WorkerLike & { heard: ToWorker[]; ended: boolean })[] = [];

  start = () => {
    const worker = {
      heard: [] as ToWorker[],
      ended: false,
      onmessage: null,
      onerror: null,
      postMessage: (message: ToWorker) => void worker.heard.push(message),
      terminate: () => void (worker.ended = true),
    };
    this.workers.push(worker);
    return worker;
  };

  say(message: FromWorker): void {
    const worker = this.workers.at(-1)!;
    worker.onmessage?.call(
      worker as unknown as Worker,
      new MessageEvent("message", { data: message }),
    );
  }

  fail(message: string): ErrorEvent {
    const worker = this.workers.at(-1)!;
    const event = new ErrorEvent("error", { message, cancelable: true });
    worker.onerror?.call(worker as unknown as Worker, event);
    return event;
  }

  listen(): void {
    this.say({ type: "ready" });
    this.say({ type: "open", listening: [{ ip: "127.0.0.1", port: 51820 }] });
  }

  async open() {
    const opening = Supervisor.open(this.host, this.start);
    this.listen();
    return await opening;
  }

  get heard(): ToWorker[] {
    return this.workers.at(-1)!.heard;
  }
}

const VIEW: UdpRelayView = {
  listen: { ip: "127.0.0.1", port: 51820 },
  groups: 1,
  keys: 2,
  peers: [],
  peersTotal: 0,
  sessions: 3,
  blocked: [{ ip: "192.0.2.5", by: "automatic", reason: "r", until: 1 }],
  packetsIn: 10,
  bytesIn: 1_000,
  packetsForwarded: 4,
  bytesForwarded: 400,
  drops: { malformed: 6 },
};

Deno.test("a worker that dies is started again on the same port, with its groups and blocks, later each time", async () => {
  const rig = new Rig();
  const relay = await rig.open();
  relay.partyGroups([{ name: "party", keys: [A] }]);
  relay.ownGroups([]);
  relay.block("192.0.2.9", null);
  relay.block("192.0.2.8", 1_000);
  rig.say({ type: "view", view: VIEW });
  assert.ok(rig.fail("boom").defaultPrevented);
  assert.ok(rig.workers[0]!.ended);
  assert.equal(relay.view().sessions, 0);
  rig.host.clock.advance(499);
  assert.equal(rig.workers.length, 1);
  rig.host.clock.advance(501);
  rig.listen();
  assert.deepEqual(rig.heard, [
    {
      type: "open",
      listen: { ip: "127.0.0.1", port: 51820 },
      settings: { ...rig.host.settings, groups: [] },
    },
    { type: "groups", origin: "party", groups: [{ name: "party", keys: [A] }] },
    { type: "block", ip: "192.0.2.9", ms: null },
  ]);
  assert.equal(rig.host.counters.internalErrors, 1);
  rig.say({ type: "view", view: VIEW });
  const { packetsIn, packetsForwarded, drops } = relay.view();
  assert.deepEqual([packetsIn, packetsForwarded, drops], [20, 8, { malformed: 12 }]);
  rig.fail("boom");
  rig.host.clock.advance(999);
  assert.equal(rig.workers.length, 2);
  rig.host.clock.advance(1);
  rig.say({ type: "ready" });
  rig.say({ type: "refused", inUse: true, reason: "taken" });
  rig.host.clock.advance(2_000);
  assert.equal(rig.workers.length, 4);
});

Deno.test("a worker that says nothing for 15 s is replaced", async () => {
  const rig = new Rig();
  await rig.open();
  rig.host.clock.advance(14_000);
  rig.say({ type: "view", view: VIEW });
  rig.host.clock.advance(14_999);
  assert.equal(rig.workers.length, 1);
  rig.host.clock.advance(1_501);
  assert.equal(rig.workers.length, 2);
});

Deno.test("a worker that dies before it has ever listened ends the start", async () => {
  const rig = new Rig();
  const opening = Supervisor.open(rig.host, rig.start);
  rig.fail("no such thing");
  await assert.rejects(opening, { name: "StartError", code: "cannot_bind" });
  rig.host.clock.advance(60_000);
  assert.equal(rig.workers.length, 1);
});

Deno.test("automatic and operator's blocks can be lifted, others cannot", async () => {
  const rig = new Rig();
  const relay = await rig.open();
  rig.say({ type: "view", view: VIEW });
  relay.block("2001:db8:0:0::1", null);
  assert.deepEqual(rig.heard.at(-1), { type: "block", ip: "2001:db8::1", ms: null });
  assert.equal(relay.unblock("2001:db8::1"), true);
  assert.equal(relay.unblock("192.0.2.5"), true);
  assert.deepEqual(rig.heard.at(-1), { type: "unblock", ip: "192.0.2.5" });
  assert.equal(relay.unblock("192.0.2.6"), false);
});

Deno.test("closing waits for the worker, and no longer than a second", async () => {
  const rig = new Rig();
  const relay = await rig.open();
  const closed = relay.close();
  assert.deepEqual(rig.heard.at(-1), { type: "close" });
  rig.host.clock.advance(1_000);
  await closed;
  assert.ok(rig.workers[0]!.ended);
  rig.host.clock.advance(60_000);
  assert.equal(rig.workers.length, 1);
});
