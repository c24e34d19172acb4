import assert from "node:assert/strict";
import fc from "fast-check";
import { connectionIds } from "./connection_ids.ts";

Deno.test("ids count up behind letters that are drawn once per run", () => {
  let draws = 0;
  const newId = connectionIds((length) => {
    draws++;
    return new Uint8Array(length).fill(1);
  });
  assert.deepEqual([newId(), newId(), newId()], ["1111-1", "1111-2", "1111-3"]);
  assert.equal(draws, 1);
});

Deno.test("whatever is drawn, an id is one word for logs, addresses and shells", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (drawn) => {
    assert.match(connectionIds(() => drawn)(), /^[0-9a-z]{4}-1$/);
  }));
});
