/** Calls over a simulated mesh with the real switchboards at both ends, as their clients see them. */
import assert from "node:assert/strict";
import { CallsRig } from "../../federation/calls/testing_calls.ts";
import { chain } from "../../federation/testing_mesh_graph.ts";
import {
  A,
  ALICE,
  aliceOffers,
  B,
  BOB,
  delivered,
  ID,
  report,
  ringing,
  setup,
  trusting,
} from "../../relay/calls/testing_call.ts";
import { answer, type Client, hangup, Rig, settle } from "../../relay/calls/testing_rig.ts";

/** Relays in a row; Alice is registered at the first and Bob at the last. */
class Row {
  readonly sites: readonly Rig[];
  readonly mesh: CallsRig;

  constructor(readonly relays: number) {
    this.sites = Array.from({ length: relays }, () => new Rig());
    const local = (index: number) => this.sites[index]!.service.remoteParties;
    this.mesh = new CallsRig(relays, chain(relays), {}, local);
    this.sites.forEach((site, index) => site.remote = this.mesh.node(index).calls);
    this.mesh.directory.set(ALICE.fingerprint, [0]);
    this.mesh.directory.set(BOB.fingerprint, [relays - 1]);
  }

  async people(): Promise<[Client, Client]> {
    return [await this.sites[0]!.register(ALICE), await this.sites.at(-1)!.register(BOB)];
  }

  /** Everything that was said arrives, and what follows from it, in less than a second. */
  async pass(ms = 900): Promise<void> {
    await settle();
    this.mesh.run(ms / 2);
    await settle();
    this.mesh.run(ms / 2);
    await settle();
  }

  async ring(): Promise<[Client, Client]> {
    const [alice, bob] = await this.people();
    alice.say(aliceOffers);
    await this.pass();
    assert.deepEqual(alice.take(), [ringing]);
    assert.deepEqual(bob.take(), [delivered]);
    return [alice, bob];
  }

  get calls(): number[] {
    return this.sites.map(({ service }) => service.calls.size);
  }
}

for (const relays of [2, 3, 4]) {
  Deno.test(`a call over ${relays} relays looks to both clients as one over a single relay does`, async () => {
    const row = new Row(relays);
    const [alice, bob] = await row.ring();
    bob.say(trusting);
    await row.pass();
    assert.deepEqual(bob.take(), [setup(A.addr, A.local)]);
    assert.deepEqual(alice.take(), [trusting, setup(B.addr, B.local)]);
    const [first, last] = [row.sites[0]!.service.calls, row.sites.at(-1)!.service.calls];
    assert.equal(first.mayJoin(ID, ALICE.fingerprint), true);
    assert.equal(last.mayJoin(ID, BOB.fingerprint), true);
    assert.equal(first.mayJoin(ID, BOB.fingerprint), false);
    alice.say(report);
    bob.say({ ...report, direct_ok: false });
    await row.pass();
    assert.deepEqual(bob.take(), [report]);
    assert.deepEqual(alice.take(), [{ ...report, direct_ok: false }]);
    alice.say(hangup("Normal"));
    await row.pass();
    assert.deepEqual(bob.take(), [hangup("Normal", ID)]);
    assert.deepEqual(row.calls, Array(relays).fill(0));
    assert.deepEqual(row.mesh.ways(), Array(relays).fill(0));
  });
}

Deno.test("rejected, callee gone, caller gone: the other client hears it within a second", async () => {
  for (
    const [end, who] of [
      [(_: Client, bob: Client) => bob.ask(answer("Reject")), "alice"],
      [(_: Client, bob: Client) => bob.leave(), "alice"],
      [(alice: Client) => alice.leave(), "bob"],
      [(alice: Client) => alice.ask(hangup("Normal")), "bob"],
    ] as const
  ) {
    const row = new Row(3);
    const [alice, bob] = await row.ring();
    await end(alice, bob);
    await row.pass();
    assert.deepEqual((who === "alice" ? alice : bob).take(), [hangup("Normal", ID)]);
    assert.deepEqual([row.calls, row.mesh.ways()], [[0, 0, 0], [0, 0, 0]]);
  }
});

Deno.test("nobody answers: both clients hear that the time is up", async () => {
  for (const first of [0, 2]) {
    const row = new Row(3);
    const [alice, bob] = await row.ring();
    row.sites[first]!.clock.advance(45_000);
    await row.pass();
    assert.deepEqual(alice.take(), [hangup("Timeout", ID)]);
    assert.deepEqual(bob.take(), [hangup("Timeout", ID)]);
    assert.deepEqual([row.calls, row.mesh.ways()], [[0, 0, 0], [0, 0, 0]]);
  }
});

Deno.test("the callee is not there: told as on one relay", async () => {
  const row = new Row(3);
  const [alice, bob] = await row.people();
  await bob.leave();
  alice.say(aliceOffers);
  await row.pass();
  assert.deepEqual(alice.take(), [hangup("Normal")]);
  row.mesh.directory.delete(BOB.fingerprint);
  alice.say(aliceOffers);
  await row.pass();
  assert.deepEqual(alice.take(), [hangup("Normal")]);
  assert.deepEqual([row.calls, row.mesh.ways()], [[0, 0, 0], [0, 0, 0]]);
});

Deno.test("the relay of the callee is gone: the caller hears it, ringing or talking", async () => {
  for (const accepted of [false, true]) {
    const row = new Row(3);
    const [alice, bob] = await row.ring();
    if (accepted) bob.say(answer("AcceptGeneric"));
    await row.pass();
    alice.take();
    row.mesh.mesh.stop(2);
    await row.pass(accepted ? 6_000 : 900);
    assert.deepEqual(alice.take(), [hangup("Normal", ID)]);
    assert.equal(row.sites[0]!.service.calls.size, 0);
  }
});
