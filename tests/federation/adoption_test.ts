/** A party of a call goes on at the other party's relay: after its own has died, and while its own drains. */
import assert from "node:assert/strict";
import type { SignalClient } from "../harness/signal_client.ts";
import { meshTest } from "./mesh_test_case.ts";
import { everybodySees, type Mesh } from "./mesh_rig.ts";
import { conversation, firstWords, settled, Talk } from "./talk.ts";
import { chain, star } from "./topology.ts";
import { limitOf, within } from "./within.ts";

const seed = (fill: number) => new Uint8Array(32).fill(fill);
const [ANN, BEN, EVE] = [seed(1), seed(2), seed(3)];
const ID = "moves1";
const ROOM = `call-${ID}`;

/** Somebody who registers as our clients do. */
function ours(mesh: Mesh, number: number, who: Uint8Array): Promise<SignalClient> {
  const signedFor = mesh.node(number).certificate.fingerprintBytes;
  return mesh.register(number, { seed: who, signedFor, caps: ["drain", "adopt"] });
}

/** Ann at relay 0 talks to Ben at relay 1, both of them in the call's room. */
async function talking(mesh: Mesh, benAt = 1) {
  const [ann, ben] = [await ours(mesh, 0, ANN), await ours(mesh, benAt, BEN)];
  ann.call(ben.fingerprint, ID);
  await ben.take("DirectCallOffer");
  await ann.take("CallRinging");
  ben.answer(ID, "AcceptGeneric");
  await ann.take("DirectCallAnswer");
  await ann.take("CallSetup");
  await ben.take("CallSetup");
  const [inAnn, inBen] = [
    await mesh.join(0, ROOM, { seed: ANN, caps: ["drain"] }),
    await mesh.join(benAt, ROOM, { seed: BEN, caps: ["drain"] }),
  ];
  await everybodySees([inAnn, inBen]);
  if (benAt > 1) {
    await firstWords([inAnn.client, inBen.client]);
    await settled([inAnn.client, inBen.client], 60_000);
  }
  await conversation([inAnn.client, inBen.client]);
  return { ann, ben, inAnn, inBen };
}

