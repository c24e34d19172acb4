/** One part of the relay as it was fetched last; however many want it at the same time, it is fetched once. */

export class MirroredPart<Row> {
  readonly #fetch: () => void;
  readonly #take: (rows: readonly Row[]) => void;
  #rows: Row[] = [];
  /** What is under way began before whoever asks now, so it says nothing to them. */
  #underWay: PromiseWithResolvers<void> | null = null;
  #next: PromiseWithResolvers<void> | null = null;

  /** `fetch` asks for it; `take` is given all rows at the end. */
  constructor(fetch: () => void, take: (rows: readonly Row[]) => void) {
    this.#fetch = fetch;
    this.#take = take;
  }

  /** Settles when there is a state that is no older than this call. */
  fresh(): Promise<void> {
    if (this.#next === null) {
      this.#next = Promise.withResolvers<void>();
      // Whoever asks in this same moment is served as well.
      if (this.#underWay === null) queueMicrotask(() => this.#begin());
    }
    return this.#next.promise;
  }

  arrived(rows: readonly Row[], last: boolean): void {
    for (const row of rows) this.#rows.push(row);
    if (!last) return;
    const all = this.#rows;
    this.#rows = [];
    this.#take(all);
    this.#underWay?.resolve();
    this.#underWay = null;
    if (this.#next !== null) this.#begin();
  }

  #begin(): void {
    this.#underWay = this.#next;
    this.#next = null;
    this.#fetch();
  }
}
