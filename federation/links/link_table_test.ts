import assert from "node:assert/strict";
import { encodeFrame } from "../../proto/signal/mod.ts";
import { memoryPair } from "../../quic/memory_pair.ts";
import { SENT } from "../../quic/port.ts";
import type { Link } from "../link.ts";
import type { TestRelay } from "./testing_network.ts";
import { Network } from "./testing_network.ts";

/** Two relays, of which the first dials the second. */
async function pair(network: Network): Promise<[TestRelay, TestRelay]> {
  const [a, b] = [network.relay(1), network.relay(2)];
  b.apply({ trusted: [a.trusted] });
  a.apply({ peers: [b.peer] });
  await network.settled();
  return [a, b];
}

const gauge = (relay: TestRelay, family: "federationPeerStatus" | "federationPeerRtt") =>
  Object.fromEntries([...relay.counters[family].entries()].map(([[label], n]) => [label, n]));

Deno.test("a dialled relay and its dialler have a link, and know each other", async () => {
  await using network = new Network();
  const [a, b] = await pair(network);
  assert.deepEqual([a.happened, b.happened], [["up relay 2"], ["up relay 1"]]);
  assert.deepEqual([a.link.dialled, b.link.dialled], [true, false]);
  assert.equal(a.link.relay, b.key);
  assert.equal(a.link.fingerprint.toHex(), b.key);
  assert.equal(a.table.find(b.key), a.link);
  assert.equal(b.table.find(b.key), null);
  assert(a.link.can("media2") && a.link.can("rooms") && !a.link.can("echo"));
  assert.deepEqual(a.link.about.advertisedAddress, { ip: "192.0.2.2", port: 4433 });
  assert.deepEqual(b.link.remoteAddress, { ip: "192.0.2.1", port: 4433 });
  assert.equal(a.link.legacy, false);
});

Deno.test("signals and datagrams go both ways, and probes stay inside", async () => {
  await using network = new Network();
  const [a, b] = await pair(network);
  a.link.send({ type: "GlobalRoomInactive", room: "x" });
  b.link.send({ type: "FederationReady" });
  b.link.send({ type: "Ping", timestamp_ms: 1 });
  assert.equal(a.link.sendDatagram(Uint8Array.of(1, 2, 3)), SENT);
  await network.settled();
  assert.deepEqual(a.happened.slice(1), ["signal Ping relay 2"]);
  assert.deepEqual(b.happened.slice(1), ["signal GlobalRoomInactive relay 1"]);
  assert.deepEqual([a.datagrams, b.datagrams], [[], [Uint8Array.of(1, 2, 3)]]);
});

Deno.test("status and round trip are known by label on both ends, unknown loss is not 0", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  b.apply({ trusted: [a.trusted] });
  assert.deepEqual(gauge(b, "federationPeerStatus"), { "relay 1": 0 });
  a.apply({ peers: [b.peer] });
  await network.pass(3_000);
  for (const relay of [a, b]) {
    const label = relay === a ? "relay 2" : "relay 1";
    assert.deepEqual(gauge(relay, "federationPeerStatus"), { [label]: 1 });
    assert.deepEqual(gauge(relay, "federationPeerRtt"), { [label]: 0 });
    assert.deepEqual([relay.link.rttMs, relay.link.lossPct], [0, 0]);
  }
});

Deno.test("a relay that is silent for 4 seconds is gone, and is found again when it is back", async () => {
  await using network = new Network();
  const [a, b] = await pair(network);
  await network.pass(10_000);
  const link = a.link;
  b.die();
  await network.pass(3_750);
  assert.equal(a.table.links()[0], link);
  await network.pass(1_250);
  assert.deepEqual(a.happened, ["up relay 2", "down relay 2"]);
  assert.deepEqual(gauge(a, "federationPeerStatus"), { "relay 2": 0 });
  assert.deepEqual(gauge(a, "federationPeerRtt"), {});
  await network.pass(20_000);
  assert.equal(a.logged("peer is not reachable").length, 1);
  b.revive();
  await network.pass(20_000);
  assert.deepEqual(a.happened.slice(2), ["up relay 2"]);
  assert.notEqual(a.link, link);
});

Deno.test("a relay that comes back before it was missed has ended one link and begun another", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  a.apply({ peers: [b.peer] });
  b.apply({ peers: [a.peer] });
  await network.pass(3_000);
  const before = a.link;
  b.die();
  b.revive();
  await network.pass(500);
  assert.deepEqual(a.happened.slice(-2), ["down relay 2", "up relay 2"]);
  assert.notEqual(a.link, before);
  assert.equal(a.open.length, 1);
});

