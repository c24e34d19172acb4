/** A 64-bit hash of room and media packet, under a key nobody else knows: two packets with the same hash are the same. */

/** Bytes of the key. */
export const CONTENT_KEY_BYTES = 8;

/** Bits of the packet's second byte that nobody uses: relays of the original kind clear them on the way. */
const USED_BITS = ~0x0300;

/**
 * HalfSipHash-1-3 with 64 bits of result. What a relay between sender and receiver may change or strip (framing, hops,
 * origin, sender) is not part of it, so a packet has the same hash over whatever links it came.
 */
export class ContentHash {
  /** The result of the last `compute`; two numbers, because an object per packet would be garbage. */
  low = 0;
  high = 0;
  readonly #key0: number;
  readonly #key1: number;

  constructor(key: Uint8Array) {
    if (key.length !== CONTENT_KEY_BYTES) throw new RangeError("A content key has 8 bytes");
    this.#key0 = littleEndian(key, 0);
    this.#key1 = littleEndian(key, 4);
  }

  /** Of the 8-byte room hash at `roomAt`, and the valid media packet from `packetAt` to the end of `packet`. */
  compute(room: Uint8Array, roomAt: number, packet: Uint8Array, packetAt: number): void {
    const length = packet.length - packetAt;
    const last = 2 + (length >> 2);
    let v0 = this.#key0;
    let v1 = this.#key1 ^ 0xee;
    let v2 = this.#key0 ^ 0x6c796765;
    let v3 = this.#key1 ^ 0x74656462;
    for (let i = 0; i <= last; i++) {
      const word = i < 2
        ? littleEndian(room, roomAt + 4 * i)
        : i === last
        ? ending(packet, length)
        : i === 2
        ? littleEndian(packet, packetAt) & USED_BITS
        : littleEndian(packet, packetAt + 4 * (i - 2));
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    v2 ^= 0xee;
    for (let round = 0; round < 6; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      if (round === 2) {
        this.low = v1 ^ v3;
        v1 ^= 0xdd;
      }
    }
    this.high = v1 ^ v3;
  }
}

function littleEndian(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The bytes that fill no word, and the length of all. */
function ending(packet: Uint8Array, length: number): number {
  let word = (length + 8) << 24;
  const rest = length & 3;
  const at = packet.length - rest;
  if (rest > 0) word |= packet[at]!;
  if (rest > 1) word |= packet[at + 1]! << 8;
  if (rest > 2) word |= packet[at + 2]! << 16;
  return word;
}
