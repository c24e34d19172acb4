/** A clock for tests: time moves only when the test says so. */
import type { Clock, Timer } from "./clock.ts";

interface Pending {
  at: number;
  readonly order: number;
  readonly period: number | null;
  readonly run: () => void;
}

export class ManualClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #start: number;
  readonly #pending = new Set<Pending>();

  constructor(startWall = 1_775_000_000_000) {
    this.#start = startWall;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#start + this.#now;
  }

  after(ms: number, run: () => void): Timer {
    return this.#add(ms, null, run);
  }

  every(ms: number, run: () => void): Timer {
    if (!(ms > 0)) throw new RangeError(`A period must be above 0 ms, got ${ms}`);
    return this.#add(ms, ms, run);
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Moves time forward, firing timers in order of their due time, then of their creation. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let next = this.#due(until); next !== null; next = this.#due(until)) {
      this.#now = next.at;
      if (next.period === null) this.#pending.delete(next);
      else next.at += next.period;
      next.run();
    }
    this.#now = until;
  }

  #add(ms: number, period: number | null, run: () => void): Timer {
    const entry: Pending = { at: this.#now + Math.max(0, ms), order: this.#order++, period, run };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  #due(until: number): Pending | null {
    let best: Pending | null = null;
    for (const entry of this.#pending) {
      if (entry.at > until) continue;
      if (
        best === null || entry.at < best.at || (entry.at === best.at && entry.order < best.order)
      ) {
        best = entry;
      }
    }
    return best;
  }
}
