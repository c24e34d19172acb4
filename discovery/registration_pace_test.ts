import assert from "node:assert/strict";
import fc from "fast-check";
import { matters, RegistrationPace } from "./registration_pace.ts";

const SAID = {
  name: "a",
  addr: "192.0.2.1:1",
  region: "eu",
  capacity: 100,
  load: 50,
  draining: false,
  udp_port: null,
};

Deno.test("pauses double from a second to a minute, spread over their second half, and begin anew", () => {
  for (const [chance, part] of [[0, 0.5], [0.999_999, 1]] as const) {
    const pace = new RegistrationPace(() => chance);
    const pauses = Array.from({ length: 9 }, () => Math.round(pace.afterFailure()));
    const whole = [1, 2, 4, 8, 16, 32, 60, 60, 60].map((s) => s * 1000 * part);
    assert.deepEqual(pauses, whole);
    pace.afterSuccess(30);
    assert.equal(Math.round(pace.afterFailure()), 1000 * part);
  }
});

Deno.test("the next beat is never later than the registry asks, whatever it asks", () => {
  fc.assert(fc.property(
    fc.oneof(fc.anything(), fc.double(), fc.integer()),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (wish, chance) => {
      const ms = new RegistrationPace(() => chance).afterSuccess(wish);
      assert(ms >= 800 && ms <= 60_000);
      if (typeof wish === "number" && wish >= 1) assert(ms <= wish * 1000);
    },
  ));
});

Deno.test("what moves a little is told with the next beat, what decides at once", () => {
  assert.equal(matters(SAID, SAID), false);
  assert.equal(matters(SAID, { ...SAID, load: 60 }), false);
  assert.equal(matters(SAID, { ...SAID, load: 61 }), true);
  assert.equal(matters(SAID, { ...SAID, load: 39 }), true);
  for (
    const change of [{ draining: true }, { capacity: 99 }, { udp_port: 1 }, { name: "b" }, {
      region: "us",
    }, { addr: "192.0.2.1:2" }]
  ) {
    assert.equal(matters(SAID, { ...SAID, ...change }), true, JSON.stringify(change));
  }
});
