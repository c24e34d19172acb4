import assert from "node:assert/strict";
import fc from "fast-check";
import { applyDiff, matches, sorted } from "./listing.ts";

const row = (name: string, size = 0) => ({ name, size });
const keyOf = ({ name }: { readonly name: string }) => name;
const apply = (
  before: readonly ReturnType<typeof row>[],
  set: ReturnType<typeof row>[],
  gone: string[] = [],
  reset = false,
) => applyDiff(before, { reset, set, gone }, keyOf);

Deno.test("a change replaces rows in place, adds newcomers at the end and takes out who went", () => {
  const before = [row("a"), row("b"), row("c")];
  assert.deepEqual(apply(before, [row("d"), row("b", 7)], ["a"]), [
    row("b", 7),
    row("c"),
    row("d"),
  ]);
  assert.deepEqual(apply(before, [row("x")], [], true), [row("x")]);
  assert.equal(apply(before, []), before);
});

Deno.test("changes lead to the list they were made from", () => {
  const name = fc.constantFrom(..."abcdefgh");
  const list = fc.uniqueArray(fc.record({ name, size: fc.nat(9) }), { selector: keyOf });
  fc.assert(fc.property(list, list, (before, after) => {
    const gone = before.map(keyOf).filter((one) => !after.some(({ name }) => name === one));
    const result = apply(before, after, gone);
    assert.deepEqual(new Set(result.map(keyOf)), new Set(after.map(keyOf)));
    for (const one of after) assert.equal(result.find((two) => two.name === one.name), one);
  }));
});

Deno.test("rows without a value come last whichever way one sorts", () => {
  const rows = [null, 3, 10, null, 1];
  assert.deepEqual(sorted(rows, (value) => value, false), [1, 3, 10, null, null]);
  assert.deepEqual(sorted(rows, (value) => value, true), [10, 3, 1, null, null]);
  assert.deepEqual(sorted(["room 10", "Room 9"], (text) => text, false), ["Room 9", "room 10"]);
});

Deno.test("a search wants every word, in whatever order and case", () => {
  assert(matches("ann GEN", ["general", "Ann"]));
  assert(!matches("ann bob", ["general", "Ann"]));
  assert(matches("  ", []));
});
