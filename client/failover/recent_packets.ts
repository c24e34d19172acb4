/** Remembers for some seconds which connection brought a packet first, by content, in a table of fixed size. */

/** The packets we send ourselves. */
export const OWN = -1;
/** Nobody brought it before. */
export const NOBODY = -2;

const REMEMBERED_MS = 2_000;
/**
 * Ours come back later than copies of others: a relay that stood still passes on what waited for it, as long as the
 * others have not given up its links, which takes 4 s.
 */
export const OWN_REMEMBERED_MS = 5_000;
/** Holds what a room of forty talking people says in that time. A power of two. */
const SLOTS = 8_192;
/** Slots looked at for one packet; when all are taken the oldest goes. */
const PROBES = 8;

export class RecentPackets {
  readonly #low = new Uint32Array(SLOTS);
  readonly #high = new Uint32Array(SLOTS);
  readonly #source = new Int32Array(SLOTS);
  readonly #until = new Float64Array(SLOTS).fill(-Infinity);
  readonly #seed: number;

  /** `seed` is random, so that nobody can make packets that are taken for others. */
  constructor(seed: number) {
    this.#seed = seed >>> 0;
  }

  /** Who brought the same bytes first, or `NOBODY`; then it is `source` from now on. */
  first(packet: Uint8Array, source: number, now: number): number {
    // Two independent 32-bit mixes: a collision among the few thousand remembered is out of the question.
    let low = this.#seed;
    let high = ~this.#seed ^ packet.length;
    for (let i = 0; i < packet.length; i++) {
      low = Math.imul(low ^ packet[i]!, 0x01000193);
      high = Math.imul(high + packet[i]!, 0x85ebca6b);
      high ^= high >>> 15;
    }
    low = (low ^ low >>> 16) >>> 0;
    high >>>= 0;
    let oldest = low & (SLOTS - 1);
    for (let probe = 0; probe < PROBES; probe++) {
      const slot = (low + probe) & (SLOTS - 1);
      const fresh = now < this.#until[slot]!;
      if (fresh && this.#low[slot] === low && this.#high[slot] === high) return this.#source[slot]!;
      if (this.#until[slot]! < this.#until[oldest]!) oldest = slot;
    }
    this.#low[oldest] = low;
    this.#high[oldest] = high;
    this.#source[oldest] = source;
    this.#until[oldest] = now + (source === OWN ? OWN_REMEMBERED_MS : REMEMBERED_MS);
    return NOBODY;
  }
}
