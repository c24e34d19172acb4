import assert from "node:assert/strict";
import fc from "fast-check";
import { nodeCrypto as crypto } from "./node_crypto.ts";

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyBytes = fc.uint8Array({ maxLength: 200 });
const hex = (text: string) => Uint8Array.fromHex(text);
const ascii = (text: string) => new TextEncoder().encode(text);

Deno.test("the port computes the published vectors of its primitives", () => {
  // FIPS 180-2; RFC 5869 case 3; RFC 8032 7.1 test 2; RFC 7748 6.1; RFC 8439 2.8.2.
  assert.equal(
    crypto.sha256(ascii("abc")).toHex(),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assert.equal(
    crypto.hkdf(new Uint8Array(22).fill(0x0b), new Uint8Array(0), "", 42).toHex(),
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  );
  const seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  assert.equal(
    crypto.ed25519Public(seed).toHex(),
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
  );
  assert.equal(
    crypto.ed25519Sign(seed, Uint8Array.of(0x72)).toHex(),
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  );
  const alice = hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  assert.equal(
    crypto.x25519Public(alice).toHex(),
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
  );
  const bob = hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  assert.equal(
    crypto.x25519(alice, bob)?.toHex(),
    "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
  );
  const sealed = crypto.seal(
    Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i),
    hex("070000004041424344454647"),
    hex("50515253c0c1c2c3c4c5c6c7"),
    ascii(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the " +
        "future, sunscreen would be it.",
    ),
  );
  assert.equal(sealed.subarray(0, 16).toHex(), "d31a8d34648e60db7b86afbc53ef7ec2");
  assert.equal(sealed.subarray(-16).toHex(), "1ae10b594f09e26a7e902ecbd0600691");
});

Deno.test("what was signed verifies, and no changed message, signature or key does", () => {
  fc.assert(
    fc.property(exactly(32), anyBytes, fc.nat(), fc.nat(7), (seed, message, where, bit) => {
      const key = crypto.ed25519Public(seed);
      const signature = crypto.ed25519Sign(seed, message);
      assert(crypto.ed25519Verify(key, message, signature));
      const changed = (bytes: Uint8Array) =>
        bytes.map((byte, i) => i === where % bytes.length ? byte ^ (1 << bit) : byte);
      assert(!crypto.ed25519Verify(key, message, changed(signature)));
      assert(!crypto.ed25519Verify(changed(key), message, signature));
      const other = message.length === 0 ? Uint8Array.of(0) : changed(message);
      assert(!crypto.ed25519Verify(key, other, signature));
    }),
    { numRuns: 300 },
  );
});

Deno.test("verifying keys and signatures of any length and content gives false and never throws", () => {
  const keys = fc.oneof(exactly(32), anyBytes);
  const signatures = fc.oneof(exactly(64), anyBytes);
  fc.assert(fc.property(keys, anyBytes, signatures, (key, message, signature) => {
    assert.equal(crypto.ed25519Verify(key, message, signature), false);
  }));
});

Deno.test("under a key of small order nothing verifies, though such signatures are easily made", () => {
  const message = ascii("anything");
  const coordinates = [
    "00".repeat(32),
    "01" + "00".repeat(31),
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ec" + "ff".repeat(30) + "7f",
    "ed" + "ff".repeat(30) + "7f",
    "ee" + "ff".repeat(30) + "7f",
  ].map(hex);
  const points = coordinates.flatMap((point) => [point, point.with(31, (point[31] ?? 0) ^ 0x80)]);
  // With s = 0 a signature is valid when R = -kA, and there are at most eight such R.
  for (const key of points) {
    for (const r of points) {
      const signature = new Uint8Array(64);
      signature.set(r);
      assert.equal(crypto.ed25519Verify(key, message, signature), false);
    }
  }
});

Deno.test("a key exchange gives both sides one secret, and null for keys of low order or wrong length", () => {
  fc.assert(
    fc.property(exactly(32), exactly(32), (a, b) => {
      const shared = crypto.x25519(a, crypto.x25519Public(b));
      assert(shared !== null);
      assert.deepEqual(shared, crypto.x25519(b, crypto.x25519Public(a)));
    }),
    { numRuns: 50 },
  );
  const secret = new Uint8Array(32).fill(9);
  for (const first of [0, 1]) {
    const lowOrder = new Uint8Array(32);
    lowOrder[0] = first;
    assert.equal(crypto.x25519(secret, lowOrder), null);
  }
  for (const length of [0, 31, 33]) {
    assert.equal(crypto.x25519(secret, new Uint8Array(length).fill(9)), null);
  }
});

Deno.test("what was sealed opens, and no changed byte of it, of its header, nonce or key does", () => {
  fc.assert(
    fc.property(
      exactly(32),
      exactly(12),
      anyBytes,
      anyBytes,
      fc.nat(),
      fc.nat(7),
      (key, nonce, aad, plain, where, bit) => {
        const changed = (bytes: Uint8Array) =>
          bytes.length === 0
            ? Uint8Array.of(1)
            : bytes.map((byte, i) => i === where % bytes.length ? byte ^ (1 << bit) : byte);
        const sealed = crypto.seal(key, nonce, aad, plain);
        assert.equal(sealed.length, plain.length + 16);
        assert.deepEqual(crypto.open(key, nonce, aad, sealed), plain);
        assert.equal(crypto.open(key, nonce, aad, changed(sealed)), null);
        assert.equal(crypto.open(key, nonce, changed(aad), sealed), null);
        assert.equal(crypto.open(key, changed(nonce), aad, sealed), null);
        assert.equal(crypto.open(changed(key), nonce, aad, sealed), null);
        assert.equal(crypto.open(key, nonce, aad, sealed.subarray(0, where % 16)), null);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("a secret that changes in place is never answered from the cache of key objects", () => {
  const seed = new Uint8Array(32).fill(1);
  const before = crypto.ed25519Public(seed);
  seed[5] = 2;
  const after = crypto.ed25519Public(seed);
  assert.notDeepEqual(after, before);
  assert.deepEqual(after, crypto.ed25519Public(seed.slice()));
});

Deno.test("secrets of a wrong length are wrong use, told without showing them", () => {
  const use = [crypto.ed25519Public, crypto.x25519Public];
  for (const of of use) {
    assert.throws(() => of(new Uint8Array(31).fill(0xab)), (error: Error) => {
      assert(error instanceof RangeError);
      assert(!/ab|171/.test(error.message));
      return true;
    });
  }
});

Deno.test("results are plain byte arrays that own their memory", () => {
  const key = new Uint8Array(32).fill(3);
  const none = new Uint8Array(0);
  const nonce = new Uint8Array(12);
  const results = [
    crypto.random(16),
    crypto.sha256(none),
    crypto.hkdf(key, none, "x", 8),
    crypto.ed25519Sign(key, none),
    crypto.seal(key, nonce, none, key),
    crypto.open(key, nonce, none, crypto.seal(key, nonce, none, key)) ?? none,
  ];
  for (const result of results) {
    assert.equal(Object.getPrototypeOf(result), Uint8Array.prototype);
    assert.equal(result.buffer.byteLength, result.length);
  }
});

Deno.test("bytes are equal when length and content are", () => {
  fc.assert(fc.property(anyBytes, anyBytes, (a, b) => {
    assert(crypto.equal(a, a.slice()));
    assert.equal(crypto.equal(a, b), a.toHex() === b.toHex());
  }));
});
