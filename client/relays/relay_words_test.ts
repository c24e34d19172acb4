import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRelayWord, parseRelayWords } from "./relay_words.ts";

const HEX = "ab".repeat(32);

Deno.test("a relay is an address, with a name before it and a fingerprint after it where wanted", () => {
  assert.deepEqual(parseRelayWord("10.0.0.1:4433"), {
    name: "10.0.0.1:4433",
    where: "10.0.0.1:4433",
    pin: null,
  });
  const full = parseRelayWord(`Frankfurt=[2001:db8::1]:4433#${HEX}`);
  assert.deepEqual([full.name, full.where], ["Frankfurt", "[2001:db8::1]:4433"]);
  assert.equal(full.pin!.toHex(), HEX);
  const colons = HEX.match(/../g)!.join(":");
  assert.equal(parseRelayWord(`a.example#${colons}`).pin!.toHex(), HEX);
});

Deno.test("several stand with commas between, and empty ones do not count", () => {
  assert.deepEqual(parseRelayWords("a, b:1,,c=d:2,").map(({ where }) => where), [
    "a",
    "b:1",
    "d:2",
  ]);
});

Deno.test("what is wrong is named", () => {
  const cases: [string, RegExp][] = [
    ["", /at least one/],
    [" , ,", /at least one/],
    [new Array(65).fill("a").join(","), /at most 64, not 65/],
    ["a:99999", /"a:99999" is no relay address/],
    ["name=", /"" is no relay address/],
    ["=a:1", /no usable name/],
    ["a|b=a:1", /no usable name/],
    ["a:1#xyz", /does not end in a TLS fingerprint/],
    ["a:1#", /does not end in a TLS fingerprint/],
  ];
  for (const [text, problem] of cases) assert.throws(() => parseRelayWords(text), problem);
});

Deno.test("any text is read or refused with a RangeError", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      parseRelayWords(text);
    } catch (error) {
      assert.ok(error instanceof RangeError);
    }
  }));
});
