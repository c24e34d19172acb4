/** The handshakes in progress, and what the transport still remembers of those that were turned away. */
import type { Clock } from "../quic/clock.ts";

/** What the transport remembers of a client that was turned away after its handshake began goes about this late. */
const LINGER_MS = 3_000;
/**
 * Of these, each some 45 KB, so many may be there: a flood from one source then costs 200 MB at most, and up to 1,300
 * handshakes a second of it are no reason to refuse others.
 */
const MAX_LINGERING = 4096;
/**
 * A client of flesh and blood completes its handshake in a round trip or two. When all places are taken, one that has
 * held its place longer than this gives it up: else 34 forged packets a second would keep everybody out.
 */
const PATIENCE_MS = 1_000;

interface Pending {
  readonly since: number;
  readonly giveUp: () => void;
}

export class PendingHandshakes {
  readonly #clock: Clock;
  /** In order of their beginning, without those that were given up. */
  readonly #pending = new Set<Pending>();
  #lingering = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Too many were turned away after they had begun: beginning another would only add memory. */
  get flooded(): boolean {
    return this.#lingering >= MAX_LINGERING;
  }

  /** Adds one; call the answer when it has ended. */
  begin(giveUp: () => void): () => void {
    const pending = { since: this.#clock.now(), giveUp };
    this.#pending.add(pending);
    return () => void this.#pending.delete(pending);
  }

  /** Makes room by giving up the oldest; false when all in progress are young. */
  giveUpOldest(): boolean {
    const [oldest] = this.#pending;
    if (oldest === undefined || this.#clock.now() - oldest.since < PATIENCE_MS) return false;
    this.#pending.delete(oldest);
    oldest.giveUp();
    this.linger();
    return true;
  }

  /** One was turned away after its handshake had begun. */
  linger(): void {
    this.#lingering += 1;
    this.#clock.after(LINGER_MS, () => this.#lingering -= 1);
  }
}
