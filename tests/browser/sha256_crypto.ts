/** The part of the cryptography port that SHA-256 alone can carry, without any platform: for pages under test. */
import type { Crypto } from "../../proto/crypto_port.ts";

const BLOCK_BYTES = 64;
const INITIAL = fractionalBits(8, Math.sqrt);
const ROUND = fractionalBits(64, Math.cbrt);

/** Hashes, derives keys and compares. */
export const sha256Crypto: Pick<Crypto, "sha256" | "hkdf" | "equal"> = {
  sha256,
  hkdf(ikm, salt, info, length) {
    const key = hmac(salt, ikm);
    const label = new TextEncoder().encode(info);
    const output: number[] = [];
    let block = new Uint8Array(0);
    for (let counter = 1; output.length < length; counter++) {
      block = hmac(key, Uint8Array.from([...block, ...label, counter]));
      output.push(...block);
    }
    return Uint8Array.from(output.slice(0, length));
  },
  equal: (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]),
};

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(BLOCK_BYTES);
  padded.set(key.length > BLOCK_BYTES ? sha256(key) : key);
  const inner = sha256(Uint8Array.from([...padded.map((byte) => byte ^ 0x36), ...data]));
  return sha256(Uint8Array.from([...padded.map((byte) => byte ^ 0x5c), ...inner]));
}

function sha256(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((data.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(data.length) * 8n);
  const state = INITIAL.slice();
  const w = new Uint32Array(64);
  for (let offset = 0; offset < padded.length; offset += BLOCK_BYTES) {
    for (let i = 0; i < 64; i++) {
      const [a, b] = [w[i - 15] ?? 0, w[i - 2] ?? 0];
      w[i] = i < 16
        ? view.getUint32(offset + 4 * i)
        : (w[i - 16] ?? 0) + (rotate(a, 7) ^ rotate(a, 18) ^ a >>> 3) +
          (w[i - 7] ?? 0) + (rotate(b, 17) ^ rotate(b, 19) ^ b >>> 10);
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let i = 0; i < 64; i++) {
      const first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (e & f ^ ~e & g) +
        (ROUND[i] ?? 0) + (w[i] ?? 0);
      const second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + (a & b ^ a & c ^ b & c);
      [a, b, c, d, e, f, g, h] = [first + second | 0, a, b, c, d + first | 0, e, f, g];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => state[i] = (state[i] ?? 0) + word);
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => digest.setUint32(4 * i, word));
  return new Uint8Array(digest.buffer);
}

function rotate(word: number, bits: number): number {
  return word >>> bits | word << 32 - bits;
}

/** First 32 bits of the fractional parts of the roots of the first primes. */
function fractionalBits(count: number, root: (value: number) => number): Uint32Array<ArrayBuffer> {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return Uint32Array.from(primes, (prime) => root(prime) % 1 * 2 ** 32);
}
