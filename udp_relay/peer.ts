/** An address that WireGuard messages of a group come from, and what is known of who is behind it. */
import { Allowance } from "./allowance.ts";
import type { GroupKey } from "./key_ring.ts";
import type { Source } from "./sources.ts";

/** A place to send to. */
export interface Endpoint {
  /** As the socket gave it. */
  readonly ip: string;
  readonly port: number;
}

/** Whoever is at the other end of a session, wherever that is now. */
export interface Partner {
  readonly peer: Peer;
}

/** Handshakes of an address that has proven itself: a member of a large group that meets everybody at once. */
const HANDSHAKES_PER_SECOND = 20;
const HANDSHAKES_BURST = 300;
/** Keys tried in vain for what seems to come from it, which anybody can forge. */
const MISSES_PER_SECOND = 10_000;
const MISSES_BURST = 20_000;

export class Peer implements Endpoint {
  readonly ip: string;
  readonly port: number;
  readonly source: Source;
  /** Null while several are possible. */
  key: GroupKey | null = null;
  /** Keys it may have, by whom it has addressed. */
  possible: readonly GroupKey[] = [];
  /** Whether a handshake of its key was completed from here. */
  verified = false;
  /** Not among the peers any more. */
  gone = false;
  heardAt: number;
  packetsIn = 0;
  packetsOut = 0;
  /** Bytes it has sent and not been sent; counts while it is not verified. */
  credit = 0;
  readonly handshakes: Allowance;
  readonly misses: Allowance;
  /** Where a handshake with each key was last completed, as this peer itself has proven. */
  readonly partners = new Map<GroupKey, Partner>();
  /** Handshakes in a row, for each key, that came to nothing. */
  readonly tries = new Map<GroupKey, number>();

  constructor({ ip, port }: Endpoint, source: Source, now: number) {
    this.ip = ip;
    this.port = port;
    this.source = source;
    this.heardAt = now;
    this.handshakes = new Allowance(HANDSHAKES_PER_SECOND, HANDSHAKES_BURST, now);
    this.misses = new Allowance(MISSES_PER_SECOND, MISSES_BURST, now);
  }

  mayHave(key: GroupKey): boolean {
    return this.key === null ? this.possible.includes(key) : this.key === key;
  }
}
