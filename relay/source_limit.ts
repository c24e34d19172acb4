/** How many places (handshakes, connections) one source may hold at a time. */
import { sourceKey } from "./source_key.ts";

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
