import assert from "node:assert/strict";
import { participant } from "../tap/testing_participant.ts";
import { DropTally } from "./drop_tally.ts";

const alice = participant(1);
const bob = participant(2);

Deno.test("drops are summed by participant and reason until they are taken", () => {
  const tally = new DropTally();
  for (let i = 0; i < 3; i++) tally.add(alice, "slow_receiver");
  tally.add(alice, "too_large");
  tally.add(bob, "slow_receiver");
  assert.deepEqual(tally.take(alice), [
    { participant: alice, reason: "slow_receiver", count: 3 },
    { participant: alice, reason: "too_large", count: 1 },
  ]);
  assert.deepEqual(tally.take(alice), []);
  assert.deepEqual(tally.takeAll(), [{ participant: bob, reason: "slow_receiver", count: 1 }]);
  assert.deepEqual(tally.takeAll(), []);
});
