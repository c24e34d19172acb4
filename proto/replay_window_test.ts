import assert from "node:assert/strict";
import fc from "fast-check";
import { REPLAY_WINDOW_PACKETS, ReplayWindow } from "./replay_window.ts";

/** The same rule without wrap-around and without forgetting: numbers are unrolled around the newest one. */
class Model {
  #newest: number | null = null;
  readonly #seen = new Set<number>();

  accept(seq: number): boolean {
    if (this.#newest === null) {
      this.#newest = seq;
      this.#seen.add(seq);
      return true;
    }
    let unrolled = this.#newest - this.#newest % 65_536 + seq;
    // Exactly half the range away counts as behind.
    while (unrolled - this.#newest >= 32_768) unrolled -= 65_536;
    while (unrolled - this.#newest < -32_768) unrolled += 65_536;
    if (this.#newest - unrolled >= 1024 || this.#seen.has(unrolled)) return false;
    this.#newest = Math.max(this.#newest, unrolled);
    this.#seen.add(unrolled);
    return true;
  }
}

Deno.test("the window decides like a naive model, over wraps, jumps and repeats", () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -4, max: 8 }) },
    { weight: 3, arbitrary: fc.integer({ min: -1100, max: 1100 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(-1025, -1024, -1023, 1023, 1024, 1025, 32_767, 32_768),
    },
    { weight: 1, arbitrary: fc.integer({ min: -40_000, max: 40_000 }) },
  );
  const start = fc.oneof(fc.nat(65_535), fc.constantFrom(0, 1, 65_535, 65_000));
  fc.assert(
    fc.property(start, fc.array(step, { size: "large", maxLength: 400 }), (first, steps) => {
      const window = new ReplayWindow();
      const model = new Model();
      let seq = first;
      for (const distance of [0, ...steps]) {
        seq = ((seq + distance) % 65_536 + 65_536) % 65_536;
        const fresh = window.isFresh(seq);
        const accepted = window.accept(seq);
        assert.equal(accepted, model.accept(seq), `seq ${seq}`);
        assert.equal(fresh, accepted, `isFresh(${seq})`);
      }
    }),
    { numRuns: 400 },
  );
});

Deno.test("a stream in order passes through several wraps, and each packet passes once", () => {
  const window = new ReplayWindow();
  for (let packet = 0; packet < 200_000; packet++) {
    const seq = packet & 0xffff;
    assert(window.accept(seq));
    assert(!window.accept(seq));
  }
});

Deno.test("the oldest packet of the window is taken late, the one before it is not", () => {
  const window = new ReplayWindow();
  const newest = 500; // The window reaches back over the wrap.
  assert(window.accept(newest));
  const oldest = (newest - REPLAY_WINDOW_PACKETS + 1) & 0xffff;
  assert(!window.accept((oldest - 1) & 0xffff));
  assert(window.accept(oldest));
  assert(!window.accept(oldest));
});

Deno.test("asking whether a packet is fresh does not mark it", () => {
  const window = new ReplayWindow();
  assert(window.isFresh(7) && window.isFresh(7) && window.accept(7));
  assert(!window.isFresh(7));
});
