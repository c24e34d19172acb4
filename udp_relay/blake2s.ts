/** BLAKE2s (RFC 7693), written for many short messages: one compression per call, nothing allocated. */

export const BLOCK_BYTES = 64;
const NO_KEY = new Uint8Array();

const IV = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

/** Which word of the block goes where, sixteen for each of the ten rounds. */
const SIGMA = Uint8Array.from(
  [
    "0123456789abcdef",
    "ea489fd61c02b753",
    "b8c052fdae367194",
    "7931dcbe265a40f8",
    "905724afe1bc683d",
    "2c6a0b834d75fe19",
    "c51fed4a0763928b",
    "db7ec13950f4862a",
    "6fe9b308c2d714a5",
    "a2847615fb9e3cd0",
  ].join(""),
  (digit) => parseInt(digit, 16),
);

/** The state before the first block; `keyBytes` is 0 where there is no key. */
export function initialState(outBytes: number, keyBytes: number): Int32Array {
  const state = IV.slice();
  state[0] = state[0]! ^ 0x01010000 ^ (keyBytes << 8) ^ outBytes;
  return state;
}

/**
 * Takes one block, the sixteen words from `at`, into `state`; `total` bytes have gone in with it. Everything is below
 * 2^32 bytes here, so the upper half of that count is always 0.
 */
export function compress(
  state: Int32Array,
  words: Int32Array,
  at: number,
  total: number,
  last: boolean,
): void {
  let v0 = state[0]!, v1 = state[1]!, v2 = state[2]!, v3 = state[3]!;
  let v4 = state[4]!, v5 = state[5]!, v6 = state[6]!, v7 = state[7]!;
  let v8 = IV[0]!, v9 = IV[1]!, v10 = IV[2]!, v11 = IV[3]!;
  let v12 = IV[4]! ^ total, v13 = IV[5]!, v14 = last ? ~IV[6]! : IV[6]!, v15 = IV[7]!;
  for (let s = 0; s < 160; s += 16) {
    v0 = (v0 + v4 + words[at + SIGMA[s + 0]!]!) | 0;
    v12 ^= v0;
    v12 = (v12 >>> 16) | (v12 << 16);
    v8 = (v8 + v12) | 0;
    v4 ^= v8;
    v4 = (v4 >>> 12) | (v4 << 20);
    v0 = (v0 + v4 + words[at + SIGMA[s + 1]!]!) | 0;
    v12 ^= v0;
    v12 = (v12 >>> 8) | (v12 << 24);
    v8 = (v8 + v12) | 0;
    v4 ^= v8;
    v4 = (v4 >>> 7) | (v4 << 25);

    v1 = (v1 + v5 + words[at + SIGMA[s + 2]!]!) | 0;
    v13 ^= v1;
    v13 = (v13 >>> 16) | (v13 << 16);
    v9 = (v9 + v13) | 0;
    v5 ^= v9;
    v5 = (v5 >>> 12) | (v5 << 20);
    v1 = (v1 + v5 + words[at + SIGMA[s + 3]!]!) | 0;
    v13 ^= v1;
    v13 = (v13 >>> 8) | (v13 << 24);
    v9 = (v9 + v13) | 0;
    v5 ^= v9;
    v5 = (v5 >>> 7) | (v5 << 25);

    v2 = (v2 + v6 + words[at + SIGMA[s + 4]!]!) | 0;
    v14 ^= v2;
    v14 = (v14 >>> 16) | (v14 << 16);
    v10 = (v10 + v14) | 0;
    v6 ^= v10;
    v6 = (v6 >>> 12) | (v6 << 20);
    v2 = (v2 + v6 + words[at + SIGMA[s + 5]!]!) | 0;
    v14 ^= v2;
    v14 = (v14 >>> 8) | (v14 << 24);
    v10 = (v10 + v14) | 0;
    v6 ^= v10;
    v6 = (v6 >>> 7) | (v6 << 25);

    v3 = (v3 + v7 + words[at + SIGMA[s + 6]!]!) | 0;
    v15 ^= v3;
    v15 = (v15 >>> 16) | (v15 << 16);
    v11 = (v11 + v15) | 0;
    v7 ^= v11;
    v7 = (v7 >>> 12) | (v7 << 20);
    v3 = (v3 + v7 + words[at + SIGMA[s + 7]!]!) | 0;
    v15 ^= v3;
    v15 = (v15 >>> 8) | (v15 << 24);
    v11 = (v11 + v15) | 0;
    v7 ^= v11;
    v7 = (v7 >>> 7) | (v7 << 25);

    v0 = (v0 + v5 + words[at + SIGMA[s + 8]!]!) | 0;
    v15 ^= v0;
    v15 = (v15 >>> 16) | (v15 << 16);
    v10 = (v10 + v15) | 0;
    v5 ^= v10;
    v5 = (v5 >>> 12) | (v5 << 20);
    v0 = (v0 + v5 + words[at + SIGMA[s + 9]!]!) | 0;
    v15 ^= v0;
    v15 = (v15 >>> 8) | (v15 << 24);
    v10 = (v10 + v15) | 0;
    v5 ^= v10;
    v5 = (v5 >>> 7) | (v5 << 25);

    v1 = (v1 + v6 + words[at + SIGMA[s + 10]!]!) | 0;
    v12 ^= v1;
    v12 = (v12 >>> 16) | (v12 << 16);
    v11 = (v11 + v12) | 0;
    v6 ^= v11;
    v6 = (v6 >>> 12) | (v6 << 20);
    v1 = (v1 + v6 + words[at + SIGMA[s + 11]!]!) | 0;
    v12 ^= v1;
    v12 = (v12 >>> 8) | (v12 << 24);
    v11 = (v11 + v12) | 0;
    v6 ^= v11;
    v6 = (v6 >>> 7) | (v6 << 25);

    v2 = (v2 + v7 + words[at + SIGMA[s + 12]!]!) | 0;
    v13 ^= v2;
    v13 = (v13 >>> 16) | (v13 << 16);
    v8 = (v8 + v13) | 0;
    v7 ^= v8;
    v7 = (v7 >>> 12) | (v7 << 20);
    v2 = (v2 + v7 + words[at + SIGMA[s + 13]!]!) | 0;
    v13 ^= v2;
    v13 = (v13 >>> 8) | (v13 << 24);
    v8 = (v8 + v13) | 0;
    v7 ^= v8;
    v7 = (v7 >>> 7) | (v7 << 25);

    v3 = (v3 + v4 + words[at + SIGMA[s + 14]!]!) | 0;
    v14 ^= v3;
    v14 = (v14 >>> 16) | (v14 << 16);
    v9 = (v9 + v14) | 0;
    v4 ^= v9;
    v4 = (v4 >>> 12) | (v4 << 20);
    v3 = (v3 + v4 + words[at + SIGMA[s + 15]!]!) | 0;
    v14 ^= v3;
    v14 = (v14 >>> 8) | (v14 << 24);
    v9 = (v9 + v14) | 0;
    v4 ^= v9;
    v4 = (v4 >>> 7) | (v4 << 25);
  }
  state[0] = state[0]! ^ v0 ^ v8;
  state[1] = state[1]! ^ v1 ^ v9;
  state[2] = state[2]! ^ v2 ^ v10;
  state[3] = state[3]! ^ v3 ^ v11;
  state[4] = state[4]! ^ v4 ^ v12;
  state[5] = state[5]! ^ v5 ^ v13;
  state[6] = state[6]! ^ v6 ^ v14;
  state[7] = state[7]! ^ v7 ^ v15;
}

