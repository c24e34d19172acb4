/** Direct calls from offer to hangup, as two clients and those who would disturb them see it. */
import assert from "node:assert/strict";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { SENT } from "../../quic/port.ts";
import { SignalClient } from "../harness/signal_client.ts";
import { countersShow, countsOf, relayTest } from "./relay_rig.ts";
import { LIMIT_MS } from "./callers.ts";

const SEEDS = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
const [ALICE, BOB, CAROL] = SEEDS as [Uint8Array, Uint8Array, Uint8Array];
const ALICES = {
  caller_reflexive_addr: "192.0.2.1:1111",
  caller_local_addrs: ["10.0.0.1:1111", "10.0.0.1:1112"],
};
const BOBS = { callee_reflexive_addr: "192.0.2.2:2222", callee_local_addrs: ["10.0.0.2:2222"] };

/** A call that rings: the offer as the callee got it. */
async function ring(caller: SignalClient, callee: SignalClient, id: string) {
  caller.call(callee.fingerprint, id, { caller_alias: "Alice", ...ALICES });
  const offer = await callee.take("DirectCallOffer");
  assert.deepEqual(await caller.take("CallRinging"), { type: "CallRinging", call_id: id });
  return offer;
}

relayTest(
  "a call that is accepted generically is set up without any address of a party, and its room carries sound",
  async ({ relay, clients }) => {
    const a = await SignalClient.register(clients, { seed: ALICE });
    const b = await SignalClient.register(clients, { seed: BOB });
    const offer = await ring(a, b, "c1");
    assert.equal(offer.caller_fingerprint, a.fingerprint);
    assert.equal(offer.caller_alias, "Alice");
    assert.equal(offer.caller_reflexive_addr, null);
    assert.deepEqual(offer.caller_local_addrs, []);
    await assert.rejects(clients.join("call-c1", { seed: ALICE }), /^Error: denied$/);

    b.answer("c1", "AcceptGeneric", BOBS);
    const answer = await a.take("DirectCallAnswer");
    assert.equal(answer.accept_mode, "AcceptGeneric");
    assert.equal(answer.callee_reflexive_addr, null);
    assert.deepEqual(answer.callee_local_addrs, []);
    const setup = {
      type: "CallSetup",
      call_id: "c1",
      room: "call-c1",
      relay_addr: formatSocketAddress(relay.address),
      peer_direct_addr: null,
      peer_local_addrs: [],
      ext: null,
    };
    assert.deepEqual(await a.take("CallSetup"), setup);
    assert.deepEqual(await b.take("CallSetup"), setup);

    const [inA, inB] = await Promise.all([
      clients.join("call-c1", { seed: ALICE }),
      clients.join("call-c1", { seed: BOB }),
    ]);
    for (let seq = 0; seq < 20; seq++) {
      assert.equal(inA.speak(seq), SENT);
      assert.equal(inB.speak(100 + seq), SENT);
    }
    await inA.until(() => inA.packets.length === 20);
    await inB.until(() => inB.packets.length === 20);
    const seqs = Array.from({ length: 20 }, (_, seq) => seq);
    assert.deepEqual(inB.heard, seqs);
    assert.deepEqual(inA.heard, seqs.map((seq) => 100 + seq));
    await assert.rejects(clients.join("call-c1", { seed: CAROL }), /^Error: denied$/);
    await assert.rejects(clients.join("call-c1"), /^Error: denied$/);
    await assert.rejects(clients.join("call-c2", { seed: ALICE }), /^Error: denied$/);
    await assert.rejects(clients.join("call-c1", { seed: BOB }), /^Error: room full$/);

    const report = {
      type: "MediaPathReport",
      call_id: "c1",
      direct_ok: false,
      race_winner: "Relay",
    };
    b.say({ ...report, type: "MediaPathReport" });
    assert.deepEqual(await a.take("MediaPathReport"), report);
    await b.nothingMore();
    a.hangUp();
    assert.deepEqual(await b.take("Hangup"), { type: "Hangup", reason: "Normal", call_id: "c1" });
    await a.nothingMore();
    await b.nothingMore();
    assert.equal((await countsOf(relay, "wzp_relay_calls_total"))["completed"], 1);
  },
);

