import assert from "node:assert/strict";
import { boundedRtts, rttsOf } from "./relay_rtts.ts";

const A = "10.0.0.1:1";
const rtts = (of: Record<string, number>) => new Map(Object.entries(of));

Deno.test("figures of clients are bounded, canonical, and of relays that can be dialled", () => {
  const many = new Map(Array.from({ length: 100 }, (_, n) => [`10.0.1.${n}:1`, n]));
  assert.equal(boundedRtts(many).size, 32);
  const odd = rtts({
    "[::ffff:10.0.0.1]:0001": 9,
    "10.0.0.1:1": 7,
    "relay.example:1": 1,
    "10.0.0.2:0": 1,
    "10.0.0.3:1": 60_001,
    "10.0.0.4:1": NaN,
  });
  assert.deepEqual([...boundedRtts(odd)], [[A, 7]]);
});

Deno.test("only who announces that it measures has measured something", () => {
  const measured = rtts({ [A]: 7 });
  assert.equal(rttsOf(null), null);
  assert.equal(rttsOf({ caps: ["rtts"], rtts: null }), null);
  assert.equal(rttsOf({ caps: [], rtts: measured }), null);
  assert.deepEqual(rttsOf({ caps: ["rtts"], rtts: measured }), measured);
});