Deno.test("a relay that begins anew again and again, as two with one identity do, gets a link every other second", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  a.apply({ peers: [b.peer] });
  b.apply({ peers: [a.peer] });
  for (let life = 0; life < 100; life++) {
    await network.pass(500);
    b.die();
    b.revive();
  }
  const ups = a.happened.filter((what) => what.startsWith("up")).length;
  // 20 at once, and one every other second of these 50.
  assert.ok(ups >= 20 && ups <= 46, `${ups}`);
  assert.ok(a.counters.federationRefusals.get("over_limit") > 0);
  await network.pass(120_000, 1_000);
  assert.equal(a.table.links().length, 1);
  assert.equal(b.table.links().length, 1);
});

Deno.test("a relay that closes while it has a link twice leaves no timer behind", async () => {
  const network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  a.apply({ peers: [b.peer] });
  b.apply({ peers: [a.peer] });
  await network.settled();
  assert.equal(a.open.length, 2);
  await network[Symbol.asyncDispose]();
  await network.settled();
  assert.equal(network.clock.pending, 0);
});

for (const first of ["lower", "higher"]) {
  Deno.test(`when both dial and the ${first} one's is there first, the lower one's stays and no link is lost`, async () => {
    await using network = new Network();
    network.held = [];
    const [a, b] = [network.relay(1), network.relay(2)];
    a.apply({ peers: [b.peer] });
    b.apply({ peers: [a.peer] });
    await network.settled();
    const [dialOfA, dialOfB] = network.held;
    const [low, high] = a.key < b.key ? [a, b] : [b, a];
    const [dialOfLow, dialOfHigh] = low === a ? [dialOfA!, dialOfB!] : [dialOfB!, dialOfA!];
    const order = first === "lower" ? [dialOfLow, dialOfHigh] : [dialOfHigh, dialOfLow];
    order[0]!();
    await network.settled();
    const links = [a.link, b.link];
    order[1]!();
    await network.settled();
    assert.deepEqual([a.link, b.link], links);
    assert.deepEqual([low.link.dialled, high.link.dialled], [true, false]);
    await network.pass(2_000);
    assert.deepEqual([a.open.length, b.open.length], [1, 1]);
    assert.equal(low.open[0]!.peer, high.open[0]);
    for (const relay of [a, b]) {
      assert.deepEqual(relay.happened.filter((what) => what.startsWith("down")), []);
      assert.equal(relay.happened.filter((what) => what.startsWith("up")).length, 1);
      const renewed = relay.happened.filter((what) => what.startsWith("renewed")).length;
      assert.equal(renewed, first === "lower" ? 0 : 1);
    }
    const closed = a.connections.find(({ closeInfo }) => closeInfo !== null);
    assert.equal(closed!.closeInfo!.reason, "duplicate link");
    assert.equal(network.held.length, 2);
  });
}

Deno.test("what was measured stays known when the connection changes", async () => {
  await using network = new Network();
  network.held = [];
  const known: (number | null)[] = [];
  const handlers = [{ renewed: (link: Link) => known.push(link.rttMs) }];
  const [a, b] = [network.relay(1, { handlers }), network.relay(2, { handlers })];
  a.apply({ peers: [b.peer] });
  b.apply({ peers: [a.peer] });
  await network.settled();
  const lower = a.key < b.key ? 0 : 1;
  network.held[1 - lower]!();
  await network.pass(2_000);
  network.held[lower]!();
  await network.settled();
  assert.deepEqual(known, [0, 0]);
});

Deno.test("what is still on its way over the connection that is given up arrives", async () => {
  await using network = new Network();
  network.held = [];
  const [a, b] = [network.relay(1), network.relay(2)];
  a.apply({ peers: [b.peer] });
  b.apply({ peers: [a.peer] });
  await network.settled();
  const [low, high] = a.key < b.key ? [a, b] : [b, a];
  network.held[high === a ? 0 : 1]!();
  await network.settled();
  const old = high.open[0]!;
  network.held[high === a ? 1 : 0]!();
  await network.settled();
  assert.equal(low.link.dialled, true);
  old.sendDatagram(Uint8Array.of(9, 9, 9));
  assert.deepEqual(low.datagrams, [Uint8Array.of(9, 9, 9)]);
});

Deno.test("while there is a link nobody dials", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  b.apply({ trusted: [a.trusted] });
  a.apply({ peers: [b.peer] });
  await network.settled();
  b.apply({ peers: [a.peer] });
  await network.pass(30_000);
  assert.equal(b.connections.length, 1);
});

Deno.test("waits between dials double up to a minute, and a healthy minute begins anew", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  b.apply({ trusted: [a.trusted] });
  b.isOff = true;
  const dials: number[] = [];
  network.others.set("192.0.2.2:4433", () => {
    dials.push(network.clock.now());
    return false;
  });
  a.apply({ peers: [b.peer] });
  await network.pass(200_000, 500);
  const waits = dials.slice(1).map((at, index) => at - dials[index]!);
  // Half of the ceiling, as the random source of the test says.
  assert.deepEqual(waits.slice(0, 9), [
    500,
    1_000,
    2_000,
    4_000,
    8_000,
    16_000,
    30_000,
    30_000,
    30_000,
  ]);
  b.isOff = false;
  await network.pass(30_000);
  assert.equal(a.table.links().length, 1);
  await network.pass(60_000);
  a.link.close("test");
  await network.settled();
  const ended = network.clock.now();
  await network.pass(500);
  assert.equal(dials.at(-1)! - ended, 500);
});

