/** Round trip time and loss of a link over its last 60 probes, one a second. */

/** One minute. */
const WINDOW = 60;
/** A reply that is not there after this long counts as lost; before, nothing is known of the probe. */
const LOST_AFTER_MS = 2_000;

interface Probe {
  readonly seq: number;
  readonly sentAt: number;
  rttMs: number | null;
}

/** Pure: it is told the time. */
export class LinkProbes {
  /** The oldest first. */
  readonly #probes: Probe[] = [];
  #next = 0;

  /** A probe leaves; answers its number. */
  send(now: number): number {
    const seq = this.#next;
    this.#next = (seq + 1) >>> 0;
    this.#probes.push({ seq, sentAt: now, rttMs: null });
    if (this.#probes.length > WINDOW) this.#probes.shift();
    return seq;
  }

  /** A reply came; false when no open probe of the last 60 has this number. */
  reply(seq: number, now: number): boolean {
    const probe = this.#probes.find((each) => each.seq === seq);
    if (probe === undefined || probe.rttMs !== null) return false;
    probe.rttMs = Math.max(0, now - probe.sentAt);
    return true;
  }

  /** Mean in milliseconds, to a hundredth; null without any reply. */
  get rttMs(): number | null {
    let sum = 0;
    let count = 0;
    for (const { rttMs } of this.#probes) {
      if (rttMs === null) continue;
      sum += rttMs;
      count += 1;
    }
    return count === 0 ? null : Math.round(100 * sum / count) / 100;
  }

  /** In percent; null while no probe is old enough to tell. */
  lossPct(now: number): number | null {
    let known = 0;
    let lost = 0;
    for (const { sentAt, rttMs } of this.#probes) {
      if (rttMs === null && now - sentAt < LOST_AFTER_MS) continue;
      known += 1;
      if (rttMs === null) lost += 1;
    }
    return known === 0 ? null : 100 * lost / known;
  }
}
