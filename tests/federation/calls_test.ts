/** Direct calls between people on relays one and two hops apart, from offer to hangup. */
import assert from "node:assert/strict";
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { SignalClient } from "../harness/signal_client.ts";
import { meshTest } from "./mesh_test_case.ts";
import { everybodySees, type Mesh } from "./mesh_rig.ts";
import { conversation, firstWords, settled } from "./talk.ts";
import { chain, ring } from "./topology.ts";
import { limitOf, within } from "./within.ts";

const seed = (fill: number) => new Uint8Array(32).fill(fill);
const [ANN, BEN] = [seed(1), seed(2)];
const ANNS = {
  caller_reflexive_addr: "192.0.2.1:1111",
  caller_local_addrs: ["10.0.0.1:1111", "10.0.0.1:1112"],
};
const BENS = { callee_reflexive_addr: "192.0.2.2:2222", callee_local_addrs: ["10.0.0.2:2222"] };

let calls = 0;

/** A call that rings. */
async function ringing(caller: SignalClient, callee: SignalClient): Promise<string> {
  const id = `call${++calls}`;
  caller.call(callee.fingerprint, id, { caller_alias: "Ann", ...ANNS });
  const offer = await callee.take("DirectCallOffer");
  assert.equal(offer.call_id, id);
  assert.equal(offer.caller_fingerprint, caller.fingerprint);
  assert.equal(offer.caller_alias, "Ann");
  // As at one relay, only who accepts learns them.
  assert.equal(offer.caller_reflexive_addr, null);
  assert.deepEqual(offer.caller_local_addrs, []);
  assert.deepEqual(await caller.take("CallRinging"), { type: "CallRinging", call_id: id });
  return id;
}

/** The same, accepted by somebody who trusts the caller: what each was told of the way. */
async function accepted(caller: SignalClient, callee: SignalClient, id: string) {
  callee.answer(id, "AcceptTrusted", BENS);
  const answer = await caller.take("DirectCallAnswer");
  assert.equal(answer.accept_mode, "AcceptTrusted");
  return { forCaller: await caller.take("CallSetup"), forCallee: await callee.take("CallSetup") };
}

/** How a call ended, in time. */
function ended(client: SignalClient): Promise<SignalOf<"Hangup">> {
  return within(limitOf("callEnd"), "the end of the call", () => client.take("Hangup"));
}

async function nothingMore(...clients: readonly SignalClient[]): Promise<void> {
  for (const client of clients) await client.nothingMore();
}

/** Ann on relay 0 and Ben so many hops away. */
async function callers(mesh: Mesh, hops: number): Promise<[ann: SignalClient, ben: SignalClient]> {
  return [await mesh.register(0, { seed: ANN }), await mesh.register(hops, { seed: BEN })];
}

for (const hops of [1, 2]) {
  const where = `${hops} ${hops === 1 ? "hop" : "hops"} apart`;

  meshTest(
    `a call between people ${where} rings, is accepted, tells each the other's addresses, carries sound and ends`,
    { size: 3, edges: chain(3) },
    async (mesh) => {
      const [ann, ben] = await callers(mesh, hops);
      const id = await ringing(ann, ben);
      const room = `call-${id}`;
      await assert.rejects(mesh.join(0, room, { seed: ANN }), /^Error: denied$/);
      const { forCaller, forCallee } = await accepted(ann, ben, id);
      const setup = { type: "CallSetup", call_id: id, room, ext: null };
      assert.deepEqual({ ...forCaller, ext: null }, {
        ...setup,
        relay_addr: mesh.node(0).url,
        peer_direct_addr: BENS.callee_reflexive_addr,
        peer_local_addrs: BENS.callee_local_addrs,
      });
      assert.deepEqual({ ...forCallee, ext: null }, {
        ...setup,
        relay_addr: mesh.node(hops).url,
        peer_direct_addr: ANNS.caller_reflexive_addr,
        peer_local_addrs: ANNS.caller_local_addrs,
      });

      const people = [
        await mesh.join(0, room, { seed: ANN }),
        await mesh.join(hops, room, { seed: BEN }),
      ];
      await everybodySees(people);
      const clients = people.map(({ client }) => client);
      if (hops > 1) {
        await firstWords(clients);
        await settled(clients, 60_000);
      }
      await conversation(clients);
      for (const node of [0, hops]) {
        await assert.rejects(mesh.join(node, room, { seed: seed(3) }), /^Error: denied$/);
      }

      const report = { type: "MediaPathReport", call_id: id, direct_ok: false } as const;
      ben.say({ ...report, race_winner: "Relay" });
      assert.deepEqual(await ann.take("MediaPathReport"), { ...report, race_winner: "Relay" });
      ann.say({ ...report, race_winner: "Relay" });
      assert.deepEqual(await ben.take("MediaPathReport"), { ...report, race_winner: "Relay" });

      // As original clients hang up: without saying which call.
      ann.hangUp();
      assert.deepEqual(await ended(ben), { type: "Hangup", reason: "Normal", call_id: id });
      await nothingMore(ann, ben);
    },
  );

  meshTest(
    `a call between people ${where} that is rejected, taken back or left by one of them ends for the other`,
    { size: 3, edges: chain(3) },
    async (mesh) => {
      const [ann, ben] = await callers(mesh, hops);
      const over = (id: string) => ({ type: "Hangup", reason: "Normal", call_id: id });

      const rejected = await ringing(ann, ben);
      ben.answer(rejected, "Reject");
      assert.deepEqual(await ended(ann), over(rejected));
      // Too late: there is no such call any more.
      ben.answer(rejected, "AcceptGeneric");
      await nothingMore(ann, ben);

      const takenBack = await ringing(ann, ben);
      ann.hangUp(takenBack);
      assert.deepEqual(await ended(ben), over(takenBack));
      await nothingMore(ann, ben);

      const other = await ringing(ann, ben);
      ben.answer(other, "AcceptGeneric", BENS);
      const answer = await ann.take("DirectCallAnswer");
      assert.equal(answer.callee_reflexive_addr, null);
      assert.equal((await ann.take("CallSetup")).peer_direct_addr, null);
      assert.equal((await ben.take("CallSetup")).peer_direct_addr, null);
      ben.hangUp(other);
      assert.deepEqual(await ended(ann), over(other));

      const callerGone = await ringing(ann, ben);
      ann.leave();
      assert.deepEqual(await ended(ben), over(callerGone));

      const again = await mesh.register(0, { seed: ANN });
      const calleeGone = await ringing(again, ben);
      ben.leave();
      assert.deepEqual(await ended(again), over(calleeGone));
      await again.nothingMore();
      again.call(ben.fingerprint, "nobody");
      assert.equal((await again.take("Hangup")).call_id, null);
    },
  );
}

