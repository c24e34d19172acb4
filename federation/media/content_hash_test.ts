import assert from "node:assert/strict";
import fc from "fast-check";
import { ContentHash } from "./content_hash.ts";

/** HalfSipHash with 64 bits of result, written for reading. */
function reference(key: Uint8Array, input: Uint8Array, during: number, after: number): number[] {
  const keys = new DataView(key.slice().buffer);
  const [k0, k1] = [keys.getUint32(0, true), keys.getUint32(4, true)];
  const v = Uint32Array.of(k0, k1 ^ 0xee, k0 ^ 0x6c796765, k1 ^ 0x74656462);
  const turn = (at: number, bits: number) => v[at] = (v[at]! << bits) | (v[at]! >>> (32 - bits));
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      v[0]! += v[1]!, turn(1, 5), v[1]! ^= v[0]!, turn(0, 16);
      v[2]! += v[3]!, turn(3, 8), v[3]! ^= v[2]!;
      v[0]! += v[3]!, turn(3, 7), v[3]! ^= v[0]!;
      v[2]! += v[1]!, turn(1, 13), v[1]! ^= v[2]!, turn(2, 16);
    }
  };
  const padded = new Uint8Array((input.length >> 2) * 4 + 4);
  padded.set(input);
  padded[padded.length - 1] = input.length;
  const words = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 4) {
    const word = words.getUint32(at, true);
    v[3]! ^= word, rounds(during), v[0]! ^= word;
  }
  v[2]! ^= 0xee, rounds(after);
  const low = v[1]! ^ v[3]!;
  v[1]! ^= 0xdd, rounds(after);
  return [low | 0, (v[1]! ^ v[3]!) | 0];
}

const KEY = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7);

function hashed(key: Uint8Array, room: Uint8Array, packet: Uint8Array, at = 0): number[] {
  const hash = new ContentHash(key);
  hash.compute(room, 0, packet, at);
  return [hash.low, hash.high];
}

Deno.test("the reference used below gives the published results of HalfSipHash-2-4", () => {
  const published = ["218d1f59b9b83cc8", "be552412f8387315", "064f39ef7c50eb57"];
  published.push("ce0f1a45f7060679", "d5e78a175be52ea1");
  for (const [length, hex] of published.entries()) {
    const result = Int32Array.from(reference(KEY, KEY.subarray(0, length), 2, 4));
    assert.equal(new Uint8Array(result.buffer).toHex(), hex);
  }
});

const eight = fc.uint8Array({ minLength: 8, maxLength: 8 });

Deno.test("the hash is HalfSipHash-1-3 of room and packet, wherever they stand", () => {
  fc.assert(fc.property(
    eight,
    eight,
    fc.uint8Array({ minLength: 12, maxLength: 300 }),
    fc.nat(30),
    (key, room, packet, at) => {
      packet[1]! &= 0xfc;
      const expected = reference(key, Uint8Array.of(...room, ...packet), 1, 3);
      const bytes = Uint8Array.of(...new Uint8Array(at).fill(9), ...packet);
      assert.deepEqual(hashed(key, room, bytes, at), expected);
    },
  ));
});

Deno.test("each bit of room and packet counts, but the two that nobody uses", () => {
  const packet = Uint8Array.from({ length: 27 }, (_, i) => i);
  const plain = hashed(KEY, KEY, packet).join();
  for (let bit = 0; bit < packet.length * 8; bit++) {
    const other = packet.slice();
    other[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(hashed(KEY, KEY, other).join() === plain, bit === 8 || bit === 9, `bit ${bit}`);
  }
  for (let bit = 0; bit < 64; bit++) {
    const room = KEY.slice();
    room[bit >> 3]! ^= 1 << (bit & 7);
    assert.notEqual(hashed(KEY, room, packet).join(), plain);
    assert.notEqual(hashed(room, KEY, packet).join(), plain);
  }
  assert.notEqual(hashed(KEY, KEY, Uint8Array.of(...packet, 0)).join(), plain);
});
