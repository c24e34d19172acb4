/** BLAKE2s against RFC 7693 and against the implementation of OpenSSL. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { blake2s } from "./blake2s.ts";

const text = (words: string) => new TextEncoder().encode(words);

Deno.test("the example of RFC 7693, appendix B", () => {
  assert.equal(
    blake2s(text("abc")).toHex(),
    "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
  );
});

/** Bytes of RFC 7693, appendix E: a Fibonacci generator. */
function sequence(length: number, seed: number): Uint8Array {
  let a = Math.imul(0xdead4bad, seed) >>> 0;
  let b = 1;
  return Uint8Array.from({ length }, () => {
    const t = (a + b) >>> 0;
    [a, b] = [b, t];
    return t >>> 24;
  });
}

Deno.test("the self-test of RFC 7693, appendix E: keyed and unkeyed, 16 to 32 bytes out", () => {
  const hashes: number[] = [];
  for (const out of [16, 20, 28, 32]) {
    for (const length of [0, 3, 64, 65, 255, 1024]) {
      const message = sequence(length, length);
      hashes.push(...blake2s(message, out));
      hashes.push(...blake2s(message, out, sequence(out, out)));
    }
  }
  assert.equal(
    blake2s(Uint8Array.from(hashes)).toHex(),
    "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe",
  );
});

Deno.test("any message has the hash that OpenSSL gives it", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
    assert.equal(
      blake2s(message).toHex(),
      createHash("blake2s256").update(message).digest("hex"),
    );
  }));
});
