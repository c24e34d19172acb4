/** Meshes of our relays and stand-ins of original ones, which the operator allowed. */
import assert from "node:assert/strict";
import { parseTlsFingerprint, RelayCertificate } from "../../proto/certificate.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { systemClock } from "../../quic/clock.ts";
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import { hastened, OriginalRelay, type OriginalRelayOptions } from "../harness/original_relay.ts";
import { SignalClient } from "../harness/signal_client.ts";
import { TestClients } from "../harness/test_client.ts";
import type { MeshNode } from "./mesh_node.ts";
import { meshTest } from "./mesh_test_case.ts";
import { freeAddresses, linksOf, type Mesh, type Person } from "./mesh_rig.ts";
import { Talk } from "./talk.ts";
import { chain } from "./topology.ts";
import { limitOf, within } from "./within.ts";

/** Its sweeper comes every 2.5 s and forgets those of links that were silent for 7.5 s. */
const TIMES = 2;
const HANG_MS = 60_000;

/** An original relay and its clients. */
class Old implements AsyncDisposable {
  readonly relay: OriginalRelay;
  readonly clients: TestClients;

  static async start(options: OriginalRelayOptions): Promise<Old> {
    const relay = await OriginalRelay.start({
      globalRooms: ["general"],
      clock: hastened(systemClock, TIMES),
      ...options,
    });
    const pin = parseTlsFingerprint(relay.tlsFingerprint);
    return new Old(relay, await TestClients.open(relay.address, { pin }));
  }

  private constructor(relay: OriginalRelay, clients: TestClients) {
    this.relay = relay;
    this.clients = clients;
  }

  /** What links told of rooms. */
  get announcements(): number {
    return this.relay.heard.filter(({ signal }) => signal.type.startsWith("GlobalRoom")).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clients.close();
    await this.relay[Symbol.asyncDispose]();
  }
}

const peerOf = (node: MeshNode) => ({
  url: node.url,
  fingerprint: node.fingerprint,
  label: node.name,
});

/** An original relay that dials this one, which allows it. */
async function withOld(
  node: MeshNode,
  label: string,
  more: OriginalRelayOptions = {},
): Promise<Old> {
  const seed = more.seed ?? nodeCrypto.random(32);
  const fingerprint = fingerprintOf(seed);
  node.acquaintances.push({ label, fingerprint, allowLegacy: true });
  await node.reload();
  const peers = [peerOf(node), ...more.peers ?? []];
  const [listen] = freeAddresses(1) as [SocketAddress];
  const old = await Old.start({ listen, ...more, seed, peers });
  await linksOf(node, (labels) => labels.includes(label));
  return old;
}

const fingerprintOf = (seed: Uint8Array) => new RelayCertificate(nodeCrypto, seed).fingerprint;

/** Lists by fingerprint and label, as somebody sees them. */
async function list(person: Person["client"], due: readonly [Person["client"], string | null][]) {
  const lines = due.map(([{ identity }, label]) => `${identity.fingerprint} ${label}`).sort();
  const now = () =>
    (person.room?.participants ?? []).map((one) => `${one.fingerprint} ${one.relay_label}`)
      .sort();
  await within(
    limitOf("ghosts"),
    () => `a list of\n${lines.join("\n")}\nand not\n${now().join("\n")}`,
    () => person.until(() => now().join() === lines.join()),
  );
}

async function talkReaches(speaker: Person["client"], listeners: readonly Person["client"][]) {
  const talk = await Talk.begin(speaker);
  await talk.until(30);
  talk.stop();
  for (const listener of listeners) await talk.reached(listener);
  return talk;
}

/** Several speak, one after the other; everybody else hears it once and in order, and nobody themselves. */
async function allSpeak(people: readonly Person["client"][]) {
  for (const speaker of people) {
    const talk = await talkReaches(speaker, people.filter((one) => one !== speaker));
    assert.deepEqual(talk.heardBy(speaker), []);
  }
}

async function general(mesh: Mesh, node: number): Promise<Person["client"]> {
  return (await mesh.join(node)).client;
}

