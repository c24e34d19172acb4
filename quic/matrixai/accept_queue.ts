/** Hands out the streams a peer opens in order of stream id, whatever order their packets came in. */

/** Ids of one kind of stream are this far apart (RFC 9000 2.1). */
export const STREAM_ID_STEP = 4;

export class AcceptQueue<T> {
  readonly #open: (id: number) => T;
  readonly #ready: T[] = [];
  readonly #waiting: ((stream: T | null) => void)[] = [];
  #nextId: number;
  #closed = false;

  constructor(firstId: number, open: (id: number) => T) {
    this.#nextId = firstId;
    this.#open = open;
  }

  /** A packet of stream `id` came: it exists, and by RFC 9000 2.1 so do all lower ones of its kind. */
  seen(id: number): void {
    for (; this.#nextId <= id && !this.#closed; this.#nextId += STREAM_ID_STEP) {
      const stream = this.#open(this.#nextId);
      const waiter = this.#waiting.shift();
      if (waiter === undefined) this.#ready.push(stream);
      else waiter(stream);
    }
  }

  /** The next stream; null once closed. */
  next(): Promise<T | null> {
    const stream = this.#ready.shift();
    if (stream !== undefined) return Promise.resolve(stream);
    if (this.#closed) return Promise.resolve(null);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Who waits gets null, and nobody gets what is still here. */
  close(): void {
    this.#closed = true;
    this.#ready.length = 0;
    for (const waiter of this.#waiting.splice(0)) waiter(null);
  }
}
