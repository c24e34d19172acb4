/** One relay as a source of packets in one room, over one link: how many it may send, and where they go from here. */
import { Pace } from "../../quic/pace.ts";
import type { Outlet } from "./outlet.ts";

/** Where packets go, by the framing the links take. */
export interface Way {
  readonly media2: readonly Outlet[];
  readonly tagged: readonly Outlet[];
}

/** What one participant may send by default (`max_packets_per_second`). */
const PACKETS_PER_PARTICIPANT = 200;
/** What a relay may send however few it announced; the limit of the original for a whole room. */
const LEAST_PACKETS = 500;

/** A source that sent nothing for this long may send a full burst again: forgetting it gives nothing away. */
export const IDLE_MS = 2_000;

export class Source {
  /** Replaced when routes change. */
  way: Way = { media2: [], tagged: [] };
  /** Whether the room takes media over this link, as of the same time. */
  open = false;
  /** The state of the routes for which both were made. */
  madeFor = -1;
  readonly #pace = new Pace(LEAST_PACKETS, burst(LEAST_PACKETS));

  /** So many participants of it are in the room. */
  announced(participants: number): void {
    const perSecond = Math.max(LEAST_PACKETS, participants * PACKETS_PER_PARTICIPANT);
    this.#pace.change(perSecond, burst(perSecond));
  }

  /** Whether a packet may pass. */
  take(now: number): boolean {
    return this.#pace.take(now);
  }
}

/** One second's worth may come at once, as from a client. A pace lets the one pass that exceeds its burst. */
function burst(perSecond: number): number {
  return perSecond - 0.5;
}
