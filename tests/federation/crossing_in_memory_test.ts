/** Both parties of a call go to each other's relay at the same time: the switchboards, without sockets. */
import assert from "node:assert/strict";
import { hangup } from "../../relay/calls/testing_rig.ts";
import { BOB, ID, report } from "../../relay/calls/testing_call.ts";
import { CallRow, type End } from "./call_row.ts";

/** Longer than any relay waits for another one. */
const SETTLED_MS = 8_000;

const silent = (row: CallRow) => assert.deepEqual([row.alice.told, row.bob.told], [false, false]);

type Step = (row: CallRow) => Promise<unknown>;
const comes = (who: "alice" | "bob", end: End): Step => (row) => row[who].come(end);
const leaves = (who: "alice" | "bob", end: End): Step => (row) => row[who].leave(end);
const passes = (ms = 400): Step => (row) => row.pass(ms);

const BOTH_COME = [comes("alice", "last"), comes("bob", "first")];
const BOTH_LEAVE = [leaves("alice", "first"), leaves("bob", "last")];

for (const relays of [2, 3]) {
  for (
    const [order, steps] of [
      ["both come, both leave", [...BOTH_COME, passes(), ...BOTH_LEAVE]],
      ["both come, both leave, all at once", [...BOTH_COME, ...BOTH_LEAVE]],
      ["one leaves a while before the other", [
        ...BOTH_COME,
        BOTH_LEAVE[0]!,
        passes(),
        BOTH_LEAVE[1]!,
      ]],
      ["the callee leaves a while before the caller", [
        ...BOTH_COME,
        BOTH_LEAVE[1]!,
        passes(),
        BOTH_LEAVE[0]!,
      ]],
    ] as const
  ) {
    Deno.test(`two who change places over ${relays} relays talk on: ${order}`, async () => {
      const row = await CallRow.talking(relays);
      const { alice, bob } = row;
      for (const step of steps) await step(row);
      await row.pass(SETTLED_MS);
      silent(row);
      assert.deepEqual([alice.ends, bob.ends], [["last"], ["first"]]);
      for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
        from.at(from.ends[0]!).say(report);
        await row.pass();
        assert.deepEqual(to.said.splice(0), [report]);
      }
      bob.at("first").say(hangup("Normal"));
      await row.pass();
      assert.equal(alice.told, true);
      assert.deepEqual(row.left, { calls: Array(relays).fill(0), ways: Array(relays).fill(0) });
    });
  }
}

Deno.test("who leaves while the other one has come is missed at both relays, unless it is at the other one", async () => {
  for (const relays of [2, 3]) {
    const row = await CallRow.talking(relays);
    const { alice, bob } = row;
    await bob.come("first");
    await alice.leave("first");
    await row.pass();
    assert.equal(bob.told, true);
    assert.deepEqual(row.left, { calls: Array(relays).fill(0), ways: Array(relays).fill(0) });
  }
});

Deno.test("a party that only looked goes on where it was, although the other one has come there meanwhile", async () => {
  const row = await CallRow.talking(2);
  const { alice, bob } = row;
  for (const step of BOTH_COME) await step(row);
  await alice.leave("first");
  await row.pass();
  await bob.leave("first");
  await row.pass(SETTLED_MS);
  silent(row);
  // Both are at one relay now, which needs the other one no more.
  assert.deepEqual(row.left, { calls: [0, 1], ways: [0, 0] });
});

Deno.test("a question that is lost with a link is asked again", async () => {
  const row = await CallRow.talking(2, { maxDelayMs: 100 });
  for (const step of BOTH_COME) await step(row);
  await row.alice.leave("first");
  row.mesh.mesh.cut(0, 1);
  await row.bob.leave("last");
  await row.pass(SETTLED_MS);
  silent(row);
  assert.deepEqual(row.left, { calls: [1, 1], ways: [1, 1] });
});

Deno.test("nobody answers: the call is over when a broken way would be", async () => {
  const row = await CallRow.talking(3);
  for (const step of BOTH_COME) await step(row);
  const between = row.mesh.node(1);
  between.stand = () => {};
  await row.alice.leave("first");
  await row.pass(4_900);
  silent(row);
  await row.pass(600);
  assert.equal(row.bob.told, true);
  assert.equal(row.left.calls[0], 0);
});

Deno.test("who hangs up while the other one is looked for is heard at once, and nobody is looked for any more", async () => {
  const row = await CallRow.talking(3);
  const { alice, bob } = row;
  for (const step of BOTH_COME) await step(row);
  await alice.leave("first");
  bob.at("first").say(hangup("Normal"));
  await row.pass(500);
  assert.equal(alice.told, true);
  assert.deepEqual(row.left, { calls: [0, 0, 0], ways: [0, 0, 0] });
  assert.deepEqual(row.sites.map(({ clock }) => clock.pending), [0, 0, 0]);
});

