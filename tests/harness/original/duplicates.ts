/** Which federation datagrams a relay of the original kind drops: duplicates, by its weak key, and too many a second. */
import { readU16 } from "../../../proto/byte_order.ts";
import type { Clock } from "../../../quic/clock.ts";

const LIFETIME_MS = 2_000;
const PURGE_ABOVE = 256;
const PACKETS_PER_SECOND = 500;
const HASHED_BYTES = 16;
const MASK = 0xffff_ffff_ffff_ffffn;

/** Of a tagged datagram: room hash, sequence number and the first 16 bytes of the packet, all joined by XOR. */
export function duplicateKey(tagged: Uint8Array): bigint {
  const room = BigInt(`0x${tagged.subarray(0, 8).toHex()}`);
  const packet = tagged.subarray(8);
  let hash = 0n;
  packet.subarray(0, HASHED_BYTES).forEach((byte, i) => {
    hash ^= (BigInt(byte) << BigInt(8 * (i % 8))) & MASK;
  });
  return room ^ BigInt(readU16(packet, 2)) ^ hash;
}

/** What came in the last two seconds. */
export class DuplicateFilter {
  readonly #clock: Clock;
  readonly #seen = new Map<bigint, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether this came before; a hit does not make it younger. */
  isDuplicate(key: bigint): boolean {
    const now = this.#clock.now();
    if (this.#seen.size > PURGE_ABOVE) {
      for (const [old, at] of this.#seen) if (now - at >= LIFETIME_MS) this.#seen.delete(old);
    }
    const at = this.#seen.get(key);
    if (at !== undefined && now - at < LIFETIME_MS) return true;
    this.#seen.set(key, now);
    return false;
  }
}

/** 500 packets a second for each room, whoever they are from. */
export class RoomRate {
  readonly #clock: Clock;
  readonly #windows = new Map<string, { began: number; packets: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  takes(room: string): boolean {
    const now = this.#clock.now();
    let window = this.#windows.get(room);
    if (window === undefined || now - window.began >= 1_000) {
      this.#windows.set(room, window = { began: now, packets: 0 });
    }
    return ++window.packets <= PACKETS_PER_SECOND;
  }
}
