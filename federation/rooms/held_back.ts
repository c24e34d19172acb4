/** People who vanished somewhere a moment ago, so that what others still say of them is no news. */
import { HOLD_MS, MAX_HELD } from "./limits.ts";

/** Fingerprints that are held back for a while after they vanished somewhere. */
export class HeldBack {
  /** Oldest first, since every one is held equally long. */
  readonly #until = new Map<string, number>();

  get size(): number {
    return this.#until.size;
  }

  hold(fingerprints: Iterable<string>, now: number): void {
    for (const fingerprint of fingerprints) {
      this.#until.delete(fingerprint);
      if (this.#until.size >= MAX_HELD) return;
      this.#until.set(fingerprint, now + HOLD_MS);
    }
  }

  holds(fingerprint: string, now: number): boolean {
    return (this.#until.get(fingerprint) ?? -Infinity) > now;
  }

  /** Whether anybody is not held any more. */
  expire(now: number): boolean {
    const before = this.#until.size;
    for (const [fingerprint, until] of this.#until) {
      if (until > now) break;
      this.#until.delete(fingerprint);
    }
    return this.#until.size < before;
  }
}
