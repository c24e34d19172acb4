/** Where calls are placed, with real switchboards and the real federation of calls, without sockets. */
import assert from "node:assert/strict";
import { CallsRig } from "../../federation/calls/testing_calls.ts";
import { chain, type MeshGraph } from "../../federation/testing_mesh_graph.ts";
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import { ALICE, aliceOffers, BOB, ID, MALLORY } from "../../relay/calls/testing_call.ts";
import {
  ADVERTISED,
  answer,
  type Client,
  hangup,
  Rig,
  settle,
} from "../../relay/calls/testing_rig.ts";

type Figures = Readonly<Record<number, number>>;

const addr = (relay: number) => `10.0.0.${relay + 1}:4433`;
const measured = (figures: Figures) =>
  new Map(Object.entries(figures).map(([relay, ms]) => [addr(Number(relay)), ms]));
const ext = (figures: Figures | null) =>
  figures === null ? null : { v: 1, caps: ["rtts"], rtts: measured(figures), direct_cert: null };

interface MeshOfCalls {
  readonly relays: number;
  readonly links: MeshGraph;
  /** Relay of Bob; Alice is at 0. */
  readonly bobAt: number;
  readonly can?: (a: number, b: number, capability: string) => boolean;
}

class Placing {
  readonly sites: readonly Rig[];
  readonly mesh: CallsRig;
  alice: Client | null = null;
  bob: Client | null = null;
  readonly #bobAt: number;

  constructor({ relays, links, bobAt, can = () => true }: MeshOfCalls) {
    this.#bobAt = bobAt;
    this.sites = Array.from({ length: relays }, () => new Rig());
    const local = (index: number) => this.sites[index]!.service.remoteParties;
    this.mesh = new CallsRig(relays, links, { can }, local);
    this.sites.forEach((site, index) => site.remote = this.mesh.node(index).calls);
    this.mesh.directory.set(ALICE.fingerprint, [0]);
    this.mesh.directory.set(BOB.fingerprint, [bobAt]);
  }

  async pass(ms = 400): Promise<void> {
    for (let part = 0; part < 4; part++) {
      await settle();
      this.mesh.run(ms / 4);
    }
    await settle();
  }

