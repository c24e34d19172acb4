import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { looseLink } from "../testing_mesh_link.ts";
import { CallGuests } from "./call_guests.ts";
import { CallWays } from "./call_ways.ts";
import { ALICE, BOB, CAROL, ID } from "./testing_calls.ts";

const [B, C] = ["b", "c"].map((digit) => digit.repeat(64)) as [string, string];

class House {
  readonly clock = new ManualClock();
  readonly changes: string[] = [];
  readonly own = new Set<string>();
  readonly kept = new Set<string>();
  readonly ways = new CallWays(this.clock, () => {});
  open = true;
  occupied = false;
  readonly guests = new CallGuests({
    clock: this.clock,
    ways: this.ways,
    has: (callId) => this.own.has(callId),
    takesClients: () => this.open,
    mayVisit: (fingerprint) => !this.kept.has(fingerprint),
    isOccupied: () => this.occupied,
    changed: (callId) => this.changes.push(callId),
  });

  /** Whether a neighbour is told yes. */
  ask(relay: string, call_id = ID, caller = ALICE, callee = BOB): boolean {
    const link = looseLink(relay);
    this.guests.asked(link, { type: "CallPlace", call_id, caller, callee });
    const [said, ...more] = link.sent;
    assert.ok(said?.type === "CallPlaced" && said.call_id === call_id && more.length === 0);
    return said.ok;
  }

  release(relay: string, call_id = ID): void {
    this.guests.released(looseLink(relay), { type: "CallUnplace", call_id });
  }
}

Deno.test("the two parties are guests from when a neighbour asks until it says that they are not", () => {
  const house = new House();
  assert.ok(house.ask(B));
  assert.deepEqual(house.guests.of(ID), [ALICE, BOB]);
  assert.equal(house.guests.askedBy(ID), B);
  house.release(C);
  house.release(B, "other");
  assert.deepEqual(house.guests.of(ID), [ALICE, BOB]);
  house.release(B);
  assert.deepEqual(house.guests.of(ID), []);
  assert.deepEqual(house.changes, [ID, ID]);
  house.guests.stop();
});

Deno.test("asking again is answered alike; somebody else's call, or others in it, is refused", () => {
  const house = new House();
  assert.ok(house.ask(B));
  assert.ok(house.ask(B));
  assert.ok(!house.ask(C));
  assert.ok(!house.ask(B, ID, ALICE, CAROL));
  assert.deepEqual(house.guests.of(ID), [ALICE, BOB]);
  assert.deepEqual(house.changes, [ID]);
  house.guests.stop();
});

Deno.test("what cannot be is refused, and leaves nothing behind", () => {
  const house = new House();
  house.own.add("c1");
  house.kept.add(CAROL);
  house.ways.open({
    id: "c2",
    caller: ALICE,
    callee: BOB,
    origin: C,
    back: C,
    asked: [B],
    state: "asked",
  });
  assert.ok(!house.ask(B, "c1"), "a call of its own clients");
  assert.ok(!house.ask(B, "c3", ALICE, CAROL), "somebody who is kept out");
  assert.ok(!house.ask(B, "c3", ALICE, ALICE));
  assert.ok(!house.ask(B, "c3", "alice", BOB), "no fingerprint");
  assert.ok(!house.ask(B, "No Id"));
  assert.ok(!house.ask(C, "c2"), "a call that was not offered to that relay");
  assert.ok(!house.ask(B, "c2", ALICE, CAROL));
  house.open = false;
  assert.ok(!house.ask(B, "c3"), "a relay that takes nobody");
  assert.deepEqual(house.changes, []);
  house.open = true;
  assert.ok(house.ask(B, "c2"));
  house.guests.stop();
  house.ways.stop();
});

Deno.test("a call where nobody comes, or is any more, is forgotten after two minutes", () => {
  const house = new House();
  house.ask(B);
  house.clock.advance(100_000);
  assert.deepEqual(house.guests.of(ID), [ALICE, BOB]);
  house.occupied = true;
  house.clock.advance(3_600_000);
  assert.deepEqual(house.guests.of(ID), [ALICE, BOB]);
  house.occupied = false;
  house.clock.advance(100_000);
  assert.deepEqual(house.guests.of(ID), [ALICE, BOB]);
  house.clock.advance(60_000);
  assert.deepEqual(house.guests.of(ID), []);
  assert.deepEqual(house.changes, [ID, ID]);
});

Deno.test("a neighbour has a thousand calls at a time, and none takes another's places", () => {
  const house = new House();
  for (let n = 0; n < 1_000; n++) assert.ok(house.ask(B, `c${n}`));
  assert.ok(!house.ask(B, "more"));
  assert.ok(house.ask(C, "more"));
  house.release(B, "c0");
  assert.ok(house.ask(B, "again"));
  house.guests.stop();
});