Deno.test("a short-lived link does not shorten the wait", async () => {
  await using network = new Network();
  const [a] = await pair(network);
  for (const wait of [500, 1_000, 2_000]) {
    a.link.close("test");
    await network.pass(wait - 250);
    assert.equal(a.table.links().length, 0);
    await network.pass(250);
    assert.equal(a.table.links().length, 1);
  }
});

Deno.test("a message that cannot be understood is counted and the link goes on", async () => {
  await using network = new Network();
  const [a, b] = await pair(network);
  const bad = encodeFrame({ type: "Ping", timestamp_ms: 1 }).slice();
  bad[bad.length - 1] = 0;
  for (const frame of [bad, frameOf('{"Novelty":{}}'), frameOf('{"Ping":{"timestamp_ms":7}}')]) {
    const { send } = await a.open[0]!.openBidi();
    await send.finish(frame);
  }
  await network.settled();
  assert.deepEqual(b.happened, ["up relay 1", "signal Ping relay 1"]);
  const { signalsInvalid } = b.counters;
  assert.deepEqual([signalsInvalid.get("not_json"), signalsInvalid.get("unknown_variant")], [1, 1]);
});

function frameOf(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const frame = new Uint8Array(4 + text.length);
  new DataView(frame.buffer).setUint32(0, text.length);
  frame.set(text, 4);
  return frame;
}

Deno.test("large messages that come all at once arrive all", async () => {
  await using network = new Network();
  const [a, b] = await pair(network);
  const add = Array.from({ length: 19_000 }, (_, n) => `${n}`.padStart(39, "a"));
  for (let seq = 0; seq < 12; seq++) {
    a.link.send({ type: "DirectoryUpdate", relay: a.key, seq, full: true, add, remove: [] });
  }
  await network.pass(15_000);
  assert.equal(b.happened.filter((what) => what.startsWith("signal")).length, 12);
  assert.equal(b.counters.signalsInvalid.get("too_large"), 0);
  assert.deepEqual(b.happened[0], "up relay 1");
});

Deno.test("a link that takes no messages any more is closed, and comes up again", async () => {
  await using network = new Network();
  const [a, b] = await pair(network);
  // As when the peer gives no credit back.
  a.open[0]!.openBidi = () => new Promise(() => {});
  const link = a.link;
  for (let n = 0; n < 2_100; n++) link.send({ type: "GlobalRoomInactive", room: `${n}` });
  await network.settled();
  assert.deepEqual(a.happened, ["up relay 2", "down relay 2"]);
  assert.equal(b.happened.at(-1), "down relay 1");
  assert(a.counters.signalsDropped.get("queue_full") > 0);
  link.send({ type: "GlobalRoomInactive", room: "late" });
  assert.notEqual(link.sendDatagram(Uint8Array.of(1)), SENT);
  await network.pass(1_000);
  assert.equal(a.happened.at(-1), "up relay 2");
});

Deno.test("of several waiting messages of a kind only the newest is sent", async () => {
  await using network = new Network();
  const [a, b] = await pair(network);
  const open = a.open[0]!.openBidi.bind(a.open[0]!);
  let go = () => {};
  const wait = new Promise<void>((resolve) => go = resolve);
  a.open[0]!.openBidi = async () => (await wait, await open());
  for (const room of ["1", "2", "3", "4"]) {
    a.link.send({ type: "GlobalRoomInactive", room }, "state");
  }
  go();
  await network.settled();
  assert.equal(b.happened.length, 3);
  assert.equal(a.counters.signalsDropped.get("coalesced"), 2);
});

Deno.test("draining dials nobody and keeps what there is; closing ends everything", async () => {
  await using network = new Network();
  const [a, b, c] = [network.relay(1), network.relay(2), network.relay(3)];
  for (const relay of [b, c]) relay.apply({ trusted: [a.trusted] });
  c.isOff = true;
  a.apply({ peers: [b.peer, c.peer] });
  await network.settled();
  a.table.drain();
  c.isOff = false;
  await network.pass(20_000);
  assert.equal(a.link.label, "relay 2");
  await a.table.close("shutdown");
  await network.settled();
  assert.deepEqual(a.happened, ["up relay 2", "down relay 2"]);
  assert.equal(b.happened.at(-1), "down relay 1");
  assert.equal(b.connections[0]!.closeInfo!.reason, "shutdown");
  b.apply({ peers: [c.peer] });
  await b.table.close("shutdown");
  const [client, server] = memoryPair();
  b.arrive(server);
  assert.equal(client.closeInfo!.reason, "shutdown");
  await c.table.close("shutdown");
  await network.pass(2_000);
  assert.equal(network.clock.pending, 0);
});
