import assert from "node:assert/strict";
import fc from "fast-check";
import { JournalMap } from "./journal_map.ts";

type Step =
  | { readonly do: "set"; readonly key: string; readonly value: number }
  | { readonly do: "delete"; readonly key: string }
  | { readonly do: "keep" | "undo" };

const keys = fc.constantFrom("a", "b", "c");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("set" as const), key: keys, value: fc.nat(9) }),
  fc.record({ do: fc.constant("delete" as const), key: keys }),
  fc.record({ do: fc.constantFrom("keep" as const, "undo" as const) }),
);

Deno.test("whatever is done, going back gives what was kept last, and changes lead from there to here", () => {
  fc.assert(fc.property(fc.array(step), (steps) => {
    let sum = 0;
    const map = new JournalMap<number>((before, after) => sum += (after ?? 0) - (before ?? 0));
    let kept = new Map<string, number>();
    let now = new Map<string, number>();
    for (const each of steps) {
      if (each.do === "set") {
        map.set(each.key, each.value);
        now.set(each.key, each.value);
      } else if (each.do === "delete") {
        map.delete(each.key);
        now.delete(each.key);
      } else if (each.do === "keep") {
        map.keep();
        kept = new Map(now);
      } else {
        map.undo();
        now = new Map(kept);
      }
      const written = new Map(kept);
      for (const [key, value] of map.changes()) {
        if (value === undefined) written.delete(key);
        else written.set(key, value);
      }
      assert.deepEqual(sorted(written), sorted(now));
      assert.deepEqual(sorted(map.entries()), sorted(now));
      assert.equal(map.size, now.size);
      assert.equal(sum, [...now.values()].reduce((a, b) => a + b, 0), "what follows from it");
      if (!map.changed) assert.deepEqual(sorted(kept), sorted(now));
    }
  }));
});

function sorted(entries: Iterable<[string, number]>): [string, number][] {
  return [...entries].sort(([a], [b]) => a < b ? -1 : 1);
}