relayTest(
  "a callee that trusts the caller: each learns the addresses of the other, and only then",
  async ({ relay, clients }) => {
    const a = await SignalClient.register(clients, { seed: ALICE });
    const b = await SignalClient.register(clients, { seed: BOB });
    const offer = await ring(a, b, "c1");
    assert.equal(offer.caller_reflexive_addr, null);
    assert.deepEqual(offer.caller_local_addrs, []);
    b.answer("c1", "AcceptTrusted", BOBS);
    const answer = await a.take("DirectCallAnswer");
    assert.equal(answer.callee_reflexive_addr, BOBS.callee_reflexive_addr);
    const forA = await a.take("CallSetup");
    assert.equal(forA.peer_direct_addr, BOBS.callee_reflexive_addr);
    assert.deepEqual(forA.peer_local_addrs, BOBS.callee_local_addrs);
    const forB = await b.take("CallSetup");
    assert.equal(forB.peer_direct_addr, ALICES.caller_reflexive_addr);
    assert.deepEqual(forB.peer_local_addrs, ALICES.caller_local_addrs);
    await relay.stdout.match(/p2p_viable=true/, LIMIT_MS);

    // An old client tells no address of its own; the other may not be asked to go without either.
    a.hangUp("c1");
    await b.take("Hangup");
    a.call(b.fingerprint, "c2");
    await b.take("DirectCallOffer");
    await a.take("CallRinging");
    b.answer("c2", "AcceptTrusted", BOBS);
    await a.take("DirectCallAnswer");
    assert.equal((await a.take("CallSetup")).peer_direct_addr, BOBS.callee_reflexive_addr);
    assert.equal((await b.take("CallSetup")).peer_direct_addr, null);
    await relay.stdout.match(/p2p_viable=false/, LIMIT_MS);
  },
);

relayTest(
  "a rejection is a hangup for the caller, and so is an offer to nobody",
  async ({ relay, clients }) => {
    const a = await SignalClient.register(clients, { seed: ALICE });
    const b = await SignalClient.register(clients, { seed: BOB });
    await ring(a, b, "c1");
    b.answer("c1", "Reject");
    assert.deepEqual(await a.take("Hangup"), { type: "Hangup", reason: "Normal", call_id: "c1" });
    await b.nothingMore();
    // Too late: there is no such call any more.
    b.answer("c1", "AcceptGeneric");
    await b.nothingMore();

    a.call("0000:0000:0000:0000:0000:0000:0000:0001", "c2");
    assert.deepEqual(await a.take("Hangup"), { type: "Hangup", reason: "Normal", call_id: null });
    await a.nothingMore();
    assert.equal((await countsOf(relay, "wzp_relay_calls_refused_total"))["offline"], 1);
    assert.equal((await countsOf(relay, "wzp_relay_calls_total"))["rejected"], 1);
  },
);

relayTest("a call that nobody answers ends for both when its time is over", async ({ clients }) => {
  const a = await SignalClient.register(clients, { seed: ALICE });
  const b = await SignalClient.register(clients, { seed: BOB });
  const began = performance.now();
  await ring(a, b, "c1");
  const timeout = { type: "Hangup", reason: "Timeout", call_id: "c1" };
  assert.deepEqual(await a.take("Hangup"), timeout);
  assert.deepEqual(await b.take("Hangup"), timeout);
  assert.ok(performance.now() - began >= 990);
  b.answer("c1", "AcceptGeneric");
  await b.nothingMore();
  await a.nothingMore();
}, { config: "call_timeout = 1\n" });

for (const gone of ["caller", "callee"] as const) {
  relayTest(
    `when the ${gone} goes while it rings the other is told at once`,
    async ({ relay, clients }) => {
      const a = await SignalClient.register(clients, { seed: ALICE });
      const b = await SignalClient.register(clients, { seed: BOB });
      await ring(a, b, "c1");
      const [goes, stays] = gone === "caller" ? [a, b] : [b, a];
      goes.leave();
      assert.deepEqual(await stays.take("Hangup"), {
        type: "Hangup",
        reason: "Normal",
        call_id: "c1",
      });
      await stays.nothingMore();
      assert.equal((await countsOf(relay, "wzp_relay_calls_total"))["disconnected"], 1);
    },
  );
}

