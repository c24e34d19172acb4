/** Round trip time, loss and jitter over the last pings. */

/** One minute at a ping per second. */
export const WINDOW_PINGS = 60;

interface Ping {
  readonly timestamp: number;
  readonly sentAt: number;
  rttMs: number | null;
}

/** Pure: it is told the time. Round trips are in whole milliseconds, as the original counts them. */
export class ProbeWindow {
  /** The oldest first, at most `WINDOW_PINGS`. */
  #pings: Ping[] = [];

  /**
   * A ping leaves; answers its timestamp. That is `wall` (Unix ms), or a little more while a wall clock that was
   * set back would make it the same as one of the window. `now` is monotonic.
   */
  ping(wall: number, now: number): number {
    let timestamp = Math.max(0, Math.trunc(wall));
    while (this.#find(timestamp) !== undefined) timestamp += 1;
    this.#pings.push({ timestamp, sentAt: now, rttMs: null });
    if (this.#pings.length > WINDOW_PINGS) this.#pings.shift();
    return timestamp;
  }

  /** A pong came; answers its round trip time, or null when no open ping of the window has this timestamp. */
  pong(timestamp: number, now: number): number | null {
    const ping = this.#find(timestamp);
    if (ping === undefined || ping.rttMs !== null) return null;
    ping.rttMs = Math.max(0, Math.round(now - ping.sentAt));
    return ping.rttMs;
  }

  /** Unanswered share in percent; the newest ping counts as lost until it is answered. */
  get lossPct(): number {
    const { length } = this.#pings;
    return length === 0 ? 0 : 100 * (length - this.#rtts().length) / length;
  }

  /** Population standard deviation of the round trip times; 0 below two of them. */
  get jitterMs(): number {
    const rtts = this.#rtts();
    if (rtts.length < 2) return 0;
    const mean = rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length;
    return Math.sqrt(rtts.reduce((sum, rtt) => sum + (rtt - mean) ** 2, 0) / rtts.length);
  }

  /** How many of the newest pings are unanswered without a break. */
  get silence(): number {
    return this.#pings.length - 1 - this.#pings.findLastIndex(({ rttMs }) => rttMs !== null);
  }

  #rtts(): number[] {
    return this.#pings.flatMap(({ rttMs }) => rttMs === null ? [] : [rttMs]);
  }

  #find(timestamp: number): Ping | undefined {
    return this.#pings.find((ping) => ping.timestamp === timestamp);
  }
}