/** Bytes as little-endian words into `words`, filled up with zeros. */
export function loadWords(
  words: Int32Array,
  bytes: Uint8Array,
  from: number,
  length: number,
): void {
  const whole = length >>> 2;
  let at = from;
  for (let i = 0; i < whole; i++, at += 4) {
    words[i] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }
  words.fill(0, whole);
  for (let i = whole << 2; i < length; i++, at++) {
    words[whole] = words[whole]! | (bytes[at]! << ((i & 3) << 3));
  }
}

/** The hash of a whole message, for keys that are made once. `key` has at most 32 bytes. */
export function blake2s(message: Uint8Array, outBytes = 32, key: Uint8Array = NO_KEY): Uint8Array {
  const state = initialState(outBytes, key.length);
  const words = new Int32Array(16);
  let total = 0;
  if (key.length > 0) {
    loadWords(words, key, 0, key.length);
    total = BLOCK_BYTES;
    compress(state, words, 0, total, message.length === 0);
    if (message.length === 0) return digest(state, outBytes);
  }
  let at = 0;
  do {
    const length = Math.min(BLOCK_BYTES, message.length - at);
    loadWords(words, message, at, length);
    at += length;
    total += length;
    compress(state, words, 0, total, at === message.length);
  } while (at < message.length);
  return digest(state, outBytes);
}

function digest(state: Int32Array, outBytes: number): Uint8Array {
  return Uint8Array.from({ length: outBytes }, (_, i) => state[i >>> 2]! >>> ((i & 3) << 3));
}