for (const hops of [1, 2]) {
  meshTest(
    `when a relay dies in a call, its party goes on at the other one's relay, ${hops} away, and that call does not end`,
    { size: 3, edges: chain(3) },
    async (mesh) => {
      const { ben, inBen } = await talking(mesh, hops);
      await mesh.node(0).kill();
      await assert.rejects(mesh.join(hops, ROOM, { seed: ANN }), /denied/);
      const ann = await ours(mesh, hops, ANN);
      const inAnn = await mesh.join(hops, ROOM, { seed: ANN });
      await conversation([inAnn.client, inBen.client]);
      // The link counts as lost after 4 s, and the way of the call after 5 more.
      await within(limitOf("callLost") + 5_000, "the end of the way", async (over) => {
        const ways = async () =>
          (await mesh.node(hops).relay.counters())["wzp_federation_call_ways"];
        while (!over.aborted && await ways() !== 0) {
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      });
      await ben.nothingMore();
      await ann.nothingMore();
      await everybodySees([inAnn, inBen]);
      await conversation([inAnn.client, inBen.client]);
      const report = { type: "MediaPathReport", call_id: ID, direct_ok: false } as const;
      ann.say({ ...report, race_winner: "Relay" });
      assert.equal((await ben.take("MediaPathReport")).call_id, ID);
      ann.hangUp();
      assert.deepEqual(await ben.take("Hangup"), { type: "Hangup", reason: "Normal", call_id: ID });
    },
  );
}

meshTest(
  "without her key nobody takes her place after her relay has died, and the call ends in its time",
  { size: 2, edges: chain(2) },
  async (mesh) => {
    const { ben } = await talking(mesh);
    await mesh.node(0).kill();
    const claimant = await mesh.register(1, { seed: ANN });
    const eve = await ours(mesh, 1, EVE);
    for (const who of [ANN, EVE]) {
      await assert.rejects(mesh.join(1, ROOM, { seed: who }), /denied/);
    }
    for (const client of [claimant, eve]) {
      client.hangUp(ID);
      await client.nothingMore();
    }
    const hangup = await within(
      limitOf("callLost"),
      "the end of the call",
      () => ben.take("Hangup"),
    );
    assert.equal(hangup.call_id, ID);
  },
);

meshTest(
  "while her relay drains a party joins the other one's relay first and leaves then: no sound is lost",
  { size: 2, edges: chain(2) },
  async (mesh) => {
    const { ann, ben, inAnn, inBen } = await talking(mesh);
    mesh.node(0).relay.signal("SIGTERM");
    const told = await ann.take("RelayDraining");
    assert.deepEqual(told.relays, [`B|${mesh.node(1).url}`]);
    await inAnn.client.until(() => inAnn.client.received("RelayDraining").length > 0);
    assert.deepEqual(inAnn.client.received("RelayDraining")[0]!.relays, told.relays);

    const speaker = await Talk.begin(inBen.client);
    const moved = await ours(mesh, 1, ANN);
    const inMoved = await mesh.join(1, ROOM, { seed: ANN, caps: ["drain"] });
    await inMoved.client.inRoomOf(2);
    await within(20_000, "sound on both ways", async () => {
      await speaker.flows(inAnn.client, 25);
      await speaker.flows(inMoved.client, 25);
    });
    inAnn.client.leave();
    ann.leave();
    const from = speaker.sent.length;
    await speaker.until(from + 50);
    speaker.stop();
    await within(
      10_000,
      "all of it",
      () =>
        inMoved.client.until(() =>
          speaker.heardBy(inMoved.client).at(-1)?.join() === speaker.sent.at(-1)!.join()
        ),
    );
    // From the first packet that came the new way none is missing.
    const heard = speaker.heardBy(inMoved.client);
    assert.deepEqual(heard, speaker.sent.slice(-heard.length));
    // Nothing holds the drain up any more.
    await within(20_000, "the end of relay A", () => mesh.node(0).relay.exit());
    await ben.nothingMore();
    await moved.nothingMore();
    await everybodySees([inMoved, inBen]);
    await conversation([inMoved.client, inBen.client]);
    ben.hangUp();
    assert.equal((await moved.take("Hangup")).call_id, ID);
  },
);

meshTest(
  "who is in a room over two relays at once is heard once, listed once, and stays when one of them is left",
  { size: 3, edges: [...star(3), [1, 2]] },
  async (mesh) => {
    const ann = await mesh.join(0, "general", { seed: ANN });
    const ben = await mesh.join(2, "general", { seed: BEN });
    await everybodySees([ann, ben]);
    const updates = ben.client.received("RoomUpdate").length;
    const also = await mesh.join(1, "general", { seed: ANN });
    await also.client.inRoomOf(2);
    const both = [ann.client, also.client];
    // She speaks over one relay, then over the other; what she says comes back to her own other end.
    for (const [now, other] of [both, both.toReversed()] as const) {
      const talk = await Talk.begin(now!);
      await talk.until(40);
      talk.stop();
      await within(20_000, "what she said", async () => {
        await talk.reached(ben.client);
        await talk.reached(other!);
      });
      assert.equal(talk.heardBy(now!).length, 0);
    }
    const listed = () =>
      ben.client.received("RoomUpdate").map(({ participants }) =>
        participants.filter(({ fingerprint }) => fingerprint === ann.client.identity.fingerprint)
          .length
      );
    ann.client.leave();
    await everybodySees([also, ben]);
    assert.ok(listed().slice(updates - 1).every((count) => count === 1), listed().join());
    assert.ok(listed().length - updates <= 2, "the list changes once for the label, if at all");
    await conversation([also.client, ben.client]);
  },
);

/** Both have come to the relay of the other, `hops` away, and are still at their own too. */
async function crossing(mesh: Mesh, hops: number) {
  const old = await talking(mesh, hops);
  const ann = await ours(mesh, hops, ANN);
  const ben = await ours(mesh, 0, BEN);
  const inAnn = await mesh.join(hops, ROOM, { seed: ANN, caps: ["drain"] });
  const inBen = await mesh.join(0, ROOM, { seed: BEN, caps: ["drain"] });
  await Promise.all([inAnn.client.inRoomOf(2), inBen.client.inRoomOf(2)]);
  const leave = {
    ann() {
      old.ann.leave();
      old.inAnn.client.leave();
    },
    ben() {
      old.ben.leave();
      old.inBen.client.leave();
    },
  };
  return { old, ann, ben, inAnn, inBen, leave };
}

for (
  const [hops, order] of [
    [1, ["ann", "ben"]],
    [1, ["ben", "ann"]],
    [2, ["ann", "ben"]],
  ] as const
) {
  meshTest(
    `two who go to each other's relay, ${hops} away, talk on when ${
      order[0]
    } leaves the own one first, until one hangs up`,
    { size: hops + 1, edges: chain(hops + 1) },
    async (mesh) => {
      const { ann, ben, inAnn, inBen, leave } = await crossing(mesh, hops);
      for (const who of order) leave[who]();
      await everybodySees([inAnn, inBen]);
      await settled([inAnn.client, inBen.client], 60_000);
      await conversation([inAnn.client, inBen.client]);
      const report = { type: "MediaPathReport", call_id: ID, direct_ok: false } as const;
      for (const [from, to] of [[ann, ben], [ben, ann]] as const) {
        from.say({ ...report, race_winner: "Relay" });
        assert.equal((await to.take("MediaPathReport")).call_id, ID);
      }
      const [first, second] = order[0] === "ann" ? [ann, ben] : [ben, ann];
      first.hangUp();
      assert.deepEqual(await second.take("Hangup"), {
        type: "Hangup",
        reason: "Normal",
        call_id: ID,
      });
    },
  );
}

meshTest(
  "who has come to the other one's relay hears it when that one is at none any more",
  { size: 2, edges: chain(2) },
  async (mesh) => {
    const { ann, ben } = await talking(mesh);
    const moving = await ours(mesh, 0, BEN);
    ann.leave();
    for (const client of [moving, ben]) {
      assert.equal((await client.take("Hangup")).call_id, ID);
    }
  },
);

meshTest(
  "after they have changed places one relay dies: its party comes back to the other one, and they talk on",
  { size: 2, edges: chain(2) },
  async (mesh) => {
    const { ben, inBen, leave } = await crossing(mesh, 1);
    leave.ben();
    leave.ann();
    await mesh.node(1).kill();
    const ann = await ours(mesh, 0, ANN);
    const inAnn = await mesh.join(0, ROOM, { seed: ANN });
    await conversation([inAnn.client, inBen.client]);
    ann.hangUp();
    assert.equal((await ben.take("Hangup")).call_id, ID);
  },
);
