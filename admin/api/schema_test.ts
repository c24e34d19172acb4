import assert from "node:assert/strict";
import {
  boolean,
  either,
  integer,
  list,
  named,
  namedParts,
  nullable,
  number,
  object,
  oneOf,
  optional,
  record,
  reference,
  type Schema,
  text,
} from "./schema.ts";

const Inner = named("Inner", object({ kind: oneOf("a", "b") }));
const All = object({
  name: text({ minLength: 1, maxLength: 3, pattern: /^[a-z]+$/ }),
  size: integer({ min: 0, max: 9 }),
  share: number(),
  on: boolean,
  inner: nullable(Inner),
  many: list(Inner),
  byName: record(integer()),
  note: optional(either<string | boolean>(text(), boolean)),
});
const GOOD = {
  name: "abc",
  size: 0,
  share: 0.5,
  on: false,
  inner: null,
  many: [{ kind: "a" }],
  byName: { x: 1 },
};

Deno.test("what a schema describes passes, and everything else is said in a sentence", () => {
  assert.equal(All.check(GOOD, "it"), null);
  assert.equal(All.check({ ...GOOD, note: true, inner: { kind: "b" } }, "it"), null);
  for (
    const [change, sentence] of [
      [{ name: "" }, "it.name must not be shorter than 1 characters"],
      [{ name: "abcd" }, "it.name is longer than 3 characters"],
      [{ name: "A" }, "it.name is not of its form"],
      [{ name: 1 }, "it.name must be text"],
      [{ size: 1.5 }, "it.size must be a whole number"],
      [{ size: -1 }, "it.size must be at least 0"],
      [{ size: 10 }, "it.size must be at most 9"],
      [{ share: NaN }, "it.share must be a number"],
      [{ on: 1 }, "it.on must be true or false"],
      [{ inner: { kind: "c" } }, "it.inner.kind must be one of a, b"],
      [{ inner: [] }, "it.inner must be an object"],
      [{ many: [{ kind: "a" }, {}] }, "it.many[1].kind is missing"],
      [{ many: {} }, "it.many must be a list"],
      [{ byName: { x: "1" } }, "it.byName.x must be a whole number"],
      [{ note: 1 }, "it.note must be text; or it.note must be true or false"],
      [{ constructor: 1 }, "it.constructor is not known"],
    ] as const
  ) {
    assert.equal(All.check({ ...GOOD, ...change }, "it"), sentence);
  }
  assert.match(All.check(JSON.parse('{"__proto__":1}'), "it")!, /is missing/);
});

Deno.test("named parts are printed once and referred to", () => {
  assert.deepEqual(reference(Inner), { $ref: "#/components/schemas/Inner" });
  const json = JSON.parse(JSON.stringify(All.json()));
  assert.deepEqual(json.properties.inner.anyOf[0], reference(Inner));
  assert.deepEqual(json.required, Object.keys(GOOD));
  assert.deepEqual([...namedParts([All, Inner]).keys()], ["Inner"]);
  const other: Schema<unknown> = named("Inner", text());
  assert.throws(() => namedParts([All, other]), /Two schemas named Inner/);
});
