import assert from "node:assert/strict";
import fc from "fast-check";
import { MirroredPart } from "./mirrored_part.ts";

Deno.test("whenever one asks and whenever rows come, what one gets was fetched after one asked", async () => {
  const step = fc.constantFrom<"ask" | "some" | "last">("ask", "some", "last");
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    let [fetches, complete, asked, settled] = [0, 0, 0, 0];
    let taken: readonly number[] = [];
    const part = new MirroredPart<number>(() => fetches++, (rows) => {
      taken = rows;
      complete += 1;
    });
    let expected: number[] = [];
    for (const what of steps) {
      if (what === "ask") {
        asked += 1;
        const began = fetches;
        void part.fresh().then(() => {
          settled += 1;
          assert(complete > began, "the state is of a fetch that began later");
        });
      } else if (fetches > complete) {
        const row = expected.length;
        expected.push(row);
        part.arrived([row], what === "last");
        if (what === "last") {
          assert.deepEqual(taken, expected);
          expected = [];
        }
      }
      await Promise.resolve();
      assert(fetches - complete <= 1, "one is under way, and never two");
      assert(asked === settled || fetches - complete === 1);
    }
    while (fetches > complete) part.arrived([], true);
    await Promise.resolve();
    assert.equal(settled, asked);
  }));
});

Deno.test("who asks while it is under way gets the next one, together with all others", async () => {
  let fetches = 0;
  const part = new MirroredPart<string>(() => fetches++, () => {});
  assert.equal(part.fresh(), part.fresh());
  await Promise.resolve();
  assert.equal(fetches, 1);
  const [one, other] = [part.fresh(), part.fresh()];
  assert.equal(one, other);
  assert.equal(fetches, 1);
  part.arrived([], true);
  assert.equal(fetches, 2);
  part.arrived([], true);
  assert.equal(fetches, 2);
});
