/** Text a process prints, kept whole, with waiting for what will appear in it. */

interface Waiter {
  readonly pattern: RegExp;
  readonly from: number;
  readonly resolve: (match: RegExpMatchArray) => void;
  readonly reject: (error: Error) => void;
}

export class OutputLog {
  #text = "";
  #ended = false;
  readonly #waiters = new Set<Waiter>();
  /** Resolves when the stream has ended. */
  readonly finished: Promise<void>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.finished = this.#read(stream);
  }

  get text(): string {
    return this.#text;
  }

  /** The first match in what was printed from offset `from` on, or will be. Rejects at the end or after `limitMs`. */
  match(pattern: RegExp, limitMs: number, from = 0): Promise<RegExpMatchArray> {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>();
    const waiter: Waiter = { pattern, from, resolve, reject };
    const timer = setTimeout(
      () => this.#fail(waiter, `was not printed within ${limitMs / 1000} s`),
      limitMs,
    );
    this.#waiters.add(waiter);
    this.#serve();
    return promise.finally(() => clearTimeout(timer));
  }

  /** Resolves once the pattern was printed so many times. One regular expression for all would take for ever to fail. */
  async matchTimes(pattern: RegExp, times: number, limitMs: number, from = 0): Promise<void> {
    let at = from;
    for (let found = 0; found < times; found++) {
      const match = await this.match(pattern, limitMs, at);
      at += match.index! + match[0].length;
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      this.#text += part;
      this.#serve();
    }
    this.#ended = true;
    this.#serve();
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      const match = this.#text.slice(waiter.from).match(waiter.pattern);
      if (match !== null) {
        this.#waiters.delete(waiter);
        waiter.resolve(match);
      } else if (this.#ended) this.#fail(waiter, "was not printed before the end of the output");
    }
  }

  #fail(waiter: Waiter, what: string): void {
    this.#waiters.delete(waiter);
    waiter.reject(new Error(`${waiter.pattern} ${what}:\n${this.#text}`));
  }
}
