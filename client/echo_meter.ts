/** Measures the way to the relay with echo datagrams, for transports that do not tell. */
import { echoDatagram } from "../proto/echo_datagram.ts";
import type { PathQuality } from "../proto/quality_report.ts";

/** Echoes that loss is taken from, and what a single lost one can make of it: 2.5 %. */
const WINDOW = 40;
/** An echo without reply for so long is lost. */
const LOST_AFTER_MS = 3_000;
/** The shortest of so many round trips: a moment without processor time is not the network's. */
const RTT_WINDOW = 4;

interface Sent {
  readonly seq: number;
  readonly at: number;
  rttMs: number | null;
}

export class EchoMeter {
  /** Oldest first. */
  readonly #sent: Sent[] = [];
  /** Newest last. */
  readonly #roundTrips: number[] = [];
  #seq = 0;

  /** The next request to be sent, at `now`. */
  request(now: number): Uint8Array {
    const seq = this.#seq;
    this.#seq = (seq + 1) >>> 0;
    this.#sent.push({ seq, at: now, rttMs: null });
    if (this.#sent.length > WINDOW) this.#sent.shift();
    return echoDatagram.encode({ kind: "request", seq, clockUs: BigInt(Math.floor(now * 1000)) });
  }

  /** A reply, checked with `echoDatagram.matches`. One that answers nothing is ignored. */
  reply(datagram: Uint8Array, now: number): void {
    const { seq } = echoDatagram.decode(datagram);
    const sent = this.#sent.find((each) => each.seq === seq && each.rttMs === null);
    if (sent === undefined) return;
    sent.rttMs = now - sent.at;
    this.#roundTrips.push(sent.rttMs);
    if (this.#roundTrips.length > WINDOW) this.#roundTrips.shift();
  }

  /** Null while nothing has come back. */
  quality(now: number): PathQuality | null {
    const recent = this.#roundTrips.slice(-RTT_WINDOW);
    if (recent.length === 0) return null;
    const lost = this.#sent.filter(({ at, rttMs }) => rttMs === null && now - at > LOST_AFTER_MS);
    return {
      lossPercent: 100 * lost.length / WINDOW,
      rttMs: Math.min(...recent),
      jitterMs: meanStep(this.#roundTrips.slice(-10)),
    };
  }
}

/** How much neighbours differ. */
function meanStep(values: readonly number[]): number {
  if (values.length < 2) return 0;
  let steps = 0;
  for (let i = 1; i < values.length; i++) steps += Math.abs(values[i]! - values[i - 1]!);
  return steps / (values.length - 1);
}
