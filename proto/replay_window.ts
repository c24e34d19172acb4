/** Anti-replay: which of the packets around the newest sequence number have been seen. */

/** Packets this far behind the newest one are refused, seen or not. */
export const REPLAY_WINDOW_PACKETS = 1024;

const SEQ_MASK = 0xffff;
const HALF_RANGE = 0x8000;

/** Window over 16-bit sequence numbers that wrap; distances are taken the short way round. */
export class ReplayWindow {
  /** One bit per sequence number of the window, at `seq` modulo its size, which divides 65,536. */
  readonly #seen = new Uint32Array(REPLAY_WINDOW_PACKETS / 32);
  #newest = -1;

  /** Whether `accept` would take this packet; changes nothing, so it can come before an expensive check. */
  isFresh(seq: number): boolean {
    if (this.#newest < 0) return true;
    const ahead = (seq - this.#newest) & SEQ_MASK;
    if (ahead !== 0 && ahead < HALF_RANGE) return true;
    const behind = (this.#newest - seq) & SEQ_MASK;
    return behind < REPLAY_WINDOW_PACKETS && !this.#has(seq);
  }

  /** Marks a packet as seen; false for one seen before or too old. Call it once the packet is known to be genuine. */
  accept(seq: number): boolean {
    if (!this.isFresh(seq)) return false;
    const ahead = this.#newest < 0 ? 0 : (seq - this.#newest) & SEQ_MASK;
    if (this.#newest < 0) {
      this.#newest = seq & SEQ_MASK;
    } else if (ahead < HALF_RANGE) {
      this.#advance(ahead);
    }
    this.#seen[this.#word(seq)]! |= 1 << (seq & 31);
    return true;
  }

  #advance(distance: number): void {
    if (distance >= REPLAY_WINDOW_PACKETS) {
      this.#seen.fill(0);
    } else {
      for (let step = 1; step <= distance; step++) {
        const seq = this.#newest + step;
        this.#seen[this.#word(seq)]! &= ~(1 << (seq & 31));
      }
    }
    this.#newest = (this.#newest + distance) & SEQ_MASK;
  }

  #has(seq: number): boolean {
    return (this.#seen[this.#word(seq)]! & (1 << (seq & 31))) !== 0;
  }

  #word(seq: number): number {
    return (seq & (REPLAY_WINDOW_PACKETS - 1)) >>> 5;
  }
}
