/** How often each source may ask: a burst, then a rate. Bounded, and nobody is remembered who has all of it again. */
import type { RegistryHost } from "../relay/ports/registry.ts";

interface Share {
  left: number;
  at: number;
}

const MAX_SOURCES = 10_000;

export class SourceRates {
  readonly #clock: Pick<RegistryHost["clock"], "now">;
  readonly #perMs: number;
  readonly #burst: number;
  /** The one asked for last is at the end. */
  readonly #shares = new Map<string, Share>();

  constructor(clock: Pick<RegistryHost["clock"], "now">, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
  }

  /** Whether this source may ask once more now; if so it is counted. */
  take(source: string): boolean {
    const now = this.#clock.now();
    const known = this.#shares.get(source);
    const left = known === undefined
      ? this.#burst
      : Math.min(this.#burst, known.left + (now - known.at) * this.#perMs);
    if (known === undefined && this.#shares.size >= MAX_SOURCES && !this.#forget(now)) return false;
    const allowed = left >= 1;
    this.#shares.delete(source);
    this.#shares.set(source, { left: allowed ? left - 1 : left, at: now });
    return allowed;
  }

  get size(): number {
    return this.#shares.size;
  }

  /** Makes room by those who have been quiet long enough; false when there are none. */
  #forget(now: number): boolean {
    const quietMs = this.#burst / this.#perMs;
    const before = this.#shares.size;
    for (const [source, { at }] of this.#shares) {
      if (now - at < quietMs) break;
      this.#shares.delete(source);
    }
    return this.#shares.size < before;
  }
}
