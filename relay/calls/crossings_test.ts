import assert from "node:assert/strict";
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { CallNews } from "../ports/remote_calls.ts";
import { ALICE, BOB, ID, report } from "./testing_call.ts";
import { type Client, hangup, settle } from "./testing_rig.ts";
import { Talk } from "./testing_talk.ts";

type CallParties = SignalOf<"CallParties">;

const parties = (here: readonly string[], asks: boolean, seq: number): CallParties => ({
  type: "CallParties",
  call_id: ID,
  here,
  asks,
  seq,
});
const [A, B] = [ALICE.fingerprint, BOB.fingerprint];

/** Bob is here, and Alice has come here from another relay. */
class Meeting {
  readonly talk: Talk;
  readonly alice: Client;

  static async begin(): Promise<Meeting> {
    const talk = await Talk.begin();
    const meeting = new Meeting(talk, await talk.alice());
    meeting.take();
    return meeting;
  }

  private constructor(talk: Talk, alice: Client) {
    this.talk = talk;
    this.alice = alice;
  }

  get bob(): Client {
    return this.talk.bob;
  }

  get rig() {
    return this.talk.rig;
  }

  hear(news: CallNews): Promise<void> {
    return this.talk.hear(news);
  }

  take() {
    return { ...this.talk.take(), alice: this.alice.take() };
  }

  get remote(): string | null | undefined {
    return this.talk.calls.find(ID)?.remote;
  }
}

const said = (...told: CallNews[]) => ({ bob: [], alice: [], told });

Deno.test("who leaves although the other one has come is asked for, and goes on from the other relay", async () => {
  const talk = await Meeting.begin();
  await talk.bob.leave();
  assert.deepEqual(talk.take(), said(parties([A], true, 1)));
  await talk.hear(parties([B], false, 1));
  assert.equal(talk.remote, B);
  talk.rig.clock.advance(60_000);
  await talk.hear(report);
  assert.deepEqual(talk.take(), { bob: [], alice: [report], told: [] });
  await talk.alice.ask(report);
  assert.deepEqual(talk.take().told, [report]);
  await talk.hear(hangup("Normal", ID));
  assert.deepEqual(talk.take().alice, [hangup("Normal", ID)]);
  assert.equal(talk.rig.service.calls.size, 0);
});

Deno.test("nobody there, nobody answers, nobody to ask: the call is over for who is left and for the other relay", async () => {
  const over = [hangup("Normal", ID)];
  for (const end of ["no", "silence", "not asked"] as const) {
    const talk = await Meeting.begin();
    talk.talk.asks = end !== "not asked";
    await talk.bob.leave();
    if (end === "no") await talk.hear(parties([], false, 1));
    if (end === "silence") {
      for (let s = 0; s < 4; s++) talk.rig.clock.advance(1_000);
      assert.equal(talk.alice.take().length, 0);
      assert.equal(talk.talk.told.length, 5);
      talk.rig.clock.advance(1_000);
    }
    await settle();
    const { alice, told } = talk.take();
    assert.deepEqual([alice, told.slice(-1)], [over, over], end);
    assert.equal(talk.rig.service.calls.size, 0);
  }
});

Deno.test("who asks is told who is here, at any time", async () => {
  const talk = await Meeting.begin();
  await talk.hear(parties([B], true, 7));
  assert.deepEqual(talk.take(), said(parties([A, B], false, 7)));
  await talk.alice.leave();
  // She is asked for now, and not taken to be where she came from.
  assert.deepEqual(talk.take(), said(parties([B], true, 1)));
  await talk.hear(parties([A], true, 8));
  assert.deepEqual(talk.take(), said(parties([B], false, 8)));
});

Deno.test("an answer to another question, and one nobody asked for, change nothing", async () => {
  const talk = await Meeting.begin();
  await talk.hear(parties([], false, 1));
  await talk.bob.leave();
  await talk.hear(parties([], false, 2));
  assert.equal(talk.remote, B);
  assert.equal(talk.alice.take().length, 0);
});

Deno.test("who comes back meanwhile is looked for no more", async () => {
  const talk = await Meeting.begin();
  await talk.bob.leave();
  talk.talk.bob = await talk.rig.register(BOB, { signed: true, caps: ["adopt"] });
  assert.equal(talk.remote, null);
  talk.take();
  await talk.hear(parties([], false, 1));
  talk.rig.clock.advance(60_000);
  await settle();
  assert.deepEqual(talk.take(), said());
  assert.equal(talk.remote, null);
});

Deno.test("a hang-up at the other relay ends the call for both who are here, and a move away does not", async () => {
  const talk = await Meeting.begin();
  await talk.hear(parties([], false, 0));
  const over = [hangup("Normal", ID)];
  assert.deepEqual(talk.take(), { bob: over, alice: over, told: over });
  const moved = await Meeting.begin();
  await moved.hear(hangup("Normal", ID));
  assert.deepEqual(moved.take(), said());
  assert.equal(moved.remote, null);
});
