/** A queue of fixed size whose oldest elements make room for the newest. */

export class Ring<T> {
  readonly #capacity: number;
  readonly #slots: T[] = [];
  /** Slot of the oldest element. */
  #head = 0;
  #size = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`A ring needs room for at least one element, got ${capacity}`);
    }
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** True when the oldest element was lost for this one. */
  push(element: T): boolean {
    this.#slots[(this.#head + this.#size) % this.#capacity] = element;
    if (this.#size < this.#capacity) {
      this.#size += 1;
      return false;
    }
    this.#head = (this.#head + 1) % this.#capacity;
    return true;
  }

  /** Removes and answers the oldest elements, `max` at most. */
  take(max: number): T[] {
    const count = Math.min(Math.max(0, Math.floor(max)), this.#size);
    const taken: T[] = [];
    for (let i = 0; i < count; i++) taken.push(this.#slots[(this.#head + i) % this.#capacity]!);
    this.#head = (this.#head + count) % this.#capacity;
    this.#size -= count;
    // Whoever took everything does not keep it alive here.
    if (this.#size === 0) {
      this.#slots.length = 0;
      this.#head = 0;
    }
    return taken;
  }
}
