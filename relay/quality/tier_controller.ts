/** Turns the reports of one participant into its tier: quick to fall, slow to rise, and it tries before it rises. */
import { above, GOOD, type Tier } from "./tier.ts";

/** Reports in a row, none equal or better between them, before the tier falls to the one reported last. */
export const REPORTS_TO_FALL = 3;
/** Reports in a row, none equal or worse between them, before the tier rises one step. */
export const REPORTS_TO_RISE_BELOW_GOOD = 5;
export const REPORTS_TO_RISE = 10;

/** Reports must not fall below the tier for this long before the next one is tried. */
export const STABLE_MS = 30_000;
/** How long the next tier is tried. */
export const PROBE_MS = 5_000;
/** Reports below the tried tier that are forgiven. */
export const PROBE_FORGIVES = 1;
/** Rest after a probe that failed, before stability counts again. */
export const PROBE_COOL_DOWN_MS = 60_000;

interface Probe {
  readonly target: Tier;
  readonly startedAt: number;
  below: number;
}

export class TierController {
  #tier: Tier = GOOD;
  #worse = 0;
  #better = 0;
  /** Since when reports are stable; in the future while a failed probe cools down; null when they are not. */
  #stableSince: number | null = null;
  #probe: Probe | null = null;

  get tier(): Tier {
    return this.#tier;
  }

  /** Whether the next tier is being tried. */
  get probing(): boolean {
    return this.#probe !== null;
  }

  /** Takes one report; true when it changed the tier. `now` is monotonic, in milliseconds. */
  report(reported: Tier, now: number): boolean {
    const next = this.#count(reported) ?? this.#tryNext(reported, now);
    if (next === null) return false;
    this.#tier = next;
    this.#worse = 0;
    this.#better = 0;
    this.#stableSince = null;
    this.#probe = null;
    return true;
  }

  /** The tier the counters demand, or null. */
  #count(reported: Tier): Tier | null {
    if (reported < this.#tier) {
      this.#worse += 1;
      this.#better = 0;
      return this.#worse >= REPORTS_TO_FALL ? reported : null;
    }
    this.#worse = 0;
    if (reported === this.#tier) {
      this.#better = 0;
      return null;
    }
    this.#better += 1;
    const needed = this.#tier < GOOD ? REPORTS_TO_RISE_BELOW_GOOD : REPORTS_TO_RISE;
    return this.#better >= needed ? above(this.#tier) : null;
  }

  /** The tier that was tried and held, or null. */
  #tryNext(reported: Tier, now: number): Tier | null {
    const probe = this.#probe;
    if (probe !== null) {
      if (reported < probe.target) probe.below += 1;
      if (probe.below > PROBE_FORGIVES) {
        this.#probe = null;
        this.#stableSince = now + PROBE_COOL_DOWN_MS;
        return null;
      }
      return now - probe.startedAt >= PROBE_MS ? probe.target : null;
    }
    if (reported < this.#tier) {
      this.#stableSince = null;
      return null;
    }
    this.#stableSince ??= now;
    const target = above(this.#tier);
    if (target !== null && now - this.#stableSince >= STABLE_MS) {
      this.#probe = { target, startedAt: now, below: 0 };
    }
    return null;
  }
}
