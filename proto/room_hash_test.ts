import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { roomHash, roomHashKey, sameRoomHash } from "./room_hash.ts";

const crypto = {
  sha256: (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest()),
};

Deno.test("room hashes are those of the protocol", () => {
  const table = {
    general: "0feae16d55365acf",
    android: "f60ed56a9c827589",
    podcast: "f62a697de0475d83",
    "call-0123456789abcdef": "22203ddec434efc6",
  };
  for (const [name, hash] of Object.entries(table)) {
    assert.equal(Buffer.from(roomHash(crypto, name)).toString("hex"), hash);
  }
});

Deno.test("hashes are compared whole and where they stand", () => {
  const hash = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const tagged = Uint8Array.of(9, 9, ...hash, 9);
  assert.equal(sameRoomHash(tagged, 2, hash), true);
  assert.equal(sameRoomHash(tagged, 1, hash), false);
  for (let index = 0; index < 8; index++) {
    const other = hash.slice();
    other[index]! ^= 0x80;
    assert.equal(sameRoomHash(tagged, 2, other), false);
  }
});

Deno.test("the map key is the first six bytes, from any offset", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
    fc.integer({ min: 0, max: 9 }),
    (hash, at) => {
      const shifted = new Uint8Array(at + 8);
      shifted.set(hash, at);
      assert.equal(roomHashKey(shifted, at), Buffer.from(hash).readUIntBE(0, 6));
    },
  ));
});