meshTest(
  "people on an original relay and on ours, next to it and behind, see and hear each other, and stay seen in silence",
  { size: 2, edges: chain(2) },
  async (mesh) => {
    await using old = await withOld(mesh.node(0), "Old");
    const olga = await old.clients.join("general", { alias: "Olga" });
    const ann = await general(mesh, 0);
    const ben = await general(mesh, 1);
    await list(olga, [[olga, null], [ann, "A"], [ben, "B"]]);
    await list(ann, [[olga, "Old"], [ann, null], [ben, "B"]]);
    await list(ben, [[olga, "Old"], [ann, "A"], [ben, null]]);
    await allSpeak([olga, ann, ben]);

    // Who comes second is announced to it too, and who leaves.
    const second = await general(mesh, 1);
    await list(olga, [[olga, null], [ann, "A"], [ben, "B"], [second, "B"]]);
    second.leave();
    await list(olga, [[olga, null], [ann, "A"], [ben, "B"]]);

    // Two of its sweeps find a link that says nothing of rooms and is alive.
    const told = old.announcements;
    const pings = () => old.relay.heard.filter(({ signal }) => signal.type === "Ping").length;
    const before = pings();
    const updates = olga.received("RoomUpdate").length;
    await within(HANG_MS, "pings", () => old.relay.until(() => pings() >= before + 2));
    assert.equal(old.announcements, told);
    assert.equal(olga.received("RoomUpdate").length, updates);
    assert.equal(olga.room!.count, 3);
    assert.deepEqual(old.relay.linkEnds, []);

    ann.leave();
    await list(olga, [[olga, null], [ben, "B"]]);
    olga.leave();
    await list(ben, [[ben, null]]);
    assert.equal(old.relay.counts.duplicates, 0);
  },
);

meshTest(
  "when the link to a relay behind is lost, an original relay hears of it, and when its own is, everybody else",
  { size: 2, edges: chain(2) },
  async (mesh) => {
    const old = await withOld(mesh.node(0), "Old");
    await using _old = old;
    const olga = await old.clients.join("general");
    const [ann, ben] = [await general(mesh, 0), await general(mesh, 1)];
    await list(olga, [[olga, null], [ann, "A"], [ben, "B"]]);
    await mesh.node(1).kill();
    await list(olga, [[olga, null], [ann, "A"]]);
    await mesh.node(1).start();
    const back = await general(mesh, 1);
    await list(back, [[olga, "Old"], [ann, "A"], [back, null]]);
    await old[Symbol.asyncDispose]();
    await list(back, [[ann, "A"], [back, null]]);
    assert.notEqual(ben, back);
  },
);

meshTest(
  "a circle of two original relays and ours comes to rest, carries sound once, and keeps nobody who left",
  { size: 1, edges: [] },
  async (mesh) => {
    const node = mesh.node(0);
    const seed = nodeCrypto.random(32);
    const trusted = [{ fingerprint: fingerprintOf(seed), label: "O2" }];
    await using first = await withOld(node, "O1", { trusted });
    const peer = { url: first.relay.url, fingerprint: first.relay.tlsFingerprint, label: "O1" };
    await using second = await withOld(node, "O2", { seed, peers: [peer] });
    await second.relay.until(() => second.relay.linked.length === 2);
    const ann = await general(mesh, 0);
    const olga = await first.clients.join("general");
    const otto = await second.clients.join("general");
    await list(ann, [[ann, null], [olga, "O1"], [otto, "O2"]]);
    const people = [ann, olga, otto];
    for (const speaker of people) {
      const talk = await talkReaches(speaker, people.filter((other) => other !== speaker));
      // An original forgets what it sent itself, and in a circle may get it back.
      if (speaker === ann) assert.deepEqual(talk.heardBy(ann), []);
    }
    // Circulating, an announcement would have come by thousands of times.
    assert.ok(first.announcements < 60, `${first.announcements} announcements`);
    assert.ok(second.announcements < 60, `${second.announcements} announcements`);
    olga.leave();
    await list(ann, [[ann, null], [otto, "O2"]]);
    otto.leave();
    await list(ann, [[ann, null]]);
  },
);