Deno.test("who hangs up is heard at once although the own first relay has not noticed the move yet", async () => {
  for (const noticed of [[], [leaves("bob", "last"), passes()]]) {
    const row = await CallRow.talking(2);
    for (const step of [...BOTH_COME, ...noticed]) await step(row);
    row.alice.at("last").say(hangup("Normal"));
    await row.pass();
    assert.equal(row.bob.told, true);
    assert.deepEqual(row.left, { calls: [0, 0], ways: [0, 0] });
  }
});

Deno.test("the other one's relay dies while the party is looked for: back at the own one in time, the call goes on", async () => {
  for (const inTime of [true, false]) {
    const row = await CallRow.talking(2);
    const { alice, bob } = row;
    for (const step of [...BOTH_COME, ...BOTH_LEAVE]) await step(row);
    row.mesh.mesh.stop(1);
    await row.pass(3_000);
    assert.equal(bob.told, false);
    if (inTime) assert.equal(await alice.come("first"), true);
    await row.pass(SETTLED_MS);
    assert.equal(bob.told, !inTime);
    assert.equal(row.left.calls[0], inTime ? 1 : 0);
  }
});

Deno.test("a relay that does not understand the question is not asked: the call ends at once, as it did", async () => {
  const can = (_a: number, _b: number, capability: string) => capability !== "parties";
  const row = await CallRow.talking(2, { can });
  for (const step of BOTH_COME) await step(row);
  await row.alice.leave("first");
  await row.pass(100);
  assert.equal(row.bob.told, true);
  assert.equal(row.mesh.mesh.sent.get("CallParties"), undefined);
  assert.equal(row.left.calls[0], 0);
});

Deno.test("one in between that does not know of the question does not get it, and the call ends in its time", async () => {
  const can = (a: number, b: number, capability: string) => capability !== "parties" || a + b < 3;
  const row = await CallRow.talking(3, { can });
  for (const step of BOTH_COME) await step(row);
  await row.alice.leave("first");
  await row.pass(6_000);
  assert.equal(row.bob.told, true);
  const passed = row.mesh.node(2).got.filter(({ inner }) => inner.type === "CallParties");
  assert.deepEqual(passed, []);
  assert.equal(row.left.calls[0], 0);
});

Deno.test("relays that were never asked for the way of a call ask in vain who is in it", async () => {
  const row = await CallRow.talking(3);
  const { mesh } = row;
  const asks = (seq: number) =>
    ({ type: "CallParties", call_id: ID, here: [BOB.fingerprint], asks: true, seq }) as const;
  mesh.link(1, 0).send(mesh.forward(asks(1), [1], 0));
  await row.pass();
  assert.equal(mesh.node(0).counters.federationCallSignalsIgnored.get("wrong_relay"), 1);
  mesh.link(1, 0).send(mesh.forward({ ...asks(2), call_id: "another1" }, [1], 0));
  await row.pass();
  const [refused] = mesh.node(1).got.slice(-1);
  assert.deepEqual(refused?.inner, hangup("Normal", "another1"));
  silent(row);
});

Deno.test("who goes there and back before the other relay has heard of it, and is gone then, is missed", async () => {
  const row = await CallRow.talking(2, { maxDelayMs: 100 });
  const { alice, bob } = row;
  for (const step of BOTH_COME) await step(row);
  await alice.leave("first");
  assert.equal(await alice.come("first"), true);
  await alice.leave("last");
  await row.pass();
  silent(row);
  await alice.leave("first");
  await row.pass();
  assert.equal(bob.told, true);
  assert.deepEqual(row.left, { calls: [0, 0], ways: [0, 0] });
});

Deno.test("an answer counts for its own question only", async () => {
  const row = await CallRow.talking(2, { maxDelayMs: 100 });
  const { alice, mesh } = row;
  const last = mesh.node(1);
  for (const step of BOTH_COME) await step(row);
  await alice.leave("first");
  assert.equal(await alice.come("first"), true);
  await alice.leave("last");
  // Now the relay says that she is not there, and she comes before that has arrived.
  while (!last.got.some(({ inner }) => inner.type === "CallParties")) mesh.run(1);
  const answers = () => mesh.node(0).got.filter(({ inner }) => inner.type === "CallParties");
  assert.deepEqual(answers(), []);
  assert.equal(await alice.come("last"), true);
  await alice.leave("first");
  while (answers().length === 0) mesh.run(1);
  silent(row);
  await row.pass(SETTLED_MS);
  silent(row);
  assert.deepEqual(row.left, { calls: [1, 1], ways: [1, 1] });
});
