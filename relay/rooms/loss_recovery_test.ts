import assert from "node:assert/strict";
import { createCounters } from "../counters/counters.ts";
import { forgetSession, LossRecovery } from "./loss_recovery.ts";

function update(dred: number, plc: number) {
  return {
    type: "LossRecoveryUpdate",
    dred_reconstructions: dred,
    classical_plc_invocations: plc,
    frames_decoded: 0,
  } as const;
}

Deno.test("totals count up, and a lower one holds", () => {
  const counters = createCounters();
  const recovery = new LossRecovery(counters, "s-1");
  const seen = [];
  for (const [dred, plc] of [[10, 1], [25, 2], [5, 0], [30, 2]] as const) {
    recovery.update(update(dred, plc));
    seen.push([
      counters.sessionDredReconstructions.child("s-1").value,
      counters.sessionClassicalPlc.child("s-1").value,
    ]);
  }
  assert.deepEqual(seen, [[10, 1], [25, 2], [25, 2], [30, 2]]);
});

Deno.test("a session has no series before its first update and none after its end", () => {
  const counters = createCounters();
  const recovery = new LossRecovery(counters, "s-1");
  assert.equal(counters.sessionClassicalPlc.size, 0);
  recovery.update(update(1, 1));
  new LossRecovery(counters, "s-2").update(update(7, 7));
  counters.sessionLoss.child("s-1").value = 3;
  counters.sessionRtt.child("s-1").value = 3;
  forgetSession(counters, "s-1");
  assert.deepEqual([...counters.sessionClassicalPlc.entries()], [[["s-2"], 7]]);
  assert.equal(counters.sessionDredReconstructions.size, 1);
  assert.equal(counters.sessionLoss.size + counters.sessionRtt.size, 0);
});
