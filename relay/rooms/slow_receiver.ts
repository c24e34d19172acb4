/** Finds receivers that take nothing any more: no datagram, no sound in time, none of the signals that wait. */

const NEVER = -1;

/**
 * What a client gets that reads its CallAnswer and no signal after it: that one, and the hundred streams its
 * transport lets us open unread. Clients of the original kind do so and are well otherwise.
 */
const SENT_UNREAD = 101;

export class SlowReceiver {
  /** First and latest refusal since the last datagram that was taken. */
  #fullSince = NEVER;
  #fullUntil = NEVER;
  #stuckSince = NEVER;
  #staleSince = NEVER;
  #signalsSent = 0;

  /** The queue took a datagram. On the media path. */
  taken(): void {
    if (this.#fullSince !== NEVER) this.#fullSince = NEVER;
  }

  /** The queue was full. */
  full(now: number): void {
    if (this.#fullSince === NEVER) this.#fullSince = now;
    this.#fullUntil = now;
  }

  /** Call now and then with the signals that wait and those that left since the beginning. */
  signals(waiting: number, sent: number, now: number): void {
    const moving = waiting === 0 || sent !== this.#signalsSent;
    if (moving || sent <= SENT_UNREAD) this.#stuckSince = NEVER;
    else if (this.#stuckSince === NEVER) this.#stuckSince = now;
    this.#signalsSent = sent;
  }

  /** Call now and then with whether packets are skipped for it because its sound is late. */
  late(stale: boolean, now: number): void {
    if (!stale) this.#staleSince = NEVER;
    else if (this.#staleSince === NEVER) this.#staleSince = now;
  }

  /**
   * Whether one of the queues did not move for so long. Datagrams count from refusal to refusal: while nobody
   * speaks, nothing shows that the queue is still full.
   */
  tooSlow(timeoutMs: number, now: number): boolean {
    return this.#fullSince !== NEVER && this.#fullUntil - this.#fullSince >= timeoutMs ||
      this.#stuckSince !== NEVER && now - this.#stuckSince >= timeoutMs ||
      this.#staleSince !== NEVER && now - this.#staleSince >= timeoutMs;
  }
}
