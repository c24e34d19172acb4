/** Random numbers that a seed reproduces. */

/** xorshift32; good enough to breed inputs, and fast. */
export class Random {
  #state: number;

  /** `stream` separates the users of one seed. */
  constructor(seed: number, stream = "") {
    let state = seed >>> 0;
    for (const character of stream) {
      state = Math.imul(state ^ character.charCodeAt(0), 0x01000193) >>> 0;
    }
    this.#state = state === 0 ? 0x9e3779b9 : state;
    // Neighbouring seeds differ in few bits; a few steps spread them.
    for (let step = 0; step < 16; step++) this.#next();
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.#next() % limit;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("Cannot pick: the list is empty");
    return item;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index++) bytes[index] = this.#next() >>> 11;
    return bytes;
  }

  #next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state;
  }
}
