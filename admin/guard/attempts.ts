/** How often a source may fail to show a good token. */
import { sourceKey } from "../../relay/ports/addresses.ts";
import type { AdminHost } from "../../relay/ports/admin.ts";

export interface AttemptLimits {
  /** Failures in one window; further ones are not looked at until it ends. */
  readonly perWindow: number;
  readonly windowMs: number;
  readonly maxSources: number;
}

interface Window {
  failures: number;
  readonly endsAt: number;
}

export class Attempts {
  readonly #clock: AdminHost["clock"];
  readonly #limits: AttemptLimits;
  /** In order of their beginning, so the oldest is first. */
  readonly #windows = new Map<string, Window>();

  constructor(clock: AdminHost["clock"], limits: AttemptLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Seconds until the source may try again; 0 when it may now. */
  waitS(ip: string): number {
    const window = this.#current(sourceKey(ip));
    if (window === null || window.failures < this.#limits.perWindow) return 0;
    return Math.max(1, Math.ceil((window.endsAt - this.#clock.now()) / 1000));
  }

  failed(ip: string): void {
    const key = sourceKey(ip);
    const window = this.#current(key);
    if (window !== null) {
      window.failures += 1;
      return;
    }
    if (this.#windows.size >= this.#limits.maxSources) {
      this.#windows.delete(this.#windows.keys().next().value!);
    }
    this.#windows.set(key, { failures: 1, endsAt: this.#clock.now() + this.#limits.windowMs });
  }

  #current(key: string): Window | null {
    const window = this.#windows.get(key);
    if (window === undefined) return null;
    if (window.endsAt > this.#clock.now()) return window;
    this.#windows.delete(key);
    return null;
  }
}
