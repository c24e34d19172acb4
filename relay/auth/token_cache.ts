/** Remembers for a short time which tokens were good, so that a reconnect does not wait for the service. */
import type { Clock } from "../../quic/clock.ts";
import type { AuthOutcome } from "../ports/auth.ts";

/** Only a yes is worth remembering: a refused token may become good, and a fault may be over. */
export type GoodOutcome = Extract<AuthOutcome, { ok: true }>;

interface Entry {
  readonly outcome: GoodOutcome;
  readonly since: number;
}

/** Keys are hashes; the cache never sees a token. */
export class TokenCache {
  readonly #clock: Clock;
  readonly #max: number;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  /** The outcome stored less than `maxAgeMs` ago. */
  get(key: string, maxAgeMs: number): GoodOutcome | null {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#clock.now() - entry.since < maxAgeMs ? entry.outcome : null;
  }

  /** Keeps an outcome; the oldest gives way when there are too many. */
  put(key: string, outcome: GoodOutcome): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#max) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, { outcome, since: this.#clock.now() });
  }

  get size(): number {
    return this.#entries.size;
  }
}