meshTest(
  "a call across relays that nobody answers ends for both when its time is over",
  { size: 3, edges: chain(3), config: () => "call_timeout = 2\n" },
  async (mesh) => {
    const [ann, ben] = await callers(mesh, 2);
    const id = await ringing(ann, ben);
    const timeout = { type: "Hangup", reason: "Timeout", call_id: id };
    assert.deepEqual(await ann.take("Hangup"), timeout);
    assert.deepEqual(await ben.take("Hangup"), timeout);
    ben.answer(id, "AcceptGeneric");
    await nothingMore(ann, ben);
  },
);

meshTest(
  "only the two parties can do anything with a call, on any relay, and nobody can answer for a relay that was not asked",
  { size: 3, edges: ring(3) },
  async (mesh) => {
    const [ann, ben] = await callers(mesh, 1);
    const strangers = [
      await mesh.register(0, { seed: seed(3) }),
      await mesh.register(1, { seed: seed(4) }),
      await mesh.register(2, { seed: seed(5) }),
    ];
    const id = await ringing(ann, ben);
    for (const stranger of strangers) {
      for (const mode of ["AcceptGeneric", "AcceptTrusted", "Reject"] as const) {
        stranger.answer(id, mode);
      }
      stranger.hangUp(id);
      stranger.say({ type: "MediaPathReport", call_id: id, direct_ok: true, race_winner: "x" });
    }
    await nothingMore(...strangers, ann, ben);
    await accepted(ann, ben, id);
    ben.hangUp();
    await ended(ann);
  },
);

meshTest(
  "somebody who moves to another relay is called there",
  { size: 3, edges: chain(3) },
  async (mesh) => {
    const [ann, ben] = await callers(mesh, 1);
    const first = await ringing(ann, ben);
    ben.leave();
    assert.equal((await ended(ann)).call_id, first);
    const moved = await mesh.register(2, { seed: BEN });
    // Until the news are there, the caller hears that there is nobody.
    await within(limitOf("lateJoin"), "a call that rings", async () => {
      for (let call = 1;; call++) {
        ann.call(moved.fingerprint, `moved${call}`);
        const heard = await ann.next();
        if (heard.type === "CallRinging") return;
        assert.equal(heard.type, "Hangup");
      }
    });
    const { call_id } = await moved.take("DirectCallOffer");
    await accepted(ann, moved, call_id);
    moved.hangUp();
    await ended(ann);
  },
);

meshTest(
  "when the relay of one party dies the other one's call is over",
  { size: 3, edges: chain(3) },
  async (mesh) => {
    const [ann, ben] = await callers(mesh, 2);
    const id = await ringing(ann, ben);
    await accepted(ann, ben, id);
    const [inAnn] = [
      await mesh.join(0, `call-${id}`, { seed: ANN }),
      await mesh.join(2, `call-${id}`, { seed: BEN }),
    ];
    await inAnn!.client.inRoomOf(2);
    await mesh.node(2).kill();
    const hangup = await within(limitOf("callLost"), "the end", () => ann.take("Hangup"));
    assert.equal(hangup.call_id, id);
    await within(limitOf("ghosts"), "a list without the other", () => inAnn!.client.inRoomOf(1));
  },
);
