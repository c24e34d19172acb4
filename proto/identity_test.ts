import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "./errors.ts";
import {
  exchangeSecret,
  fingerprintOf,
  formatSeed,
  generateSeed,
  Identity,
  parseFingerprint,
  parseSeed,
  signingSecret,
} from "./identity.ts";
import { nodeCrypto as crypto } from "./node_crypto.ts";

const SEED_42 = new Uint8Array(32).fill(0x42);
const SEED_00 = new Uint8Array(32);
const SEED_COUNTING = Uint8Array.from({ length: 32 }, (_, i) => i);

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

Deno.test("three known seeds give the known keys and fingerprints", () => {
  const vectors: [Uint8Array, string, string][] = [
    [
      SEED_42,
      "a37a947ca8cc01976b7859cfb52eec500627d4c1a1e13c5ee6f7aa3b5c706909",
      "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384",
    ],
    [
      SEED_00,
      "a0132a15a473e4478c1399ff727b7afac413310884ad9f126b5610d4ceae94a8",
      "27ba:36eb:371e:ea99:e7d0:ee57:3165:e50e",
    ],
    [
      SEED_COUNTING,
      "46705b2fa5f2e0d9917cd934f76c4442f8d8908c2dae9259922c0c52c106183d",
      "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa",
    ],
  ];
  for (const [seed, publicKey, fingerprint] of vectors) {
    const identity = new Identity(crypto, seed);
    assert.equal(identity.publicKey.toHex(), publicKey);
    assert.equal(identity.fingerprint, fingerprint);
  }
  assert.equal(
    signingSecret(crypto, SEED_42).toHex(),
    "c420846dcde8fecab9b1fba9ce5186e5dad835391ad615d2f42cfdd6f52033f9",
  );
  assert.equal(
    exchangeSecret(crypto, SEED_42).toHex(),
    "2fddc15638b1e96c6c88b343bad30fb4972bc942d1e1dafefd0c3412691a138f",
  );
  assert.equal(
    new Identity(crypto, SEED_42).exchangeKey.toHex(),
    "fdc25545cf63114dbf4ba37c55e93d262de2eec433e8e8013753360df984956b",
  );
});

Deno.test("the all-zero key has the fingerprint that reflect probes show", () => {
  assert.equal(
    fingerprintOf(crypto, new Uint8Array(32)),
    "6668:7aad:f862:bd77:6c8f:c18b:8e9f:8e20",
  );
});

Deno.test("a seed written as text reads back, in upper case and with white space around it too", () => {
  fc.assert(fc.property(seeds, (seed) => {
    const text = formatSeed(seed);
    assert.match(text, /^[0-9a-f]{64}$/);
    assert.deepEqual(parseSeed(text), seed);
    assert.deepEqual(parseSeed(` \t${text.toUpperCase()}\r\n`), seed);
  }));
});

Deno.test("a damaged seed is refused with a reason that does not quote it", () => {
  const text = "abcdef".repeat(11).slice(0, 64);
  const cases: [string, RegExp][] = [
    ["", /it is empty/],
    [" \n", /it is empty/],
    [text.slice(1), /63 characters, not 64/],
    [text + "0", /65 characters, not 64/],
    [text.slice(0, 9) + "g" + text.slice(10), /character 10 is not a hex digit/],
    [text.slice(0, 32) + " " + text.slice(33), /character 33 is not a hex digit/],
  ];
  for (const [damaged, reason] of cases) {
    assert.throws(() => parseSeed(damaged), (error: Error) => {
      assert(error instanceof WireError && error.code === "malformed");
      assert.match(error.message, reason);
      assert.doesNotMatch(error.message, /abcdef|defabc/);
      return true;
    });
  }
});

Deno.test("parsing any text as seed or fingerprint throws nothing but the wire error", () => {
  const hexLike = fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEF: gZ\n") });
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 100 }),
    hexLike,
    fc.string({ minLength: 60, maxLength: 70, unit: fc.constantFrom(..."0123456789abcdefF") }),
    fc.constant("a".repeat(100_000)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const parse of [parseSeed, parseFingerprint]) {
        try {
          parse(text);
        } catch (error) {
          assert(error instanceof WireError);
        }
      }
    }),
    { numRuns: 5000 },
  );
});

Deno.test("a fingerprint is read with any separators or none and comes out in its one spelling", () => {
  const spelling = "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384";
  const spellings = [
    spelling,
    spelling.replaceAll(":", ""),
    spelling.toUpperCase(),
    ` ${spelling.replaceAll(":", " - ")}\n`,
    `${spelling}:ffff`,
  ];
  for (const text of spellings) assert.equal(parseFingerprint(text), spelling);
  assert.throws(() => parseFingerprint(spelling.slice(0, -2)), /30 hex digits, not 32/);
  assert.throws(() => parseFingerprint(spelling + "0"), /odd number/);
  assert.throws(() => parseFingerprint(""), WireError);
});

Deno.test("an identity verifies what it signed, and nobody else's key does", () => {
  fc.assert(
    fc.property(seeds, seeds, fc.uint8Array(), (seed, otherSeed, message) => {
      fc.pre(formatSeed(seed) !== formatSeed(otherSeed));
      const identity = new Identity(crypto, seed);
      const other = new Identity(crypto, otherSeed);
      const signature = identity.sign(message);
      assert(crypto.ed25519Verify(identity.publicKey, message, signature));
      assert(!crypto.ed25519Verify(other.publicKey, message, signature));
    }),
    { numRuns: 50 },
  );
});

Deno.test("an identity shows its fingerprint and no secret when printed or turned into JSON", () => {
  const identity = new Identity(crypto, SEED_42);
  assert.equal(
    JSON.stringify({ identity }),
    `{"identity":{"fingerprint":"${identity.fingerprint}"}}`,
  );
  assert.equal(Deno.inspect(identity), `Identity ${identity.fingerprint}`);
  const everything = Deno.inspect(Object.getOwnPropertyDescriptors(identity), {
    depth: 10,
    iterableLimit: 1000,
    showHidden: true,
  }).replace(/\s+/g, "");
  assert(everything.includes(identity.publicKey.slice(0, 8).join(",")));
  for (const secret of [SEED_42, signingSecret(crypto, SEED_42), exchangeSecret(crypto, SEED_42)]) {
    assert(!everything.includes(secret.toHex()));
    assert(!everything.includes(secret.slice(0, 8).join(",")));
  }
});

Deno.test("a later change of the seed array does not reach the identity", () => {
  const seed = SEED_42.slice();
  const identity = new Identity(crypto, seed);
  seed.fill(0);
  const signature = identity.sign(seed);
  assert(crypto.ed25519Verify(identity.publicKey, seed, signature));
});

Deno.test("a generated seed is new each time, and a seed of a wrong length is refused", () => {
  assert.equal(generateSeed(crypto).length, 32);
  assert.notDeepEqual(generateSeed(crypto), generateSeed(crypto));
  for (const use of [formatSeed, (seed: Uint8Array) => new Identity(crypto, seed)]) {
    assert.throws(() => use(new Uint8Array(31)), RangeError);
  }
});
