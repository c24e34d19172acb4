/** The round trips a peer publishes: a new one only where it differs enough to be worth another relay. Pure. */
import { HEARD_MS, MAX_SHARE, MIN_GAIN_MS } from "../relays/relay_choice.ts";

/** As many as a registry takes. */
const MAX_RTTS = 32;

interface Entry {
  readonly rtt: number;
  /** When a probe last said so. */
  readonly seenAt: number;
}

export class PublishedRtts {
  #entries: ReadonlyMap<string, Entry> = new Map();

  get rtts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#entries].map(([addr, { rtt }]) => [addr, rtt]));
  }

  /** Takes what probes say now; true when there is something new to tell. A lost probe is no news. */
  update(measured: ReadonlyMap<string, number>, now: number): boolean {
    const next = new Map([...this.#entries].filter(([, { seenAt }]) => now - seenAt < HEARD_MS));
    for (const [addr, rtt] of measured) {
      const old = this.#entries.get(addr)?.rtt;
      const kept = old !== undefined && !differs(old, rtt) ? old : Math.round(rtt * 10) / 10;
      next.set(addr, { rtt: kept, seenAt: now });
    }
    const nearest = [...next].sort(([a, x], [b, y]) => x.rtt - y.rtt || (a < b ? -1 : 1));
    const before = JSON.stringify(this.rtts);
    this.#entries = new Map(nearest.slice(0, MAX_RTTS));
    return JSON.stringify(this.rtts) !== before;
  }
}

/** By the measure by which a client moves to another relay. */
function differs(a: number, b: number): boolean {
  const [less, more] = a < b ? [a, b] : [b, a];
  return more - less >= MIN_GAIN_MS && less <= more * MAX_SHARE;
}
