/** How much one sender may send: packets and bytes, each so many at once and so many per second after that. */

export interface PacketLimits {
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Both buckets hold one second's worth, so that what a stalled network held back may come at once. */
export class PacketRate {
  #packets: number;
  #bytes: number;
  #filledAt: number;

  constructor(limits: PacketLimits, now: number) {
    this.#packets = limits.packetsPerSecond;
    this.#bytes = limits.bytesPerSecond;
    this.#filledAt = now;
  }

  /** Whether a packet may pass. The limits are given anew each time: a reload counts at once. */
  take(length: number, now: number, limits: PacketLimits): boolean {
    const seconds = (now - this.#filledAt) / 1000;
    const { packetsPerSecond, bytesPerSecond } = limits;
    this.#filledAt = now;
    this.#packets = Math.min(packetsPerSecond, this.#packets + seconds * packetsPerSecond);
    this.#bytes = Math.min(bytesPerSecond, this.#bytes + seconds * bytesPerSecond);
    if (this.#packets < 1 || this.#bytes < length) return false;
    this.#packets -= 1;
    this.#bytes -= length;
    return true;
  }
}
