/** A seed as 24 English words for people to write down: BIP-39 with the seed itself as entropy, no PBKDF2. */
import type { Crypto } from "./crypto_port.ts";
import { WireError } from "./errors.ts";
import { SEED_BYTES } from "./identity.ts";
import { MNEMONIC_WORDS } from "./mnemonic_words.ts";

const WORD_COUNT = 24;
const BITS_PER_WORD = 11;
/** 24 words of at most 8 letters fit several times over. */
const MAX_TEXT = 1024;

/** The 24 words of a seed, joined by single spaces. */
export function seedToMnemonic(crypto: Pick<Crypto, "sha256">, seed: Uint8Array): string {
  if (seed.length !== SEED_BYTES) {
    throw new RangeError(`A seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  }
  // 256 bits of seed and 8 bits of checksum are exactly 24 words of 11 bits.
  const bytes = new Uint8Array(SEED_BYTES + 1);
  bytes.set(seed);
  bytes.set(checksum(crypto, seed), SEED_BYTES);
  const words: string[] = [];
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    pending += 8;
    if (pending >= BITS_PER_WORD) {
      pending -= BITS_PER_WORD;
      words.push(MNEMONIC_WORDS[bits >>> pending] ?? "");
      bits &= (1 << pending) - 1;
    }
  }
  return words.join(" ");
}

/** The seed of 24 words; case and the amount of white space do not matter. */
export function mnemonicToSeed(crypto: Pick<Crypto, "sha256" | "equal">, text: string): Uint8Array {
  if (text.length > MAX_TEXT) {
    throw new WireError("too_large", `Cannot read the words: ${text.length} characters of text`);
  }
  const words = text.trim().toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length !== WORD_COUNT) {
    throw malformed(`there are ${words.length}, not ${WORD_COUNT}`);
  }
  const bytes = new Uint8Array(SEED_BYTES + 1);
  let length = 0;
  let bits = 0;
  let pending = 0;
  for (const [position, word] of words.entries()) {
    const index = indexOf(word);
    if (index < 0) throw malformed(`word ${position + 1}${quoted(word)} is not in the word list`);
    bits = (bits << BITS_PER_WORD) | index;
    pending += BITS_PER_WORD;
    while (pending >= 8) {
      pending -= 8;
      bytes[length++] = bits >>> pending;
      bits &= (1 << pending) - 1;
    }
  }
  const seed = bytes.slice(0, SEED_BYTES);
  if (!crypto.equal(bytes.subarray(SEED_BYTES), checksum(crypto, seed))) {
    throw malformed("the checksum differs, so one of them is wrong or two have changed places");
  }
  return seed;
}

function checksum(crypto: Pick<Crypto, "sha256">, seed: Uint8Array): Uint8Array {
  return crypto.sha256(seed).subarray(0, 1);
}

/** Binary search: the list is sorted. */
function indexOf(word: string): number {
  let low = 0;
  let high = MNEMONIC_WORDS.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const candidate = MNEMONIC_WORDS[middle] ?? "";
    if (candidate === word) return middle;
    if (candidate < word) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Only what can be a misspelt word is repeated: anything else may be a secret of another kind, put here by mistake. */
function quoted(word: string): string {
  return /^[a-z]{1,10}$/.test(word) ? ` ("${word}")` : "";
}

function malformed(reason: string): WireError {
  return new WireError("malformed", `Cannot read the words: ${reason}`);
}
