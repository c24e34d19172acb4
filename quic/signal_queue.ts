/** The bounded queue of signals on their way to one peer; newer messages of a kind may replace older ones. */

interface Waiting {
  readonly frame: Uint8Array;
  readonly kind: string | null;
}

export interface SignalQueueLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

export class SignalQueue {
  readonly #limits: SignalQueueLimits;
  // In order of insertion; a Map so that taking the oldest and replacing one of a kind are both cheap.
  readonly #waiting = new Map<number, Waiting>();
  readonly #newestOfKind = new Map<string, number>();
  #next = 0;
  #bytes = 0;
  #dropped = 0;
  #replaced = 0;

  constructor(limits: SignalQueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#waiting.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Messages refused because the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Messages that never left because a newer one of their kind took their place. */
  get replaced(): number {
    return this.#replaced;
  }

  /** Appends a frame; false when there is no room. A waiting one of the same kind gives way to it. */
  push(frame: Uint8Array, kind: string | null = null): boolean {
    const older = kind === null ? undefined : this.#newestOfKind.get(kind);
    const freed = older === undefined ? 0 : this.#waiting.get(older)!.frame.length;
    const messages = this.#waiting.size - (older === undefined ? 0 : 1);
    if (
      messages >= this.#limits.maxMessages ||
      this.#bytes - freed + frame.length > this.#limits.maxBytes
    ) {
      this.#dropped++;
      return false;
    }
    if (older !== undefined) {
      this.#remove(older);
      this.#replaced++;
    }
    const place = this.#next++;
    this.#waiting.set(place, { frame, kind });
    if (kind !== null) this.#newestOfKind.set(kind, place);
    this.#bytes += frame.length;
    return true;
  }

  /** Takes the oldest frame, or null. */
  shift(): Uint8Array | null {
    for (const [place, { frame }] of this.#waiting) {
      this.#remove(place);
      return frame;
    }
    return null;
  }

  clear(): void {
    this.#waiting.clear();
    this.#newestOfKind.clear();
    this.#bytes = 0;
  }

  #remove(place: number): void {
    const { frame, kind } = this.#waiting.get(place)!;
    this.#waiting.delete(place);
    this.#bytes -= frame.length;
    if (kind !== null && this.#newestOfKind.get(kind) === place) this.#newestOfKind.delete(kind);
  }
}
