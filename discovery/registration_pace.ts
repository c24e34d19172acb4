/** When this relay tells the registry of itself: beats, pauses that grow while it cannot, and at once when it matters. */
import type { Said } from "./own_statements.ts";

const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
const MIN_BEAT_MS = 1_000;
const MAX_BEAT_MS = 60_000;
const DEFAULT_BEAT_MS = 30_000;
/** Part of the capacity that load may move by without being told. */
const LOAD_STEP = 0.1;

export class RegistrationPace {
  readonly #random: () => number;
  #failures = 0;

  /** `random` is uniform in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds to the next beat; `heartbeatS` is what the registry asked for, whatever it is. */
  afterSuccess(heartbeatS: unknown): number {
    this.#failures = 0;
    const wish = typeof heartbeatS === "number" && heartbeatS > 0
      ? heartbeatS * 1000
      : DEFAULT_BEAT_MS;
    // Earlier than asked for, never later: three that are late are an expiry.
    return Math.min(MAX_BEAT_MS, Math.max(MIN_BEAT_MS, wish)) * (0.8 + 0.2 * this.#random());
  }

  /** Milliseconds to the next attempt: 1 s doubled up to 60 s, of that between half and all. */
  afterFailure(): number {
    const pause = Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    return pause * (0.5 + 0.5 * this.#random());
  }
}

/** Whether what is so now has to be told before the next beat. */
export function matters(said: Said, now: Said): boolean {
  if (Math.abs(now.load - said.load) > LOAD_STEP * now.capacity) return true;
  return now.draining !== said.draining || now.capacity !== said.capacity ||
    now.udp_port !== said.udp_port || now.addr !== said.addr || now.name !== said.name ||
    now.region !== said.region;
}
