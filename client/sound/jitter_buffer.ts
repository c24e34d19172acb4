/** Puts packets back into order of their numbers, and notices which are missing. */

/** Playout begins with so many packets, and goes on only while as many wait: what comes two late is still in time. */
export const START_PACKETS = 3;
/** A packet so much older than the next one expected is late; an older one comes from a new sender. */
const MAX_BACKWARD = 100;
/** Most packets held, and the largest jump ahead that can be loss. */
export const MAX_PACKETS = 250;
/** So many packets from far ahead, and none between them that fits, are a new sender too. */
const STRANGERS_TO_CHANGE = 3;

/** A packet whose turn it is. */
export interface Playout<T> {
  readonly packet: T;
  /** How many numbers before it never came. */
  readonly lost: number;
  /** It is the first of a sender. */
  readonly first: boolean;
}

/** Why packets were not played. */
export interface JitterDrops {
  /** Their turn was over. */
  late: number;
  duplicate: number;
  /** From far ahead while another sender was being played. */
  stranger: number;
  /** More than `MAX_PACKETS` waited. */
  overflow: number;
  /** Still waiting when a new sender took over. */
  replaced: number;
}

/**
 * Keyed by the 16-bit packet number. Packets carry no sender, so of several speakers at once it follows the one
 * with the lowest numbers; the others are dropped as strangers.
 */
export class JitterBuffer<T> {
  readonly drops: JitterDrops = { late: 0, duplicate: 0, stranger: 0, overflow: 0, replaced: 0 };
  readonly #waiting = new Map<number, T>();
  /** The number whose turn it is; before playout begins the lowest that came. */
  #next: number | null = null;
  #playing = false;
  #first = true;
  #strangers = 0;

  /** Packets waiting. */
  get depth(): number {
    return this.#waiting.size;
  }

  push(seq: number, packet: T): void {
    const ahead = this.#next === null ? 0 : distance(this.#next, seq);
    if (ahead > MAX_PACKETS && ++this.#strangers < STRANGERS_TO_CHANGE) {
      this.drops.stranger++;
      return;
    }
    if (this.#next === null || ahead < -MAX_BACKWARD || ahead > MAX_PACKETS) this.#begin(seq);
    else if (ahead < 0 && this.#playing) {
      this.drops.late++;
      return;
    } else if (ahead < 0) this.#next = seq;
    this.#strangers = 0;
    if (this.#waiting.has(seq)) {
      this.drops.duplicate++;
      return;
    }
    this.#waiting.set(seq, packet);
    if (this.#waiting.size > MAX_PACKETS) {
      this.#take();
      this.drops.overflow++;
    }
  }

  /** The next packet, or null while it is worth waiting for more. At the end `rest` empties the buffer. */
  pull(rest = false): Playout<T> | null {
    const enough = rest ? 1 : START_PACKETS;
    return this.#waiting.size < enough ? null : this.#take();
  }

  /** There must be a packet. */
  #take(): Playout<T> {
    this.#playing = true;
    let seq = this.#next!;
    let lost = 0;
    while (!this.#waiting.has(seq)) {
      seq = (seq + 1) & 0xffff;
      lost++;
    }
    const packet = this.#waiting.get(seq)!;
    this.#waiting.delete(seq);
    this.#next = (seq + 1) & 0xffff;
    const first = this.#first;
    this.#first = false;
    return { packet, lost, first };
  }

  #begin(seq: number): void {
    this.drops.replaced += this.#waiting.size;
    this.#waiting.clear();
    this.#next = seq;
    this.#playing = false;
    this.#first = true;
  }
}

/** How far `to` is ahead of `from` on the circle of 16-bit numbers, -32768 to 32767. */
function distance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}
