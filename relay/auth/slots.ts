/** Lets so many do something at a time; so many more may wait for their turn. Sources share both fairly. */

/** What one source has. Only sources that have something are kept. */
interface Share {
  taken: number;
  /** In the order they came. */
  readonly waiting: Set<() => void>;
}

/**
 * A source gets a place while it has fewer than are left, and may have so many waiting. One alone has half of
 * everything then, and there is always something left for the next, who needs no other source to finish first.
 */
export class Slots {
  readonly #max: number;
  readonly #maxWaiting: number;
  #taken = 0;
  #waiting = 0;
  /** Who has waited longest for being served comes first. */
  readonly #shares = new Map<string, Share>();

  constructor(max: number, maxWaiting: number) {
    this.#max = max;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * True once it is the caller's turn, who must `leave` when done. False when too many wait already, or when
   * `signal` is aborted first.
   */
  enter(signal: AbortSignal, source: string): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    const share = this.#shares.get(source) ?? { taken: 0, waiting: new Set() };
    if (share.waiting.size === 0 && this.#mayTake(share)) {
      this.#shares.set(source, share);
      this.#take(share);
      return Promise.resolve(true);
    }
    if (share.waiting.size >= this.#maxWaiting - this.#waiting) return Promise.resolve(false);
    this.#shares.set(source, share);
    this.#waiting += 1;
    return new Promise((resolve) => {
      const stopWaiting = () => {
        signal.removeEventListener("abort", giveUp);
        share.waiting.delete(go);
        this.#waiting -= 1;
      };
      const go = () => {
        stopWaiting();
        this.#take(share);
        resolve(true);
      };
      const giveUp = () => {
        stopWaiting();
        this.#forgetIfEmpty(source, share);
        resolve(false);
      };
      share.waiting.add(go);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** Gives a place of this source back; who may take it gets it, sources by turns. */
  leave(source: string): void {
    const share = this.#shares.get(source)!;
    share.taken -= 1;
    this.#taken -= 1;
    this.#forgetIfEmpty(source, share);
    while (this.#admitOne());
  }

  get taken(): number {
    return this.#taken;
  }

  #mayTake({ taken }: Share): boolean {
    return taken < this.#max - this.#taken;
  }

  #take(share: Share): void {
    share.taken += 1;
    this.#taken += 1;
  }

  #admitOne(): boolean {
    for (const [source, share] of this.#shares) {
      const [go] = share.waiting;
      if (go === undefined || !this.#mayTake(share)) continue;
      this.#shares.delete(source);
      this.#shares.set(source, share);
      go();
      return true;
    }
    return false;
  }

  #forgetIfEmpty(source: string, { taken, waiting }: Share): void {
    if (taken === 0 && waiting.size === 0) this.#shares.delete(source);
  }
}