  /** Bob takes Alice's call; what their clients have measured is told with offer and answer. */
  async call(alices: Figures | null, bobs: Figures | null, says = ["rtts"]): Promise<void> {
    const caps = ["drain"];
    const alicesExt = ext(alices);
    this.alice = await this.sites[0]!.register(ALICE, { caps });
    this.bob = await this.sites[this.#bobAt]!.register(BOB, { caps });
    this.alice.say({ ...aliceOffers, ext: alicesExt && { ...alicesExt, caps: says } });
    await this.pass();
    this.alice.take();
    this.bob.take();
    const bobsExt = ext(bobs);
    this.bob.say(answer("AcceptGeneric", { ext: bobsExt && { ...bobsExt, relay: addr(9) } }));
    await this.pass();
  }

  /** Where each is told to go; null for who has not been told. */
  told() {
    const [forAlice, forBob] = [this.alice!.take(), this.bob!.take()].map((heard) =>
      heard.find((message): message is SignalOf<"CallSetup"> => message.type === "CallSetup") ??
        null
    );
    return { alice: forAlice ?? null, bob: forBob ?? null };
  }

  places() {
    const { alice, bob } = this.told();
    return [alice?.relay_addr ?? null, bob?.relay_addr ?? null];
  }

  /** Who may join the room of the call at a relay: A for Alice, B for Bob, M for Mallory. */
  welcome(relay: number): string {
    const { calls } = this.sites[relay]!.service;
    const people = { A: ALICE, B: BOB, M: MALLORY };
    return Object.entries(people)
      .filter(([, { fingerprint }]) => calls.mayJoin(ID, fingerprint)).map(([name]) => name)
      .join("");
  }
}

const USUAL = [ADVERTISED, ADVERTISED];
const PAIR: MeshOfCalls = { relays: 2, links: chain(2), bobAt: 1 };
/** Relay 1 is on the way. */
const ROW: MeshOfCalls = { relays: 3, links: chain(3), bobAt: 2 };
/** Relay 2 is a neighbour of Bob's relay, off the way. */
const ASIDE: MeshOfCalls = { relays: 3, links: chain(3), bobAt: 1 };
/** One relay for both, and a neighbour. */
const ONE: MeshOfCalls = { relays: 2, links: chain(2), bobAt: 0 };

for (
  const [what, mesh, alices, bobs, at] of [
    ["at the callee's relay", PAIR, { 0: 40, 1: 20 }, { 0: 50, 1: 10 }, 1],
    ["at the caller's relay", PAIR, { 0: 10, 1: 50 }, { 0: 20, 1: 40 }, 0],
    ["at the caller's relay two hops away", ROW, { 0: 10, 2: 50 }, { 0: 20, 2: 40 }, 0],
    ["at a relay on the way", ROW, { 0: 30, 1: 10, 2: 50 }, { 0: 50, 1: 10, 2: 30 }, 1],
    ["at a third relay beside the way", ASIDE, { 0: 30, 1: 50, 2: 10 }, { 0: 50, 1: 30, 2: 9 }, 2],
    ["at a neighbour of the one relay of both", ONE, { 0: 30, 1: 10 }, { 0: 30, 1: 10 }, 1],
  ] as const
) {
  Deno.test(`both parties are sent to meet ${what}, where they and nobody else are let in`, async () => {
    const rig = new Placing(mesh);
    await rig.call(alices, bobs);
    assert.deepEqual(rig.places(), [addr(at), addr(at)]);
    assert.equal(rig.welcome(at), "AB");
    // Who goes to its own relay all the same is let in there.
    if (mesh !== ONE) {
      assert.ok(rig.welcome(0).startsWith("A"));
      assert.ok(rig.welcome(mesh.bobAt).endsWith("B"));
    }
    rig.alice!.say(hangup("Normal"));
    await rig.pass();
    assert.deepEqual(rig.bob!.take(), [hangup("Normal", ID)]);
    for (const relay of rig.sites.keys()) assert.equal(rig.welcome(relay), "");
    assert.deepEqual(rig.mesh.ways(), Array(mesh.relays).fill(0));
  });
}

Deno.test("the relay where they meet is told with its fingerprint, to clients that understand", async () => {
  const rig = new Placing(ASIDE);
  await rig.call({ 2: 1 }, { 2: 1 });
  const { alice, bob } = rig.told();
  const entry = `relay-2|${addr(2)}|${rig.mesh.key(2)}`;
  // And their own one beside it, for when that ceases to be.
  for (const setup of [alice, bob]) {
    assert.equal(setup?.ext?.relay, entry);
    assert.ok(setup.ext.relays[0]!.startsWith(`own|${ADVERTISED}|`));
  }
  const usual = new Placing(ASIDE);
  await usual.call(null, null);
  const { relay, relays } = usual.told().alice!.ext!;
  assert.deepEqual([relay, relays], [null, []]);
});

Deno.test("the usual rule holds when a side is silent, when there is no gain, and when nobody can be used", async () => {
  const near = { 0: 10, 1: 12 };
  for (
    const [alices, bobs] of [
      [null, null],
      [{ 0: 40, 1: 20 }, null],
      [null, { 0: 50, 1: 10 }],
      [near, { 0: 12, 1: 10 }],
      [{ 5: 1 }, { 5: 1 }],
      [{ 0: 1 }, { 1: 1 }],
    ] as const
  ) {
    const rig = new Placing(PAIR);
    await rig.call(alices, bobs);
    assert.deepEqual(rig.places(), USUAL, JSON.stringify([alices, bobs]));
    assert.deepEqual([rig.welcome(0), rig.welcome(1)], ["A", "B"]);
  }
});

Deno.test("what the callee's client writes into its answer as a place goes nowhere", async () => {
  const rig = new Placing(PAIR);
  await rig.call({ 9: 1, 0: 10, 1: 12 }, { 9: 1, 0: 12, 1: 10 });
  assert.deepEqual(rig.places(), USUAL);
});

Deno.test("a neighbour that says no, or nothing, or does not know the question leaves the call to the usual rule", async () => {
  const figures = { 2: 1 };
  const refused = new Placing(ASIDE);
  refused.mesh.node(2).denied.add(ALICE.fingerprint);
  await refused.call(figures, figures);
  assert.deepEqual(refused.places(), USUAL);

  const old = new Placing({
    ...ASIDE,
    can: (a, b, capability) => capability !== "place" || a + b < 3,
  });
  await old.call(figures, figures);
  assert.deepEqual(old.places(), USUAL);

  const silent = new Placing(ASIDE);
  const asked: string[] = [];
  silent.mesh.node(2).stand = (_, { type }: KnownSignal) => void asked.push(type);
  await silent.call(figures, figures);
  assert.deepEqual(silent.places(), [null, null], "it is waited for");
  await silent.pass(200);
  assert.deepEqual(silent.places(), USUAL);
  assert.deepEqual(asked, ["CallPlace", "CallUnplace"]);
});

Deno.test("a party that hangs up while a neighbour is asked ends the call, and the neighbour is told", async () => {
  const rig = new Placing(ASIDE);
  const asked: string[] = [];
  rig.mesh.node(2).stand = (_, { type }: KnownSignal) => void asked.push(type);
  await rig.call({ 2: 1 }, { 2: 1 });
  rig.alice!.say(hangup("Normal"));
  await rig.pass(1_000);
  assert.deepEqual(rig.bob!.take(), [hangup("Normal", ID)]);
  assert.deepEqual(rig.alice!.take(), []);
  assert.deepEqual(asked, ["CallPlace", "CallUnplace"]);
});

Deno.test("a relay that cannot let the callee in says so with the offer, and is not chosen", async () => {
  const rig = new Placing(PAIR);
  rig.mesh.node(0).denied.add(BOB.fingerprint);
  await rig.call({ 0: 10, 1: 50 }, { 0: 20, 1: 40 });
  assert.deepEqual(rig.places(), USUAL);
  assert.equal(rig.welcome(0), "A");
  // Its client cannot say so for it.
  const lied = new Placing(PAIR);
  lied.mesh.node(0).denied.add(BOB.fingerprint);
  await lied.call({ 0: 10, 1: 50 }, { 0: 20, 1: 40 }, ["rtts", "place"]);
  assert.deepEqual(lied.places(), USUAL);
});

Deno.test("the callee is expected at the caller's relay before that hears of the acceptance", async () => {
  const rig = new Placing(PAIR);
  rig.alice = await rig.sites[0]!.register(ALICE);
  await rig.sites[1]!.register(BOB);
  rig.alice.say({ ...aliceOffers, ext: ext({ 0: 1 }) });
  await rig.pass();
  const { calls } = rig.sites[0]!.service;
  let answered = 0;
  assert.equal(calls.answered(ID, ALICE.fingerprint), null);
  assert.equal(calls.answered(ID, MALLORY.fingerprint), null);
  assert.equal(calls.answered("other", BOB.fingerprint), null);
  for (let n = 0; n < 4; n++) calls.answered(ID, BOB.fingerprint)!.then(() => answered += 1);
  assert.equal(calls.answered(ID, BOB.fingerprint), null, "a few connections only");
  assert.equal(answered, 0);
  rig.alice.say(hangup("Normal"));
  await rig.pass();
  assert.equal(answered, 4);
});

Deno.test("a neighbour that begins anew is asked again", async () => {
  const rig = new Placing(ASIDE);
  await rig.call({ 2: 1 }, { 2: 1 });
  assert.equal(rig.welcome(2), "AB");
  rig.mesh.mesh.restart(2);
  await rig.pass();
  const { calls } = rig.mesh.node(2);
  assert.deepEqual(calls.places.guests(ID), [ALICE.fingerprint, BOB.fingerprint]);
});

Deno.test("an acceptance that is nobody's to give places nothing", async () => {
  const rig = new Placing(ROW);
  rig.alice = await rig.sites[0]!.register(ALICE);
  await rig.sites[2]!.register(BOB);
  rig.alice.say({ ...aliceOffers, ext: ext({ 0: 10, 1: 1, 2: 10 }) });
  await rig.pass();
  rig.alice.take();
  // Another relay than the callee's has no call to place, and none may take others' call ids.
  const place = { type: "CallPlace", call_id: ID, caller: MALLORY.fingerprint } as const;
  rig.mesh.link(0, 1).send({ ...place, callee: BOB.fingerprint });
  rig.mesh.link(2, 1).send({ ...place, callee: BOB.fingerprint });
  rig.mesh.link(1, 0).send({ ...place, callee: BOB.fingerprint });
  rig.mesh.link(1, 2).send({ ...place, callee: BOB.fingerprint });
  await rig.pass();
  for (const relay of [0, 1, 2]) assert.equal(rig.welcome(relay), "");
});
