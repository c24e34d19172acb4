/**
 * How old the audio is that waits for one receiver, a client or another relay. Echoes and probes queue behind media, so
 * what their round trip takes above its ordinary time is the age of the queue. Too old, and new packets are better not added.
 */

/** Above this excess new packets are skipped ... */
const STALE_MS = 300;
/** ... until it is below this. */
const FRESH_MS = 100;
/** For how long a suspicion is left open; what is added meanwhile does not make the oldest sound older than it may be. */
export const CONFIRM_MS = 30;
/** Replies in a row that show a round trip which does not fall although nothing is added. */
const FLAT_REPLIES = 4;
/** Requests that may wait for their reply; the idle timeout ends a connection long before. */
const MAX_WAITING = 120;

export class QueueAge {
  readonly #patienceMs: number;
  readonly #forgiving: boolean;
  /** When the requests without a reply were sent, oldest first; the first has the number `#first`. */
  readonly #waiting: number[] = [];
  #first = 0;
  /** The round trip with an empty queue, as far as known. */
  #ordinary = Infinity;
  /** Of the last round trip that came to its end. */
  #excess: number | null = null;
  #stale = false;
  #suspect = false;
  #staleSince = 0;
  #flat = 0;
  #previous = { sentAt: 0, roundTrip: Infinity };

  /**
   * A reply that is missing counts from so long after its request: one that was lost is no queue. One that is forgiving
   * only suspects whoever replies late, until `confirm`.
   */
  constructor(patienceMs: number, forgiving = false) {
    this.#patienceMs = patienceMs;
    this.#forgiving = forgiving;
  }

  /** True while new packets should be skipped. Read on the media path. */
  get stale(): boolean {
    return this.#stale;
  }

  /** A late reply may show a queue, or somebody who stood still for a moment: the next one tells. */
  get suspect(): boolean {
    return this.#suspect;
  }

  /** That one has not come, or was no better. */
  confirm(now: number): void {
    if (this.#suspect) this.#skip(now);
  }

  /** How old it was when it was last measured, in ms; null before the first reply. */
  get ageMs(): number | null {
    return this.#excess;
  }

  /** The number of the request to send now. */
  request(now: number): number {
    const oldest = this.#waiting[0];
    if (oldest !== undefined) this.#judge(now - oldest - this.#patienceMs, now, false);
    if (this.#waiting.length === MAX_WAITING) this.#forget(1);
    this.#waiting.push(now);
    return this.#first + this.#waiting.length - 1;
  }

  /**
   * A reply came. One to an unknown or an earlier request says nothing. True when another request should go out now:
   * this one says how old the queue was, and whoever only stood still for a moment should not be skipped until the next
   * is due. A reply that leaves the queue stale took its time, so such requests are ten a second at most.
   */
  reply(number: number, now: number): boolean {
    const place = number - this.#first;
    const sentAt = this.#waiting[place];
    if (sentAt === undefined) return false;
    this.#forget(place + 1);
    const roundTrip = now - sentAt;
    if (this.#stale && sentAt >= this.#staleSince) this.#watchPath(sentAt, roundTrip);
    this.#ordinary = Math.min(this.#ordinary, roundTrip);
    this.#excess = roundTrip - this.#ordinary;
    this.#judge(roundTrip, now, true);
    return (this.#stale || this.#suspect) && this.#waiting.length === 0;
  }

  /** `complete`: the round trip is over; otherwise it takes this long already. */
  #judge(roundTrip: number, now: number, complete: boolean): void {
    const excess = roundTrip - this.#ordinary;
    if (!this.#stale && excess > STALE_MS) {
      if (complete && this.#forgiving) this.#suspect = true;
      else this.#skip(now);
    } else if (complete && excess < FRESH_MS) this.#stale = this.#suspect = false;
  }

  #skip(now: number): void {
    this.#stale = true;
    this.#suspect = false;
    this.#staleSince = now;
    this.#flat = 0;
    this.#previous = { sentAt: 0, roundTrip: Infinity };
  }

  /**
   * While nothing is added, a queue gets shorter by the time that passes. A round trip that does not is the path's
   * own: it has changed, and silence would not mend it.
   */
  #watchPath(sentAt: number, roundTrip: number): void {
    const fell = this.#previous.roundTrip - roundTrip;
    const flat = fell < (sentAt - this.#previous.sentAt) / 2;
    this.#flat = flat ? this.#flat + 1 : 0;
    this.#previous = { sentAt, roundTrip };
    if (this.#flat === FLAT_REPLIES) this.#ordinary = roundTrip;
  }

  #forget(count: number): void {
    this.#waiting.splice(0, count);
    this.#first += count;
  }
}