relayTest(
  "a caller that thinks better of it while it rings takes the call back",
  async ({ relay, clients }) => {
    const a = await SignalClient.register(clients, { seed: ALICE });
    const b = await SignalClient.register(clients, { seed: BOB });
    await ring(a, b, "c1");
    a.hangUp();
    assert.deepEqual(await b.take("Hangup"), { type: "Hangup", reason: "Normal", call_id: "c1" });
    await a.nothingMore();
    assert.equal((await countsOf(relay, "wzp_relay_calls_total"))["cancelled"], 1);
  },
);

relayTest(
  "the end of an older registration leaves the newer one and its call alone",
  async ({ relay, clients }) => {
    const a = await SignalClient.register(clients, { seed: ALICE });
    const older = await SignalClient.register(clients, { seed: BOB });
    const newer = await SignalClient.register(clients, { seed: BOB });
    await ring(a, newer, "c1");
    await older.nothingMore();
    older.leave();
    await countersShow(relay, "wzp_relay_active_registrations", (count) => count === 2);
    await newer.nothingMore();
    newer.answer("c1", "AcceptGeneric");
    await a.take("DirectCallAnswer");
    await a.take("CallSetup");
    await newer.take("CallSetup");
    a.hangUp();
    await newer.take("Hangup");
    await ring(a, newer, "c2");
  },
);

relayTest(
  "nobody but the parties can answer, end or report for a call, nor take its id",
  async ({ relay, clients }) => {
    const a = await SignalClient.register(clients, { seed: ALICE });
    const b = await SignalClient.register(clients, { seed: BOB });
    const c = await SignalClient.register(clients, { seed: CAROL });
    await ring(a, b, "c1");
    for (const mode of ["AcceptGeneric", "AcceptTrusted", "Reject"] as const) c.answer("c1", mode);
    c.hangUp("c1");
    c.hangUp();
    c.say({ type: "MediaPathReport", call_id: "c1", direct_ok: true, race_winner: "Direct" });
    await c.nothingMore();
    // Not even the caller answers its own call.
    a.answer("c1", "AcceptGeneric");
    await a.nothingMore();
    await b.nothingMore();
    c.call(b.fingerprint, "c1");
    assert.deepEqual(await c.take("Hangup"), { type: "Hangup", reason: "Error", call_id: "c1" });
    // Whose name it is not.
    c.call(b.fingerprint, "c2", { caller_fingerprint: a.fingerprint });
    assert.deepEqual(await c.take("Hangup"), { type: "Hangup", reason: "Error", call_id: "c2" });
    await b.nothingMore();

    b.answer("c1", "AcceptGeneric");
    await a.take("DirectCallAnswer");
    await a.take("CallSetup");
    await b.take("CallSetup");
    c.hangUp("c1");
    c.say({ type: "MediaPathReport", call_id: "c1", direct_ok: true, race_winner: "Direct" });
    await c.nothingMore();
    await a.nothingMore();
    await b.nothingMore();
    assert.equal((await countsOf(relay, "wzp_relay_active_calls"))["active"], 1);
  },
);

relayTest("with one call at a time a second caller gets a busy signal", async ({ clients }) => {
  const a = await SignalClient.register(clients, { seed: ALICE });
  const b = await SignalClient.register(clients, { seed: BOB });
  const c = await SignalClient.register(clients, { seed: CAROL });
  await ring(a, b, "c1");
  c.call(b.fingerprint, "c2");
  assert.deepEqual(await c.take("Hangup"), { type: "Hangup", reason: "Busy", call_id: "c2" });
  await b.nothingMore();
}, { config: "one_call_at_a_time = true\n" });

relayTest(
  "who is rung by many can place a call and answer one all the same",
  async ({ clients }) => {
    const victim = await SignalClient.register(clients, { seed: ALICE });
    const friend = await SignalClient.register(clients, { seed: BOB });
    for (let i = 0; i < 8; i++) {
      const stranger = await SignalClient.register(clients);
      for (const id of [`s${i}-1`, `s${i}-2`]) stranger.call(victim.fingerprint, id);
      await stranger.next();
      await stranger.next();
    }
    // Half of 16: the strangers share an address.
    for (let i = 0; i < 8; i++) await victim.take("DirectCallOffer");
    victim.call(friend.fingerprint, "c1");
    await victim.take("CallRinging");
    await friend.take("DirectCallOffer");
    victim.answer("s0-1", "AcceptGeneric");
    await victim.take("CallSetup");
  },
);
