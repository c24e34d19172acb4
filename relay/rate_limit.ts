/** How much one source may take: places held at a time, and events per second. */
import type { Clock } from "../quic/clock.ts";
import { sourceKey } from "./ip_prefix.ts";

/** Gives a place back; harmless when called again. */
export type Release = () => void;

/** Places (handshakes, connections) that sources hold, so many each; IPv6 sources are counted per /64. */
export class SourceLimit {
  /** May change while places are held; those above a lower limit are kept. */
  perSource: number;
  readonly #maxSources: number;
  /** Only sources that hold a place. */
  readonly #held = new Map<string, number>();

  constructor(perSource: number, maxSources = 65_536) {
    this.perSource = perSource;
    this.#maxSources = maxSources;
  }

  /** A place for this address, or null when its source has all it may have or there are too many sources. */
  take(ip: string): Release | null {
    const key = sourceKey(ip);
    const held = this.#held.get(key) ?? 0;
    if (held >= this.perSource) return null;
    if (held === 0 && this.#held.size >= this.#maxSources) return null;
    this.#held.set(key, held + 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      const left = this.#held.get(key)! - 1;
      if (left > 0) this.#held.set(key, left);
      else this.#held.delete(key);
    };
  }

  /** Places the source of this address holds. */
  held(ip: string): number {
    return this.#held.get(sourceKey(ip)) ?? 0;
  }

  get sources(): number {
    return this.#held.size;
  }
}

/** Places per source. */
export interface SourceLimitsOptions {
  readonly handshakes: number;
  readonly connections: number;
  /** Sources remembered at a time. */
  readonly maxSources?: number;
}

/** The two limits of the accept loop. */
export class SourceLimits {
  readonly handshakes: SourceLimit;
  readonly connections: SourceLimit;

  constructor(options: SourceLimitsOptions) {
    this.handshakes = new SourceLimit(options.handshakes, options.maxSources);
    this.connections = new SourceLimit(options.connections, options.maxSources);
  }
}

/** So many events per second on average, and so many at once after a pause. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Clock, perSecond: number, burst: number) {
    if (!(perSecond > 0) || !(burst > 0)) {
      throw new RangeError("A rate and a burst must be above 0");
    }
    this.#clock = clock;
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = clock.now();
  }

  /** Whether `cost` may happen now; if so it is paid for. */
  take(cost = 1): boolean {
    const now = this.#clock.now();
    const refill = Math.max(0, now - this.#filledAt) * this.#perMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + refill);
    this.#filledAt = now;
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }
}
