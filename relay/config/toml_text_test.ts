import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "smol-toml";
import { tomlText } from "./toml_text.ts";
import type { Raw } from "./value_types.ts";

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("text, numbers, lists and tables stay on one line", () => {
  assert.equal(tomlText('a"\n\x7f'), '"a\\"\\n\\u007f"');
  assert.equal(tomlText([1, true, { url: "u", n: 0.5 }]), '[1, true, { url = "u", n = 0.5 }]');
});

Deno.test("what is written is read as the same value", () => {
  const text = fc.string({ unit: "binary" });
  const leaf = fc.oneof(text, fc.boolean(), fc.integer(), fc.constant("\x7f"));
  const raw = fc.oneof(leaf, fc.array(leaf), fc.record({ a: leaf, b_2: fc.array(leaf) }));
  fc.assert(fc.property(raw, (raw) => {
    assert.deepEqual(plain(parse(`key = ${tomlText(raw as Raw)}`).key), plain(raw));
  }));
});
