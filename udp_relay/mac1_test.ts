/** The first code of handshakes that wireguard-go 0.0.20220316 has sent, and of none that it has not. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { blake2s } from "./blake2s.ts";
import { Mac1Check, Mac1Key } from "./mac1.ts";
import { INITIATION_COVERED, RESPONSE_COVERED } from "./wireguard_message.ts";

const INITIATOR = new Mac1Key(
  Uint8Array.fromBase64("9TR92l9djbnjpRGuTswPjuCzjMJfNf0uNRLjBd0r8Bw="),
);
const RESPONDER = new Mac1Key(
  Uint8Array.fromBase64("K611H+mtFZiiRxG51dya5+AhSdvlnB4VunK3CCRBTAo="),
);
const INITIATION = Uint8Array.fromHex(
  "010000004ce838d43a5fb50a4ff6dd9cda9d1b2c5e4826fb2c04e9dd646db73ec0a158bf4080a008" +
    "00debef5336ba6e8dad50739579005e29203e17032b736745dd56ff8b46b3c3ac2a37a622a9fc63b" +
    "3f0006b3e063d4475170b9ab59b58e00f0fde51b369b9588354a62fc0faf67559f74e47216d5068c" +
    "e6a072a3a7299db6fb0e39f400000000000000000000000000000000",
);
const RESPONSE = Uint8Array.fromHex(
  "0200000021a96b564ce838d4510d62f98e09f84f8259fedb98193c80d1c38929e90f48db9800679f" +
    "0dab1c1fc616b83d69e97d62266e10aa3321e0d6824977ecfa46ec513a0c6dc71bd2ba0300000000" +
    "000000000000000000000000",
);

function fits(message: Uint8Array, covered: number, key: Mac1Key): boolean {
  const check = new Mac1Check();
  check.load(message, covered);
  return check.fits(key);
}

Deno.test("an initiation of wireguard-go is for the responder, its answer for the initiator", () => {
  assert.ok(fits(INITIATION, INITIATION_COVERED, RESPONDER));
  assert.ok(!fits(INITIATION, INITIATION_COVERED, INITIATOR));
  assert.ok(fits(RESPONSE, RESPONSE_COVERED, INITIATOR));
  assert.ok(!fits(RESPONSE, RESPONSE_COVERED, RESPONDER));
});

Deno.test("any other bit before or in the code makes it wrong", () => {
  for (
    const [message, covered, key] of [
      [INITIATION, INITIATION_COVERED, RESPONDER],
      [RESPONSE, RESPONSE_COVERED, INITIATOR],
    ] as const
  ) {
    for (let bit = 0; bit < 8 * (covered + 16); bit++) {
      const other = message.slice();
      other[bit >> 3] = other[bit >> 3]! ^ (1 << (bit & 7));
      assert.ok(!fits(other, covered, key), `bit ${bit}`);
    }
  }
});

Deno.test("a code is found by its key alone, whatever it covers", () => {
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const label = new TextEncoder().encode("mac1----");
  fc.assert(fc.property(keys, keys, fc.uint8Array({ minLength: 1, maxLength: 128 }), (a, b, m) => {
    const code = blake2s(m, 16, blake2s(new Uint8Array([...label, ...a])));
    const message = new Uint8Array([...m, ...code]);
    assert.ok(fits(message, m.length, new Mac1Key(a)));
    assert.equal(fits(message, m.length, new Mac1Key(b)), a.every((byte, i) => byte === b[i]));
  }));
});