meshTest(
  "an original relay without people of its own carries a room between two of ours, in silence too",
  { size: 2, edges: [] },
  async (mesh) => {
    const seed = nodeCrypto.random(32);
    const known = { label: "Old", fingerprint: fingerprintOf(seed), allowLegacy: true };
    mesh.node(1).acquaintances = [known];
    await mesh.node(1).reload();
    await using old = await withOld(mesh.node(0), "Old", { seed, peers: [peerOf(mesh.node(1))] });
    const [ann, ben] = [await general(mesh, 0), await general(mesh, 1)];
    await list(ann, [[ann, null], [ben, "B"]]);
    await list(ben, [[ben, null], [ann, "A"]]);
    await allSpeak([ann, ben]);
    const pings = () => old.relay.heard.filter(({ signal }) => signal.type === "Ping").length;
    const before = pings();
    await within(HANG_MS, "pings", () => old.relay.until(() => pings() >= before + 4));
    assert.equal(ann.room!.count, 2);
    assert.equal(ben.room!.count, 2);
    assert.equal(old.relay.participants("general").length, 2);
    ben.leave();
    await list(ann, [[ann, null]]);
  },
);

meshTest(
  "the way to an original relay is measured beside the link, and what it loses is not known",
  { size: 1, edges: [] },
  async (mesh) => {
    await using _old = await withOld(mesh.node(0), "Old");
    const rtt = async () =>
      ((await mesh.node(0).relay.counters())["wzp_federation_peer_rtt_ms"] as
        | Record<string, number>
        | undefined)?.["Old"];
    await within(HANG_MS, "a round trip time", async (over) => {
      while (!over.aborted && await rtt() === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    assert.ok((await rtt())! >= 0);
  },
);

meshTest(
  "people on an original relay and on ours call each other",
  { size: 1, edges: [] },
  async (mesh) => {
    await using old = await withOld(mesh.node(0), "Old");
    const seeds = [1, 2].map((fill) => new Uint8Array(32).fill(fill)) as [Uint8Array, Uint8Array];
    const ann = await mesh.register(0, { seed: seeds[0] });
    const olga = await SignalClient.register(old.clients, { seed: seeds[1] });
    // What clients have measured is dropped by the original, so that nobody is sent elsewhere.
    const rtts = new Map([[mesh.node(0).url, 500], [formatSocketAddress(old.relay.address), 1]]);
    const ext = { v: 1, caps: ["rtts"], rtts, direct_cert: null };
    for (const [id, caller, callee] of [["c1", ann, olga], ["c2", olga, ann]] as const) {
      caller.call(callee.fingerprint, id, { caller_reflexive_addr: "192.0.2.1:1", ext });
      await callee.take("DirectCallOffer");
      assert.deepEqual(await caller.take("CallRinging"), { type: "CallRinging", call_id: id });
      callee.answer(id, "AcceptTrusted", {
        callee_reflexive_addr: "192.0.2.2:2",
        ext: { ...ext, relay: null },
      });
      // An original relay says so itself, before it knows, and passes on what ours says when it does.
      let answer = await caller.next();
      if (caller === olga && answer.type === "CallRinging") answer = await caller.next();
      assert.equal(answer.type, "DirectCallAnswer");
      const setups = [await caller.take("CallSetup"), await callee.take("CallSetup")] as const;
      assert.equal(setups[0].peer_direct_addr, "192.0.2.2:2");
      assert.equal(setups[1].peer_direct_addr, "192.0.2.1:1");
      const annsSetup = setups[caller === ann ? 0 : 1];
      assert.equal(annsSetup.relay_addr, mesh.node(0).url);
      const here = (await mesh.join(0, `call-${id}`, { seed: seeds[0] })).client;
      const there = await old.clients.join(`call-${id}`, { seed: seeds[1] });
      await here.inRoomOf(2);
      await there.inRoomOf(2);
      await allSpeak([here, there]);
      // An original passes no hangup on; of ours it tells its caller while it knows the call.
      olga.hangUp();
      await olga.nothingMore();
      ann.hangUp();
      await ann.nothingMore();
      await olga.nothingMore();
      here.leave();
      there.leave();
    }
    ann.call(olga.fingerprint, "c3");
    await olga.take("DirectCallOffer");
    await ann.take("CallRinging");
    olga.answer("c3", "Reject");
    // What it sends instead of the answer is not known to be one; ours understands it all the same.
    assert.equal((await ann.take("Hangup")).call_id, "c3");
  },
);
