import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "./errors.ts";
import { mnemonicToSeed, seedToMnemonic } from "./mnemonic.ts";
import { MNEMONIC_WORDS } from "./mnemonic_words.ts";
import { nodeCrypto as crypto } from "./node_crypto.ts";

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

Deno.test("the word list is the English list of BIP-39, sorted as the search needs it", () => {
  assert.equal(MNEMONIC_WORDS.length, 2048);
  assert.deepEqual(MNEMONIC_WORDS.toSorted(), MNEMONIC_WORDS);
  const file = new TextEncoder().encode(MNEMONIC_WORDS.join("\n") + "\n");
  assert.equal(
    crypto.sha256(file).toHex(),
    "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda",
  );
});

Deno.test("known seeds give the known words", () => {
  const repeated = (word: string, last: string) => `${(word + " ").repeat(23)}${last}`;
  const vectors: [Uint8Array, string][] = [
    [new Uint8Array(32), repeated("abandon", "art")],
    [new Uint8Array(32).fill(0xff), repeated("zoo", "vote")],
    [
      Uint8Array.fromHex("f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f"),
      "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing " +
      "screen patrol group space point ten exist slush involve unfold",
    ],
  ];
  for (const [seed, words] of vectors) {
    assert.equal(seedToMnemonic(crypto, seed), words);
    assert.deepEqual(mnemonicToSeed(crypto, words), seed);
  }
});

Deno.test("the words of a seed give the seed back, whatever their case and spacing", () => {
  fc.assert(fc.property(seeds, (seed) => {
    const words = seedToMnemonic(crypto, seed);
    assert.deepEqual(mnemonicToSeed(crypto, words), seed);
    assert.deepEqual(
      mnemonicToSeed(crypto, `\n ${words.toUpperCase().replaceAll(" ", " \t\n")} `),
      seed,
    );
  }));
});

Deno.test("a wrong word is named with its place", () => {
  const words = seedToMnemonic(crypto, new Uint8Array(32)).split(" ");
  const message = (changed: string[]) => {
    try {
      mnemonicToSeed(crypto, changed.join(" "));
    } catch (error) {
      assert(error instanceof WireError && error.code === "malformed");
      return error.message;
    }
    return "accepted";
  };
  assert.match(message(words.with(4, "abandun")), /word 5 \("abandun"\) is not in the word list/);
  assert.match(message(words.slice(1)), /there are 23, not 24/);
  assert.match(message([]), /there are 0, not 24/);
  assert.match(message(words.with(0, "ability")), /checksum/);
  assert.equal(message(words), "accepted");
});

Deno.test("a secret put among the words by mistake is not repeated in the error", () => {
  const words = seedToMnemonic(crypto, new Uint8Array(32)).split(" ");
  const secret = "c420846dcde8fecab9b1fba9ce5186e5dad835391ad615d2f42cfdd6f52033f9";
  assert.throws(() => mnemonicToSeed(crypto, words.with(7, secret).join(" ")), (error: Error) => {
    assert.match(error.message, /word 8 is not in the word list/);
    assert(!error.message.includes(secret.slice(0, 8)));
    return true;
  });
});

Deno.test("255 of 256 random choices of words fail the checksum", () => {
  const choice = fc.array(fc.constantFrom(...MNEMONIC_WORDS), { minLength: 24, maxLength: 24 });
  let accepted = 0;
  const runs = 4096;
  fc.assert(
    fc.property(choice, (words) => {
      try {
        mnemonicToSeed(crypto, words.join(" "));
        accepted++;
      } catch (error) {
        assert(error instanceof WireError && /checksum/.test(error.message));
      }
    }),
    { numRuns: runs },
  );
  assert(accepted < runs / 256 * 8, `${accepted} of ${runs} accepted`);
});

Deno.test("reading any text as words throws nothing but the wire error", () => {
  const token = fc.oneof(fc.constantFrom(...MNEMONIC_WORDS), fc.string({ unit: "binary" }));
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(token, { minLength: 23, maxLength: 25 }).map((tokens) => tokens.join(" ")),
    fc.constant("abandon ".repeat(100_000)),
  );
  fc.assert(fc.property(texts, (text) => {
    try {
      mnemonicToSeed(crypto, text);
    } catch (error) {
      assert(error instanceof WireError);
    }
  }));
});

Deno.test("a seed of a wrong length has no words", () => {
  assert.throws(() => seedToMnemonic(crypto, new Uint8Array(16)), RangeError);
});
